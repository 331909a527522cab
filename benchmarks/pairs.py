"""Two calls timed in turn, so that a busy moment of the machine falls on both.

Memory that a call has freed is given back to the kernel before the next, outside the timed
stretch, and its results are freed outside of it: every call finds the process as its first does.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class Race:
    """Seconds of each call, in turn."""

    first: tuple[float, ...]
    second: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """How many times as fast as the second the first is, pair by pair."""
        return tuple(b / a for a, b in zip(self.first, self.second, strict=True))

    @property
    def ratio(self) -> float:
        """Their median."""
        return median(self.ratios)

    @property
    def quartiles(self) -> tuple[float, float]:
        """What the middle half of the ratios lies between."""
        if len(self.ratios) < 2:
            return self.ratio, self.ratio
        low, _, high = quantiles(self.ratios, n=4, method="inclusive")
        return low, high


def race(
    first: Callable[[], object],
    second: Callable[[], object],
    *,
    seconds: float,
    least: int,
    most: int = 200,
) -> Race:
    """Time two calls in turn, for so many seconds but so many pairs at least and at most.

    Each is called once before: what a process does but once is in no time.
    """
    timed(first)
    timed(second)
    times: tuple[list[float], list[float]] = ([], [])
    start = perf_counter()
    while len(times[0]) < least or (perf_counter() - start < seconds and len(times[0]) < most):
        times[0].append(timed(first))
        times[1].append(timed(second))
    return Race(tuple(times[0]), tuple(times[1]))


def timed(call: Callable[[], object]) -> float:
    """Seconds of one call that finds no memory to use again."""
    gc.collect()
    if hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(0)
    gc.disable()
    try:
        start = perf_counter()
        result = call()
        stop = perf_counter()
    finally:
        gc.enable()
    del result
    return stop - start
