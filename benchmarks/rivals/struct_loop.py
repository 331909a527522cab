"""Pure Python: one loop over the frames with :mod:`struct`, then whole columns at a time.

The loop verifies the checksum and unpacks each record with its type's own precompiled ``Struct``
into a tuple; afterwards tuples are turned into columns and these converted by comprehensions,
which is quicker than to convert record by record.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from typing import Any

from benchmarks.rivals.satloc_air import (
    KINDS,
    OVERHEAD,
    PAYLOAD_AT,
    SYNC,
    Kind,
    Table,
    Tables,
    bad_frame,
    converter,
    text_of,
)

#: Rows of wire values by type number: frame, offset, then the fields or the payload.
Rows = dict[int, list[tuple[Any, ...]]]


def decode(data: bytes) -> Tables:
    """All tables, converted."""
    return {
        KINDS[number].name if number in KINDS else number: _table(KINDS.get(number), rows)
        for number, rows in read(data).items()
    }


def read(data: bytes) -> Rows:
    """All records as tuples of wire values, nothing converted: half the work."""
    rows: Rows = defaultdict(list)
    readers = _readers(rows)
    start, end, frame = 0, len(data), 0
    while start < end:
        sync, size, number = data[start : start + PAYLOAD_AT]
        stop = start + size
        if (
            sync != SYNC
            or size < OVERHEAD
            or stop > end
            or sum(data[start + 1 : stop - 1]) & 0xFF != data[stop - 1]
        ):
            raise bad_frame(start)
        if reader := readers.get((number, size)):
            append, unpack, missing = reader
            append((frame, start, *unpack(data, start + PAYLOAD_AT), *missing))
        elif number in KINDS and KINDS[number].sizes:
            raise bad_frame(start)
        else:
            rows[number].append((frame, start, data[start + PAYLOAD_AT : stop - 1]))
        start = stop
        frame += 1
    return {number: found for number, found in rows.items() if found}


def _readers(rows: Rows) -> dict[tuple[int, int], tuple[Any, Any, tuple[None, ...]]]:
    """For a type and size: where its tuples go, what makes them, and what they lack."""
    return {
        (number, size + OVERHEAD): (
            rows[number].append,
            struct.Struct(_codes(kind, size)).unpack_from,
            (None,) * (len(kind.fields) - count),
        )
        for number, kind in KINDS.items()
        for size, count in kind.sizes.items()
    }


def _codes(kind: Kind, size: int) -> str:
    """The format of a payload of this size, bytes that nobody knows at its end included."""
    codes = "<" + "".join(field.code for field in kind.fields[: kind.sizes[size]])
    return f"{codes}{size - struct.calcsize(codes)}x"


def _table(kind: Kind | None, rows: list[tuple[Any, ...]]) -> Table:
    frames, offsets, *columns = zip(*rows, strict=True)
    table: Table = {"frame": list(frames), "offset": list(offsets)}
    if kind is None:
        return table | {"payload": list(columns[0])}
    if not kind.sizes:
        return table | _variable(kind, columns[0])
    for field, column in zip(kind.fields, columns, strict=True):
        if not field.bits:
            table[field.name] = converter(field)(column)
        for name, (first, width) in field.bits.items():
            if width == 1:
                table[name] = [bool(wire >> first & 1) for wire in column]
            else:
                mask = (1 << width) - 1
                table[name] = [wire >> first & mask for wire in column]
    return table


def _variable(kind: Kind, payloads: tuple[bytes, ...]) -> Table:
    fixed = struct.Struct("<" + "".join(field.code for field in kind.fields))
    heads = [fixed.unpack_from(payload) for payload in payloads]
    table: Table = {
        field.name: [head[place] for head in heads] for place, field in enumerate(kind.fields)
    }
    if (tail := kind.tail) is not None:
        rests = [payload[fixed.size :] for payload in payloads]
        if tail.encoding:
            table[tail.name] = [text_of(rest, tail.encoding) for rest in rests]
        elif tail.code:
            table[tail.name] = [
                list(struct.unpack_from(f"<{head[0]}{tail.code}", rest))
                for head, rest in zip(heads, rests, strict=True)
            ]
        else:
            table[tail.name] = rests
    return table
