"""Kaitai Struct: Python code generated from ``satloc_air_generated.ksy``, then columns.

The generated code reads frames into objects. What Kaitai has no word for is done here: the sum
over a frame's bytes, moments, null, names of numbers, and text without what fills it up.
"""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from kaitaistruct import BytesIO, KaitaiStream, KaitaiStructError

from benchmarks.rivals.satloc_air import KINDS, Field, Kind, Table, Tables, bad_frame, converter
from benchmarks.rivals.satloc_air_generated import SatlocAirGenerated


def decode(data: bytes) -> Tables:
    """All tables, converted."""
    try:
        log: Any = SatlocAirGenerated(KaitaiStream(BytesIO(data)))  # type: ignore[no-untyped-call]
    except (KaitaiStructError, EOFError) as error:
        raise ValueError(f"no good log: {error}") from error
    found: dict[int, list[tuple[int, int, Any]]] = {}
    offset = 0
    for ordinal, frame in enumerate(log.frames):
        payload = frame.payload
        octets = payload if isinstance(payload, bytes) else frame._raw_payload
        if (frame.size + frame.type + sum(octets)) & 0xFF != frame.checksum:
            raise bad_frame(offset)
        found.setdefault(frame.type, []).append((ordinal, offset, payload))
        offset += frame.size
    tables: Tables = {}
    for number, rows in found.items():
        ordinals, offsets, payloads = zip(*rows, strict=True)
        kind = KINDS.get(number)
        name: str | int = number if kind is None else kind.name
        tables[name] = {"frame": list(ordinals), "offset": list(offsets)}
        if kind is None or (kind.tail is not None and kind.tail.name == "payload"):
            tables[name]["payload"] = list(payloads)
        else:
            tables[name] |= _columns(kind, payloads)
    return tables


def _columns(kind: Kind, payloads: tuple[Any, ...]) -> Table:
    # Fields that only a longer variant has are a part of their own in the .ksy.
    least = min(kind.sizes.values(), default=len(kind.fields))
    columns: Table = {}
    for place, field in enumerate((*kind.fields, *([kind.tail] if kind.tail else []))):
        for name in field.bits or [field.name]:
            if kind.sizes and place >= least:
                parts = [getattr(payload, "attitude", None) for payload in payloads]
                wire = [part and getattr(part, name) for part in parts]
            else:
                wire = list(map(attrgetter(name), payloads))
            columns[name] = _converted(field, wire)
    return columns


def _converted(field: Field, wire: list[Any]) -> list[Any]:
    if field.time:
        return [_time(moment) for moment in wire]
    if field.encoding:
        return [text.rstrip("\0 ") for text in wire]
    if field.bits or field.scale is not None:
        return wire
    return converter(field)(wire)


def _time(moment: SatlocAirGenerated.Moment) -> datetime | None:
    try:
        return datetime(
            1993 + moment.year,
            moment.month,
            moment.day,
            moment.hour,
            moment.minute,
            moment.second,
            moment.hundredth * 10_000,
            UTC,
        )
    except ValueError:
        return None
