"""The four timestamp codecs in exact arithmetic.

Every decoder takes wire values and gives an aware datetime, or None for an impossible time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GPS_EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
WEEK_SECONDS = 604800
MICROSECOND = timedelta(microseconds=1)

#: Dates from which GPS time is one more second ahead of UTC (IERS Bulletin C).
LEAP_SECONDS = [
    datetime(year, month, 1, tzinfo=UTC)
    for year, month in (
        *((1981, 7), (1982, 7), (1983, 7), (1985, 7), (1988, 1), (1990, 1)),
        *((1991, 1), (1992, 7), (1993, 7), (1994, 7), (1996, 1), (1997, 7)),
        *((1999, 1), (2006, 1), (2009, 1), (2012, 7), (2015, 7), (2017, 1)),
    )
]

#: Parts of a second that a packed time may count, and how many make a second.
SECOND_PARTS = {"tenth": 10, "hundredth": 100, "millisecond": 1000, "microsecond": 1_000_000}


@dataclass(frozen=True, eq=False)
class Either:
    """A time so close to the middle of two microseconds that a float scale decides which it is.

    A scale such as 1e-7 is a decimal that no double holds. Whether 15 units of it are the tie that
    they look like or 1e-16 s to one side is no property of the log: both neighbours are right.
    """

    earliest: datetime
    latest: datetime

    def __eq__(self, other: object) -> bool:
        return isinstance(other, datetime) and self.earliest <= other <= self.latest

    __hash__ = None  # type: ignore[assignment]


def from_epoch(epoch: datetime, seconds: Fraction, blur: Fraction) -> datetime | Either | None:
    """`epoch` + `seconds`, to the nearest microsecond (a tie to the even one).

    `blur` is how far, in seconds, a sum in doubles may be off.
    """
    try:
        earliest, latest = (
            epoch + round((seconds + error) * 1_000_000) * MICROSECOND for error in (-blur, blur)
        )
    except OverflowError:
        return None
    return earliest if earliest == latest else Either(earliest, latest)


def product(units: float, scale: float) -> tuple[Fraction, Fraction]:
    """`units` x `scale` as the layout's author wrote it, and its blur.

    Whole units of whole microseconds have none.
    """
    exact = Fraction(str(scale))
    if (exact * 1_000_000).denominator > 1:
        return Fraction(units) * exact, abs(Fraction(units) * exact) / 2**51
    return Fraction(units) * exact, Fraction(0) if isinstance(units, int) else exact / 2**50


def calendar(parts: Mapping[str, int], year_base: int) -> datetime | None:
    """A time from calendar parts; missing ones are the first of their kind."""
    microsecond = 0
    for part, in_a_second in SECOND_PARTS.items():
        if part in parts:
            if parts[part] >= in_a_second:
                return None
            microsecond = parts[part] * (1_000_000 // in_a_second)
    try:
        return datetime(
            year_base + parts.get("year", 0),
            parts.get("month", 1),
            parts.get("day", 1),
            parts.get("hour", 0),
            parts.get("minute", 0),
            parts.get("second", 0),
            microsecond,
            tzinfo=UTC,
        )
    except (ValueError, OverflowError):
        return None


def packed(bits: Mapping[str, list[int]], year_base: int, wire: int) -> datetime | None:
    """Calendar parts packed into one integer."""
    parts = {part: wire >> first & (1 << width) - 1 for part, (first, width) in bits.items()}
    return calendar(parts, year_base)


def msdos(wire: int) -> datetime | None:
    """An MS-DOS date (high 16 bits) and time (low 16 bits, in steps of two seconds)."""
    parts = {
        "year": wire >> 25,
        "month": wire >> 21 & 15,
        "day": wire >> 16 & 31,
        "hour": wire >> 11 & 31,
        "minute": wire >> 5 & 63,
        "second": (wire & 31) * 2,
    }
    return calendar(parts, 1980)


def unix(seconds: float, fraction: float, scale: float) -> datetime | Either | None:
    """`seconds` + `fraction` x `scale` seconds since 1970."""
    if not (math.isfinite(seconds) and math.isfinite(fraction)):
        return None
    (whole, blur), (part, more_blur) = product(seconds, 1), product(fraction, scale)
    return from_epoch(UNIX_EPOCH, whole + part, blur + more_blur)


def gps(week: int, time_of_week: float, scale: float) -> datetime | Either | None:
    """`week` weeks and `time_of_week` x `scale` seconds since 1980-01-06, less the leap seconds.

    The leap second itself, which no UTC datetime can name, reads as the second that follows it.
    """
    if not math.isfinite(time_of_week):
        return None
    of_week, blur = product(time_of_week, scale)
    if not 0 <= of_week < WEEK_SECONDS:
        return None
    elapsed = week * WEEK_SECONDS + of_week
    leaps = 0
    for number, since in enumerate(LEAP_SECONDS, start=1):
        if elapsed >= (since - GPS_EPOCH) // timedelta(seconds=1) + number:
            leaps = number
    return from_epoch(GPS_EPOCH, elapsed - leaps, blur)


def gps_wire(time: datetime) -> tuple[int, Fraction]:
    """Week and seconds of week of a UTC `time`."""
    leaps = sum(since <= time for since in LEAP_SECONDS)
    elapsed = Fraction((time - GPS_EPOCH) // MICROSECOND, 1_000_000) + leaps
    week = int(elapsed // WEEK_SECONDS)
    return week, elapsed - week * WEEK_SECONDS


def codec_fields(field: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    """The wire parts of an unpacked timestamp field, in order: (key, wire type, scale)."""
    if field["codec"] == "unix":
        parts: list[tuple[str, str, float]] = [("seconds", field["seconds"], 1)]
        if "fraction" in field:
            parts.append(("fraction", field["fraction"]["type"], field["fraction"].get("scale", 1)))
        return parts
    of_week = field["time_of_week"]
    return [("week", field["week"], 1), ("time_of_week", of_week["type"], of_week.get("scale", 1))]
