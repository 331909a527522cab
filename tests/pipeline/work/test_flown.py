"""What a log tells before anything is stored of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from partner_pipeline.errors import ProcessingError, StorageError
from partner_pipeline.model.applications import DETAIL_FIELDS, SUMMED
from partner_pipeline.work.flown import DETAIL_COLUMNS, FlownLog, read_flown_log
from pipeline.workers.tools import flight
from satlog_native import __version__, open_log
from satlog_native.layouts import load

_JOB = {"satlocJobId", "filenameJobId", "swathingJobId", "jobLongLabelName", "aircraftId"}


def _flown(tmp_path: Path, data: bytes, name: str = "JOB7 x.log") -> FlownLog:
    path = tmp_path / "a.log"
    path.write_bytes(data)
    return read_flown_log(path, name)


@pytest.fixture
def flown(tmp_path: Path) -> FlownLog:
    return _flown(tmp_path, flight(label="12_east"))


def test_all_positions_are_there_under_the_platforms_names(flown: FlownLog) -> None:
    assert [*flown.details.columns] == list(DETAIL_COLUMNS.values())
    assert set(flown.details.columns) | _JOB | {"fileId"} == set(DETAIL_FIELDS)
    with open_log(flight(label="12_east")) as log:
        track = log.track()
    assert flown.details.height == track.height
    assert flown.details["frame"].to_list() == track["frame"].to_list()
    for name in ("lat", "lon", "flowRate", "windSpd", "height"):
        assert flown.details[name].null_count() < track.height, name


def test_what_it_says_of_itself(flown: FlownLog) -> None:
    layout = load("satloc_air")
    assert flown.meta == {
        "type": "satloc",
        "matType": "wet",
        "operator": "A. Demo",
        "fcName": "Satloc Constant Rate",
        "decoderVersion": __version__,
        "layout": "satloc_air",
        "layoutVersion": layout.version,
        "layoutStatus": layout.status,
    }
    assert flown.aircraft == "N42SL"
    assert (flown.identity.filename_job_id, flown.identity.job_label) == ("7", "12_east")
    assert flown.notes == []


def test_statistics_have_all_that_is_summed(flown: FlownLog) -> None:
    with open_log(flight(label="12_east")) as log:
        summary = log.summary(coverage=log.coverage()).row(0, named=True)
    assert {"startTime", "endTime", *SUMMED} <= set(flown.statistics)
    for name in ("net_area", "volume", "spray_time", "wind_speed", "applied_rate"):
        first, *others = name.split("_")
        assert flown.statistics[first + "".join(map(str.title, others))] == summary[name], name
    assert flown.statistics["passes"] == len(flown.passes) == summary["passes"] == 4
    assert (flown.start, flown.end) == (summary["start_time"], summary["end_time"])
    assert sum(one["volume"] for one in flown.passes) == pytest.approx(flown.statistics["volume"])


def test_segments_are_lines_of_the_sprayed_track(flown: FlownLog) -> None:
    assert flown.segments["type"] == "MultiLineString"
    lines = flown.segments["coordinates"]
    assert len(lines) >= len(flown.passes)
    longitude, latitude = lines[0][0][:2]
    assert (longitude, latitude) == (pytest.approx(-90.9, abs=0.01), pytest.approx(35.2, abs=0.01))
    assert flown.treated is not None


def test_steps_are_timed(flown: FlownLog) -> None:
    assert set(flown.seconds) == {"decode", "analyse"}
    assert all(seconds > 0 for seconds in flown.seconds.values())


def test_a_log_without_swath_width_is_a_log_still(tmp_path: Path) -> None:
    data = flight()
    with open_log(data) as log:
        for kind in ("swathing_setup", "applied_rate"):
            for frame in log.raw(kind)["data"].to_pylist():
                data = data.replace(frame, b"")
    flown = _flown(tmp_path, data)
    assert flown.details.height > 1000
    assert (flown.treated, flown.statistics["netArea"]) == (None, None)
    assert flown.statistics["sprayedDistance"] > 1000
    assert any("swath width" in note for note in flown.notes)


def test_a_log_that_ends_before_its_first_position_holds_none(tmp_path: Path) -> None:
    with open_log(flight()) as log:
        first = min(log["position"]["offset"].to_pylist())
    flown = _flown(tmp_path, flight()[:first])
    assert flown.details.is_empty()
    assert flown.details.schema.keys() == set(DETAIL_COLUMNS.values())
    assert (flown.start, flown.statistics["flightTime"], flown.passes) == (None, 0.0, [])


@pytest.mark.parametrize("data", [b"", b"x", b"no log" * 1000, bytes(100)])
def test_what_is_no_log_is_a_failure_of_processing(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ProcessingError, match=r"processing log 'JOB7 x\.log'"):
        _flown(tmp_path, data)


def test_a_file_that_cannot_be_read_is_the_disks_failure(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"there is no such file"):
        read_flown_log(tmp_path / "gone.log", "JOB7 x.log")
