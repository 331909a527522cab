"""CSV after RFC 4180, but with lines that end in a line feed alone, as tools on Unix expect.

A null is empty, an empty text is ``""``; binary is hexadecimal, a list is JSON, NaN is ``nan``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from satlog_native.export.text import cells, joined, pieces, write_lines

if TYPE_CHECKING:
    from satlog_native.export import Writer


class _CsvWriter:
    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._file = file
        file.write((",".join(map(_quoted, schema.names)) + "\n").encode())

    def write(self, batch: pa.RecordBatch) -> None:
        for piece in pieces(batch):
            parts: list[pa.Array | str] = []
            for column in piece.columns:
                parts += [pc.fill_null(cells(column, _quoted), ""), ","]
            write_lines(self._file, joined([*parts[:-1], "\n"]))

    def close(self) -> None:
        """Nothing stands at the end."""


def _quoted(text: str) -> str:
    if text and not any(sign in text for sign in '",\r\n'):
        return text
    return '"' + text.replace('"', '""') + '"'


def open_writer(file: BinaryIO, schema: pa.Schema, _compression: str) -> Writer:
    """A writer of CSV."""
    return _CsvWriter(file, schema)
