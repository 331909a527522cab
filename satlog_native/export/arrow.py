"""Arrow IPC files (Feather, version 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

if TYPE_CHECKING:
    from satlog_native.export import Writer


class _ArrowWriter:
    def __init__(self, file: BinaryIO, schema: pa.Schema, compression: str) -> None:
        # An enum's dictionary starts with all names of the layout; a number without a name that
        # occurs for the first time in a later batch is added to it.
        options = pa.ipc.IpcWriteOptions(
            compression=None if compression == "none" else compression,
            emit_dictionary_deltas=True,
        )
        self._writer = pa.ipc.new_file(file, schema, options=options)

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)

    def close(self) -> None:
        self._writer.close()


def open_writer(file: BinaryIO, schema: pa.Schema, compression: str) -> Writer:
    """A writer of Arrow IPC files."""
    return _ArrowWriter(file, schema, compression)
