"""Values and foreign text as people read them."""

from __future__ import annotations

import math
import re
from datetime import datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from satlog_native.errors import AnalysisError
from satlog_native.flight import unit_of
from satlog_native.flight.settings import Units

#: What stands where a log tells nothing.
NOT_RECORDED: Final = "not recorded"

#: Digits after the point, by unit; none for others.
_DIGITS: Final = {
    **dict.fromkeys(("ha", "ac", "gal/ac", "lb/ac"), 2),
    **dict.fromkeys(("m/s", "mph", "L", "gal", "kg", "lb", "L/ha", "kg/ha", "%", "°C", "°F"), 1),
    **dict.fromkeys(("ha/h", "ac/h"), 1),
}

_POINTS: Final = (
    *("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE"),
    *("S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"),
)

# Controls, halves of UTF-16 pairs and marks that turn the direction of what follows.
_UNSHOWABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]+"
)


def shown(text: object, most: int = 80) -> str:
    """Foreign text on one line: nothing but what can be seen, cut with ``…`` if too long."""
    line = " ".join(_UNSHOWABLE.sub(" ", str(text)).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def number(value: float | None, digits: int = 0) -> str:
    """A number with thousands apart; empty if unknown."""
    if value is None or not math.isfinite(value):
        return ""
    text = f"{value:,.{digits}f}"
    # A rounded -0.0 would puzzle people.
    return text.lstrip("-") if not text.strip("-0.,") else text.replace("-", "−")


def quantity(
    column: str, value: float | None, units: Units, *, dry: bool = False, digits: int | None = None
) -> str:
    """A value of a column of the flight's tables with its unit, or ``not recorded``."""
    unit = unit_of(column, units, dry=dry)
    text = number(value, digits_of(unit) if digits is None else digits)
    if not text:
        return NOT_RECORDED
    return text if unit is None else f"{text} {unit}"


def digits_of(unit: str | None) -> int:
    """How many digits after the point a value of a unit is shown with."""
    return _DIGITS.get(unit or "", 0)


def duration(seconds: float | None) -> str:
    """``1 h 02 min``, ``5 min 23 s``, ``12.6 s`` or ``none``."""
    if seconds is None or not math.isfinite(seconds):
        return NOT_RECORDED
    if not seconds:
        return "none"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(round(seconds / 60.0), 60)
    return f"{hours:,} h {minutes:02d} min"


def direction(degrees: float | None) -> str:
    """``225° (SW)``; empty if unknown."""
    if degrees is None or not math.isfinite(degrees):
        return ""
    return f"{round(degrees) % 360}° ({_POINTS[round(degrees / 22.5) % 16]})"


def place(latitude: float | None, longitude: float | None) -> str:
    """``35.20000° N, 90.90000° W``; empty if unknown."""
    if latitude is None or longitude is None:
        return ""
    north, east = "N" if latitude >= 0.0 else "S", "E" if longitude >= 0.0 else "W"
    return f"{abs(latitude):.5f}° {north}, {abs(longitude):.5f}° {east}"


def zone_of(name: str) -> tzinfo:
    """The time zone of an IANA name.

    Raises
    ------
    AnalysisError
        If this machine knows none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise AnalysisError(
            f"showing times: there is no time zone {shown(name)!r}; give one as "
            "'America/Chicago', 'Europe/Rome' or 'UTC'"
        ) from error


def day(time: datetime | None, zone: tzinfo) -> str:
    """``2025-07-14``."""
    return NOT_RECORDED if time is None else f"{local(time, zone):%Y-%m-%d}"


def clock(time: datetime | None, zone: tzinfo) -> str:
    """``13:08:54``."""
    return NOT_RECORDED if time is None else f"{local(time, zone):%H:%M:%S}"


def zone_name(time: datetime | None, zone: tzinfo) -> str:
    """What clocks call the zone at a time: ``UTC``, ``CDT``."""
    return str(zone) if time is None else local(time, zone).tzname() or str(zone)


def local(time: datetime, zone: tzinfo) -> datetime:
    """A time as clocks of the zone show it; at either end of the calendar, as it is."""
    try:
        return time.astimezone(zone)
    except OverflowError:
        return time


def first_row(summary: Any) -> dict[str, Any]:
    """The one row of a summary as a dict.

    Raises
    ------
    AnalysisError
        If it has not exactly one.
    """
    if summary.height != 1:
        raise AnalysisError(
            f"drawing a flight: its summary has {summary.height} rows, expected one; make it with "
            "satlog_native.flight.summary"
        )
    return dict(summary.row(0, named=True))
