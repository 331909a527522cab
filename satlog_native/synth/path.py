"""Ground tracks of straight lines and circular arcs, and the shortest one between two poses.

Headings are compass radians: 0 is north (y), π/2 east (x). A positive curvature turns right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import acos, atan2, cos, hypot, pi, sin, sqrt
from typing import Final

import numpy as np

from satlog_native.synth.records import Array

_TURN: Final = 2.0 * pi


@dataclass(frozen=True)
class Pose:
    """A place (m) and a heading (radians)."""

    x: float
    y: float
    heading: float

    def ahead(self, distance: float) -> Pose:
        """The pose ``distance`` metres further on, straight."""
        x = self.x + distance * sin(self.heading)
        return Pose(x, self.y + distance * cos(self.heading), self.heading)


@dataclass(frozen=True)
class Piece:
    """A line (curvature 0) or an arc of a length (m) and a curvature (1/m)."""

    length: float
    curvature: float


@dataclass(frozen=True)
class Points:
    """Where a track is at some distances along it: arrays, metres and radians."""

    x: Array
    y: Array
    heading: Array
    curvature: Array


class Track:
    """Pieces joined end to end from a start."""

    def __init__(self, start: Pose, pieces: Sequence[Piece]) -> None:
        self._lengths = np.array([piece.length for piece in pieces])
        self._curvatures = np.array([piece.curvature for piece in pieces])
        self._starts = np.concatenate([[0.0], np.cumsum(self._lengths)])
        poses = [start]
        for piece in pieces:
            poses.append(_end(poses[-1], piece))
        self._poses = np.array([(pose.x, pose.y, pose.heading) for pose in poses[:-1]])
        self.end = poses[-1]

    @property
    def length(self) -> float:
        """Metres from start to end."""
        return float(self._starts[-1])

    def at(self, distance: Array) -> Points:
        """The points at these distances (m) from the start."""
        piece = np.searchsorted(self._starts, distance, side="right") - 1
        piece = np.clip(piece, 0, len(self._lengths) - 1)
        x, y, start = self._poses[piece].T
        curvature = self._curvatures[piece]
        along = distance - self._starts[piece]
        turned = curvature * along
        # An arc's chord is its length times sin(half)/half, at the mean heading; so is a line.
        chord = along * np.sinc(turned / _TURN)
        middle = start + turned / 2.0
        return Points(
            x + chord * np.sin(middle), y + chord * np.cos(middle), start + turned, curvature
        )


def connect(start: Pose, goal: Pose, radius: float) -> list[Piece]:
    """The shortest way between two poses whose curves are no tighter than ``radius`` (m).

    Source: L. E. Dubins, Am. J. Math. 79 (1957); formulas of A. Shkel and V. Lumelsky, Robotics
    and Autonomous Systems 34 (2001), with north as their first axis and east as their second.
    """
    north, east = goal.y - start.y, goal.x - start.x
    distance = hypot(north, east) / radius
    bearing = atan2(east, north)
    alpha, beta = (start.heading - bearing) % _TURN, (goal.heading - bearing) % _TURN
    best = min(_words(alpha, beta, distance), key=lambda word: sum(word[1]))
    signs = {"L": 1.0, "S": 0.0, "R": -1.0}  # their left is, with east second, a turn to the right
    return [
        Piece(length * radius, signs[letter] / radius)
        for letter, length in zip(*best, strict=True)
        if length * radius > 1e-9
    ]


def _words(a: float, b: float, d: float) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """The up to six candidates: letters, and lengths in radii. L adds to the heading."""
    sa, sb, ca, cb, cab = sin(a), sin(b), cos(a), cos(b), cos(a - b)
    straight = 2.0 + d * d - 2.0 * cab
    if (square := straight + 2.0 * d * (sa - sb)) >= 0.0:
        turn = atan2(cb - ca, d + sa - sb)
        yield "LSL", ((turn - a) % _TURN, sqrt(square), (b - turn) % _TURN)
    if (square := straight + 2.0 * d * (sb - sa)) >= 0.0:
        turn = atan2(ca - cb, d - sa + sb)
        yield "RSR", ((a - turn) % _TURN, sqrt(square), (turn - b) % _TURN)
    crossed = d * d - 2.0 + 2.0 * cab
    if (square := crossed + 2.0 * d * (sa + sb)) >= 0.0:
        middle = sqrt(square)
        turn = atan2(-ca - cb, d + sa + sb) - atan2(-2.0, middle)
        yield "LSR", ((turn - a) % _TURN, middle, (turn - b) % _TURN)
    if (square := crossed - 2.0 * d * (sa + sb)) >= 0.0:
        middle = sqrt(square)
        turn = atan2(ca + cb, d - sa - sb) - atan2(2.0, middle)
        yield "RSL", ((a - turn) % _TURN, middle, (b - turn) % _TURN)
    curved = 6.0 - d * d + 2.0 * cab
    if abs(cosine := (curved + 2.0 * d * (sa - sb)) / 8.0) <= 1.0:
        middle = _TURN - acos(cosine)
        first = (a - atan2(ca - cb, d - sa + sb) + middle / 2.0) % _TURN
        yield "RLR", (first, middle, (a - b - first + middle) % _TURN)
    if abs(cosine := (curved + 2.0 * d * (sb - sa)) / 8.0) <= 1.0:
        middle = _TURN - acos(cosine)
        first = (atan2(cb - ca, d + sa - sb) - a + middle / 2.0) % _TURN
        yield "LRL", (first, middle, (b - a - first + middle) % _TURN)


def _end(pose: Pose, piece: Piece) -> Pose:
    turned = piece.curvature * piece.length
    chord = piece.length * float(np.sinc(turned / _TURN))
    middle = pose.heading + turned / 2.0
    return Pose(pose.x + chord * sin(middle), pose.y + chord * cos(middle), pose.heading + turned)
