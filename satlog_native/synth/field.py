"""A field's swaths: where their centre lines run, and in which order they are flown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from satlog_native.synth.path import Pose
from satlog_native.synth.plan import Pattern
from satlog_native.synth.records import Array

#: Cuts closer than this (m) are one cut, computed twice.
_SAME_PLACE: Final = 1e-3


@dataclass(frozen=True)
class Swath:
    """One swath's centre line.

    Attributes
    ----------
    number : int
        1 for the leftmost of the heading.
    across : float
        Distance (m) of the line to the right of the local origin.
    inside : tuple of (float, float)
        Stretches of the line inside the field: metres along the heading from the local origin.
    """

    number: int
    across: float
    inside: tuple[tuple[float, float], ...]


def to_pose(along: float, across: float, heading: float) -> Pose:
    """The pose at distances along and to the right of a heading (radians) through the origin."""
    x = along * np.sin(heading) + across * np.cos(heading)
    y = along * np.cos(heading) - across * np.sin(heading)
    return Pose(float(x), float(y), heading)


def swaths(x: Array, y: Array, heading: float, width: float, shortest: float) -> list[Swath]:
    """The swaths that cover a polygon, evenly about its middle.

    Parameters
    ----------
    x, y : ndarray
        The polygon's vertices, m.
    heading : float
        Radians.
    width : float
        Swath width, m.
    shortest : float
        Stretches inside the field of less than this (m) are left out, and swaths without any.
    """
    along = x * np.sin(heading) + y * np.cos(heading)
    across = x * np.cos(heading) - y * np.sin(heading)
    extent = float(across.max() - across.min())
    count = max(1, int(np.ceil(extent / width - 1e-6)))
    first = float(across.max() + across.min()) / 2.0 - (count - 1) / 2.0 * width
    lines = []
    for number in range(count):
        offset = first + number * width
        stretches = [(a, b) for a, b in _inside(along, across, offset) if b - a >= shortest]
        if stretches:
            lines.append(Swath(number + 1, offset, tuple(stretches)))
    return lines


def flying_order(pattern: Pattern, count: int, turn_swaths: int) -> list[int]:
    """Indices of the swaths in the order flown; every other one is flown the other way.

    Parameters
    ----------
    pattern : Pattern
        See :class:`~satlog_native.synth.plan.FlightPlan`.
    count : int
        Number of swaths.
    turn_swaths : int
        How many swaths apart two lines must be for one half turn from one to the other.
    """
    match pattern:
        case "back_to_back":
            return list(range(count))
        case "squeeze":
            return _alternating(list(range((count + 1) // 2)), list(range(count))[::-1])[:count]
        case "racetrack":
            return _racetrack(0, count)
        case "quick_racetrack":
            block = 2 * max(1, turn_swaths)
            starts = range(0, count, block)
            return [i for start in starts for i in _racetrack(start, min(start + block, count))]


def inside(x: Array, y: Array, polygon_x: Array, polygon_y: Array) -> Array:
    """Which points lie in the polygon (even-odd rule)."""
    result = np.zeros(len(x), bool)
    for x0, y0, x1, y1 in zip(
        polygon_x, polygon_y, np.roll(polygon_x, -1), np.roll(polygon_y, -1), strict=True
    ):
        if y0 != y1:
            crosses = (y0 > y) != (y1 > y)
            result ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return result


def _racetrack(start: int, stop: int) -> list[int]:
    middle = (start + stop + 1) // 2
    return _alternating(list(range(start, middle)), list(range(middle, stop)))


def _alternating(first: list[int], second: list[int]) -> list[int]:
    pairs = [index for pair in zip(first, second, strict=False) for index in pair]
    return pairs + first[len(second) :]


def _inside(along: Array, across: Array, offset: float) -> list[tuple[float, float]]:
    """Where the line at ``offset`` across is inside the polygon."""
    next_along, next_across = np.roll(along, -1), np.roll(across, -1)
    crosses = (across > offset) != (next_across > offset)
    share = (offset - across[crosses]) / (next_across[crosses] - across[crosses])
    cuts = np.sort(along[crosses] + share * (next_along[crosses] - along[crosses])).tolist()
    stretches: list[tuple[float, float]] = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=True):
        # Where one boundary joins several rings, its way there and back cuts twice in one place.
        if stretches and start - stretches[-1][1] < _SAME_PLACE:
            start = stretches.pop()[0]  # noqa: PLW2901
        stretches.append((start, end))
    return stretches
