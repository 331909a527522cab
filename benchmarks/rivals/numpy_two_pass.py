"""Python and numpy in two passes: a loop over the lengths, then everything vectorised.

Where a frame starts is known only from the frame before it, so the first pass is a Python loop,
the shortest there is. The second verifies all checksums at once, takes all records of a kind as
rows of bytes, sees these as structured records, and converts whole columns: times, bits and scales
too. Text and lists, which few records hold, go one by one.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.rivals.satloc_air import (
    KINDS,
    OVERHEAD,
    PAYLOAD_AT,
    SYNC,
    Field,
    Kind,
    Tables,
    bad_frame,
    text_of,
)

Array = npt.NDArray[Any]


class Column(NamedTuple):
    """Values, and where they are valid (None: everywhere)."""

    values: Array | list[Any]
    valid: npt.NDArray[np.bool_] | None = None


Columns = dict[str, Column]

_CODES = {"B": "u1", "H": "<u2", "h": "<i2", "I": "<u4", "f": "<f4", "d": "<f8"}
_TIME = np.dtype([("low", "<u4"), ("high", "u1")])


def decode(data: bytes) -> dict[str | int, Columns]:
    """All tables, converted."""
    offsets = np.array(_starts(data), np.int64)
    octets = np.frombuffer(data, np.uint8)
    sizes, types = octets[offsets + 1], octets[offsets + 2]
    _verify(octets, offsets, sizes)
    tables: dict[str | int, Columns] = {}
    for number in np.unique(types).tolist():
        frames = np.flatnonzero(types == number)
        at, size = offsets[frames], sizes[frames]
        columns = {"frame": Column(frames.astype(np.uint32)), "offset": Column(at.view(np.uint64))}
        kind = KINDS.get(number)
        if kind is None or not kind.sizes:
            tables[number if kind is None else kind.name] = columns | _variable(
                kind, data, at, size
            )
        else:
            tables[kind.name] = columns | _fixed(kind, octets, at, size)
    return tables


def plain(tables: dict[str | int, Columns]) -> Tables:
    """The same as lists of Python values, to be compared with."""
    return {
        kind: {name: _plain(column) for name, column in columns.items()}
        for kind, columns in tables.items()
    }


def _plain(column: Column) -> list[Any]:
    values = column.values if isinstance(column.values, list) else column.values.tolist()
    if values and isinstance(values[0], datetime):
        values = [value.replace(tzinfo=UTC) for value in values]
    if column.valid is None:
        return values
    return [v if ok else None for v, ok in zip(values, column.valid.tolist(), strict=True)]


def _starts(data: bytes) -> list[int]:
    starts: list[int] = []
    append = starts.append
    start, end = 0, len(data)
    try:
        while start < end:
            append(start)
            # A length of 0 would go on for ever: it leads past the end.
            start += data[start + 1] or end
    except IndexError as error:
        raise bad_frame(start) from error
    if start != end:
        raise bad_frame(starts[-1])
    return starts


def _verify(octets: Array, offsets: Array, sizes: Array) -> None:
    if (sizes < OVERHEAD).any():
        raise bad_frame(int(offsets[np.argmax(sizes < OVERHEAD)]))
    checksums = octets[offsets + sizes - 1]
    # Sums of whole frames: the sync byte and the checksum itself are in them.
    sums = np.add.reduceat(octets, offsets, dtype=np.uint8) - SYNC - checksums
    good = (octets[offsets] == SYNC) & (sums == checksums)
    if not good.all():
        raise bad_frame(int(offsets[np.argmin(good)]))


def _fixed(kind: Kind, octets: Array, at: Array, sizes: Array) -> Columns:
    longest = max(kind.sizes)
    payloads = sizes - OVERHEAD
    known = np.isin(payloads, list(kind.sizes))
    if not known.all():
        raise bad_frame(int(at[np.argmin(known)]))
    if len(kind.sizes) == 1:
        rows = _take(octets, at, longest)
    else:
        rows = np.zeros((len(at), longest), np.uint8)
        for size in kind.sizes:
            chosen = payloads == size
            rows[chosen, :size] = _take(octets, at[chosen], size)
    dtype = np.dtype([(field.name, _dtype(field)) for field in kind.fields])
    wire = rows[:, : dtype.itemsize].view(dtype)[:, 0]
    columns: Columns = {}
    for place, field in enumerate(kind.fields):
        enough = min(size for size, count in kind.sizes.items() if count > place)
        present = None if enough == min(kind.sizes) else payloads >= enough
        columns |= _convert(field, wire[field.name], present)
    return columns


def _take(octets: Array, at: Array, size: int) -> Array:
    """Payloads of one size, a row of bytes each: one copy a record, no matrix of indices."""
    shape = (len(octets) - size - PAYLOAD_AT + 1,)
    windows: Array = np.ndarray(shape, f"V{size}", octets, PAYLOAD_AT, (1,))
    return windows[at].view(np.uint8).reshape(len(at), size)


def _dtype(field: Field) -> str | np.dtype[Any]:
    if field.time:
        return _TIME
    return _CODES.get(field.code, f"S{field.code[:-1]}")


def _convert(field: Field, wire: Array, present: npt.NDArray[np.bool_] | None) -> Columns:
    if field.bits:
        return {
            name: Column((wire >> first & (1 << width) - 1).astype(bool if width == 1 else "u1"))
            for name, (first, width) in field.bits.items()
        }
    if field.time:
        return {field.name: _times(wire)}
    if field.encoding:
        texts = np.strings.decode(wire, field.encoding, "replace")
        return {field.name: Column(np.strings.rstrip(texts, "\0 "))}
    if field.scale is not None:
        return {field.name: Column(wire * field.scale, present)}
    if field.enum:
        return {field.name: Column(_names(field)[wire], present)}
    if field.null is not None:
        present = wire != field.null
    if field.nan_is_null:
        present = ~np.isnan(wire)
    return {field.name: Column(np.ascontiguousarray(wire), present)}


def _names(field: Field) -> Array:
    return np.array([field.enum.get(number, str(number)) for number in range(256)], np.object_)


def _calendar() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """First day since 1970, and number of days, of each month as the time's 11 bits tell it."""
    months = np.arange(1 << 11)
    month, year = months & 15, months >> 4
    first = ((1993 - 1970 + year) * 12 + month - 1).astype("M8[M]")
    days = (first + 1).astype("M8[D]") - first.astype("M8[D]")
    exists = (month >= 1) & (month <= 12)
    return first.astype("M8[D]").astype(np.int64), np.where(exists, days.astype(np.uint8), 0)


_FIRST_DAYS, _DAYS = _calendar()


def _times(wire: Array) -> Column:
    low: npt.NDArray[np.uint32] = wire["low"].astype(np.uint32)
    months = low >> 29 | wire["high"].astype(np.uint32) << 3
    hundredth, second, minute = low & 127, low >> 7 & 63, low >> 13 & 63
    hour, day = low >> 19 & 31, low >> 24 & 31
    valid = (hundredth < 100) & (second < 60) & (minute < 60) & (hour < 24)
    valid &= (day >= 1) & (day <= _DAYS[months])
    hundredths = ((hour * 60 + minute) * 60 + second) * 100 + hundredth
    days = _FIRST_DAYS[months] + day - 1
    return Column((days * 86_400_000_000 + hundredths * np.int64(10_000)).view("M8[us]"), valid)


def _variable(kind: Kind | None, data: bytes, at: Array, sizes: Array) -> Columns:
    payloads = [
        data[start + PAYLOAD_AT : start + size - 1]
        for start, size in zip(at.tolist(), sizes.tolist(), strict=True)
    ]
    if kind is None:
        return {"payload": Column(payloads)}
    fixed = struct.Struct("<" + "".join(field.code for field in kind.fields))
    heads = [fixed.unpack_from(payload) for payload in payloads]
    columns = {
        field.name: Column(np.array([head[place] for head in heads], _dtype(field)))
        for place, field in enumerate(kind.fields)
    }
    if (tail := kind.tail) is not None:
        rests = [payload[fixed.size :] for payload in payloads]
        if tail.encoding:
            columns[tail.name] = Column([text_of(rest, tail.encoding) for rest in rests])
        elif tail.code:
            columns[tail.name] = Column(
                [
                    np.frombuffer(rest, _CODES[tail.code], head[0]).tolist()
                    for head, rest in zip(heads, rests, strict=True)
                ]
            )
        else:
            columns[tail.name] = Column(rests)
    return columns
