"""Ticks of a time axis at round times of the clock."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from math import ceil
from typing import Final

from satlog_native.plot.text import local

_DAY: Final = 86_400
_STEPS: Final = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200)


def clock_ticks(
    start: datetime, seconds: float, zone: tzinfo, most: int = 9
) -> list[tuple[float, str]]:
    """Seconds from the start, and the time shown there.

    Parameters
    ----------
    start : datetime
        With a time zone.
    seconds : float
        Length of the axis.
    zone : tzinfo
        That times are shown in.
    most : int
        Ticks.
    """
    days = _DAY * ceil(seconds / _DAY / most)
    step = next((step for step in _STEPS if seconds / step <= most), max(days, _DAY))
    form = "%H:%M:%S" if step < 60 else "%H:%M" if step < _DAY else "%Y-%m-%d"
    begin = local(start, zone).replace(tzinfo=None)
    since_midnight = (begin - datetime.combine(begin.date(), datetime.min.time())).total_seconds()
    first = ceil(since_midnight / step) * step - since_midnight
    ticks = []
    while first <= seconds:
        ticks.append((first, f"{begin + timedelta(seconds=first):{form}}"))
        first += step
    return ticks
