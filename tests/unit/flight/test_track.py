"""The track: latest values by frame, steps, and what becomes of broken positions."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from satlog_native.errors import AnalysisError
from satlog_native.flight import FlightSettings, track
from unit.flight.logs import GEOD, positions, records

ON = [True] * 5


def values(tables: dict[str, pl.DataFrame], column: str) -> list[Any]:
    return track(tables)[column].to_list()


# -- the join ---------------------------------------------------------------------------------


def test_each_position_has_the_latest_record_before_it_in_the_file() -> None:
    flow = records([1, 3, 3.2], flow_rate=[10.0, 20.0, 30.0])
    found = values({"position": positions(ON), "flow_monitor": flow}, "flow_rate")
    assert found == [None, 10.0, 10.0, 30.0, 30.0]


def test_the_clock_plays_no_part_in_the_join() -> None:
    backwards = positions(ON, seconds=[40, 30, 20, 10, 0])
    flow = records([1, 3], flow_rate=[10.0, 20.0])
    found = values({"position": backwards, "flow_monitor": flow}, "flow_rate")
    assert found == [None, 10.0, 10.0, 20.0, 20.0]


@pytest.mark.parametrize(
    ("column", "tables", "wanted"),
    [
        ("swath_number", {"swath_number": {"swath_number": [7]}}, 7),
        (
            "flow_rate",
            {"dual_flow_monitor": {"left_flow_rate": [8.0], "right_flow_rate": [9.0]}},
            17.0,
        ),
        ("flow_rate", {"meterate": {"rate": [4.0], "target": [5.0]}}, 4.0),
        (
            "flow_rate",
            {
                "flow_monitor": {"flow_rate": [3.0]},
                "dual_flow_monitor": {"left_flow_rate": [8.0], "right_flow_rate": [9.0]},
            },
            3.0,
        ),
        ("target_flow_rate", {"flow_monitor": {"target_flow_rate": [3.5]}}, 3.5),
        ("cumulative_volume", {"flow_monitor": {"volume": [99.0]}}, 99.0),
        (
            "cumulative_volume",
            {"dual_flow_monitor": {"left_volume": [1.0], "right_volume": [2.0]}},
            3.0,
        ),
        ("pressure", {"flow_monitor": {"pressure": [250.0]}}, 250.0),
        ("valve_position", {"flow_monitor": {"valve_position": [55]}}, 55.0),
        ("target_rate", {"target_application_rate": {"target_rate": [30.0]}}, 30.0),
        (
            "target_rate",
            {"dual_flow_target_rate": {"left_target_rate": [20.0], "right_target_rate": [40.0]}},
            30.0,
        ),
        ("target_rate", {"flow_setup": {"nominal_rate": [25.0]}}, 25.0),
        ("applied_rate", {"applied_rate": {"applied_rate": [29.0]}}, 29.0),
        ("applied_rate", {"if2_dry_gate": {"rate": [120.0]}}, 120.0),
        (
            "swath_width",
            {"swathing_setup": {"swath_width": [20.0]}, "applied_rate": {"swath_width": [18.0]}},
            20.0,
        ),
        (
            "swath_width",
            {"swathing_setup": {"swath_width": [0.0]}, "applied_rate": {"swath_width": [18.0]}},
            18.0,
        ),
        ("swath_width", {"flow_setup": {"boom_width": [14.0]}}, None),
        ("wind_speed", {"wind": {"wind_speed": [3.0]}}, 3.0),
        ("wind_direction", {"wind": {"wind_direction": [225.0]}}, 225.0),
        (
            "air_temperature",
            {"environmental": {"air_temperature": [21.0]}, "wind": {"air_temperature": [22.0]}},
            22.0,
        ),
        (
            "relative_humidity",
            {
                "environmental": {"relative_humidity": [61.5]},
                "wind": {"relative_humidity": pl.Series([None], dtype=pl.UInt8)},
            },
            61.5,
        ),
        ("laser_height", {"laser_altimeter": {"height": [3.5]}}, 3.5),
        ("boom_pressure", {"if2_boom_pressure": {"boom_pressure": [260.0]}}, 260.0),
        (
            "marker",
            {"marker": {"marker_type": pl.Series(["start"], dtype=pl.Categorical)}},
            "start",
        ),
        ("marker", {"marker_unicode": {"marker_type": [131]}}, "131"),
    ],
)
def test_which_record_tells_what(
    column: str, tables: dict[str, dict[str, Any]], wanted: object
) -> None:
    others = {kind: records([0], **columns) for kind, columns in tables.items()}
    assert values({"position": positions(ON), **others}, column) == [wanted] * 5


def test_what_no_record_tells_is_null_and_of_its_own_type() -> None:
    schema = track({"position": positions(ON)}).schema
    assert schema["swath_number"] == pl.Int32
    assert schema["marker"] == pl.String
    for name in ("flow_rate", "swath_width", "wind_direction", "laser_height", "volume_step"):
        assert schema[name] == pl.Float64
    assert track({"position": positions(ON)})["flow_rate"].null_count() == 5


def test_types_do_not_depend_on_what_the_log_has() -> None:
    rich = {
        "position": positions(ON),
        "flow_monitor": records([1], flow_rate=pl.Series([1.0], dtype=pl.Float32), volume=[3]),
        "swath_number": records([1], swath_number=pl.Series([1], dtype=pl.Int16)),
        "wind": records([1], relative_humidity=pl.Series([50], dtype=pl.UInt8)),
    }
    assert track(rich).schema == track({"position": positions(ON)}).schema


def test_an_altimeter_out_of_range_is_not_covered_up_by_its_older_reading() -> None:
    laser = records([0, 2], height=[3.5, None])
    found = values({"position": positions(ON), "laser_altimeter": laser}, "laser_height")
    assert found == [3.5, 3.5, None, None, None]


def test_no_number_is_null() -> None:
    flow = records([0, 2, 3], flow_rate=[float("nan"), float("inf"), 5.0])
    found = track({"position": positions(ON), "flow_monitor": flow})
    assert found["flow_rate"].to_list() == [None, None, None, 5.0, 5.0]
    assert found["volume_step"].sum() == pytest.approx(5.0 / 60.0)


def test_columns_of_another_layout_that_hold_no_numbers_tell_nothing() -> None:
    tables = {
        "position": positions(ON).with_columns(track=pl.lit("north")),
        "flow_monitor": records([0], flow_rate=[[1.0, 2.0]], pressure=["high"], volume=[7.0]),
        "marker": records([0], marker_type=[[1, 2]]),
    }
    found = track(tables)
    assert found.schema == track({"position": positions(ON)}).schema | {"track": pl.Float64()}
    for name in ("flow_rate", "pressure", "marker", "track"):
        assert found[name].null_count() == 5
    assert found["cumulative_volume"].to_list() == [7.0] * 5


def test_a_positions_own_column_goes_before_other_records() -> None:
    own = positions(ON, flow_rate=[1.0, None, 3.0, 4.0, 5.0])
    flow = records([0], flow_rate=[9.0])
    found = track({"position": own, "flow_monitor": flow})
    assert found["flow_rate"].to_list() == [1.0, 9.0, 3.0, 4.0, 5.0]
    assert found.columns.count("flow_rate") == 1


def test_without_a_spray_flag_the_boom_tells() -> None:
    flow = records([0, 2], boom_open=[True, False])
    tables = {"position": positions(ON).drop("spray_on"), "flow_monitor": flow}
    assert values(tables, "sprayed") == [True, True, False, False, False]


def test_arrow_tables_give_the_same_track() -> None:
    tables = {
        "position": positions(ON),
        "wind": records([1], wind_speed=[3.0]),
        77: records([1], payload=[b"\x00"]),
    }
    arrow = {kind: table.to_arrow() for kind, table in tables.items()}
    assert track(arrow).equals(track(tables))


def test_the_positions_columns_come_first_and_stay() -> None:
    found = track({"position": positions(ON, boom_mask=[255] * 5)})
    assert found.columns[:11] == positions(ON, boom_mask=[255] * 5).columns
    assert found["boom_mask"].to_list() == [255] * 5


# -- steps ------------------------------------------------------------------------------------


def test_steps_are_towards_the_next_position() -> None:
    tables = {
        "position": positions(ON, seconds=[0, 0.2, 0.4, 1.4, 1.5]),
        "flow_monitor": records([0], flow_rate=[60.0]),
    }
    found = track(tables)
    assert found[["dt", "distance", "volume_step", "sprayed"]].row(-1) == (None, None, None, False)
    found = found[:-1]
    assert found["dt"].to_list() == pytest.approx([0.2, 0.2, 1.0, 0.1])
    assert found["distance"].to_list() == pytest.approx([50.0] * 4, rel=1e-6)
    assert found["volume_step"].to_list() == pytest.approx([0.2, 0.2, 1.0, 0.1])
    assert found["sprayed"].to_list() == [True] * 4


def test_a_gap_is_longer_than_max_gap() -> None:
    table = positions(ON, seconds=[0, 10, 20.000001, 21, 22])
    found = track({"position": table})
    assert found["dt"].to_list() == [10.0, None, pytest.approx(0.999999), 1.0, None]
    assert found["distance"].is_null().to_list() == [False, True, False, False, True]
    wider = track({"position": table}, FlightSettings(max_gap=11.0))
    assert wider["dt"].null_count() == 1


def test_a_step_backwards_in_time_is_unknown_and_one_of_no_time_is_none() -> None:
    found = track({"position": positions(ON, seconds=[5, 6, 3, 3, 4])})
    assert found["dt"].to_list() == [1.0, None, 0.0, 1.0, None]
    assert found["sprayed"].to_list() == [True, False, True, True, False]


def broken(name: str, value: object) -> pl.DataFrame:
    column = positions(ON)[name].to_list()
    column[2] = value
    return positions(ON).with_columns(pl.Series(name, column, positions(ON).schema[name]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time", None),
        ("latitude", None),
        ("latitude", 90.1),
        ("latitude", float("nan")),
        ("longitude", -180.5),
        ("longitude", float("inf")),
    ],
)
def test_a_broken_position_keeps_its_row_and_is_bridged(name: str, value: object) -> None:
    found = track({"position": broken(name, value)})
    assert found.height == 5
    assert found[name][2] is None
    assert found[["dt", "distance", "volume_step"]].row(2) == (None, None, None)
    assert found["sprayed"].to_list() == [True, True, False, True, False]
    assert found["dt"][1] == 2.0
    assert found["distance"].sum() == pytest.approx(200.0, rel=1e-6)


def test_a_receiver_without_a_fix_is_nowhere() -> None:
    table = positions(ON).with_columns(
        pl.when(pl.col("frame") < 20).then(0.0).otherwise(name).alias(name)
        for name in ("latitude", "longitude")
    )
    found = track({"position": table})
    assert found["latitude"].null_count() == 2
    assert found["distance"].sum() == pytest.approx(100.0, rel=1e-6)
    on_the_equator = positions(ON, at=(0.0, 9.0))
    assert track({"position": on_the_equator})["latitude"].null_count() == 0


def test_distances_hold_across_the_dateline() -> None:
    x = np.linspace(-120.0, 120.0, 5)
    found = track({"position": positions(ON, x=x, y=np.zeros(5), at=(-16.5, 180.0))})
    assert found["longitude"].min() < -179.0  # type: ignore[operator]
    assert found["longitude"].max() > 179.0  # type: ignore[operator]
    _, _, wanted = GEOD.inv(
        found["longitude"][:-1],
        found["latitude"][:-1],
        found["longitude"][1:],
        found["latitude"][1:],
    )
    assert found["distance"].drop_nulls().to_list() == pytest.approx(wanted.tolist(), rel=1e-6)


def test_no_rows_no_steps() -> None:
    found = track({"position": positions([]), "wind": records([], wind_speed=[])})
    assert found.height == 0
    assert found.schema == track({"position": positions(ON)}).schema


# -- what cannot be analysed ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"wind": records([0], wind_speed=[1.0])}, "no table 'position'"),
        ({"position": positions(ON).drop("time")}, "no column 'time'"),
        ({"position": positions(ON).drop("longitude")}, "no column 'longitude'"),
        ({"position": positions(ON).drop("frame")}, "no column 'frame'"),
        ({"position": positions(ON).reverse()}, "file order"),
        ({"position": positions(ON).with_columns(time="altitude")}, "expected a timestamp"),
        ({"position": positions(ON).with_columns(latitude=pl.lit("35 N"))}, "expected degrees"),
        ({"position": positions(ON), "wind": records([3, 1], wind_speed=[1.0, 2.0])}, "'wind'"),
    ],
)
def test_tables_that_are_no_logs_are_named(tables: dict[str, pl.DataFrame], message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        track(tables)
