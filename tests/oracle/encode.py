"""A foreign encoder: any layout, any records, written from log-format.md alone.

Values may be wire values (integers, floats, bytes, tuples of a timestamp's two parts) or what a
person would write (text, an aware datetime, a dict of bit columns). What is missing is zero.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from oracle import times
from oracle.checksums import NATURAL_TYPE, checksum
from oracle.rows import bit_columns
from oracle.walk import number_size

Table = Mapping[str, Any]


@dataclass(frozen=True)
class Record:
    """One frame to write.

    `kind` is a record's name, or the number of a type that the layout does not know; `size` tells
    the variants of a name apart (None: the variable one). `payload` overrides `values`. `cut`
    bytes are then taken off the payload's end (a short record), and `extra` put there.
    """

    kind: str | int
    size: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    payload: bytes | None = None
    cut: int = 0
    extra: bytes = b""


@dataclass(frozen=True)
class Truth:
    """Where a frame was written, and its type."""

    ordinal: int
    offset: int
    size: int
    type: int


def encode(layout: Table, records: Sequence[Record], filler: int = 0) -> tuple[bytes, list[Truth]]:
    """The log of `records`; bytes that the layout says nothing about are `filler`."""
    log = bytearray(header(layout["framing"], filler))
    truth = []
    for ordinal, record in enumerate(records):
        data, number = frame(layout, record, filler)
        truth.append(Truth(ordinal, len(log), len(data), number))
        log += data
    return bytes(log), truth


def header(framing: Table, filler: int) -> bytes:
    """The file header: the magic, filled up to the header's size."""
    magic = framing.get("magic", b"")
    magic = bytes(magic, "latin-1") if isinstance(magic, str) else bytes(magic)
    size: int = framing.get("header_size", len(magic))
    return magic + bytes([filler]) * (size - len(magic))


def frame(layout: Table, record: Record, filler: int) -> tuple[bytes, int]:
    """One whole frame, and its type number."""
    framing, order = layout["framing"], layout["layout"].get("byte_order", "little")
    number, payload = record_payload(layout, record, filler)
    check = framing.get("checksum", {"algorithm": "none"})
    check_size, trailer = 0, 0
    if check["algorithm"] != "none":
        check_size = number_size(check.get("type", NATURAL_TYPE[check["algorithm"]]))
        trailer = 0 if "at" in check else check_size

    data = bytearray([filler]) * framing["payload_at"] + payload + bytes(trailer)
    sync = bytes(framing.get("sync", []))
    data[: len(sync)] = sync
    put(data, framing["type"], number, order)
    if "length" in framing:
        put(data, framing["length"], counted_length(framing["length"], data, payload), order)
    if check_size:
        at = check.get("at", len(data) - check_size)
        start = check.get("from", 0)
        total = checksum(check, bytes(data[start : at if start <= at else len(data)]))
        where = {
            "at": at,
            "type": f"u{8 * check_size}",
            "byte_order": check.get("byte_order", order),
        }
        put(data, where, total, order)
    return bytes(data), number


def counted_length(length: Table, data: bytes, payload: bytes) -> int:
    """The length field's wire value for the frame `data`."""
    after = len(data) - length["at"] - number_size(length["type"])
    counted: dict[str, int] = {"frame": len(data), "payload": len(payload), "after": after}
    bias: int = length.get("bias", 0)
    return counted[length.get("counts", "frame")] - bias


def put(data: bytearray, where: Table, number: int, order: str) -> None:
    """Write an unsigned framing number where the layout wants it."""
    size = number_size(where["type"])
    order = where.get("byte_order", order)
    data[where["at"] : where["at"] + size] = number.to_bytes(size, order)  # type: ignore[arg-type]


def record_payload(layout: Table, record: Record, filler: int) -> tuple[int, bytes]:
    """Type number and payload bytes of `record`."""
    if isinstance(record.kind, int):
        number, payload = record.kind, record.payload or b""
    else:
        number, payload = known_payload(layout, record, filler)
    return number, payload[: len(payload) - record.cut] + record.extra


def known_payload(layout: Table, record: Record, filler: int) -> tuple[int, bytes]:
    """Type number and payload of a record that the layout knows."""
    (variant,) = (
        r for r in layout["record"] if r["name"] == record.kind and r.get("size") == record.size
    )
    if record.payload is not None:
        return variant["type"], record.payload
    order = layout["layout"].get("byte_order", "little")
    payload = bytearray([filler]) * (record.size or 0)
    for each in variant.get("field", ()):
        data = field_bytes(each, record.values.get(each["name"]), each.get("byte_order", order))
        missing = each["at"] - len(payload)
        payload += bytes([filler]) * max(missing, 0)
        payload[each["at"] : each["at"] + len(data)] = data
    return variant["type"], bytes(payload[: record.size])


def field_bytes(spec: Table, value: Any, order: str) -> bytes:
    """The wire bytes of one field."""
    if spec["type"] == "timestamp":
        return timestamp_bytes(spec, value, order)
    if spec["type"] in ("text", "bytes"):
        data = value or b""
        if isinstance(data, str):
            data = data.encode(spec.get("encoding", "ascii"))
        return data if spec["size"] == "rest" else data.ljust(spec["size"], b"\0")
    if "count" in spec:
        values = [0] * spec["count"] if value is None and isinstance(spec["count"], int) else value
        return b"".join(number_bytes(spec["type"], each, order) for each in values or ())
    if isinstance(value, dict):
        places = bit_columns(spec)
        value = sum(int(value[name]) << places[name][0] for name in value)
        size = number_size(spec["type"])
        return int(value).to_bytes(size, order)  # type: ignore[arg-type]
    return number_bytes(spec["type"], 0 if value is None else value, order)


def number_bytes(wire_type: str, value: Any, order: str) -> bytes:
    """One number as it lies in the file."""
    size = number_size(wire_type)
    if wire_type[0] == "f":
        sign = "<" if order == "little" else ">"
        return struct.pack(sign + {4: "f", 8: "d"}[size], value)
    signed = wire_type[0] == "i"
    return int(value).to_bytes(size, order, signed=signed)  # type: ignore[arg-type]


def timestamp_bytes(spec: Table, value: Any, order: str) -> bytes:
    """A timestamp from a datetime, its one wire value, or the tuple of its two."""
    if isinstance(value, datetime):
        value = timestamp_wires(spec, value)
    if spec["codec"] in ("packed", "msdos"):
        size = spec["size"] if spec["codec"] == "packed" else 4
        return number_bytes(f"u{8 * size}", value or 0, order)
    parts = times.codec_fields(spec)
    wires = value if isinstance(value, tuple) else (0 if value is None else value, 0)
    return b"".join(
        number_bytes(wire_type, wire, order)
        for (_, wire_type, _), wire in zip(parts, wires, strict=False)
    )


def timestamp_wires(spec: Table, time: datetime) -> Any:
    """The wire value(s) of `time`, to the resolution that the codec has."""
    if spec["codec"] == "packed":
        return packed_wire(spec["bits"], spec.get("year_base", 0), time)
    if spec["codec"] == "msdos":
        date = (time.year - 1980) << 9 | time.month << 5 | time.day
        return date << 16 | time.hour << 11 | time.minute << 5 | time.second // 2
    parts = times.codec_fields(spec)
    if spec["codec"] == "gps":
        week, of_week = times.gps_wire(time)
        return week, scaled(of_week, parts[1])
    microseconds = (time - times.UNIX_EPOCH) // timedelta(microseconds=1)
    seconds = Fraction(microseconds, 1_000_000)
    if len(parts) == 1:
        return (scaled(seconds, parts[0]),)
    return int(seconds // 1), scaled(seconds % 1, parts[1])


def scaled(seconds: Fraction, part: tuple[str, str, float]) -> int | float:
    """`seconds` in the unit of `part`, as its wire type holds it."""
    _, wire_type, scale = part
    units = seconds / Fraction(scale)
    return float(units) if wire_type[0] == "f" else round(units)


def packed_wire(bits: Mapping[str, list[int]], year_base: int, time: datetime) -> int:
    """Calendar parts packed into one integer."""
    parts = {name: time.microsecond * n // 10**6 for name, n in times.SECOND_PARTS.items()}
    for name in ("month", "day", "hour", "minute", "second"):
        parts[name] = getattr(time, name)
    parts["year"] = time.year - year_base
    return sum(parts[name] << first for name, (first, _) in bits.items())
