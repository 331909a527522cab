from __future__ import annotations

from math import hypot, pi, remainder, sqrt
from sys import float_info
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from satlog_native.synth.field import flying_order, inside, swaths
from satlog_native.synth.geodesy import LocalFrame
from satlog_native.synth.path import Piece, Pose, Track, connect

POSES = st.builds(Pose, st.floats(-2000, 2000), st.floats(-2000, 2000), st.floats(-pi, pi))


@given(POSES, POSES)
def test_a_connection_ends_where_it_should(start: Pose, goal: Pose) -> None:
    pieces = connect(start, goal, 300.0)
    end = Track(start, pieces).end if pieces else start
    # An arc's angle comes from an arc cosine: near its ends that keeps half of a double's digits.
    assert hypot(end.x - goal.x, end.y - goal.y) < 300.0 * sqrt(float_info.epsilon)
    assert abs(remainder(end.heading - goal.heading, 2 * pi)) < 1e-9
    assert all(abs(piece.curvature) <= 1 / 300.0 for piece in pieces)
    length = sum(piece.length for piece in pieces)
    straight = hypot(goal.x - start.x, goal.y - start.y)
    # Three arcs and a bit is the worst that the shortest path can be.
    assert straight - 1e-6 <= length <= straight + 300.0 * (7 / 3 * pi + 4 * pi)


def test_the_shortest_connection_is_taken() -> None:
    abeam = connect(Pose(0.0, 0.0, 0.0), Pose(600.0, 0.0, pi), 300.0)
    assert sum(piece.length for piece in abeam) == pytest.approx(300.0 * pi)
    assert [piece.curvature for piece in abeam if piece.length > 1e-6] == [1 / 300.0]
    ahead = connect(Pose(0.0, 0.0, pi / 2), Pose(500.0, 0.0, pi / 2), 300.0)
    assert sum(piece.length for piece in ahead) == pytest.approx(500.0)


@given(POSES, POSES)
def test_a_track_has_no_jumps(start: Pose, goal: Pose) -> None:
    track = Track(start, [Piece(10.0, 0.0), *connect(start.ahead(10.0), goal, 300.0)])
    distance = np.linspace(0.0, track.length, 500)
    points = track.at(distance)
    steps = np.hypot(np.diff(points.x), np.diff(points.y))
    step = distance[1]
    assert (steps <= step * (1 + 1e-9) + 1e-9).all()
    assert (np.abs(np.diff(points.heading)) <= step / 300.0 + 1e-9).all()


@pytest.mark.parametrize(
    ("latitude", "north", "east"),
    [
        # Radii of curvature on WGS 84, metres in a hundredth of a degree.
        (0.0, 1105.7428, 1113.1949),
        (45.0, 1111.3178, 788.4684),
        (60.0, 1114.1215, 558.0001),
        (-60.0, 1114.1215, 558.0001),
    ],
)
def test_metres_in_degrees(latitude: float, north: float, east: float) -> None:
    frame = LocalFrame(latitude, 179.999)
    x, y = frame.to_metres(latitude + np.array([-0.005, 0.005]), np.full(2, 179.999))
    assert np.diff(y)[0] == pytest.approx(north, abs=2e-3)
    assert x == pytest.approx(0.0, abs=1e-6)
    x, _ = frame.to_metres(np.full(2, latitude), 179.999 + np.array([-0.005, 0.005]))
    assert np.diff(x)[0] == pytest.approx(east, abs=2e-3)


@given(st.floats(-85, 85), st.floats(-180, 180), st.floats(-3e4, 3e4), st.floats(-3e4, 3e4))
def test_degrees_come_back_as_metres(lat: float, lon: float, x: float, y: float) -> None:
    frame = LocalFrame(lat, lon)
    again = frame.to_metres(*frame.to_degrees(np.array([x]), np.array([y])))
    assert again[0][0] == pytest.approx(x, abs=1e-6)
    assert again[1][0] == pytest.approx(y, abs=1e-6)


@pytest.mark.parametrize(
    ("pattern", "count", "turn", "order"),
    [
        ("back_to_back", 4, 9, [0, 1, 2, 3]),
        ("racetrack", 6, 9, [0, 3, 1, 4, 2, 5]),
        ("racetrack", 5, 9, [0, 3, 1, 4, 2]),
        ("squeeze", 5, 9, [0, 4, 1, 3, 2]),
        ("squeeze", 4, 9, [0, 3, 1, 2]),
        ("quick_racetrack", 7, 2, [0, 2, 1, 3, 4, 6, 5]),
        ("quick_racetrack", 4, 9, [0, 2, 1, 3]),
        ("racetrack", 1, 9, [0]),
    ],
)
def test_flying_order(pattern: Any, count: int, turn: int, order: list[int]) -> None:
    assert flying_order(pattern, count, turn) == order


def test_swaths_of_a_field_with_a_bay() -> None:
    # A square of 100 m with a bay from the north in its middle third.
    x = np.array([0.0, 100.0, 100.0, 66.0, 66.0, 34.0, 34.0, 0.0])
    y = np.array([0.0, 0.0, 100.0, 100.0, 40.0, 40.0, 100.0, 100.0])
    north = swaths(x, y, 0.0, 20.0, 1.0)
    assert [swath.across for swath in north] == [10.0, 30.0, 50.0, 70.0, 90.0]
    assert [swath.inside for swath in north] == [
        ((0.0, 100.0),), ((0.0, 100.0),), ((0.0, 40.0),), ((0.0, 100.0),), ((0.0, 100.0),)
    ]  # fmt: skip
    east = swaths(x, y, pi / 2, 20.0, 1.0)
    assert [swath.number for swath in east] == [1, 2, 3, 4, 5]
    assert [len(swath.inside) for swath in east] == [2, 2, 2, 1, 1]
    assert east[0].inside[1] == pytest.approx((66.0, 100.0))
    longer_only = swaths(x, y, pi / 2, 20.0, 50.0)
    assert [swath.number for swath in longer_only] == [4, 5]


def test_inside() -> None:
    triangle = np.array([0.0, 4.0, 0.0]), np.array([0.0, 0.0, 4.0])
    points = np.array([1.0, 3.0, -1.0, 1.0]), np.array([1.0, 3.0, 1.0, -1.0])
    assert inside(*points, *triangle).tolist() == [True, False, False, False]
