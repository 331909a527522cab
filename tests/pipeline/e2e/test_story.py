"""Jobs go out, logs come back: nothing lost, nothing twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.model.tasks import OWN_FILES
from partner_pipeline.work.manual import match_by_hand, reprocess
from partner_pipeline.work.own_file import submit_own_file
from pipeline.e2e.ledger import check_all, positions
from pipeline.e2e.stage import Stage
from satlog_native.jobs import read_job


def test_jobs_go_out_and_logs_come_back(stage: Stage) -> None:
    jobs = [stage.job(customer) for customer in (0, 0, 1)]
    assigned = [
        stage.assign(job, customer, aircraft)
        for job, customer, aircraft in zip(jobs, (0, 0, 1), (0, 1, 0), strict=True)
    ]
    assert [each.synced.status for each in assigned] == ["uploaded"] * 3
    received = stage.simulator.world.uploads
    assert [read_job(each.data).number for each in received] == [job.number for job in jobs]

    report = stage.poll()
    assert sum(account.enqueued for account in report.accounts) == 3
    stage.work()

    assert stage.statuses() == {LogStatus.PROCESSED: 3}
    for job, each in zip(jobs, assigned, strict=True):
        (application,) = stage.store.applications.of_job(job.id)
        (file,) = stage.store.application_files.of_application(application.id)
        assert file.job_match.decision == "matched"
        assert (file.job_match.assign_id, file.job_match.job_id) == (each.assign_id, job.id)
        assert (each.synced.ext_job_id or "none") in file.log_file_name
        # A field of 5.2 ha was flown.
        assert file.statistics["netArea"] == pytest.approx(5.2, rel=0.3)
        assert application.totals.net_area == pytest.approx(file.statistics["netArea"])
        row = stage.store.details.of_file(file.id, limit=1)[0]
        assert row["satlocJobId"] == each.synced.ext_job_id
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


def test_what_was_fetched_is_not_fetched_again(stage: Stage) -> None:
    stage.flown()
    stage.until_all_is_done()
    downloads = stage.calls("GetAircraftLogData")
    stage.offer()
    for _ in range(3):
        stage.round()
    assert stage.calls("GetAircraftLogData") == downloads + 1
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


def test_several_flights_of_one_job_add_up(stage: Stage) -> None:
    first = stage.flown()
    job = stage.store.jobs.require("job-1")
    again = stage.offer(first.file_name.replace(".log", "_B.log"), data=first.data())
    stage.until_all_is_done()
    (application,) = stage.store.applications.of_job(job.id)
    assert application.totals.files == 2
    assert application.totals.records == 2 * positions(again.data())
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


class TestUnknownJob:
    @pytest.fixture
    def changed(self) -> dict[str, Any]:
        return {"satloc_1st_assignment_always_match": False}

    def test_is_kept_and_matched_by_hand(self, stage: Stage) -> None:
        stage.flown()
        log = stage.offer("somewhere.log")
        stage.until_all_is_done()
        (file,) = stage.store.application_files.unmatched()
        assert (file.log_id, file.job_match.decision) == (log.id, "unmatched")
        assert stage.store.details.count(file.id) == positions(log.data())
        check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)

        (assign,) = stage.store.assigns.of_job("job-1")
        matched = match_by_hand(stage.context, file.id, assign.id, by="test")
        (application,) = stage.store.applications.of_job("job-1")
        assert (matched.application_id, application.totals.files) == (application.id, 2)
        row = stage.store.details.of_file(file.id, limit=1)[0]
        assert row["satlocJobId"] == assign.ext_job_id

        reprocess(stage.context, file.tracker_id or "", by="test")
        stage.until_all_is_done()
        kept = stage.store.application_files.require(file.id)
        assert (kept.job_match.decision, kept.application_id) == ("manual", application.id)
        check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)

        match_by_hand(stage.context, file.id, None, by="test")
        (application,) = stage.store.applications.of_job("job-1")
        assert application.totals.files == 1
        check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


def test_a_log_that_a_user_brings(stage: Stage, tmp_path: Path) -> None:
    flown = stage.flown()
    path = tmp_path / "upload.tmp"
    path.write_bytes(flown.data())
    customer = stage.accounts[0].id
    taken = submit_own_file(stage.context, customer, customer, path, flown.file_name)
    twice = submit_own_file(stage.context, customer, customer, path, flown.file_name)
    assert (twice.task_id, twice.execution_id) == (taken.task_id, None)
    stage.work()
    file = stage.store.application_files.of_log(OWN_FILES, customer, taken.sha256)
    assert file is not None
    assert file.processing.records == positions(flown.data())
    assert (file.job_match.decision, file.job_match.job_id) == ("matched", "job-1")
    # Brought again, it replaces what is there.
    stage.clock.advance(minutes=10)
    submit_own_file(stage.context, customer, customer, path, flown.file_name)
    stage.until_all_is_done()
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


def test_what_a_task_tells(stage: Stage) -> None:
    log = stage.flown()
    stage.poll()
    (waiting,) = stage.store.tasks.recent()
    assert waiting.status is TaskStatus.QUEUED
    stage.clock.advance(seconds=7)
    stage.work()
    (task,) = stage.store.tasks.recent()
    assert (task.status, task.execution_id) == (TaskStatus.COMPLETED, waiting.execution_id)
    assert task.task_id == f"{stage.queue}:SATLOC:{log.aircraft_id}:{log.id}"
    assert task.result is not None
    assert task.result["records"] == positions(log.data())
    assert task.processing_started_at == task.enqueued_at + timedelta(seconds=7)
