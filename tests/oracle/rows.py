"""From a payload to a row: every field type of a layout, one value at a time."""

from __future__ import annotations

import codecs
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oracle import times
from oracle.walk import number_size

Table = Mapping[str, Any]


@dataclass
class Flaws:
    """What could be read but not understood."""

    impossible_times: int = 0
    undecodable_text: int = 0


class TooShort(Exception):
    """A payload that ends before the fields of a variable record do."""


def number(data: bytes, wire_type: str, order: str) -> Any:
    """The number of `wire_type` at the start of `data`."""
    size = number_size(wire_type)
    if len(data) < size:
        raise TooShort
    if wire_type[0] == "f":
        sign = "<" if order == "little" else ">"
        return struct.unpack(sign + {4: "f", 8: "d"}[size], data[:size])[0]
    return int.from_bytes(data[:size], order, signed=wire_type[0] == "i")  # type: ignore[arg-type]


def is_null(field: Table, wire: Any) -> bool:
    """Whether `wire` is the field's sentinel."""
    null = field.get("null")
    if null is None:
        return False
    if null == "nan":
        return math.isnan(wire)
    if field["type"] == "f32":
        null = struct.unpack("<f", struct.pack("<f", null))[0]
    return bool(wire == null)


def value(field: Table, wire: Any) -> Any:
    """The column's value of one wire number."""
    if is_null(field, wire):
        return None
    if "enum" in field:
        return field["enum"].get(str(wire), str(wire))
    if "scale" in field or "bias" in field:
        return float(wire) * field.get("scale", 1.0) + field.get("bias", 0.0)
    return wire


def bit_columns(field: Table) -> dict[str, tuple[int, int]]:
    """The columns inside an integer field: name to (first bit, width)."""
    return {
        name: (place, 1) if isinstance(place, int) else (place[0], place[1])
        for name, place in field["bits"].items()
    }


def bits(field: Table, wire: int) -> dict[str, Any]:
    """The values of all columns inside one integer."""
    if is_null(field, wire):
        return dict.fromkeys(field["bits"])
    values: dict[str, Any] = {}
    for name, (first, width) in bit_columns(field).items():
        part = wire >> first & (1 << width) - 1
        values[name] = bool(part) if width == 1 else part
    return values


def text(field: Table, data: bytes, flaws: Flaws) -> str:
    """Decoded text without its padding; every U+FFFD put into it counts as a flaw."""

    def replace(error: UnicodeError) -> tuple[str, int]:
        flaws.undecodable_text += 1
        replacement, end = codecs.replace_errors(error)
        assert isinstance(replacement, str)
        return replacement, end

    codecs.register_error("count", replace)
    return data.decode(field.get("encoding", "ascii"), "count").rstrip("\0 ")


def timestamp(field: Table, data: bytes, order: str, flaws: Flaws) -> Any:
    """An aware datetime, or None for a null or impossible time."""
    codec = field["codec"]
    if codec in ("packed", "msdos"):
        size = field["size"] if codec == "packed" else 4
        wires = [number(data, f"u{8 * size}", order)]
    else:
        wires, at = [], 0
        for _, wire_type, _ in times.codec_fields(field):
            wires.append(number(data[at:], wire_type, order))
            at += number_size(wire_type)
    first = wires[0]
    if is_null(field, first):
        return None
    scale = 1.0 if len(wires) < 2 else times.codec_fields(field)[-1][2]
    time: datetime | times.Either | None
    match codec:
        case "packed":
            time = times.packed(field["bits"], field.get("year_base", 0), first)
        case "msdos":
            time = times.msdos(first)
        case "unix":
            time = times.unix(first, wires[1] if len(wires) > 1 else 0, scale)
        case _:
            time = times.gps(first, wires[1], scale)
    flaws.impossible_times += time is None
    return time


def array(field: Table, data: bytes, count: int | None, order: str) -> list[Any]:
    """`count` values, or as many as `data` holds."""
    size = number_size(field["type"])
    if count is None:
        count = len(data) // size
    if count < 0 or count * size > len(data):
        raise TooShort
    return [value(field, number(data[i * size :], field["type"], order)) for i in range(count)]


def row(record: Table, payload: bytes, byte_order: str, flaws: Flaws) -> dict[str, Any]:
    """All columns that `record` has of `payload`.

    Raises
    ------
    TooShort
        If the payload ends before the fields do.
    """
    if not record.get("field"):
        return {"payload": payload}
    found = Flaws()
    columns: dict[str, Any] = {}
    wires: dict[str, Any] = {}
    for field in record["field"]:
        order = field.get("byte_order", byte_order)
        if len(payload) < field["at"]:
            raise TooShort
        columns.update(field_columns(field, payload[field["at"] :], order, wires, found))
    flaws.impossible_times += found.impossible_times
    flaws.undecodable_text += found.undecodable_text
    return columns


def field_columns(
    field: Table, data: bytes, order: str, wires: dict[str, Any], flaws: Flaws
) -> dict[str, Any]:
    """The columns of one field whose bytes start `data`; remembers its number in `wires`."""
    name = field["name"]
    if field["type"] == "timestamp":
        return {name: timestamp(field, data, order, flaws)}
    if field["type"] in ("text", "bytes"):
        size = len(data) if field["size"] == "rest" else field["size"]
        if len(data) < size:
            raise TooShort
        data = data[:size]
        return {name: data if field["type"] == "bytes" else text(field, data, flaws)}
    if "count" in field:
        count = field["count"]
        if count == "rest":
            count = None
        elif isinstance(count, str):
            count = wires[count]
        return {name: array(field, data, count, order)}
    wires[name] = number(data, field["type"], order)
    if "bits" in field:
        return bits(field, wires[name])
    return {name: value(field, wires[name])}


def column_types(record: Table) -> Iterator[tuple[str, str]]:
    """(column, type) of a record, types in Arrow's words; ``enum`` is a dictionary of strings."""
    if not record.get("field"):
        yield "payload", "binary"
    for field in record.get("field", ()):
        if field["type"] in ("text", "bytes", "timestamp"):
            words = {"text": "string", "bytes": "binary", "timestamp": "timestamp[us, tz=UTC]"}
            yield field["name"], words[field["type"]]
        elif "bits" in field:
            for name, (_, width) in bit_columns(field).items():
                yield name, "bool" if width == 1 else f"uint{smallest_integer(width)}"
        else:
            of_value = value_type(field)
            yield field["name"], f"list<{of_value}>" if "count" in field else of_value


def value_type(field: Table) -> str:
    """Type of one value of a numeric field."""
    if "enum" in field:
        return "enum"
    if "scale" in field or "bias" in field:
        return "double"
    if field["type"][0] == "f":
        return {"f32": "float", "f64": "double"}[field["type"]]
    sign = "u" if field["type"][0] == "u" else ""
    return f"{sign}int{smallest_integer(8 * number_size(field['type']))}"


def smallest_integer(width: int) -> int:
    """Bits of the smallest Arrow integer that holds `width` bits."""
    return next(bits for bits in (8, 16, 32, 64) if width <= bits)
