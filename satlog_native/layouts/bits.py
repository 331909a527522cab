"""Reading ``bits``: named runs of bits inside an integer, of a flags field or a packed time."""

from __future__ import annotations

from typing import Any

from satlog_native.layouts.table import Table, is_integer, show


def read_bit_ranges(table: Table, total: int, example: str) -> tuple[tuple[str, int, int], ...]:
    """The named bit ranges of the table's ``bits``: (name, first bit, width), as written.

    Parameters
    ----------
    table : Table
        The field's table.
    total : int
        Bits of the integer that holds them.
    example : str
        What the field's ``bits`` could look like.

    Raises
    ------
    LayoutError
        For no bits at all, a malformed range, one past ``total``, or two that overlap.
    """
    values = table.take("bits", example)
    if not isinstance(values, dict) or not values:
        raise table.wrong("bits", "a table with at least one named bit", example)
    ranges = tuple((name, *_range(table, name, value)) for name, value in values.items())
    taken_to, taken_by = 0, ""
    for name, first, width in sorted(ranges, key=lambda r: r[1]):
        if first + width > total:
            raise table.place.error(
                f"`bits.{name[:60]}` takes bits {first} to {first + width - 1}, but the integer "
                f"has only bits 0 to {total - 1}: correct the bit, or use a wider integer"
            )
        if first < taken_to:
            raise table.place.error(
                f"`bits.{name[:60]}` and `bits.{taken_by[:60]}` overlap at bit {first}: give every "
                f"name bits of its own"
            )
        taken_to, taken_by = first + width, name
    return ranges


def _range(table: Table, name: str, value: object) -> tuple[int, int]:
    pair: list[Any] = value if isinstance(value, list) else [value, 1]
    if len(pair) == 2 and all(is_integer(number) for number in pair):
        first, width = int(pair[0]), int(pair[1])
        if 0 <= first < 64 and 1 <= width <= 64:
            return first, width
    raise table.place.error(
        f"`bits.{name[:60]}` is {show(value)}, but must be a bit's number, counted from 0 at the "
        f"lowest, or [first bit, width]: write for example 3 or [4, 2]"
    )
