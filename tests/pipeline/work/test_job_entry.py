"""Jobs into the pipeline, from files."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from partner_pipeline.errors import NotFoundError, ValidationError
from partner_pipeline.work.job_entry import add_job, job_of_file
from partner_pipeline.work.jobfiles import field_polygons
from pipeline.work.tools import FIELD, Pipeline
from satlog_native.jobs.model import JobFile, JobPolygon, ring

HOLE = [[-90.899, 35.201], [-90.897, 35.201], [-90.897, 35.203], [-90.899, 35.201]]


@pytest.fixture
def geojson(tmp_path: Path) -> Path:
    path = tmp_path / "4711.geojson"
    path.write_text(json.dumps({**FIELD, "coordinates": [*FIELD["coordinates"], HOLE]}))
    return path


def test_polygons_come_through(geojson: Path, pipeline: Pipeline) -> None:
    read = job_of_file(geojson)
    job = add_job(pipeline.context, read, pipeline.accounts[0].id, rate=28.0, by="ann")
    assert pipeline.store.jobs.require(job.id) == job
    assert (job.number, job.name, job.rate) == ("4711", "4711", 28.0)
    assert [(p.exterior, p.holes) for p in field_polygons(job)] == [
        (p.exterior, p.holes) for p in read.polygons
    ]
    assert len(read.polygons[0].holes) == 1
    # Longitude first, as GeoJSON has it.
    assert job.polygons[0]["coordinates"][0][0] == [-90.9, 35.2]
    assert [e.actor for e in pipeline.store.audit.of("jobs", job.id)] == ["ann"]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.geojson", "{}", "expected"),
        ("a.job", ".JOB 1 X\r\n.VERSION 2\r\n", "has no polygon"),
        ("a.txt", "", "expected a file ending in"),
        ("missing.job", None, "No such file"),
    ],
)
def test_unusable_file(name: str, text: str | None, why: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ValidationError, match=why):
        job_of_file(tmp_path / name)


def small() -> JobFile:
    corners = ((35.2, -90.9), (35.206, -90.9), (35.206, -90.896))
    return JobFile("4711", "North 40", polygons=(JobPolygon(ring(corners)),))


def test_number_is_given_once_a_customer(pipeline: Pipeline) -> None:
    add_job(pipeline.context, small(), pipeline.accounts[0].id, by="ann")
    with pytest.raises(ValidationError, match="one of this number, 'North 40'"):
        add_job(pipeline.context, small(), pipeline.accounts[0].id, by="ann")
    add_job(pipeline.context, small(), pipeline.accounts[1].id, by="ann")
    assert len(pipeline.store.jobs.with_number("4711")) == 2


def test_whose_and_when(pipeline: Pipeline) -> None:
    with pytest.raises(NotFoundError, match="Customer 'nobody'"):
        add_job(pipeline.context, small(), "nobody", by="ann")
    start = datetime(2025, 7, 1, tzinfo=UTC)
    with pytest.raises(ValidationError, match="end before it starts"):
        add_job(
            pipeline.context,
            small(),
            pipeline.accounts[0].id,
            start=start,
            end=start - timedelta(days=1),
            by="ann",
        )
    assert pipeline.store.jobs.count() == 0
