"""Reading the codec of a ``timestamp`` field."""

from __future__ import annotations

from typing import Final

from satlog_native.errors import LayoutError
from satlog_native.layouts.bits import read_bit_ranges
from satlog_native.layouts.model import (
    WIRE_TYPES,
    DosTime,
    GpsTime,
    PackedTime,
    TimeCodec,
    UnixTime,
    WireType,
)
from satlog_native.layouts.table import Table, nearest, show

#: The keys that each codec has for itself.
CODEC_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "packed": ("size", "bits", "year_base"),
    "unix": ("seconds", "fraction"),
    "gps": ("week", "time_of_week"),
    "msdos": (),
}

#: Parts of a packed time that must be there, may be there, and of which one may be there.
REQUIRED_PARTS: Final = ("year", "month", "day")
CLOCK_PARTS: Final = ("hour", "minute", "second")
FRACTION_PARTS: Final = ("tenth", "hundredth", "millisecond", "microsecond")

_ALL_PARTS: Final = (*REQUIRED_PARTS, *CLOCK_PARTS, *FRACTION_PARTS)
_ANY: Final = ("unsigned", "signed", "float")
_SCALED_KEYS: Final = ("type", "scale")


def read_codec(table: Table) -> TimeCodec:
    """Read the codec of a timestamp field from the field's table."""
    codec = table.choice("codec", CODEC_KEYS, 'codec = "unix"')
    _refuse_other_codecs(table, codec)
    match codec:
        case "packed":
            return _packed(table)
        case "unix":
            return _unix(table)
        case "gps":
            return _gps(table)
        case _:
            return DosTime()


def null_wire(codec: TimeCodec) -> WireType:
    """The number that a timestamp's ``null`` is compared with."""
    match codec:
        case PackedTime():
            return WireType(f"a packed time of {codec.size} bytes", codec.size, "unsigned")
        case UnixTime():
            return codec.seconds
        case GpsTime():
            return codec.week
        case DosTime():
            return WIRE_TYPES["u32"]


def _refuse_other_codecs(table: Table, codec: str) -> None:
    for owner, keys in CODEC_KEYS.items():
        for key in keys:
            if key in table and key not in CODEC_KEYS[codec]:
                raise table.place.error(
                    f'`{key}` is for timestamps of codec "{owner}", but `codec` is "{codec}": '
                    f'remove `{key}`, or write codec = "{owner}"'
                )


def _packed(table: Table) -> PackedTime:
    size = table.integer("size", 1, 8, "size = 5")
    example = "bits = { day = [24, 5], month = [29, 4], year = [33, 7] }"
    parts = read_bit_ranges(table, 8 * size, example)
    names = [name for name, _, _ in parts]
    for name in names:
        if name not in _ALL_PARTS:
            raise _unknown_part(table, name)
    for name in REQUIRED_PARTS:
        if name not in names:
            raise table.place.error(
                f"`bits` has no `{name}`, without which there is no date: add for example "
                f"{name} = [first_bit, width]"
            )
    fractions = [name for name in names if name in FRACTION_PARTS]
    if len(fractions) > 1:
        raise table.place.error(
            f"`bits` has both `{fractions[0]}` and `{fractions[1]}`, but a time has one fraction "
            f"of a second: remove one of them"
        )
    year_base = table.integer("year_base", 0, 9999, "year_base = 1980", default=0)
    return PackedTime(size, parts, year_base)


def _unknown_part(table: Table, name: str) -> LayoutError:
    near = nearest(name, _ALL_PARTS)
    remedy = f"write `{near}`" if near else f"use only {', '.join(_ALL_PARTS)}"
    return table.place.error(f"`bits` has {show(name)}, which is no part of a time: {remedy}")


def _unix(table: Table) -> UnixTime:
    seconds = table.wire("seconds", _ANY, 'seconds = "u32"')
    if "fraction" not in table:
        return UnixTime(seconds, None, 1.0)
    return UnixTime(seconds, *_scaled(table, "fraction", '{ type = "u16", scale = 0.001 }'))


def _gps(table: Table) -> GpsTime:
    week = table.wire("week", ("unsigned", "signed"), 'week = "u16"')
    return GpsTime(week, *_scaled(table, "time_of_week", '{ type = "u32", scale = 0.001 }'))


def _scaled(table: Table, key: str, example: str) -> tuple[WireType, float]:
    inner = table.table(key, _SCALED_KEYS, f"{key} = {example}")
    wire = inner.wire("type", _ANY, 'type = "u32"')
    scale = inner.number("scale", "scale = 0.001", zero=False)
    return wire, 1.0 if scale is None else scale
