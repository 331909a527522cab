"""Batches of one table, from one source after another, to batches that a file is well made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from satlog_native.arrays import index_array, text_array
from satlog_native.export import Writer

#: Rows of a written batch (of Parquet: a row group).
ROWS: Final = 1 << 16
#: Bytes after which a batch is written though it has fewer rows.
BYTES: Final = 64 << 20
#: The column that tells whose a row is, where a table is of several logs.
LOG_COLUMN: Final = "log"


def with_log_column(schema: pa.Schema) -> pa.Schema:
    """The schema of the same table of several logs: the log's name is the first column."""
    names = pa.dictionary(pa.int32(), pa.string())
    column = pa.field(LOG_COLUMN, names, nullable=False, metadata={"doc": "the log's file"})
    return schema.insert(0, column)


class TableFile:
    """Writes the batches of one table; small ones together, all with one dictionary a column.

    Each log numbers an enum's names in its own way, and names more as it goes on. Here all names
    of a column are numbered in the order in which they are first met.

    Parameters
    ----------
    writer : Writer
    schema : pyarrow.Schema
        Of the file.
    logs : sequence of str
        Names of the logs; none where the table has no column ``log``.
    """

    def __init__(self, writer: Writer, schema: pa.Schema, logs: Sequence[str] = ()) -> None:
        self.rows = 0
        self._writer = writer
        self._schema = schema
        self._logged = bool(logs)
        self._names: dict[int, dict[str, int]] = {
            place: {} for place, field in enumerate(schema) if pa.types.is_dictionary(field.type)
        }
        if self._logged:
            self._names[0] = {name: number for number, name in enumerate(logs)}
        # While rows wait, the numbers of their names stand for these.
        self._wire = schema
        for place in self._names:
            self._wire = self._wire.set(place, schema.field(place).with_type(pa.int32()))
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0

    def write(self, batch: pa.RecordBatch, log: int = 0) -> None:
        """Write rows of the log with this number."""
        columns = batch.columns
        if self._logged:
            columns.insert(0, pa.repeat(pa.scalar(log, pa.int32()), batch.num_rows))
        for place, names in self._names.items():
            if pa.types.is_dictionary(columns[place].type):
                columns[place] = _numbers(columns[place], names)
        self._waiting.append(pa.RecordBatch.from_arrays(columns, schema=self._wire))
        self._waiting_rows += batch.num_rows
        self.rows += batch.num_rows
        if self._waiting_rows >= ROWS or sum(b.nbytes for b in self._waiting) >= BYTES:
            self._flush()

    def close(self) -> None:
        """Write what waits, and the file's end."""
        self._flush()
        self._writer.close()

    def abandon(self) -> None:
        """End a file that is not wanted any more, whatever state it is in."""
        try:
            self._writer.close()
        except (OSError, pa.ArrowException):
            # What went wrong is on its way to the user already; the file will be removed.
            return

    def _flush(self) -> None:
        waiting, self._waiting, self._waiting_rows = self._waiting, [], 0
        if len(waiting) > 1:
            waiting = pa.Table.from_batches(waiting).combine_chunks().to_batches()
        for batch in waiting:
            columns = batch.columns
            for place, names in self._names.items():
                dictionary = text_array(list(names))
                columns[place] = pa.DictionaryArray.from_arrays(columns[place], dictionary)
            self._writer.write(pa.RecordBatch.from_arrays(columns, schema=self._schema))


def _numbers(column: pa.DictionaryArray, names: dict[str, int]) -> pa.Array:
    """The indices of a column in the dictionary ``names``, which new names are added to."""
    own = column.dictionary.to_pylist()
    numbers = [names.setdefault(name, len(names)) for name in own]
    if numbers == list(range(len(own))):
        return column.indices
    return index_array(numbers).take(column.indices)
