"""Columns to text, a whole column at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc

#: ISO 8601, UTC, to the microsecond.
TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
#: Rows made to text at once: their text is a small part of what their table takes.
_ROWS: Final = 1 << 13

#: What becomes of a text: quoted, escaped, or as it is.
Quote = Callable[[str], str]


def cells(column: pa.Array, quote: Quote) -> pa.Array:
    """The text of every value; a null stays null.

    Numbers in the fewest digits that give the same number again, timestamps as ISO 8601, binary as
    hexadecimal digits, lists as JSON.

    Parameters
    ----------
    column : pyarrow.Array
    quote : callable
        What becomes of text, and of text that stands for binary and lists.

    Returns
    -------
    pyarrow.Array of large_string
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _mapped(column.dictionary, quote).take(column.indices)
    if pa.types.is_timestamp(kind):
        # Without its zone: Arrow would look for a database of time zones to name UTC.
        wall = column.view(pa.int64()).view(pa.timestamp("us"))
        return pc.strftime(wall, TIME_FORMAT).cast(pa.large_string())
    if pa.types.is_list(kind):
        return _coded(_json_lists(column), quote)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _coded(column, quote)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _coded(column, lambda data: quote(data.hex()))
    return column.cast(pa.large_string())


def json_cells(column: pa.Array) -> pa.Array:
    """The JSON text of every value, null too; so are NaN and infinities, which JSON lacks."""
    kind = column.type
    if pa.types.is_list(kind):
        return pc.fill_null(_json_lists(column), "null")
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, kind))
    text = cells(column, _json_text)
    if pa.types.is_timestamp(kind):
        text = joined(['"', text, '"'])
    return pc.fill_null(text, "null")


def joined(parts: list[pa.Array | str]) -> pa.Array:
    """Parts of each row's text put together; null where one is null."""
    texts = [pa.scalar(p, pa.large_string()) if isinstance(p, str) else p for p in parts]
    return pc.binary_join_element_wise(*texts, pa.scalar("", pa.large_string()))


def pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in parts small enough to be made to text."""
    for start in range(0, batch.num_rows, _ROWS):
        yield batch.slice(start, _ROWS)


def write_lines(file: BinaryIO, lines: pa.Array) -> None:
    """Write lines that end as they should, one after another as they lie in memory."""
    _, offsets, text = lines.buffers()
    end = memoryview(offsets).cast("q")[len(lines)]
    file.write(memoryview(text)[:end])


def _json_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _json_lists(column: pa.ListArray) -> pa.Array:
    """Lists as JSON; a null list stays null."""
    first, last = column.offsets[0].as_py(), column.offsets[-1].as_py()
    items = json_cells(column.values.slice(first, last - first))
    offsets = pc.subtract(column.offsets, first)
    texts = pa.ListArray.from_arrays(offsets, items, mask=column.is_null())
    return joined(["[", pc.binary_join(texts, pa.scalar(",", pa.large_string())), "]"])


def _coded(column: pa.Array, function: Callable[[str], str] | Callable[[bytes], str]) -> pa.Array:
    """A function's result for every value; it is called once for equal ones."""
    coded = column.dictionary_encode()
    return _mapped(coded.dictionary, function).take(coded.indices)


def _mapped(names: pa.Array, function: Callable[[str], str] | Callable[[bytes], str]) -> pa.Array:
    return pa.array([function(name) for name in names.to_pylist()], pa.large_string())
