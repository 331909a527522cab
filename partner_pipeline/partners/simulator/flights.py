"""The flights that the simulated partner has logs of: over fields of its own, or over a job's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from math import atan2, cos, degrees, hypot, radians
from typing import TYPE_CHECKING, Final

from partner_pipeline.errors import ValidationError
from satlog_native.errors import EncodeError

if TYPE_CHECKING:
    from satlog_native.jobs import JobFile
    from satlog_native.jobs.model import Ring
    from satlog_native.synth import FlightPlan

#: From the field to the airstrip, degrees of latitude: some 3 km.
_AIRSTRIP: Final = 0.027

#: s; no tank lasts longer.
_LONGEST: Final = 3.0 * 3600.0

#: Bytes of a job's label in a log.
_LABEL: Final = 64

#: A field too short for the first speed (m/s) is flown more slowly.
_SPEEDS: Final = (62.0, 45.0, 30.0)


def demo_flight(number: int, *, full: bool, start: datetime, tail_number: str) -> FlightPlan:
    """A flight over a field of the partner's own.

    Parameters
    ----------
    number : int
        Different numbers are different fields.
    full : bool
        Some 20,000 records; else about 3,000, in a tenth of the time.
    start : datetime
        UTC.
    tail_number : str
        The aircraft.
    """
    from satlog_native.synth import FlightPlan, demo_plan, rectangle

    if full:
        plan = demo_plan(number)
    else:
        latitude, longitude = 35.0 + number % 50 / 40.0, -91.0 + number // 50 % 50 / 40.0
        plan = FlightPlan(
            field=rectangle(latitude, longitude, 80.0, 300.0),
            airstrip=(longitude - _AIRSTRIP, latitude),
        )
    return replace(
        plan,
        start_time=_iso(start),
        aircraft_id=tail_number,
        job_id=number,
        job_label=f"{number}_field",
    )


def job_flight(job: JobFile, *, start: datetime, tail_number: str) -> FlightPlan:
    """A flight that sprays a job's polygons, and nothing outside them or in their holes.

    Raises
    ------
    ValidationError
        If the job has no polygon that an aircraft can fly a swath over, or far more than it can
        spray in one flight.
    """
    from satlog_native.synth import FlightPlan, one_boundary
    from satlog_native.synth.route import plan_route

    if not job.polygons:
        raise ValidationError(f"flying job {job.number}: it has no polygon")
    rings = [ring for polygon in job.polygons for ring in (polygon.exterior, *polygon.holes)]
    boundary = one_boundary([tuple((lon, lat) for lat, lon in ring) for ring in rings])
    longitude, latitude = boundary[0]
    problem = ""
    for speed, heading in _ways(job.polygons[0].exterior):
        plan = FlightPlan(
            field=boundary,
            heading=heading,
            airspeed=speed,
            airstrip=(longitude - _AIRSTRIP, latitude),
            start_time=_iso(start),
            aircraft_id=tail_number,
            job_id=int(job.number) if _is_u32(job.number) else None,
            job_label=_label(job.number),
        )
        try:
            seconds = plan_route(plan).track.length / speed
        except EncodeError as error:
            problem = str(error)
            continue
        if seconds > _LONGEST:
            problem = f"its field is {seconds / 3600.0:.0f} hours of flight; make it smaller"
            break
        return plan
    raise ValidationError(f"flying job {job.number}: {problem}")


@lru_cache(maxsize=64)
def log_bytes(plan: FlightPlan, seed: int) -> bytes:
    """The log of a flight. The same plan and seed give the same bytes."""
    from satlog_native.layouts import load
    from satlog_native.synth.encode import encode
    from satlog_native.synth.simulate import flight_records

    layout = load("satloc_air")
    # Not `fly`: the truth about a flight takes as long again, and nobody asks for it here.
    _, records = flight_records(plan, seed, layout)
    return encode(layout, records)


def damaged_log(data: bytes, seed: int) -> bytes:
    """A log with a few bytes changed, put in and taken out, and cut at its end."""
    from satlog_native.layouts import load
    from satlog_native.synth import damage

    start = load("satloc_air").framing.header_size
    hurt, _ = damage(data, seed=seed, start=start, bit_flips=3, noise=2, gaps=1, cut=11)
    return hurt


def _ways(ring: Ring) -> Iterator[tuple[float, float]]:
    """Speeds and headings to try: along the longest edge first."""
    along = _longest_edge(ring)
    for speed in _SPEEDS:
        for turn in (0.0, 90.0, 45.0, 135.0):
            yield speed, (along + turn) % 180.0


def _longest_edge(ring: Ring) -> float:
    """Heading of the longest edge, degrees."""
    longest, heading = 0.0, 0.0
    for (lat0, lon0), (lat1, lon1) in pairwise(ring):
        east, north = (lon1 - lon0) * cos(radians(lat0)), lat1 - lat0
        if (length := hypot(east, north)) > longest:
            longest, heading = length, degrees(atan2(east, north))
    return heading


def _iso(moment: datetime) -> str:
    return moment.replace(tzinfo=None, microsecond=0).isoformat()


def _label(number: str) -> str:
    """A job's number as far as a log has room for it."""
    return number.encode()[:_LABEL].decode(errors="ignore")


def _is_u32(number: str) -> bool:
    return number.isascii() and number.isdecimal() and 0 < int(number[:20]) < 2**32 - 1
