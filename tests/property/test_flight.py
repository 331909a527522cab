"""Flights of any kind: passes against a slow reading of their definition, sums, and invariances."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from satlog_native.flight import (
    FlightSettings,
    coverage,
    passes,
    segments,
    steps,
    summary,
    track,
)
from unit.flight.logs import FRAMES, positions, records, total

Tables = dict[str, pl.DataFrame]

WIDTH = FlightSettings(swath_width=20.0)

_seconds = st.sampled_from([0.0, 0.1, 0.2, 0.5, 1.0, 1.1, 9.9, 10.0, 10.1, 400.0, -3.0])
_metres = st.floats(-300.0, 300.0).map(lambda value: round(value, 1))


@st.composite
def logs(draw: st.DrawFn) -> Tables:
    """Tables of a short log: gaps, clocks that jump, flickers, broken positions, late records."""
    count = draw(st.integers(0, 40))

    def each(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=count, max_size=count))

    # Runs, rather than noise: spray that changes now and then.
    switches = np.cumsum(each(st.integers(0, 3).map(lambda value: value == 0)))
    table = positions(
        (switches % 2 == 0).tolist(),
        seconds=np.cumsum(each(_seconds)),
        x=np.cumsum(each(_metres)),
        y=np.cumsum(each(_metres)),
        at=draw(st.sampled_from([(35.2, -90.9), (-16.5, 180.0), (78.2, 15.6)])),
        ground_speed=np.array(each(st.floats(0.0, 90.0, width=32)), np.float32),
        track=np.array(each(st.floats(0.0, 360.0, width=32)), np.float32),
    )
    for name in ("time", "latitude", "longitude"):
        lost = pl.Series(each(st.integers(0, 19).map(lambda value: value == 0)), dtype=pl.Boolean)
        table = table.with_columns(pl.when(~lost).then(pl.col(name)).alias(name))
    flow = draw(st.lists(st.floats(0.0, 500.0, width=32), max_size=count))
    swaths = draw(st.lists(st.integers(1, 3), max_size=count // 3))
    return {
        "position": table,
        "flow_monitor": records(np.linspace(0, count, len(flow)), flow_rate=np.array(flow)),
        "swath_number": records(
            np.linspace(0, count, len(swaths)), swath_number=np.array(swaths, int)
        ),
    }


def slow_passes(found: pl.DataFrame, settings: FlightSettings) -> list[tuple[Any, Any]]:
    """Start and end of each pass, read position by position from the definition."""
    rows = [
        row
        for row in found.iter_rows(named=True)
        if None not in (row["time"], row["latitude"], row["longitude"])
    ]
    spans: list[tuple[Any, Any]] = []
    number, resumable = None, False
    for row, after in pairwise(rows):
        seconds = (after["time"] - row["time"]).total_seconds()
        if not 0.0 <= seconds <= settings.max_gap:
            resumable = False
        elif row["spray_on"]:
            off = (row["time"] - spans[-1][1]).total_seconds() if resumable else 0.0
            if resumable and off <= settings.merge_gap and row["swath_number"] == number:
                spans[-1] = (spans[-1][0], after["time"])
            else:
                spans.append((row["time"], after["time"]))
            number, resumable = row["swath_number"], True
    return spans


@given(logs(), st.sampled_from([0.0, 0.5, 1.0, 30.0]))
def test_passes_are_what_the_definition_says(tables: Tables, merge_gap: float) -> None:
    settings = FlightSettings(merge_gap=merge_gap)
    found = track(tables, settings)
    run = passes(found, settings)
    spans = list(zip(run["start_time"], run["end_time"], strict=True))
    assert spans == slow_passes(found, settings)
    assert run["pass"].to_list() == list(range(1, len(spans) + 1))


@given(logs())
def test_sums_over_passes_are_the_flights(tables: Tables) -> None:
    found = track(tables, WIDTH)
    run = passes(found, WIDTH)
    row = summary(found, run, settings=WIDTH).row(0, named=True)
    sprayed = found.filter("sprayed")
    assert total(run, "length") == pytest.approx(total(sprayed, "distance"))
    assert total(run, "length") == pytest.approx(row["sprayed_distance"])
    assert total(run, "volume") == pytest.approx(total(sprayed, "volume_step"))
    on = total(run, "duration") - total(run, "spray_off_time")
    assert on == pytest.approx(total(sprayed, "dt")) == pytest.approx(row["spray_time"])
    assert total(run, "area") == pytest.approx(row["gross_area"])
    assert row["gross_area"] == pytest.approx(total(sprayed, "distance") * 20.0 / 1e4)
    parts = row["spray_time"] + row["turn_time"] + row["ferry_time"] + total(run, "spray_off_time")
    assert parts == pytest.approx(row["flight_time"])


@given(logs(), st.data())
def test_a_log_split_in_two_adds_up(tables: Tables, data: st.DataObject) -> None:
    table = tables["position"]
    whole = track(tables, WIDTH)
    usable = whole.with_row_index().drop_nulls(["time", "latitude", "longitude"])["index"].to_list()
    if not usable:
        return
    # The position at the cut ends the last step of one half, and starts the first of the other.
    cut = data.draw(st.sampled_from(usable))
    halves = [
        track({**tables, "position": part}, WIDTH) for part in (table[: cut + 1], table[cut:])
    ]
    for name in ("dt", "distance"):
        assert sum(total(half, name) for half in halves) == pytest.approx(total(whole, name))
    found = [passes(half, WIDTH) for half in halves]
    run = passes(whole, WIDTH)
    for name in ("length", "area", "volume"):
        assert sum(total(half, name) for half in found) == pytest.approx(total(run, name))
    assert len(run) <= sum(len(half) for half in found) <= len(run) + 1


@given(logs())
def test_rates_headings_and_winds_are_in_range(tables: Tables) -> None:
    run = passes(track(tables, WIDTH), WIDTH)
    for row in run.iter_rows(named=True):
        assert 0.0 <= row["spray_off_time"] <= row["duration"]
        assert row["heading"] is None or 0.0 <= row["heading"] < 360.0
        if row["mean_ground_speed"] is not None:
            low, high = row["min_ground_speed"], row["max_ground_speed"]
            assert low - 1e-6 <= row["mean_ground_speed"] <= high + 1e-6
        for name, value in row.items():
            assert not isinstance(value, float) or np.isfinite(value), name


@given(logs())
def test_coverage_and_segments_agree_with_the_passes(tables: Tables) -> None:
    found = track(tables, WIDTH)
    run = passes(found, WIDTH)
    covered = coverage(found, WIDTH)
    assert len(covered.passes) == len(run)
    assert segments(found, WIDTH)["pass"].to_list() == run["pass"].to_list()
    # Joined strips lose at folds, and gain less than 100 m² at a bend: the outer side's wedge.
    assert 0.0 <= covered.net_area <= total(run, "area") + 1e-6 + 0.01 * total(found, "sprayed")


@given(logs())
def test_records_after_the_last_position_change_nothing(tables: Tables) -> None:
    frames = tables["position"].height * FRAMES + 100
    late = {
        kind: pl.concat([table, table[-1:].with_columns(frame=pl.lit(frames, pl.UInt32))])
        for kind, table in tables.items()
        if kind != "position"
    }
    assert steps(track({**tables, **late})).equals(steps(track(tables)))


# -- geometry ---------------------------------------------------------------------------------


@st.composite
def paths(draw: st.DrawFn) -> tuple[np.ndarray[Any, Any], list[bool]]:
    """Passes of gentle curves, 50 m a step, that may cross each other."""
    points, spray = [], []
    for _ in range(draw(st.integers(1, 4))):
        count = draw(st.integers(3, 15))
        heading = draw(st.floats(0.0, 360.0)) + draw(st.floats(-4.0, 4.0)) * np.arange(count)
        step = 50.0 * np.column_stack([np.sin(np.radians(heading)), np.cos(np.radians(heading))])
        start = np.array([draw(st.floats(-400.0, 400.0)), draw(st.floats(-400.0, 400.0))])
        points.append(start + np.cumsum(step, axis=0))
        spray += [True] * (count - 1) + [False]
    return np.concatenate(points), spray


def areas(
    points: np.ndarray[Any, Any], spray: list[bool], at: tuple[float, float] = (35.2, -90.9)
) -> list[float]:
    x, y = points.T
    seconds = [2.0 * row for row in range(len(spray))]
    table = positions(spray, seconds=seconds, x=x, y=y, at=at)
    found = track({"position": table}, WIDTH)
    covered = coverage(found, WIDTH)
    return [total(passes(found, WIDTH), "area"), covered.net_area, covered.overlap_area]


@given(paths(), st.floats(0.0, 360.0))
def test_rotation_leaves_areas_unchanged(path: tuple[Any, list[bool]], angle: float) -> None:
    points, spray = path
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    turned = points @ np.array([[cosine, -sine], [sine, cosine]])
    assert areas(turned, spray) == pytest.approx(areas(points, spray), rel=1e-4, abs=1e-4)


@given(
    paths(),
    st.sampled_from([(0.0, 0.0), (-16.5, 180.0), (60.0, -179.999), (-78.0, 166.0), (89.9, 10.0)]),
    st.floats(-5000.0, 5000.0),
)
def test_translation_leaves_areas_unchanged(
    path: tuple[Any, list[bool]], at: tuple[float, float], shift: float
) -> None:
    points, spray = path
    moved = areas(points + np.array([shift, -shift]), spray, at)
    assert moved == pytest.approx(areas(points, spray), rel=1e-4, abs=1e-4)


@given(paths())
def test_reversal_leaves_areas_unchanged(path: tuple[Any, list[bool]]) -> None:
    points, spray = path
    # A step that was sprayed forwards is sprayed backwards: it now starts where it ended.
    backwards = [*spray[:-1][::-1], False]
    assert areas(points[::-1], backwards) == pytest.approx(areas(points, spray), rel=1e-6, abs=1e-6)
