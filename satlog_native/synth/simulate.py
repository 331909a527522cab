"""Flying a plan: the log's bytes, and beside them the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from satlog_native.layouts import load
from satlog_native.layouts.model import Layout
from satlog_native.synth.damage import Injury, damage
from satlog_native.synth.encode import Tables, encode, frame_offsets, readback
from satlog_native.synth.fields import column_names
from satlog_native.synth.geodesy import LocalFrame
from satlog_native.synth.instruments import Readings, read_instruments
from satlog_native.synth.kinds import Emission, emissions
from satlog_native.synth.motion import Motion, fly_route
from satlog_native.synth.plan import FlightPlan
from satlog_native.synth.records import Array, Records
from satlog_native.synth.route import plan_route
from satlog_native.synth.spray import Spray, spray_route

#: Seconds between the records of a kind that only the layout knows.
_UNKNOWN_EVERY = 10

#: Payload bytes of an opaque kind whose layout states no size.
_OPAQUE_SIZE = 8


@dataclass(frozen=True)
class Pass:
    """One stretch sprayed without a break, as it truly was.

    Attributes
    ----------
    number : int
        1 for the first flown.
    swath_number : int
        As the swath_number record says it.
    start_time, end_time : datetime64[us]
        When the boom opened and shut (between two position records, as a rule).
    first, last : int
        Rows, in the position table, of the first and last position with the boom open.
    heading : float
        Degrees.
    length, swath_width : float
        m.
    volume : float
        L (kg if dry).
    line : tuple of two (x, y)
        The centre line from where the boom opened to where it shut, local metres.
    rectangle : tuple of four (x, y)
        The ground sprayed: the line with half a swath width to either side, local metres.
    """

    number: int
    swath_number: int
    start_time: np.datetime64
    end_time: np.datetime64
    first: int
    last: int
    heading: float
    length: float
    swath_width: float
    volume: float
    line: tuple[tuple[float, float], tuple[float, float]]
    rectangle: tuple[tuple[float, float], ...]

    @property
    def area(self) -> float:
        """The rectangle's area, ha."""
        return self.length * self.swath_width / 1e4


@dataclass(frozen=True)
class Truth:
    """What a flight truly was, and what its log holds.

    Attributes
    ----------
    plan : FlightPlan
        What was to be flown.
    frame : LocalFrame
        The local metres of ``motion`` and ``passes``.
    motion : Motion
        True states, one a position record.
    spray : Spray
        The boom and its flow, one a position record.
    passes : tuple of Pass
        In the order flown.
    tables : dict
        Every table of the undamaged log, column by column, exactly as a decoder reads it.
    offsets : ndarray of int
        Where each frame of the undamaged log starts, and as last element the log's size.
    injuries : tuple of Injury
        The damage done to the log afterwards.
    """

    plan: FlightPlan
    frame: LocalFrame
    motion: Motion
    spray: Spray
    passes: tuple[Pass, ...]
    tables: Tables
    offsets: Array
    injuries: tuple[Injury, ...] = ()

    @property
    def volume(self) -> float:
        """All that was sprayed: L, or kg if dry."""
        return float(self.spray.pass_volume.sum())

    @property
    def frames(self) -> int:
        """Number of frames of the undamaged log."""
        return len(self.offsets) - 1


@dataclass(frozen=True)
class Flight:
    """A log and the truth about it."""

    data: bytes
    truth: Truth

    def damaged(self, *, seed: int, **how: int) -> Flight:
        """The same flight with a damaged log; see :func:`~satlog_native.synth.damage` for how."""
        data, injuries = damage(self.data, seed=seed, **how)
        return replace(self, data=data, truth=replace(self.truth, injuries=tuple(injuries)))


def fly(plan: FlightPlan, *, seed: int = 0, layout: Layout | str = "satloc_air") -> Flight:
    """Simulate a flight and write its log.

    Parameters
    ----------
    plan : FlightPlan
        What to fly.
    seed : int
        Of gusts and noise. The same plan, seed and layout give the same bytes.
    layout : Layout or str
        How to write it. Kinds and columns are matched by name; those that the layout lacks are
        left out.

    Raises
    ------
    EncodeError
        For a plan that cannot be flown, or a value that the layout cannot hold.
    LayoutError
        If there is no such layout.

    Examples
    --------
    >>> flight = fly(FlightPlan(wind_speed=0.0))
    >>> len(flight.truth.passes)
    25
    """
    layout = load(layout) if isinstance(layout, str) else layout
    readings, records = flight_records(plan, seed, layout)
    truth = Truth(
        plan=plan,
        frame=readings.route.frame,
        motion=readings.motion,
        spray=readings.spray,
        passes=tuple(_passes(readings)),
        tables=readback(layout, records),
        offsets=frame_offsets(layout, records),
    )
    return Flight(encode(layout, records), truth)


def flight_records(plan: FlightPlan, seed: int, layout: Layout) -> tuple[Readings, list[Records]]:
    """Fly, and give what the instruments read and the records that the layout has room for.

    Raises
    ------
    EncodeError
        For a plan that cannot be flown.
    """
    rng = np.random.default_rng(seed)
    route = plan_route(plan)
    motion, clock = fly_route(plan, route, rng)
    readings = read_instruments(plan, route, motion, spray_route(plan, route, motion, clock), rng)
    emitted = emissions(readings, rng)
    if plan.all_kinds:
        known = {emission.kind for emission in emitted}
        ticks = np.arange(0, len(readings.time), _UNKNOWN_EVERY * plan.rate_hz)
        unknown = [kind.name for kind in layout.kinds if kind.name not in known]
        emitted = [*(Emission(name, ticks, {}) for name in unknown), *emitted]
    records = [
        _fitted(layout, emission, emission.ticks * len(emitted) + rank, readings.time)
        for rank, emission in enumerate(emitted)
        if emission.kind in layout.by_name and len(emission.ticks)
    ]
    return readings, records


def _fitted(layout: Layout, emission: Emission, frames: Array, time: Array) -> Records:
    """The part of an emission that the layout has columns for."""
    kind = layout.by_name[emission.kind]
    variant = kind.variants[-1 if emission.extended else 0]
    if kind.opaque:
        size = _OPAQUE_SIZE if variant.size is None else variant.size
        filler = [bytes(size)] * len(frames)
        payloads = emission.columns.get("payload", filler) if variant.size is None else filler
        return Records(kind.name, {"payload": payloads}, frames)
    columns: dict[str, Any] = {}
    for field in variant.fields:
        for name in column_names(field):
            if name in emission.columns:
                columns[name] = emission.columns[name]
            elif field.codec is not None:
                columns[name] = time[emission.ticks]
    return Records(kind.name, columns, frames, variant.size)


def _passes(readings: Readings) -> Iterator[Pass]:
    plan, route, spray = readings.plan, readings.route, readings.spray
    stretches = [stretch for run in route.runs for stretch in run.sprays]
    for index, (start, end) in enumerate(stretches):
        rows = np.flatnonzero(spray.pass_index == index)
        at = route.track.at(np.array([start, end]))
        (x0, x1), (y0, y1), heading = at.x, at.y, at.heading[0]
        half = plan.swath_width / 2.0
        right, up = half * np.cos(heading), -half * np.sin(heading)
        corners = (
            (x0 - right, y0 - up),
            (x0 + right, y0 + up),
            (x1 + right, y1 + up),
            (x1 - right, y1 - up),
        )
        yield Pass(
            number=index + 1,
            swath_number=route.runs[spray.pass_run[index]].swath.number,
            start_time=_moment(plan, spray.opened[index]),
            end_time=_moment(plan, spray.shut[index]),
            first=int(rows[0]),
            last=int(rows[-1]),
            heading=float(np.degrees(heading) % 360.0),
            length=float(end - start),
            swath_width=plan.swath_width,
            volume=float(spray.pass_volume[index]),
            line=((float(x0), float(y0)), (float(x1), float(y1))),
            rectangle=tuple((float(x), float(y)) for x, y in corners),
        )


def _moment(plan: FlightPlan, seconds: float) -> np.datetime64:
    return np.datetime64(plan.start_time, "us") + np.timedelta64(round(seconds * 1e6), "us")
