"""NDJSON: one JSON object a line, in UTF-8.

Timestamps are ISO 8601, binary is hexadecimal; NaN and infinities, which JSON lacks, are null.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from satlog_native.export.text import joined, json_cells, pieces, write_lines

if TYPE_CHECKING:
    from satlog_native.export import Writer


class _NdjsonWriter:
    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._file = file
        self._keys = [f",{json.dumps(name, ensure_ascii=False)}:" for name in schema.names]
        self._keys[0] = "{" + self._keys[0][1:]

    def write(self, batch: pa.RecordBatch) -> None:
        for piece in pieces(batch):
            parts: list[pa.Array | str] = []
            for key, column in zip(self._keys, piece.columns, strict=True):
                parts += [key, json_cells(column)]
            write_lines(self._file, joined([*parts, "}\n"]))

    def close(self) -> None:
        """Nothing stands at the end."""


def open_writer(file: BinaryIO, schema: pa.Schema, _compression: str) -> Writer:
    """A writer of NDJSON."""
    return _NdjsonWriter(file, schema)
