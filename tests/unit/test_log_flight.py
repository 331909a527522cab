"""The doors of a log to its flight: the same as the analysis of its tables by hand."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from satlog_native import Log, flight, layouts, open_log, synth
from satlog_native.errors import AnalysisError
from satlog_native.flight import FlightSettings

SATLOC = layouts.load("satloc_air")
OTHER = FlightSettings(merge_gap=0.0, swath_width=12.0)


@pytest.fixture(scope="module")
def data() -> bytes:
    """A short flight that has every kind of record."""
    plan = synth.FlightPlan(
        field=synth.rectangle(35.2, -90.9, 80.0, 400.0),
        airstrip=(-90.95, 35.2),
        positions="mixed",
        all_kinds=True,
    )
    return synth.fly(plan, seed=11).data


@pytest.fixture
def log(data: bytes) -> Log:
    return open_log(data)


@pytest.mark.parametrize("settings", [None, OTHER], ids=["default", "other"])
def test_doors_agree_with_the_analysis_of_the_tables(
    settings: FlightSettings | None, log: Log
) -> None:
    tables = log.tables()
    track = flight.track(tables, settings)
    passes = flight.passes(track, settings)
    covered = flight.coverage(track, settings)
    facts = flight.flight_facts(tables) | log.report.to_dict()
    assert passes.height > 2
    assert_frame_equal(log.track(settings), track)
    assert_frame_equal(log.passes(settings), passes)
    assert log.coverage(settings).net_area == covered.net_area > 0
    assert_frame_equal(
        log.summary(settings, covered), flight.summary(track, passes, covered, facts, settings)
    )


def test_summary_tells_the_log_s_own_facts(log: Log) -> None:
    row, info = log.summary().row(0, named=True), log.info()
    for fact in ("aircraft", "pilot", "controller", "job_id", "job_label"):
        assert row[fact] == info[fact] is not None
    assert row["frames"] == log.report.frames
    assert row["damaged"] is False
    assert row["net_area"] is None


def test_a_damaged_log_tells_so(data: bytes) -> None:
    broken = bytearray(data)
    broken[5000] ^= 0xFF
    log = open_log(bytes(broken))
    row = log.summary().row(0, named=True)
    assert row["damaged"] is True
    assert row["bytes_lost"] == log.report.bytes_lost > 0


def test_the_kept_track_honours_the_settings(log: Log) -> None:
    assert log.track() is log.track(FlightSettings())
    wide = log.track(FlightSettings(max_gap=10.0))
    assert wide is log.track()
    # Positions are 0.2 s apart, so that no step is left.
    narrow = log.track(FlightSettings(max_gap=0.1))
    assert narrow["dt"].null_count() == narrow.height
    assert log.passes(FlightSettings(max_gap=0.1)).height == 0
    assert log.track()["dt"].null_count() < 10
    assert log.passes().height > 2


def test_coverage_of_a_field(log: Log) -> None:
    import shapely

    west, south, east, north = shapely.bounds(log.coverage().treated)
    half = shapely.box(west, south, (west + east) / 2, north)
    covered = log.coverage(boundary=half)
    assert covered.coverage == pytest.approx(100, abs=15)
    assert covered.off_target_area == pytest.approx(covered.net_area / 2, rel=0.3)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "position"', 'name = "place"', "there is no table 'position'"),
        ('name = "latitude"', 'name = "lat"', "no column 'latitude'"),
    ],
)
def test_layout_without_positions(
    old: str, new: str, says: str, data: bytes, tmp_path: Path
) -> None:
    text = Path(SATLOC.source).read_text("utf-8").replace(old, new)
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    log = open_log(data, layout=tmp_path / "own.toml")
    for door in (log.track, log.passes, log.coverage, log.summary):
        with pytest.raises(AnalysisError, match=says):
            door()


def test_log_without_positions() -> None:
    log = open_log(synth.encode(SATLOC, [synth.Records("marker", {"marker_type": [31]})]))
    assert log.track().height == 0
    assert log.passes().height == 0
    assert log.coverage().net_area == 0.0
    row = log.summary().row(0, named=True)
    assert row["passes"] == 0
    assert row["start_time"] is None
    assert row["mean_speed"] is None


def test_log_of_unusable_positions() -> None:
    # 0°, 0° is what a receiver without a fix writes.
    columns = {"latitude": [0.0] * 5, "longitude": [0.0] * 5, "spray_on": [True] * 5}
    log = open_log(synth.encode(SATLOC, [synth.Records("position", columns)]))
    assert log.track().height == 5
    assert log.track()["distance"].null_count() == 5
    assert log.passes().height == 0
    assert log.summary()["passes"].item() == 0


def test_a_closed_log_is_told(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "flight.LOG"
    path.write_bytes(data)
    with open_log(path) as log:
        track = log.track()
    # What was made stays good, and the log has kept it.
    assert isinstance(track["latitude"].sum(), float)
    assert_frame_equal(log.track(), track)
    with pytest.raises(ValueError, match="closed"):
        log.track(OTHER)


def test_times_are_utc(log: Log) -> None:
    for frame, name in ((log.track(), "time"), (log.passes(), "start_time")):
        assert frame.schema[name] == pl.Datetime("us", "UTC")
