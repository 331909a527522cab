"""The way through a flight: out from the airstrip, every swath with the turns between, and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import atan2, ceil, pi, radians, tan
from typing import Final

import numpy as np

from satlog_native.errors import EncodeError
from satlog_native.synth.field import Swath, flying_order, swaths, to_pose
from satlog_native.synth.geodesy import LocalFrame
from satlog_native.synth.path import Piece, Pose, Track, connect
from satlog_native.synth.plan import FlightPlan
from satlog_native.synth.records import Array

_GRAVITY: Final = 9.81

#: Straight and level before and after the field (s), and along the runway (m).
_LEAD_IN: Final = 2.5
_LEAD_OUT: Final = 1.5
_RUNWAY: Final = 700.0

#: Nobody opens the boom for less (s).
_SHORTEST_SPRAY: Final = 1.0


@dataclass(frozen=True)
class Run:
    """One swath flown once. Distances are metres along the track.

    Attributes
    ----------
    swath : Swath
        The line flown.
    forward : bool
        Whether along the plan's heading, or against it.
    start, end : float
        Where the straight flight along the line begins and ends.
    sprays : tuple of (float, float)
        Where the boom opens and shuts.
    """

    swath: Swath
    forward: bool
    start: float
    end: float
    sprays: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Route:
    """The track over ground and what happens along it.

    Attributes
    ----------
    frame : LocalFrame
        Local metres, about the middle of the field's vertices.
    field_x, field_y : ndarray
        The field's vertices, m.
    track : Track
        From the start of the take-off run to the end of the landing run.
    runs : tuple of Run
        The swaths in the order flown.
    """

    frame: LocalFrame
    field_x: Array
    field_y: Array
    track: Track
    runs: tuple[Run, ...]


def plan_route(plan: FlightPlan) -> Route:
    """Lay out the flight.

    Raises
    ------
    EncodeError
        If no swath of the plan crosses the field long enough to be sprayed.
    """
    longitude, latitude = np.array(plan.field).T
    frame = LocalFrame(float(latitude.mean()), float(longitude.mean()))
    x, y = frame.to_metres(latitude, longitude)
    lines = swaths(x, y, radians(plan.heading), plan.swath_width, _SHORTEST_SPRAY * plan.airspeed)
    if not lines:
        raise EncodeError(
            f"flight plan: at heading {plan.heading} the field is nowhere longer than "
            f"{_SHORTEST_SPRAY * plan.airspeed:.0f} m, one second of flight; give a larger field, "
            f"or another heading"
        )
    fastest = plan.airspeed + plan.wind_speed + 3.0 * plan.wind_gust
    radius = fastest**2 / (_GRAVITY * tan(radians(plan.bank_limit)))
    order = flying_order(plan.pattern, len(lines), ceil(2.0 * radius / plan.swath_width))
    start = _take_off(plan, frame)
    pieces = [Piece(_RUNWAY, 0.0)]
    runs, here = [], start.ahead(_RUNWAY)
    for turn, index in enumerate(order):
        entry, leave, stretches = _ends(plan, lines[index], turn % 2 == 0)
        pieces += connect(here, entry, radius)
        begin = sum(piece.length for piece in pieces)
        pieces.append(Piece(leave, 0.0))
        sprays = tuple((begin + a, begin + b) for a, b in stretches)
        runs.append(Run(lines[index], turn % 2 == 0, begin, begin + leave, sprays))
        here = entry.ahead(leave)
    pieces += [*connect(here, _landing(start), radius), Piece(_RUNWAY, 0.0)]
    return Route(frame, x, y, Track(start, pieces), tuple(runs))


def _take_off(plan: FlightPlan, frame: LocalFrame) -> Pose:
    """On the airstrip, towards the field."""
    x, y = frame.to_metres(plan.airstrip[1], plan.airstrip[0])
    return Pose(float(x), float(y), atan2(-float(x), -float(y)))


def _landing(start: Pose) -> Pose:
    """Over the far end of the runway, the other way."""
    end = start.ahead(_RUNWAY)
    return Pose(end.x, end.y, start.heading + pi)


def _ends(
    plan: FlightPlan, swath: Swath, forward: bool
) -> tuple[Pose, float, list[tuple[float, float]]]:
    """Where to join a swath's line, how far to follow it, and where in between to spray."""
    lead_in, lead_out = _LEAD_IN * plan.airspeed, _LEAD_OUT * plan.airspeed
    first, last = swath.inside[0][0], swath.inside[-1][1]
    length = lead_in + last - first + lead_out
    if forward:
        pose = to_pose(first - lead_in, swath.across, radians(plan.heading))
        return pose, length, [(a - first + lead_in, b - first + lead_in) for a, b in swath.inside]
    pose = to_pose(last + lead_in, swath.across, radians(plan.heading))
    pose = Pose(pose.x, pose.y, pose.heading + pi)
    stretches = [(last - b + lead_in, last - a + lead_in) for a, b in reversed(swath.inside)]
    return pose, length, stretches


def heights(plan: FlightPlan, route: Route) -> Iterator[tuple[float, float]]:
    """Distances along the track (m) and the height above ground (m) flown there."""
    runs = route.runs
    climb = 20.0 * plan.ferry_height  # a gradient of 1 : 20
    yield 0.0, 0.0
    yield _RUNWAY, 5.0
    yield from _cruise(plan, _RUNWAY + climb, runs[0].start - climb)
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        yield run.start, plan.release_height
        yield run.end, plan.release_height
        if following is not None:
            turn_height = plan.release_height + min(40.0, (following.start - run.end) / 30.0)
            yield (run.end + following.start) / 2.0, turn_height
    touch_down = route.track.length - _RUNWAY
    yield from _cruise(plan, runs[-1].end + climb, touch_down - climb)
    yield touch_down, 5.0
    yield route.track.length, 0.0


def _cruise(plan: FlightPlan, start: float, end: float) -> Iterator[tuple[float, float]]:
    if end > start:
        yield start, plan.ferry_height
        yield end, plan.ferry_height
