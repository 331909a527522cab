"""Tables to files: one module a format, all behind :func:`open_writer`.

Nothing here knows of logs: writers take Arrow record batches, one after another, so that a table
may be larger than memory. The same batches give the same bytes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class Writer(Protocol):
    """Writes one table to an open file; the file stays open."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the next rows."""

    def close(self) -> None:
        """Write what the format wants at the end."""


class Format(NamedTuple):
    """A format: the module that writes it, and its compressions, the default first."""

    module: str
    compressions: tuple[str, ...]


#: By name, which is also the file's ending. Arrow files are not compressed unless asked for, so
#: that they can be mapped into memory.
FORMATS: Final = {
    "parquet": Format("parquet", ("zstd", "snappy", "lz4", "gzip", "none")),
    "arrow": Format("arrow", ("none", "zstd", "lz4")),
    "csv": Format("csv", ("none",)),
    "ndjson": Format("ndjson", ("none",)),
}


def open_writer(format_name: str, file: BinaryIO, schema: pa.Schema, compression: str) -> Writer:
    """A writer of one of ``FORMATS``.

    Parameters
    ----------
    format_name : str
    file : binary file
        Open for writing.
    schema : pyarrow.Schema
        Of every batch; its metadata goes into the file where the format has room for it.
    compression : str
        One of the format's.
    """
    module = import_module(f"{__name__}.{FORMATS[format_name].module}")
    writer: Writer = module.open_writer(file, schema, compression)
    return writer
