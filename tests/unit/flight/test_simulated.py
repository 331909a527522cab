"""Whole analysis against the flight simulator's truth."""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely
from shapely import Polygon

from satlog_native import open_log
from satlog_native.flight import (
    FlightSettings,
    coverage,
    flight_facts,
    passes,
    segments,
    summary,
    track,
)
from satlog_native.synth import Flight, FlightPlan, fly, rectangle
from unit.flight.logs import total

NORTH = rectangle(35.2, -90.9, 300.0, 1500.0)


def exact(field: Any, **more: Any) -> FlightPlan:
    return FlightPlan(field=field, rate_hz=10, noise=0.0, **more)


PLANS = {
    "still air": exact(NORTH, wind_speed=0.0, wind_gust=0.0),
    "windy": exact(NORTH, wind_speed=5.0, wind_direction=310.0),
    "oblique": exact(rectangle(35.2, -90.9, 300.0, 1500.0, 37.0), heading=37.0),
    # The field ends 150 m before the dateline, and turns go beyond it.
    "dateline": exact(rectangle(-16.5, 179.9972, 300.0, 1500.0), airstrip=(-179.99, -16.55)),
    "svalbard": exact(rectangle(78.2, 15.6, 300.0, 1500.0), airstrip=(15.4, 78.25)),
    "noisy": FlightPlan(field=NORTH),
    "dual flow": FlightPlan(field=NORTH, rate_hz=10, dual_flow=True),
    "dry": FlightPlan(field=NORTH, rate_hz=10, material="dry", target_rate=150.0),
    "all kinds": FlightPlan(field=NORTH, rate_hz=10, all_kinds=True, positions="mixed"),
}


@cache
def flown(name: str) -> tuple[Flight, dict[Any, Any], pl.DataFrame, pl.DataFrame]:
    flight = fly(PLANS[name], seed=5)
    with open_log(flight.data) as log:
        tables = log.tables()
    found = track(tables)
    return flight, tables, found, passes(found)


@pytest.fixture(params=list(PLANS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_passes_start_and_end_to_one_sample(name: str) -> None:
    flight, _, found, run = flown(name)
    truth = flight.truth.passes
    assert run["swath_number"].to_list() == [each.swath_number for each in truth]
    time = found["time"].to_numpy()
    starts, ends = run["start_time"].to_numpy(), run["end_time"].to_numpy()
    sample = np.timedelta64(1000 // PLANS[name].rate_hz, "ms")
    for each, start, end in zip(truth, starts, ends, strict=True):
        assert start == time[each.first]
        assert end == time[each.last + 1]
        assert abs(start - each.start_time) <= sample
        assert abs(end - each.end_time) <= sample


def test_lengths_headings_and_speeds(name: str) -> None:
    flight, _, _, run = flown(name)
    motion = flight.truth.motion
    for each, found in zip(flight.truth.passes, run.iter_rows(named=True), strict=True):
        rows = slice(each.first, each.last + 1)
        step = motion.ground_speed[rows].max() / PLANS[name].rate_hz
        assert found["length"] == pytest.approx(each.length, abs=1.2 * step)
        turned = (found["heading"] - each.heading + 180.0) % 360.0 - 180.0
        assert turned == pytest.approx(0.0, abs=0.2)
        assert found["mean_ground_speed"] == pytest.approx(
            motion.ground_speed[rows].mean(), abs=0.1
        )
        assert found["mean_height"] == pytest.approx(PLANS[name].release_height, abs=0.2)


def test_areas_agree_with_the_rectangles(name: str) -> None:
    flight, _, found, run = flown(name)
    truth = flight.truth
    assert total(run, "area") == pytest.approx(sum(each.area for each in truth.passes), rel=0.005)
    covered = coverage(found, boundary=Polygon(PLANS[name].field))
    net = shapely.union_all([Polygon(each.rectangle) for each in truth.passes]).area / 1e4
    # A receiver that wanders by 0.35 m makes neighbours of 20 m overlap or miss each other.
    exact = PLANS[name].noise == 0.0
    assert covered.net_area == pytest.approx(net, rel=0.005 if exact else 0.03)
    assert covered.overlap_area < (1e-3 if exact else 0.03) * net
    assert covered.coverage == pytest.approx(100.0, abs=0.5 if exact else 3.0)


def test_the_volume_is_the_integral_of_the_logged_flow(name: str) -> None:
    flight, _, _, run = flown(name)
    tables = flight.truth.tables
    position = tables["position"]
    kind = next(k for k in ("flow_monitor", "dual_flow_monitor", "meterate") if k in tables)
    flow_columns = {
        "flow_monitor": ["flow_rate"],
        "dual_flow_monitor": ["left_flow_rate", "right_flow_rate"],
        "meterate": ["rate"],
    }[kind]
    frames = tables[kind]["frame"].tolist()
    wanted = 0.0
    for row in np.flatnonzero(position["spray_on"]):
        latest = bisect_left(frames, position["frame"][row]) - 1
        flow = sum(float(tables[kind][column][latest]) for column in flow_columns)
        seconds = (position["time"][row + 1] - position["time"][row]) / np.timedelta64(1, "s")
        wanted += flow / 60.0 * seconds
    assert total(run, "volume") == pytest.approx(wanted, rel=1e-9)
    assert total(run, "volume") == pytest.approx(flight.truth.volume, rel=0.01)


def test_wind_against_the_truth(name: str) -> None:
    flight, _, _, run = flown(name)
    motion = flight.truth.motion
    for each, found in zip(flight.truth.passes, run.iter_rows(named=True), strict=True):
        rows = slice(each.first, each.last + 1)
        off_nose = np.radians(motion.wind_direction[rows] - each.heading)
        ahead = (motion.wind_speed[rows] * np.cos(off_nose)).mean()
        right = (motion.wind_speed[rows] * np.sin(off_nose)).mean()
        # The wind is logged every five seconds only, and gusts meanwhile.
        assert found["headwind"] == pytest.approx(ahead, abs=1.0)
        assert found["crosswind"] == pytest.approx(right, abs=1.0)


def test_the_summary_adds_up(name: str) -> None:
    flight, tables, found, run = flown(name)
    row = summary(found, run, coverage(found), flight_facts(tables)).row(0, named=True)
    motion, plan = flight.truth.motion, PLANS[name]
    assert row["flight_time"] == pytest.approx(motion.seconds[-1])
    assert row["distance"] == pytest.approx(motion.distance[-1], rel=2e-3)
    assert row["passes"] == len(flight.truth.passes)
    off = total(run, "spray_off_time")
    parts = row["spray_time"] + row["turn_time"] + row["ferry_time"] + off
    assert parts == pytest.approx(row["flight_time"])
    assert row["applied_rate"] == pytest.approx(plan.target_rate, rel=0.03)
    assert row["aircraft"] == plan.aircraft_id
    assert row["job_id"] == plan.job_id
    assert row["material"] == {"liquid": "wet", "dry": "dry"}[plan.material]


def test_segments_lie_on_the_passes(name: str) -> None:
    flight, _, found, _ = flown(name)
    frame = flight.truth.frame
    lines = shapely.from_wkb(segments(found)["geometry"].to_numpy())
    assert len(lines) == len(flight.truth.passes)
    for each, line in zip(flight.truth.passes, lines, strict=True):
        longitude, latitude = shapely.get_coordinates(line).T
        x, y = frame.to_metres(latitude, longitude)
        centre = shapely.LineString(each.line)
        assert shapely.distance(shapely.points(x, y), centre).max() < 15.0  # one step
        assert len(longitude) < 40


def test_a_damaged_log_is_analysed_for_what_is_left() -> None:
    flight, _, _, whole = flown("windy")
    broken = flight.damaged(seed=3, bit_flips=60, noise=20, gaps=40, duplicates=10)
    with open_log(broken.data) as log:
        assert log.report.damaged
        found = passes(track(log.tables()))
    assert total(found, "area") <= total(whole, "area") * 1.001
    assert total(found, "area") > total(whole, "area") * 0.8


def test_us_units_tell_the_same_flight() -> None:
    _, _, found, run = flown("windy")
    si = summary(found, run).row(0, named=True)
    us = summary(found, run, settings=FlightSettings(units="us")).row(0, named=True)
    assert us["applied_rate"] / si["applied_rate"] == pytest.approx(0.106907, rel=1e-5)
    assert us["mean_speed"] / si["mean_speed"] == pytest.approx(2.236936, rel=1e-6)
