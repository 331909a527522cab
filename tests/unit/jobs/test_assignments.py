"""Assignments from JSON and from folders of `.JOB` files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import shapely

from satlog_native.errors import JobFileError
from satlog_native.jobs import match_logs, read_assignments
from satlog_native.jobs.assignments import SCHEMA, parse_assignments
from satlog_native.jobs.tables import ASSIGNMENT_COLUMNS, LOG_COLUMNS

RING = [[-98.0, 33.0], [-97.9, 33.0], [-97.9, 33.1], [-98.0, 33.1], [-98.0, 33.0]]
POLYGON = {"type": "Polygon", "coordinates": [RING]}
FULL: dict[str, Any] = {
    "assignmentId": "66f0",
    "jobId": 146,
    "extJobId": "b4ef",
    "aircraft": "N1",
    "date": "2025-09-01T08:00:00Z",
    "windowStart": "2025-09-14",
    "windowEnd": "2025-09-15",
    "status": 2,
    "polygons": POLYGON,
    "notes": "call before",
}


def test_a_full_assignment() -> None:
    row = parse_assignments([FULL]).row(0, named=True)
    field = shapely.from_wkb(row.pop("field"))
    assert row == {
        "assignment_id": "66f0",
        "job_id": "146",
        "partner_job_id": "b4ef",
        "aircraft": "N1",
        "date": datetime(2025, 9, 1, 8, tzinfo=UTC),
        "window_start": datetime(2025, 9, 14, tzinfo=UTC),
        "window_end": datetime(2025, 9, 15, 23, 59, 59, 999999, tzinfo=UTC),
        "open": True,
    }
    assert field.bounds == (-98.0, 33.0, -97.9, 33.1)


def test_the_table_is_the_one_that_matching_takes() -> None:
    assert tuple(SCHEMA) == ASSIGNMENT_COLUMNS
    logs = pl.DataFrame(
        {"log_id": ["x"], "filename_job_id": ["B4EF"]}
        | {name: [None] for name in LOG_COLUMNS if name not in ("log_id", "filename_job_id")}
    )
    assert match_logs(logs, parse_assignments([FULL])).decisions["assignment_id"][0] == "66f0"


@pytest.mark.parametrize("document", [{"_id": "1"}, {"id": 1}, {"assignmentId": "1", "jobId": ""}])
def test_everything_but_the_id_may_be_unknown(document: dict[str, Any]) -> None:
    row = parse_assignments([document]).row(0)
    assert row == ("1", *[None] * (len(SCHEMA) - 1))


def test_other_names_of_the_platform() -> None:
    row = parse_assignments([{"_id": "1", "job": "j", "aircraftId": 9}]).row(0, named=True)
    assert (row["job_id"], row["aircraft"]) == ("j", "9")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2025-09-15T12:00:00", datetime(2025, 9, 15, 12, tzinfo=UTC)),
        ("2025-09-15T07:00:00-05:00", datetime(2025, 9, 15, 12, tzinfo=UTC)),
        ("2025-09-15T12:00Z", datetime(2025, 9, 15, 12, tzinfo=UTC)),
        ("20250915", datetime(2025, 9, 15, tzinfo=UTC)),
    ],
)
def test_times(written: str, moment: datetime) -> None:
    assert parse_assignments([{"id": 1, "windowStart": written}])["window_start"][0] == moment


@pytest.mark.parametrize(
    ("polygons", "area"),
    [
        (POLYGON, 0.01),
        ([POLYGON, POLYGON], 0.02),
        ({"type": "Feature", "properties": None, "geometry": POLYGON}, 0.01),
        ({"type": "MultiPolygon", "coordinates": [[RING], [RING]]}, 0.02),
        (
            {
                "type": "FeatureCollection",
                "features": [{"type": "Feature", "properties": {}, "geometry": POLYGON}],
            },
            0.01,
        ),
    ],
)
def test_polygons_in_any_form_of_geojson(polygons: object, area: float) -> None:
    wkb = parse_assignments([{"id": 1, "polygons": polygons}])["field"][0]
    assert shapely.area(shapely.from_wkb(wkb)) == pytest.approx(area)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"assignmentId": None}, "expected an assignmentId"),
        ({"assignmentId": True}, "assignmentId: expected text or an integer"),
        ({"extJobId": 1.5}, "extJobId: expected text or an integer"),
        ({"aircraft": ["N1"]}, "aircraft: expected text"),
        ({"date": "yesterday"}, "date: expected an ISO 8601"),
        ({"windowEnd": 1757937600}, "windowEnd: expected an ISO 8601"),
        ({"windowEnd": "2025-09-13"}, "windowEnd is before windowStart"),
        ({"windowStart": "0001-01-01T00:00:00+10:00"}, "windowStart: expected"),
        ({"status": 3}, "status: expected one of"),
        ({"status": [1]}, "status: expected one of"),
        ({"open": 1}, "open: expected true or false"),
        ({"polygons": "POLYGON((0 0))"}, "expected a GeoJSON geometry"),
        ({"polygons": {"type": "Polygon"}}, "not as GeoJSON has it"),
        ({"polygons": {"type": "Polygon", "coordinates": [[[0, "1"]]]}}, "not as GeoJSON"),
        ({"polygons": {"type": "Polygon", "coordinates": [RING[:2]]}}, "three different points"),
        ({"polygons": {"type": "Point", "coordinates": [0, 0]}}, "at least one polygon"),
        ({"polygons": {"type": "Polygon", "coordinates": [[[33, -98]] * 3]}}, "latitude -98"),
    ],
)
def test_mistakes_name_the_assignment_and_the_key(change: dict[str, Any], message: str) -> None:
    with pytest.raises(JobFileError, match=message) as caught:
        parse_assignments([FULL, {**FULL, **change}], source="jobs.json")
    assert "jobs.json, assignment 2" in str(caught.value)


def test_open_outranks_status() -> None:
    rows = [{"id": 1, "open": False, "status": 0}, {"id": 2, "status": "NEW"}, {"id": 3}]
    assert parse_assignments(rows)["open"].to_list() == [False, True, None]


def test_ids_must_differ() -> None:
    with pytest.raises(JobFileError, match="assignment 3: the same assignmentId as assignment 1"):
        parse_assignments([{"id": 1}, {"id": 2}, {"_id": "1"}])


@pytest.mark.parametrize(
    "data", [b"", b"{", b"{}", b'[{"id": NaN}]', b"\xff\xfe", b"[" * 200_000, b"[1]"]
)
def test_what_is_no_list_of_assignments(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "jobs.json"
    path.write_bytes(data)
    with pytest.raises(JobFileError, match=r"jobs\.json"):
        read_assignments(path)


def test_a_json_file(tmp_path: Path) -> None:
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps([FULL]))
    assert read_assignments(path).equals(parse_assignments([FULL]))
    path.write_text("[]")
    assert read_assignments(path).schema == SCHEMA


def test_a_folder_of_job_files(tmp_path: Path) -> None:
    text = ".JOB {}\n.VERSION 2\n.POL 1\nINC\n33.0 -98.0\n33.1 -98.0\n33.1 -97.9\n"
    (tmp_path / "b.JOB").write_text(text.format(147))
    (tmp_path / "a.job").write_text(text.format(146))
    (tmp_path / "c.job").write_text(".JOB 148\n.VERSION 2\n")
    (tmp_path / "notes.txt").write_text("no job")
    table = read_assignments(tmp_path)
    assert table.select("assignment_id", "job_id").rows() == [
        ("a.job", "146"), ("b.JOB", "147"), ("c.job", "148"),
    ]  # fmt: skip
    assert table["field"].is_null().to_list() == [False, False, True]
    assert read_assignments(tmp_path / "a.job").equals(table.head(1))
    (tmp_path / "d.job").write_text("broken")
    with pytest.raises(JobFileError, match=r"d\.job, line 1"):
        read_assignments(tmp_path)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(JobFileError, match=r"no \.JOB file"):
        read_assignments(tmp_path)
