"""What a synthetic flight is to be: the field, the aircraft, the task, the weather."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from satlog_native.errors import EncodeError
from satlog_native.synth.geodesy import LocalFrame

Pattern = Literal["back_to_back", "racetrack", "squeeze", "quick_racetrack"]
Positions = Literal["short", "extended", "mixed"]
Material = Literal["liquid", "dry"]

#: Vertices as (longitude, latitude) in degrees, open or closed, either way round.
Polygon = tuple[tuple[float, float], ...]

_POSITIVE: Final = ("swath_width", "target_rate", "airspeed", "bank_limit", "release_height")
_NOT_NEGATIVE: Final = ("wind_speed", "wind_gust", "noise", "flow_lag", "ferry_height")


def rectangle(
    latitude: float, longitude: float, width: float, length: float, heading: float = 0.0
) -> Polygon:
    """A rectangular field.

    Parameters
    ----------
    latitude, longitude : float
        Its centre, degrees.
    width, length : float
        Sides across and along ``heading``, m.
    heading : float
        Degrees from north.
    """
    sine, cosine = np.sin(np.radians(heading)), np.cos(np.radians(heading))
    across = np.array([-0.5, 0.5, 0.5, -0.5]) * width
    along = np.array([-0.5, -0.5, 0.5, 0.5]) * length
    x, y = across * cosine + along * sine, along * cosine - across * sine
    latitudes, longitudes = LocalFrame(latitude, longitude).to_degrees(x, y)
    return tuple(zip(longitudes.tolist(), latitudes.tolist(), strict=True))


def one_boundary(rings: Sequence[Polygon]) -> Polygon:
    """Several rings as the one boundary of a plan: separate fields, and holes in them.

    The boundary goes round each ring and back to the first ring's beginning, so that whatever it
    crosses on the way it crosses twice: what lies inside an odd number of the rings is inside.

    Parameters
    ----------
    rings : sequence of polygon
        Open or closed; one or more.
    """
    home = rings[0][0]
    opened = [ring[:-1] if ring[0] == ring[-1] else ring for ring in rings]
    first, *others = ((*ring, ring[0]) for ring in opened)
    return (*first, *(vertex for ring in others for vertex in (*ring, home)))


#: 40 ha, 800 m from south to north.
DEMO_FIELD: Final = rectangle(35.2, -90.9, 500.0, 800.0)


@dataclass(frozen=True, kw_only=True)
class FlightPlan:
    """A flight to simulate. The defaults spray 40 ha in about 35 minutes; the log
    has some 21,600 records.

    Parameters
    ----------
    field : polygon
        (longitude, latitude) vertices in degrees. Sprayed is only inside it. Several fields, or
        fields with holes, are one polygon by :func:`one_boundary`.
    heading : float
        Of the first swath, degrees.
    pattern : {"back_to_back", "racetrack", "squeeze", "quick_racetrack"}
        Order of the swaths: side by side; from both the edge and the middle on, round and round;
        from both edges inwards; racetracks just wide enough to turn in.
    swath_width : float
        m.
    target_rate : float
        L/ha, or kg/ha where the material is dry.
    airspeed : float
        m/s; over ground, wind adds and takes away.
    bank_limit : float
        Steepest bank in turns, degrees; with the speed it gives the turns' radius.
    airstrip : (longitude, latitude)
        Where the flight starts and ends, degrees.
    start_time : str
        UTC, ISO 8601 without a zone.
    rate_hz : {5, 10}
        Position records a second.
    positions : {"short", "extended", "mixed"}
        Which variant of the position record; mixed is an extended one every full second.
    wind_speed, wind_direction, wind_gust : float
        Mean (m/s), where it comes from (degrees), standard deviation of the gusts (m/s).
    noise : float
        Of receiver and sensors: 1 is usual, 0 is none at all.
    flow_lag : float
        Time constant of the flow control, s.
    elevation, release_height, ferry_height : float
        Ground above the ellipsoid; aircraft above ground in passes, and on the way. m.
    job_id, job_label, aircraft_id, pilot : int or None, str
        As records 120, 151, 152 and 100 say them.
    material : {"liquid", "dry"}
        Flow records, or dry gate records.
    dual_flow : bool
        Whether left and right are controlled apart, as the dual flow records say.
    all_kinds : bool
        Whether every kind of the layout occurs, whatever the equipment; kinds that the simulator
        does not know then hold zeros.

    Raises
    ------
    EncodeError
        For a plan that cannot be flown.
    """

    field: Polygon = DEMO_FIELD
    heading: float = 0.0
    pattern: Pattern = "racetrack"
    swath_width: float = 20.0
    target_rate: float = 30.0
    airspeed: float = 62.0
    bank_limit: float = 45.0
    airstrip: tuple[float, float] = (-91.0342, 35.12)
    start_time: str = "2025-07-14T13:05:00"
    rate_hz: Literal[5, 10] = 5
    positions: Positions = "short"
    wind_speed: float = 3.0
    wind_direction: float = 225.0
    wind_gust: float = 0.6
    noise: float = 1.0
    flow_lag: float = 0.25
    elevation: float = 75.0
    release_height: float = 3.5
    ferry_height: float = 150.0
    job_id: int | None = 4711
    job_label: str = "4711_demo_field"
    aircraft_id: str = "N4711S"
    pilot: str = "A. Demo"
    material: Material = "liquid"
    dual_flow: bool = False
    all_kinds: bool = False

    def __post_init__(self) -> None:
        self._require(len(set(self.field)) >= 3, "field", "a polygon of three or more vertices")
        self._require(bool(np.isfinite(self.field).all()), "field", "finite degrees")
        for name in _POSITIVE:
            self._require(0 < getattr(self, name) < np.inf, name, "above zero")
        for name in _NOT_NEGATIVE:
            self._require(0 <= getattr(self, name) < np.inf, name, "zero or more")
        self._require(self.bank_limit < 80, "bank_limit", "below 80 degrees")
        slack = self.airspeed - self.wind_speed - 4.0 * self.wind_gust
        self._require(slack > 10.0, "airspeed", "10 m/s above the wind's speed with gusts")
        for name, allowed in (
            ("pattern", get_args(Pattern)),
            ("positions", get_args(Positions)),
            ("material", get_args(Material)),
            ("rate_hz", (5, 10)),
        ):
            words = ", ".join(map(str, allowed))
            self._require(getattr(self, name) in allowed, name, f"one of {words}")

    def _require(self, holds: bool, name: str, wanted: str) -> None:
        if not holds:
            raise EncodeError(
                f"flight plan: {name} is {getattr(self, name)!r}, but must be {wanted}"
            )


def demo_plan(seed: int) -> FlightPlan:
    """A plan that differs with the seed: field, heading, pattern, wind, aircraft and day."""
    rng = np.random.default_rng(seed)
    heading = float(rng.integers(0, 180))
    latitude, longitude = 35.2 + rng.uniform(-0.5, 0.5), -90.9 + rng.uniform(-0.5, 0.5)
    job = int(rng.integers(1000, 9999))
    patterns: tuple[Pattern, ...] = get_args(Pattern)
    day = np.datetime64("2025-04-01T12:00:00") + np.timedelta64(int(rng.integers(120 * 1440)), "m")
    return FlightPlan(
        field=rectangle(
            latitude, longitude, rng.uniform(300.0, 700.0), rng.uniform(500.0, 1200.0), heading
        ),
        heading=heading,
        pattern=patterns[rng.integers(len(patterns))],
        swath_width=float(rng.choice([16.0, 18.0, 20.0, 22.0])),
        target_rate=float(rng.choice([20.0, 30.0, 50.0])),
        airspeed=float(rng.uniform(55.0, 66.0)),
        airstrip=(longitude + rng.uniform(-0.15, 0.15), latitude + rng.uniform(-0.15, 0.15)),
        start_time=str(day),
        wind_speed=float(rng.uniform(0.5, 5.0)),
        wind_direction=float(rng.uniform(0.0, 360.0)),
        job_id=job,
        job_label=f"{job}_demo_{seed}",
        aircraft_id=f"N{rng.integers(100, 999)}SA",
    )
