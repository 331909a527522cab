"""Which assignment a log belongs to, from documents and back to documents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.model.applications import JobMatch
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.model.states import AssignStatus
from partner_pipeline.work.flown import FlownLog, read_flown_log
from partner_pipeline.work.matching import match_flown
from pipeline.workers.tools import AIRCRAFT, CUSTOMER, NORTH, SOUTH, field_of, flight

DAY = datetime(2025, 9, 15, tzinfo=UTC)
BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[-90.9, 35.2], [-90.8, 35.3], [-90.8, 35.2], [-90.9, 35.3], [-90.9, 35.2]]],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    path.write_bytes(flight())
    return path


@pytest.fixture
def flown(path: Path) -> FlownLog:
    """Of a log that names no job."""
    return read_flown_log(path, "flight.log")


def _job(number: str, *polygons: dict[str, Any], **fields: Any) -> Job:
    return Job(
        id=f"job-{number}",
        name=number,
        number=number,
        customer=CUSTOMER,
        polygons=list(polygons),
        **fields,
    )


def _assign(job: Job, **fields: Any) -> JobAssign:
    values: dict[str, Any] = {
        "id": f"assign-{job.number}-{fields.get('user', AIRCRAFT)}",
        "job": job.id,
        "user": AIRCRAFT,
        "customer_id": CUSTOMER,
        "status": AssignStatus.UPLOADED,
        "partner_code": "SATLOC",
        "ext_job_id": f"ext-{job.number}",
        "date": DAY,
    }
    return JobAssign(**{**values, **fields})


def _match(
    flown: FlownLog,
    *jobs: Job,
    assigns: list[JobAssign] | None = None,
    aircraft: str | None = AIRCRAFT,
    first_assignment: bool = False,
) -> JobMatch:
    return match_flown(
        flown,
        aircraft,
        [_assign(job) for job in jobs] if assigns is None else assigns,
        {job.id: job for job in jobs},
        first_assignment=first_assignment,
    )


@pytest.mark.parametrize("name", ["JOB8 N42SL.log", "20250915_JOBext-8.log"])
def test_a_file_name_tells_the_job_by_either_number(path: Path, name: str) -> None:
    match = _match(read_flown_log(path, name), _job("7"), _job("8"))
    assert (match.decision, match.by) == ("matched", "file_name")
    assert (match.assign_id, match.job_id, match.user_id) == (
        f"assign-8-{AIRCRAFT}",
        "job-8",
        AIRCRAFT,
    )


def test_a_jobs_id_stands_in_for_a_number_that_it_has_not(path: Path) -> None:
    job = Job(id="b4ef", name="North", customer=CUSTOMER)
    flown = read_flown_log(path, "2507140724SatlocG4_b4ef.log")
    assert _match(flown, assigns=[_assign(job, id="a", ext_job_id=None)]).decision == "unmatched"
    match = match_flown(
        flown,
        AIRCRAFT,
        [_assign(job, id="a", ext_job_id=None)],
        {job.id: job},
        first_assignment=False,
    )
    assert (match.decision, match.job_id) == ("matched", "b4ef")


def test_the_label_in_the_log_tells_the_job(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(flight(label="8"))
    match = _match(read_flown_log(path, "flight.log"), _job("7"), _job("8"))
    assert (match.decision, match.job_id, match.by) == ("matched", "job-8", "job_label")


def test_the_ground_tells_the_job(flown: FlownLog) -> None:
    match = _match(flown, _job("7", field_of(SOUTH)), _job("8", field_of(SOUTH), field_of(NORTH)))
    assert (match.decision, match.job_id, match.by) == ("matched", "job-8", "overlap")
    best, other = match.candidates
    assert best["overlap"] == pytest.approx(1.0, abs=0.1)
    assert best["score"] > other["score"]


def test_reasons_are_kept_with_each_candidate(flown: FlownLog) -> None:
    match = _match(flown, _job("8", field_of(NORTH)))
    (reasons,) = match.candidates
    assert reasons == {
        "assignId": f"assign-8-{AIRCRAFT}",
        "jobId": "job-8",
        "extJobId": "ext-8",
        "score": reasons["score"],
        "fileName": None,  # the log names no job
        "jobLabel": None,
        "aircraft": True,
        "time": None,  # the job may be flown at any time
        "overlap": reasons["overlap"],
        "excluded": False,
    }


def test_two_that_fit_alike_are_ambiguous(flown: FlownLog) -> None:
    match = _match(flown, _job("7", field_of(NORTH)), _job("8", field_of(NORTH)))
    assert (match.decision, match.assign_id, match.job_id) == ("ambiguous", None, None)
    assert len(match.candidates) == 2


def test_no_assignment_is_no_match(flown: FlownLog) -> None:
    match = _match(flown)
    assert (match.decision, match.candidates) == ("unmatched", [])


def test_an_assignment_whose_job_is_gone_is_no_candidate(flown: FlownLog) -> None:
    gone = _assign(_job("7"))
    assert _match(flown, assigns=[gone]).candidates == []


def test_another_aircrafts_job_is_not_this_logs(flown: FlownLog) -> None:
    job = _job("8", field_of(NORTH))
    match = _match(flown, job, assigns=[_assign(job, user="air-2")])
    assert match.decision == "unmatched"
    assert match.candidates[0]["aircraft"] is False


def test_without_a_known_aircraft_any_may_have_flown_it(flown: FlownLog) -> None:
    job = _job("8", field_of(NORTH))
    match = _match(flown, job, assigns=[_assign(job, user="air-2")], aircraft=None)
    assert (match.decision, match.user_id) == ("matched", "air-2")


def test_a_job_of_another_time_is_excluded(path: Path) -> None:
    late = _job("8", start_date=DAY + timedelta(days=30), end_date=DAY + timedelta(days=40))
    match = _match(read_flown_log(path, "flight.log"), late)
    assert match.decision == "unmatched"
    assert match.candidates[0]["time"] is False


@pytest.mark.parametrize(
    "polygon",
    [BOW_TIE, {"type": "Polygon"}, {"type": "Spiral", "coordinates": 1}, {"coordinates": []}, {}],
)
def test_a_field_that_cannot_be_used_leaves_the_name(path: Path, polygon: dict[str, Any]) -> None:
    flown = read_flown_log(path, "JOB8 x.log")
    match = _match(flown, _job("7", field_of(NORTH)), _job("8", polygon))
    assert (match.decision, match.job_id) == ("matched", "job-8")


def test_the_first_assignment_takes_what_tells_nothing(flown: FlownLog) -> None:
    jobs = [_job("7"), _job("8")]
    assigns = [
        _assign(job, ext_job_id=None, date=DAY + timedelta(hours=hours))
        for job, hours in zip(jobs, (2, 1), strict=True)
    ]
    match = _match(flown, *jobs, assigns=assigns, first_assignment=True)
    assert (match.decision, match.job_id, match.by) == ("matched", "job-8", "first_assignment")
    match = _match(flown, *jobs, assigns=assigns, first_assignment=False)
    assert match.decision == "unmatched"


def test_only_the_best_candidates_are_kept(flown: FlownLog) -> None:
    jobs = [_job(str(number), field_of(SOUTH)) for number in range(30)]
    match = _match(flown, *jobs, _job("best", field_of(NORTH)))
    assert len(match.candidates) == 10
    assert match.candidates[0]["jobId"] == "job-best"


def test_a_log_whose_ground_is_unknown_is_told_by_its_name(path: Path) -> None:
    flown = replace(read_flown_log(path, "JOB8 x.log"), treated=None)
    match = _match(flown, _job("7", field_of(NORTH)), _job("8", field_of(NORTH)))
    assert (match.decision, match.job_id) == ("matched", "job-8")
