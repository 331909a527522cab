"""Reading one ``[[record.field]]``."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Final, Literal, cast, get_args

from satlog_native.layouts.bits import read_bit_ranges
from satlog_native.layouts.model import (
    REST,
    WIRE_TYPES,
    Bit,
    ByteOrder,
    Encoding,
    Field,
    Rest,
    WireType,
)
from satlog_native.layouts.table import (
    LARGEST,
    WORD,
    Place,
    Table,
    as_float,
    is_integer,
    is_name,
    show,
)
from satlog_native.layouts.times import CODEC_KEYS, null_wire, read_codec

ENCODINGS: Final = get_args(Encoding)
BYTE_ORDERS: Final = get_args(ByteOrder)
FIELD_TYPES: Final = (*WIRE_TYPES, "text", "bytes", "timestamp")

_COMMON: Final = ("name", "at", "type", "unit", "doc", "byte_order")
_OF_NUMBERS: Final = ("scale", "bias", "null", "bits", "enum", "count")
_OF_TIMES: Final = ("codec", "null", *(key for keys in CODEC_KEYS.values() for key in keys))
_OF_TYPE: Final = {"text": ("size", "encoding"), "bytes": ("size",), "timestamp": _OF_TIMES}

#: Every key that some field may have.
FIELD_KEYS: Final = tuple(dict.fromkeys((*_COMMON, *_OF_NUMBERS, "size", "encoding", *_OF_TIMES)))

_LARGEST_F32: Final = 3.4028234663852886e38
_ENUM_KEY: Final = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_ENUM_EXAMPLE: Final = 'enum = { "0" = "off", "1" = "on" }'
_BITS_EXAMPLE: Final = "bits = { spray_on = 0, satellites = [4, 4] }"


def read_field(values: object, place: Place, byte_order: ByteOrder) -> Field:
    """Read one field.

    Parameters
    ----------
    values : object
        What the TOML holds for the field.
    place : Place
        Layout, record and field, for the error sentences.
    byte_order : {"little", "big"}
        The layout's, where the field states none.

    Raises
    ------
    LayoutError
        At the field's first mistake.
    """
    table = Table(values, place, FIELD_KEYS)
    type_ = table.choice("type", FIELD_TYPES, 'type = "u8"')
    order = table.choice("byte_order", BYTE_ORDERS, 'byte_order = "big"', default=byte_order)
    field = Field(
        name=table.name("name", 'name = "latitude"'),
        at=table.integer("at", 0, LARGEST, "at = 4"),
        type=type_,
        byte_order=cast("ByteOrder", order),
        wire=WIRE_TYPES.get(type_),
        unit=table.text("unit", 'unit = "m/s"', default=""),
        doc=table.text("doc", 'doc = "Speed over ground."', default=""),
    )
    _refuse_foreign_keys(table, type_)
    if field.wire is not None:
        return _number(table, field, field.wire)
    return _timestamp(table, field) if type_ == "timestamp" else _text_or_bytes(table, field)


def _refuse_foreign_keys(table: Table, type_: str) -> None:
    allowed = (*_COMMON, *_OF_TYPE.get(type_, _OF_NUMBERS))
    for key in table.values:
        if key not in allowed:
            owners = [owner for owner, keys in _OF_TYPE.items() if key in keys]
            if key in _OF_NUMBERS:
                owners.insert(0, "number")
            raise table.place.error(
                f"`{key}` is for {', '.join(owners)} fields, but this field's `type` is "
                f'"{type_}": remove `{key}`, or correct `type`'
            )


def _number(table: Table, field: Field, wire: WireType) -> Field:
    _refuse_combinations(table, wire)
    return replace(
        field,
        scale=table.number("scale", "scale = 0.01", zero=False),
        bias=table.number("bias", "bias = -40", zero=True),
        null=_null(table, wire),
        bits=_bits(table, wire),
        enum=_enum(table, wire),
        count=_count(table),
    )


def _refuse_combinations(table: Table, wire: WireType) -> None:
    for key, others in (
        ("bits", ("enum", "scale", "bias", "count")),
        ("enum", ("scale", "bias", "count")),
    ):
        if key not in table:
            continue
        if wire.kind == "float":
            raise table.place.error(
                f'`{key}` needs an integer, but this field\'s `type` is "{wire.name}": '
                f"remove `{key}`, or write an integer type such as u8"
            )
        for other in others:
            if other in table:
                raise table.place.error(
                    f"`{key}` and `{other}` cannot stand in one field: remove one of them"
                )


def _null(table: Table, wire: WireType) -> int | float | Literal["nan"] | None:
    if "null" not in table:
        return None
    value = table.values["null"]
    if wire.kind != "float":
        if not is_integer(value) or not wire.minimum <= value <= wire.maximum:
            must = f"a whole number that {wire.name} holds, from {wire.minimum} to {wire.maximum}"
            raise table.wrong("null", must, f"null = {wire.maximum}")
        return int(value)
    number = math.nan if value == "nan" else as_float(value)
    if number is None:
        raise table.wrong("null", 'a number or "nan"', 'null = "nan"')
    if math.isnan(number):
        return "nan"
    if wire.name == "f32" and math.isfinite(number) and abs(number) > _LARGEST_F32:
        raise table.wrong("null", "a number that f32 holds (at most 3.4e38)", "null = -9999.0")
    return number


def _bits(table: Table, wire: WireType) -> tuple[Bit, ...]:
    if "bits" not in table:
        return ()
    ranges = read_bit_ranges(table, 8 * wire.size, _BITS_EXAMPLE)
    for name, _, _ in ranges:
        if not is_name(name):
            raise table.place.error(
                f"`bits` has {show(name)}, but the name of a bit becomes a column and must be "
                f"{WORD}: write for example spray_on"
            )
    return tuple(Bit(*range_) for range_ in ranges)


def _enum(table: Table, wire: WireType) -> tuple[tuple[int, str], ...]:
    if "enum" not in table:
        return ()
    values = table.values["enum"]
    if not isinstance(values, dict) or not values:
        raise table.wrong("enum", "a table with at least one named number", _ENUM_EXAMPLE)
    labels: dict[int, str] = {}
    for key, label in values.items():
        number = int(key) if _ENUM_KEY.fullmatch(key) else None
        if number is None or not wire.minimum <= number <= wire.maximum:
            raise table.place.error(
                f"`enum` has the key {show(key)}, but a key must be a whole number that "
                f"{wire.name} holds, from {wire.minimum} to {wire.maximum}: write for example "
                f"{_ENUM_EXAMPLE}"
            )
        if not isinstance(label, str) or not label:
            raise table.place.error(
                f"`enum.{key}` is {show(label)}, but must be a text in quotes that is not empty: "
                f"write for example {_ENUM_EXAMPLE}"
            )
        if number in labels:
            raise table.place.error(f"`enum` names {number} twice: remove one of the two")
        labels[number] = label
    return tuple(labels.items())


def _count(table: Table) -> int | str | None:
    if "count" not in table:
        return None
    value = table.values["count"]
    if (is_integer(value) and 1 <= value <= LARGEST) or (isinstance(value, str) and is_name(value)):
        return cast("int | str", value)
    must = 'a number from 1, the name of an earlier field, or "rest"'
    raise table.wrong("count", must, "count = 4")


def _text_or_bytes(table: Table, field: Field) -> Field:
    size: int | Rest = REST
    if table.take("size", 'size = 16, or size = "rest" for all to the payload\'s end') != REST:
        must = f'a number of bytes from 1 to {LARGEST}, or "rest"'
        if not is_integer(table.values["size"]) or not 1 <= table.values["size"] <= LARGEST:
            raise table.wrong("size", must, "size = 16")
        size = table.values["size"]
    if field.type == "bytes":
        return replace(field, size=size)
    encoding = table.choice("encoding", ENCODINGS, 'encoding = "utf-8"', default="ascii")
    if encoding.startswith("utf-16") and size != REST and size % 2:
        raise table.place.error(
            f'`size` is {size}, but text in "{encoding}" takes two bytes a character: '
            f"write an even size"
        )
    return replace(field, size=size, encoding=cast("Encoding", encoding))


def _timestamp(table: Table, field: Field) -> Field:
    codec = read_codec(table)
    return replace(field, codec=codec, null=_null(table, null_wire(codec)))
