"""Times to the numbers of each timestamp codec, and back.

Times are integer microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from satlog_native.errors import EncodeError
from satlog_native.layouts.model import (
    WIRE_TYPES,
    DosTime,
    Field,
    GpsTime,
    PackedTime,
    TimeCodec,
    UnixTime,
    WireType,
)
from satlog_native.synth.records import Array, Column
from satlog_native.synth.wires import is_null, wire_dtype, with_nulls

_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_WEEK: Final = 7 * _DAY

#: Microseconds of one step of each part of a packed time, the finest first.
_STEPS: Final = {
    "microsecond": 1,
    "millisecond": 1_000,
    "hundredth": 10_000,
    "tenth": 100_000,
    "second": _SECOND,
    "minute": _MINUTE,
    "hour": _HOUR,
}

#: Bits of the MS-DOS date and time, as a packed time's; ``second`` counts steps of two seconds.
_DOS_BITS: Final = (
    ("second", 0, 5),
    ("minute", 5, 6),
    ("hour", 11, 5),
    ("day", 16, 5),
    ("month", 21, 4),
    ("year", 25, 7),
)
_DOS: Final = PackedTime(4, _DOS_BITS, 1980)


def _instant(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))


#: 1980-01-06, where the GPS weeks begin.
GPS_EPOCH: Final = _instant("1980-01-06")

#: From when GPS time runs one more second ahead of UTC (IERS Bulletin C).
_LEAPS: Final = np.array(
    [
        _instant(date)
        for date in (
            *("1981-07-01", "1982-07-01", "1983-07-01", "1985-07-01", "1988-01-01", "1990-01-01"),
            *("1991-01-01", "1992-07-01", "1993-07-01", "1994-07-01", "1996-01-01", "1997-07-01"),
            *("1999-01-01", "2006-01-01", "2009-01-01", "2012-07-01", "2015-07-01", "2017-01-01"),
        )
    ],
    np.int64,
)


def as_microseconds(column: Column, where: str) -> Array:
    """A column of datetime64, datetime or integer microseconds as int64; nulls are 0."""
    values = column.values
    if values.dtype == object:
        known = [_naive(value) for value in values[~column.null]]
        kind = np.int64 if all(isinstance(value, int) for value in known) else "M8[us]"
        values = np.zeros(len(values), kind)
        try:
            values[~column.null] = known
        except ValueError as error:
            raise EncodeError(f"{where}: times are expected, but: {error}") from None
    if values.dtype.kind == "M":
        values = values.astype("M8[us]").astype(np.int64)
    if values.dtype.kind not in "iu":
        raise EncodeError(
            f"{where}: times are datetime64, datetime, or integer microseconds since 1970 UTC, "
            f"not {values.dtype}"
        )
    return np.where(column.null, 0, values).astype(np.int64)


def _naive(value: Any) -> Any:
    """UTC without saying so, as numpy wants it."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def to_parts(field: Field, codec: TimeCodec, column: Column, where: str) -> list[Array]:
    """Wire numbers of a timestamp column, one array for each part that lies in the file.

    A null is the field's null value, or else, in packed and MS-DOS times, the impossible date of
    all zeros.

    Raises
    ------
    EncodeError
        For a time that the codec cannot hold, or a null where it has none.
    """
    micros = as_microseconds(column, where)
    null = column.null
    match codec:
        case PackedTime():
            parts = [_pack(codec, micros, null, where)]
        case DosTime():
            parts = [_pack(_DOS, micros, null, where).astype(np.uint32)]
        case UnixTime():
            parts = _to_unix(codec, micros, where)
        case GpsTime():
            parts = _to_gps(codec, micros, null, where)
    return [_nulls(field, codec, parts[0], null, where), *parts[1:]]


def part_types(codec: TimeCodec) -> list[WireType]:
    """Wire types of the parts that :func:`to_parts` gives."""
    match codec:
        case PackedTime():
            return [WireType("packed", codec.size, "unsigned")]
        case DosTime():
            return [WIRE_TYPES["u32"]]
        case UnixTime():
            return [codec.seconds, *([codec.fraction] if codec.fraction else [])]
        case GpsTime():
            return [codec.week, codec.time_of_week]


def from_parts(field: Field, codec: TimeCodec, parts: list[Array]) -> np.ma.MaskedArray[Any, Any]:
    """What a decoder reads back, as datetime64[us]."""
    null = is_null(field, parts[0])
    match codec:
        case PackedTime():
            micros, null = _unpack(codec, parts[0], null)
        case DosTime():
            micros, null = _unpack(_DOS, parts[0].astype(np.uint64), null)
        case UnixTime():
            micros = _microseconds(parts[0], 1.0)
            if codec.fraction is not None:
                micros = micros + _microseconds(parts[1], codec.fraction_scale)
        case GpsTime():
            elapsed = parts[0].astype(np.int64) * _WEEK + _microseconds(parts[1], codec.scale)
            number = np.arange(1, len(_LEAPS) + 1) * _SECOND
            leaps = np.searchsorted(_LEAPS - GPS_EPOCH + number, elapsed, side="right")
            micros = elapsed + GPS_EPOCH - leaps * _SECOND
    return np.ma.MaskedArray(micros.astype("M8[us]"), null)


def _nulls(field: Field, codec: TimeCodec, first: Array, null: Array, where: str) -> Array:
    if field.null is not None or not null.any():
        return with_nulls(field, first, null, where)
    if isinstance(codec, PackedTime | DosTime):
        return np.where(null, first.dtype.type(0), first)
    raise EncodeError(
        f"{where}, row {int(np.argmax(null))}: the time is null, but the layout has no null for "
        f"this field; give a time"
    )


def _rounded(micros: Array, step: int) -> Array:
    return (micros + step // 2) // step * step


def _pack(codec: PackedTime, micros: Array, null: Array, where: str) -> Array:
    names = [name for name, _, _ in codec.bits]
    finest = min((_STEPS[name] for name in names if name in _STEPS), default=_DAY)
    micros = _rounded(micros, 2 * _SECOND if codec is _DOS else finest)
    parts = _calendar(micros, codec.year_base)
    if codec is _DOS:
        parts["second"] //= 2
    packed = np.zeros(len(micros), np.uint64)
    for name, first, width in codec.bits:
        outside = ((parts[name] < 0) | (parts[name] >= 1 << width)) & ~null
        if outside.any():
            row = int(np.argmax(outside))
            raise EncodeError(
                f"{where}, row {row}: {micros[row].astype('M8[us]')}Z does not fit: its {name} is "
                f"{parts[name][row]} on the wire, in {width} bits"
            )
        part = np.where(null, 0, parts[name]).astype(np.uint64)
        packed |= part << np.uint64(first)
    return packed


def _calendar(micros: Array, year_base: int) -> dict[str, Array]:
    times = micros.astype("M8[us]")
    years, months, days = (times.astype(f"M8[{unit}]") for unit in "YMD")
    day = micros - days.astype("M8[us]").astype(np.int64)
    second = day % _SECOND
    return {
        "year": years.astype(np.int64) + 1970 - year_base,
        "month": months.astype(np.int64) % 12 + 1,
        "day": (days - months.astype("M8[D]")).astype(np.int64) + 1,
        "hour": day // _HOUR,
        "minute": day // _MINUTE % 60,
        "second": day // _SECOND % 60,
        **{name: second // _STEPS[name] for name in list(_STEPS)[:4]},
    }


def _unpack(codec: PackedTime, packed: Array, null: Array) -> tuple[Array, Array]:
    parts = {
        name: ((packed >> np.uint64(first)) & np.uint64((1 << width) - 1)).astype(np.int64)
        for name, first, width in codec.bits
    }
    null = null | (parts["month"] == 0)
    year = parts.pop("year") + codec.year_base - 1970
    month, day = parts.pop("month"), parts.pop("day")
    months = (12 * year + month - 1).astype("M8[M]").astype("M8[D]").astype(np.int64)
    micros = (months + day - 1) * _DAY
    if codec is _DOS:
        parts["second"] *= 2
    for name, part in parts.items():
        micros += part * _STEPS[name]
    return micros, null


def _to_unix(codec: UnixTime, micros: Array, where: str) -> list[Array]:
    if codec.seconds.kind == "float":  # which can hold the fraction too
        seconds, fraction = micros / _SECOND, np.zeros(len(micros))
    elif codec.fraction is None:
        seconds, fraction = _rounded(micros, _SECOND) // _SECOND, np.zeros(0)
    else:
        seconds, fraction = _split(micros, _SECOND, codec.fraction, codec.fraction_scale)
    parts = [_fitted(codec.seconds, seconds, where)]
    return parts if codec.fraction is None else [*parts, _fitted(codec.fraction, fraction, where)]


def _to_gps(codec: GpsTime, micros: Array, null: Array, where: str) -> list[Array]:
    leaps = np.searchsorted(_LEAPS, micros, side="right")
    elapsed = np.where(null, 0, micros - GPS_EPOCH + leaps * _SECOND)
    week, time = _split(elapsed, _WEEK, codec.time_of_week, codec.scale)
    return [_fitted(codec.week, week, where), _fitted(codec.time_of_week, time, where)]


def _split(micros: Array, whole: int, wire: WireType, scale: float) -> tuple[Array, Array]:
    """Wholes and the wire number of the rest, carried where the rest rounds up to a whole."""
    rest = (micros % whole) / _SECOND / scale
    rest = np.rint(rest) if wire.kind != "float" else rest.astype(wire_dtype(wire)).astype(float)
    full = np.rint(rest * scale * _SECOND) >= whole
    return micros // whole + full, np.where(full, 0, rest)


def _fitted(wire: WireType, values: Array, where: str) -> Array:
    if wire.kind != "float":
        outside = (values < wire.minimum) | (values > wire.maximum)
        if outside.any():
            row = int(np.argmax(outside))
            raise EncodeError(
                f"{where}, row {row}: the time is {values[row]:.0f} on the wire, which {wire.name} "
                f"cannot hold; it holds {wire.minimum} to {wire.maximum}"
            )
    return values.astype(wire_dtype(wire))


def _microseconds(wires: Array, scale: float) -> Array:
    """Seconds on the wire as microseconds, exact where they are whole numbers of seconds."""
    if wires.dtype.kind in "iu" and scale == 1.0:
        return wires.astype(np.int64) * _SECOND
    seconds = np.where(np.isfinite(wires), wires, 0.0).astype(np.float64) * scale
    whole = np.floor(seconds)
    rest = seconds - whole
    return whole.astype(np.int64) * _SECOND + np.rint(rest * _SECOND).astype(np.int64)
