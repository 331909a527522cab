"""A job to those who fly it: stored, and uploaded where the partner answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partner_pipeline.broker import message as headers
from partner_pipeline.errors import NotFoundError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.ids import assignment_id
from partner_pipeline.model.states import AssignStatus, TaskStatus
from partner_pipeline.model.tasks import TaskMessage, UploadJobTask
from partner_pipeline.partners.simulator import Fault
from partner_pipeline.work.assign import Assignee, assign
from pipeline.work.tools import Pipeline
from satlog_native.jobs import read_job


def test_uploaded_at_once(pipeline: Pipeline) -> None:
    job, aircraft = pipeline.job(), pipeline.accounts[0].aircraft[0]
    report = assign(pipeline.context, job.id, [Assignee(aircraft.id, "mind the wires")], "admin-1")
    (done,) = report.assigned
    (received,) = pipeline.simulator.world.uploads
    assert done.synced.status == "uploaded"
    assert done.synced.ext_job_id == received.job_id
    assert (done.partner_code, done.assign_id) == ("SATLOC", assignment_id(job.id, aircraft.id))
    assert report.summary == {"uploaded": 1}
    assert received.aircraft_id == pipeline.accounts[0].at_partner()
    assert read_job(received.data).number == job.number
    assert "mind the wires" in received.metadata
    stored = pipeline.store.assigns.require(done.assign_id or "")
    assert (stored.status, stored.ext_job_id) == (AssignStatus.UPLOADED, received.job_id)
    assert stored.sync.uncertain_since is None
    assert stored.notes == "mind the wires"
    (entry,) = pipeline.store.audit.of("job_assigns", stored.id)
    assert (entry.actor, entry.action) == ("admin-1", "assign")
    assert pipeline.messages() == []


def test_twice_is_once(pipeline: Pipeline) -> None:
    job, aircraft = pipeline.job(), pipeline.accounts[0].aircraft[0]
    first = pipeline.assign(job, aircraft.id, aircraft.id)
    second = pipeline.assign(job, aircraft.id)
    assert first.assigned == second.assigned
    assert len(pipeline.simulator.world.uploads) == 1
    assert len(pipeline.store.assigns.of_job(job.id)) == 1
    assert len(pipeline.store.audit.of("job_assigns", first.assigned[0].assign_id or "")) == 1


def test_a_partner_that_does_not_answer_gets_it_later(pipeline: Pipeline) -> None:
    pipeline.simulator.faults.rate("IsAlive", 1.0, Fault("status", status=503))
    job, account = pipeline.job(), pipeline.accounts[0]
    report = pipeline.assign(job, *(aircraft.id for aircraft in account.aircraft))
    assert report.summary == {"queued": 2}
    assert {each.synced.error_category for each in report.assigned} == {ErrorCategory.PARTNER_DOWN}
    assert pipeline.calls("UploadJobData") == 0
    assert pipeline.calls("IsAlive") == 1, "asked once, not for each of its aircraft"
    assert pipeline.messages() == [], "not before a while"
    pipeline.clock.advance(minutes=5)
    first = pipeline.messages()[0].message
    task = TaskMessage.parse(first.body)
    assert isinstance(task, UploadJobTask)
    assert task.assign_id == report.assigned[0].assign_id
    assert first.headers[headers.PARTNER_CODE] == "SATLOC"
    assert [each.status for each in pipeline.store.tasks.chain(task.task_id)] == [TaskStatus.QUEUED]


def test_an_upload_that_fails_for_the_moment_is_queued(pipeline: Pipeline) -> None:
    pipeline.simulator.faults.script("UploadJobData", Fault("status", status=500))
    job, aircraft = pipeline.job(), pipeline.accounts[0].aircraft[0]
    (done,) = pipeline.assign(job, aircraft.id).assigned
    assert done.synced.status == "queued"
    assert done.synced.error_category is ErrorCategory.TRANSIENT
    assert "500" in (done.synced.error or "")
    stored = pipeline.store.assigns.require(done.assign_id or "")
    assert (stored.status, stored.sync.claim) == (AssignStatus.NEW, None)
    assert stored.sync.error_category is ErrorCategory.TRANSIENT
    # Asked for again before the task comes: uploaded, and the task will find it done.
    assert pipeline.assign(job, aircraft.id).summary == {"uploaded": 1}


def test_what_no_retry_helps_is_told_and_not_queued(pipeline: Pipeline) -> None:
    job = pipeline.job(polygons=[])
    (done,) = pipeline.assign(job, pipeline.accounts[0].aircraft[0].id).assigned
    assert done.synced.status == "failed"
    assert "no polygon" in (done.synced.error or "")
    assert done.assign_id is not None
    pipeline.clock.advance(hours=2)
    assert pipeline.messages() == []


def test_pilots_are_internal(pipeline: Pipeline) -> None:
    (done,) = pipeline.assign(pipeline.job(), pipeline.pilot().id).assigned
    assert (done.synced.status, done.partner_code) == ("internal", None)
    assert pipeline.calls("IsAlive") == 0


def test_a_user_that_cannot_have_it_stops_no_other(pipeline: Pipeline) -> None:
    mine, foreign = pipeline.accounts[0].aircraft, pipeline.accounts[1].aircraft
    job = pipeline.job()
    report = pipeline.assign(job, "nobody", mine[0].id, foreign[0].id, job.customer, mine[1].id)
    statuses = [each.synced.status for each in report.assigned]
    assert statuses == ["failed", "uploaded", "failed", "failed", "uploaded"]
    told = [each.synced.error for each in report.assigned if each.synced.status == "failed"]
    # A foreign aircraft looks like one that is not there.
    assert [str(text).replace(foreign[0].id, "nobody") for text in told[:2]] == [told[0]] * 2
    assert len(pipeline.store.assigns.of_job(job.id)) == 2


def test_inactive_aircraft(pipeline: Pipeline) -> None:
    aircraft = pipeline.accounts[0].aircraft[0]
    pipeline.store.users.change(aircraft.model_copy(update={"active": False}))
    (done,) = pipeline.assign(pipeline.job(), aircraft.id).assigned
    assert (done.synced.status, done.assign_id) == ("failed", None)


def test_without_an_account_the_assignment_is_kept(pipeline: Pipeline) -> None:
    user = pipeline.accounts[0].user
    pipeline.store.users.change(user.model_copy(update={"active": False}))
    (done,) = pipeline.assign(pipeline.job(), pipeline.accounts[0].aircraft[0].id).assigned
    assert done.synced.status == "failed"
    assert "no active one" in (done.synced.error or "")
    assert done.assign_id is not None


def test_taken_back(pipeline: Pipeline) -> None:
    job, (first, second) = pipeline.job(), pipeline.accounts[0].aircraft
    pipeline.assign(job, first.id)
    report = pipeline.assign(job, second.id, un_assign=[first.id, first.id, "nobody"])
    assert report.unassigned == (first.id,)
    assert [each.user for each in pipeline.store.assigns.of_job(job.id)] == [second.id]
    actions = {
        e.action for e in pipeline.store.audit.of("job_assigns", assignment_id(job.id, first.id))
    }
    assert actions == {"assign", "unassign"}


def test_the_way_of_download_is_kept_with_the_job(pipeline: Pipeline) -> None:
    job = pipeline.job()
    pipeline.assign(job, download_type=3)
    assert pipeline.store.jobs.require(job.id).dl_op.type == 3


def test_an_unknown_job(pipeline: Pipeline) -> None:
    with pytest.raises(NotFoundError, match="'nothing' in jobs"):
        assign(pipeline.context, "nothing", [], "admin")


def test_a_broker_that_is_away_loses_nothing(pipeline: Pipeline) -> None:
    pipeline.simulator.faults.rate("IsAlive", 1.0, Fault("status", status=503))
    pipeline.context.broker.close()
    assert pipeline.assign(pipeline.job(), pipeline.accounts[0].aircraft[0].id).summary == {
        "queued": 1
    }
    waiting = pipeline.store.outbox.oldest()
    assert waiting is not None
    assert waiting.queue == pipeline.queue
    assert waiting.created_at + timedelta(seconds=5) <= waiting.not_before
