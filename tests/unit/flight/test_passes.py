"""Passes against cases worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from satlog_native.errors import AnalysisError
from satlog_native.flight import (
    FlightSettings,
    coverage,
    passes,
    segments,
    steps,
    track,
)
from unit.flight.logs import positions, records, runs

START = datetime(2025, 7, 14, 13, tzinfo=UTC)


def fly(
    spray_on: list[bool], settings: FlightSettings | None = None, **columns: Any
) -> pl.DataFrame:
    """Passes of positions, one a second unless told otherwise."""
    tables = {"position": positions(spray_on, **columns)}
    return passes(track(tables, settings), settings)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def spans(found: pl.DataFrame) -> list[tuple[datetime, datetime]]:
    return list(zip(found["start_time"], found["end_time"], strict=True))


# -- where passes start and end ---------------------------------------------------------------


def test_a_pass_runs_from_spray_on_to_spray_off() -> None:
    found = fly(runs((3, False), (4, True), (5, False), (2, True), (3, False)))
    assert found["pass"].to_list() == [1, 2]
    assert spans(found) == [(at(3), at(7)), (at(12), at(14))]
    assert found["duration"].to_list() == [4.0, 2.0]
    assert found["length"].to_list() == pytest.approx([200.0, 100.0], rel=1e-6)
    assert found["spray_off_time"].to_list() == [0.0, 0.0]


@pytest.mark.parametrize(("off", "count"), [(1, 1), (2, 1), (5, 1), (6, 2), (9, 2)])
def test_flickers_up_to_the_merge_gap_are_merged(off: int, count: int) -> None:
    spray = runs((5, True), (off, False), (5, True), (5, False))
    found = fly(spray, seconds=np.arange(len(spray)) * 0.2)
    assert len(found) == count
    if count == 1:
        assert found["spray_off_time"][0] == pytest.approx(off * 0.2)
        assert found["duration"][0] == pytest.approx((10 + off) * 0.2)
        assert found["length"][0] == pytest.approx(500.0, rel=1e-6)


def test_a_merge_gap_of_zero_merges_nothing() -> None:
    spray = runs((5, True), (1, False), (5, True), (1, False))
    assert len(fly(spray, FlightSettings(merge_gap=0.0))) == 2


def test_a_gap_ends_a_pass_where_the_last_position_is() -> None:
    found = fly(runs((8, True)), seconds=[0, 1, 2, 3, 14, 15, 16, 17])
    assert spans(found) == [(at(0), at(3)), (at(14), at(17))]
    assert found["length"].to_list() == pytest.approx([150.0, 150.0], rel=1e-6)


def test_a_clock_that_jumps_back_ends_a_pass() -> None:
    found = fly(runs((6, True)), seconds=[100, 101, 102, 50, 51, 52])
    assert spans(found) == [(at(100), at(102)), (at(50), at(52))]
    assert found["duration"].to_list() == [2.0, 2.0]


def test_a_swath_number_that_changes_ends_a_pass() -> None:
    tables = {
        "position": positions(runs((6, True), (1, False))),
        "swath_number": records([0, 4], swath_number=[3, 9]),
    }
    found = passes(track(tables))
    assert found["swath_number"].to_list() == [3, 9]
    assert spans(found) == [(at(0), at(4)), (at(4), at(6))]
    assert found["length"].sum() == pytest.approx(300.0, rel=1e-6)


def test_a_swath_number_that_stays_ends_nothing() -> None:
    tables = {
        "position": positions(runs((6, True), (1, False))),
        "swath_number": records([0, 2, 4], swath_number=[3, 3, 3]),
    }
    assert len(passes(track(tables))) == 1


def test_a_broken_position_does_not_end_a_pass() -> None:
    table = positions(runs((6, True), (1, False)))
    for name in ("time", "latitude"):
        lost = table.with_columns(pl.when(pl.col("frame") != 25).then(name).alias(name))
        found = passes(track({"position": lost}))
        assert spans(found) == [(at(0), at(6))]
        assert found["length"][0] == pytest.approx(300.0, rel=1e-6)


def test_spray_that_is_on_at_one_last_position_is_no_pass() -> None:
    assert len(fly(runs((3, False), (1, True)))) == 0
    assert len(fly([])) == 0


def test_times_are_exact_to_the_microsecond() -> None:
    found = fly([True, True, True, False], seconds=[0.000001, 0.1, 0.3, 0.777777])
    assert spans(found) == [(at(0.000001), at(0.777777))]
    assert found["duration"][0] == 0.777776


# -- what is told of a pass -------------------------------------------------------------------


def test_volume_and_rates() -> None:
    tables = {
        "position": positions(runs((10, True), (1, False))),
        "flow_monitor": records([0, 5], flow_rate=[60.0, 120.0]),
        "swathing_setup": records([0], swath_width=[20.0]),
        "target_application_rate": records([0], target_rate=[12.0]),
    }
    (found,) = passes(track(tables)).to_dicts()
    assert found["volume"] == pytest.approx(5.0 + 10.0)
    assert found["area"] == pytest.approx(500.0 * 20.0 / 1e4, rel=1e-6)
    assert found["applied_rate"] == pytest.approx(15.0, rel=1e-6)
    assert found["rate_error"] == pytest.approx(25.0, rel=1e-4)
    assert found["swath_width"] == 20.0


@pytest.mark.parametrize("rate", [20.0, 18.7, 30.0])
def test_a_target_rate_that_stays_is_told_as_it_is(rate: float) -> None:
    spray = runs((87, True), (1, False))
    tables = {
        "position": positions(spray, seconds=[0.2 * place for place in range(len(spray))]),
        "target_application_rate": records([0], target_rate=[rate]),
    }
    assert passes(track(tables))["target_rate"].to_list() == [rate]


def test_flow_during_a_flicker_is_not_counted() -> None:
    tables = {
        "position": positions(runs((2, True), (1, False), (2, True), (1, False))),
        "flow_monitor": records([0], flow_rate=[60.0]),
    }
    found = passes(track(tables))
    assert found["volume"].to_list() == pytest.approx([4.0])


def test_a_swath_width_that_changes_counts_by_length() -> None:
    tables = {
        "position": positions(runs((4, True), (1, False))),
        "swathing_setup": records([0, 3], swath_width=[10.0, 30.0]),
    }
    (found,) = passes(track(tables)).to_dicts()
    assert found["swath_width"] == pytest.approx(15.0, rel=1e-6)
    assert found["area"] == pytest.approx((150.0 * 10.0 + 50.0 * 30.0) / 1e4, rel=1e-6)


def test_the_settings_swath_width_goes_before_the_logs() -> None:
    settings = FlightSettings(swath_width=25.0)
    tables = {
        "position": positions(runs((4, True), (1, False))),
        "swathing_setup": records([0], swath_width=[20.0]),
    }
    assert passes(track(tables, settings), settings)["swath_width"].to_list() == [25.0]


def test_what_the_log_does_not_tell_is_null() -> None:
    (found,) = fly(runs((4, True), (1, False))).to_dicts()
    for name in ("swath_number", "swath_width", "area", "volume", "applied_rate", "target_rate"):
        assert found[name] is None
    for name in ("rate_error", "mean_wind_direction", "headwind", "crosswind", "mean_height"):
        assert found[name] is None


def test_means_weigh_with_time() -> None:
    found = fly(
        [True, True, False],
        seconds=[0, 1, 4],
        ground_speed=[40.0, 60.0, 99.0],
        altitude=[10.0, 20.0, 99.0],
        cross_track=[1.0, -1.0, 50.0],
    )
    assert found["mean_ground_speed"].to_list() == [55.0]
    assert found["min_ground_speed"].to_list() == [40.0]
    assert found["max_ground_speed"].to_list() == [60.0]
    assert found["mean_altitude"].to_list() == [17.5]
    assert found["cross_track_rms"].to_list() == [1.0]


@pytest.mark.parametrize(
    ("courses", "mean"),
    [
        ([350.0, 10.0], 0.0),
        ([10.0, 350.0], 0.0),
        ([359.0, 0.0], 359.5),
        ([80.0, 100.0], 90.0),
        ([170.0, 190.0], 180.0),
        ([0.0, 90.0], 45.0),
        ([300.0, None], 300.0),
        ([0.0, 180.0], None),
        ([None, None], None),
    ],
)
def test_the_heading_is_a_circular_mean(courses: list[float | None], mean: float | None) -> None:
    found = fly([True, True, False], track=pl.Series([*courses, 45.0], dtype=pl.Float32))
    heading = found["heading"][0]
    if mean is None:
        assert heading is None
    else:
        assert 0.0 <= heading < 360.0
        assert (heading - mean + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("course", "origin", "headwind", "crosswind"),
    [
        (0.0, 0.0, 4.0, 0.0),  # from ahead
        (0.0, 180.0, -4.0, 0.0),  # from behind
        (0.0, 90.0, 0.0, 4.0),  # from the right
        (0.0, 270.0, 0.0, -4.0),  # from the left
        (90.0, 180.0, 0.0, 4.0),
        (350.0, 20.0, 4.0 * np.cos(np.radians(30.0)), 2.0),
        (200.0, 170.0, 4.0 * np.cos(np.radians(30.0)), -2.0),
    ],
)
def test_headwind_and_crosswind(
    course: float, origin: float, headwind: float, crosswind: float
) -> None:
    tables = {
        "position": positions(runs((4, True), (1, False)), track=[course] * 5),
        "wind": records([0], wind_speed=[4.0], wind_direction=[origin]),
    }
    (found,) = passes(track(tables)).to_dicts()
    assert found["headwind"] == pytest.approx(headwind, abs=1e-12)
    assert found["crosswind"] == pytest.approx(crosswind, abs=1e-12)
    assert found["mean_wind_direction"] == pytest.approx(origin)
    assert found["mean_wind_speed"] == 4.0


def test_the_mean_wind_is_the_direction_of_the_mean_vector() -> None:
    tables = {
        "position": positions(runs((4, True), (1, False))),
        "wind": records([0, 2], wind_speed=[4.0, 2.0], wind_direction=[0.0, 90.0]),
    }
    (found,) = passes(track(tables)).to_dicts()
    assert found["mean_wind_speed"] == 3.0
    assert found["mean_wind_direction"] == pytest.approx(np.degrees(np.arctan2(2.0, 4.0)))


def test_calm_has_no_direction() -> None:
    tables = {
        "position": positions(runs((4, True), (1, False))),
        "wind": records([0], wind_speed=[0.0], wind_direction=[90.0]),
    }
    (found,) = passes(track(tables)).to_dicts()
    assert found["mean_wind_direction"] is None
    assert found["mean_wind_speed"] == found["headwind"] == found["crosswind"] == 0.0


def test_first_and_last_place() -> None:
    table = positions(runs((1, False), (3, True), (2, False)))
    (found,) = passes(track({"position": table})).to_dicts()
    assert (found["first_latitude"], found["first_longitude"]) == table[
        ["latitude", "longitude"]
    ].row(1)
    assert (found["last_latitude"], found["last_longitude"]) == table[
        ["latitude", "longitude"]
    ].row(4)


def test_positions_that_stand_still_divide_by_nothing() -> None:
    tables = {
        "position": positions([True] * 3, seconds=[0, 0, 0], y=[0, 0, 0]),
        "flow_monitor": records([0], flow_rate=[60.0]),
        "swathing_setup": records([0], swath_width=[20.0]),
    }
    (found,) = passes(track(tables)).to_dicts()
    assert (found["length"], found["area"], found["volume"]) == (0.0, 0.0, 0.0)
    assert found["applied_rate"] is None
    assert found["mean_ground_speed"] is None


def test_the_pass_of_each_step_bridges_flickers() -> None:
    spray = runs((1, False), (2, True), (1, False), (2, True), (3, False), (1, True), (1, False))
    found = steps(track({"position": positions(spray)}))
    assert found["pass"].to_list() == [None, 1, 1, 1, 1, 1, None, None, None, 2, None]


def test_a_table_that_is_no_track_is_named() -> None:
    with pytest.raises(AnalysisError, match="'dt'"):
        passes(positions([True]))


def test_a_track_that_is_cut_in_mid_pass_ends_where_it_is_cut() -> None:
    on = runs((3, False), (6, True), (3, False))
    whole = track({"position": positions(on)})
    cut = whole.head(6)
    assert passes(cut).equals(fly(on[:6]))
    assert steps(cut)["sprayed"].to_list() == [False, False, False, True, True, False]
    assert coverage(cut, FlightSettings(swath_width=20.0)).net_area > 0
    assert segments(cut).height == 1
