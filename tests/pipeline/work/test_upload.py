"""Uploads: at most once, whatever happens in between."""

from __future__ import annotations

import json
import threading

import pytest

from partner_pipeline.errors import (
    AuthenticationError,
    NotFoundError,
    TransientError,
    ValidationError,
)
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.model.states import AssignStatus
from partner_pipeline.model.tasks import TaskMessage, UploadJobTask
from partner_pipeline.partners.simulator import Fault
from partner_pipeline.work.jobfiles import job_upload
from partner_pipeline.work.upload import upload_assignment, upload_task
from partner_pipeline.work.upload_decisions import confirm_uploaded, not_there, upload_again
from pipeline.repositories.tools import at_once
from pipeline.work.tools import FIELD, NO_ANSWER, Pipeline
from satlog_native.jobs import read_job


@pytest.fixture
def job(pipeline: Pipeline) -> Job:
    return pipeline.job(rate=28.5, swath_width=20.0)


@pytest.fixture
def waiting(pipeline: Pipeline, job: Job) -> JobAssign:
    """An assignment that is not uploaded yet."""
    pipeline.simulator.faults.script("IsAlive", Fault("status", status=503))
    (done,) = pipeline.assign(job, pipeline.accounts[0].aircraft[0].id).assigned
    assert done.synced.status == "queued"
    return pipeline.store.assigns.require(done.assign_id or "")


def test_what_the_partner_is_told(pipeline: Pipeline, job: Job, waiting: JobAssign) -> None:
    done = upload_assignment(pipeline.context, waiting.id)
    (received,) = pipeline.simulator.world.uploads
    assert (done.state, done.ext_job_id) == ("uploaded", received.job_id)
    assert received.file_name == f"{job.number}.job"
    told = read_job(received.data)
    assert (told.number, told.name) == (job.number, "North & South")
    ring = [(lon, lat) for lat, lon in told.polygons[0].exterior]
    assert ring == [tuple(point) for point in FIELD["coordinates"][0]]
    assert json.loads(received.metadata) == {
        "assignmentId": waiting.id,
        "jobId": job.id,
        "jobNumber": job.number,
        "jobName": "North & South",
        "rate": 28.5,
        "swathWidth": 20.0,
    }
    account = pipeline.store.users.account("SATLOC", job.customer)
    assert account is not None
    assert account.health.last_success == pipeline.clock.time


def test_the_task_of_an_uploaded_job_has_nothing_to_do(
    pipeline: Pipeline, waiting: JobAssign
) -> None:
    upload_assignment(pipeline.context, waiting.id)
    pipeline.clock.advance(minutes=5)
    task = TaskMessage.parse(pipeline.messages()[0].message.body)
    assert isinstance(task, UploadJobTask)
    result = upload_task(pipeline.context, task)
    assert result["status"] == "already"
    assert result["extJobId"] == pipeline.simulator.world.uploads[0].job_id
    assert len(pipeline.simulator.world.uploads) == 1


def test_an_assignment_that_was_taken_back(pipeline: Pipeline, job: Job) -> None:
    assert upload_assignment(pipeline.context, "nothing").state == "gone"


def test_eight_at_once_send_it_once(pipeline: Pipeline, waiting: JobAssign) -> None:
    done = at_once(8, lambda _: upload_assignment(pipeline.context, waiting.id).state)
    assert done.count("uploaded") == 1
    assert set(done) <= {"uploaded", "already", "busy"}
    assert len(pipeline.simulator.world.uploads) == 1


def test_no_answer_is_uncertain_and_never_sent_again(
    pipeline: Pipeline, waiting: JobAssign
) -> None:
    pipeline.simulator.faults.script("UploadJobData", NO_ANSWER)
    with pytest.raises(ValidationError, match=r"uncertain: .*no whole answer"):
        upload_assignment(pipeline.context, waiting.id)
    stored = pipeline.store.assigns.require(waiting.id)
    assert stored.sync.uncertain_since == pipeline.clock.time
    assert (stored.sync.claim, stored.status) == (None, AssignStatus.NEW)
    assert stored.sync.error_category is ErrorCategory.VALIDATION
    pipeline.clock.advance(minutes=30)
    with pytest.raises(ValidationError, match="uncertain"):
        upload_assignment(pipeline.context, waiting.id)
    assert pipeline.calls("UploadJobData") == 1
    ((subject, text),) = pipeline.mails
    assert "[satlog high]" in subject
    assert waiting.id in text


def test_a_worker_that_died_while_it_sent_leaves_it_uncertain(
    pipeline: Pipeline, waiting: JobAssign
) -> None:
    assigns, later = pipeline.store.assigns, pipeline.clock.time
    later += pipeline.context.settings.stuck_timeout
    assigns.claim_upload(waiting.id, "the dead one", later)
    assigns.sending(waiting.id, "the dead one")
    assert upload_assignment(pipeline.context, waiting.id).state == "busy"
    pipeline.clock.time = later
    with pytest.raises(ValidationError, match="uncertain"):
        upload_assignment(pipeline.context, waiting.id)
    assert pipeline.calls("UploadJobData") == 0


def test_a_worker_that_died_before_it_sent_is_followed(
    pipeline: Pipeline, waiting: JobAssign
) -> None:
    later = pipeline.clock.time + pipeline.context.settings.stuck_timeout
    pipeline.store.assigns.claim_upload(waiting.id, "the dead one", later)
    pipeline.clock.time = later
    assert upload_assignment(pipeline.context, waiting.id).state == "uploaded"


def test_a_mistake_in_a_partners_package_is_uncertain(
    pipeline: Pipeline, waiting: JobAssign
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a mistake")

    pipeline.hooks["upload_job"] = broken
    with pytest.raises(ValidationError, match=r"uncertain: unforeseen KeyError"):
        upload_assignment(pipeline.context, waiting.id)
    assert pipeline.store.assigns.require(waiting.id).sync.uncertain_since is not None


def test_a_refusal_is_certain(pipeline: Pipeline, waiting: JobAssign) -> None:
    pipeline.simulator.faults.script("UploadJobData", Fault("status", status=500))
    with pytest.raises(TransientError):
        upload_assignment(pipeline.context, waiting.id)
    stored = pipeline.store.assigns.require(waiting.id)
    assert (stored.sync.uncertain_since, stored.sync.claim) == (None, None)
    assert upload_assignment(pipeline.context, waiting.id).state == "uploaded"
    assert pipeline.store.assigns.require(waiting.id).sync.error is None


def test_wrong_credentials_count_against_the_account(
    pipeline: Pipeline, waiting: JobAssign
) -> None:
    pipeline.simulator.world.change_password(pipeline.accounts[0].username, "another")
    with pytest.raises(AuthenticationError):
        upload_assignment(pipeline.context, waiting.id)
    account = pipeline.store.users.account("SATLOC", waiting.customer_id)
    assert account is not None
    assert account.health.failures_in_a_row == 1
    assert account.health.error_category is ErrorCategory.AUTHENTICATION


def test_an_id_that_another_job_has(pipeline: Pipeline, waiting: JobAssign) -> None:
    other = pipeline.uploaded(0, 1)
    expected = "70001"  # the simulated partner's first
    pipeline.store.assigns.upload_again(other.id)
    pipeline.store.assigns.uploaded(other.id, expected)
    with pytest.raises(ValidationError, match=f"'{expected}', which another assignment has"):
        upload_assignment(pipeline.context, waiting.id)
    assert pipeline.store.assigns.require(waiting.id).sync.uncertain_since is not None


def test_uploads_that_are_switched_off(pipeline: Pipeline, waiting: JobAssign) -> None:
    off = pipeline.with_settings(satloc_file_upload_enabled=False)
    with pytest.raises(ValidationError, match="SATLOC_FILE_UPLOAD_ENABLED"):
        upload_assignment(off.context, waiting.id)
    assert pipeline.calls("UploadJobData") == 0


def test_taken_back_while_it_is_sent(pipeline: Pipeline, waiting: JobAssign) -> None:
    pipeline.hooks["upload_job"] = lambda *_: pipeline.store.assigns.unassign(
        waiting.job, waiting.user
    )
    assert upload_assignment(pipeline.context, waiting.id).state == "uploaded"
    assert pipeline.store.assigns.get(waiting.id) is None


def uncertain(pipeline: Pipeline, assign: JobAssign) -> None:
    pipeline.simulator.faults.script("UploadJobData", NO_ANSWER)
    with pytest.raises(ValidationError, match="uncertain"):
        upload_assignment(pipeline.context, assign.id)
    # Its task is a dead letter by now.
    task = pipeline.store.tasks.recent()[0]
    pipeline.store.tasks.dead(task.execution_id)


def test_it_was_not_there(pipeline: Pipeline, waiting: JobAssign) -> None:
    uncertain(pipeline, waiting)
    not_there(pipeline.context, waiting.id, "admin-1")
    active = pipeline.store.tasks.active(pipeline.store.tasks.recent()[0].task_id)
    assert active is not None
    assert upload_assignment(pipeline.context, waiting.id).state == "uploaded"
    actions = [entry.action for entry in pipeline.store.audit.of("job_assigns", waiting.id)]
    assert "not_there" in actions
    with pytest.raises(ValidationError, match="not there"):
        not_there(pipeline.context, waiting.id, "admin-1")


def test_it_was_there(pipeline: Pipeline, waiting: JobAssign) -> None:
    uncertain(pipeline, waiting)
    ext_job_id = pipeline.simulator.world.uploads[0].job_id
    confirmed = confirm_uploaded(pipeline.context, waiting.id, ext_job_id, "admin-1")
    assert (confirmed.status, confirmed.ext_job_id) == (AssignStatus.UPLOADED, ext_job_id)
    assert confirmed.sync.uncertain_since is None
    assert upload_assignment(pipeline.context, waiting.id).state == "already"
    assert len(pipeline.simulator.world.uploads) == 1


def test_an_id_of_another_is_not_confirmed(pipeline: Pipeline, waiting: JobAssign) -> None:
    other = pipeline.uploaded(0, 1)
    uncertain(pipeline, waiting)
    with pytest.raises(ValidationError, match="another assignment has"):
        confirm_uploaded(pipeline.context, waiting.id, other.ext_job_id or "", "admin-1")


def test_upload_again(pipeline: Pipeline, waiting: JobAssign) -> None:
    with pytest.raises(ValidationError, match="upload again"):
        upload_again(pipeline.context, waiting.id, "admin-1")
    upload_assignment(pipeline.context, waiting.id)
    upload_again(pipeline.context, waiting.id, "admin-1")
    upload_assignment(pipeline.context, waiting.id)
    assert len(pipeline.simulator.world.uploads) == 2
    with pytest.raises(NotFoundError):
        upload_again(pipeline.context, "nothing", "admin-1")


def test_an_internal_assignment_is_decided_by_nobody(pipeline: Pipeline, job: Job) -> None:
    (done,) = pipeline.assign(job, pipeline.pilot().id).assigned
    with pytest.raises(ValidationError, match="no partner's aircraft"):
        upload_again(pipeline.context, done.assign_id or "", "admin-1")


def test_jobs_that_make_no_file(pipeline: Pipeline) -> None:
    broken = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}
    for polygons, why in (
        ([], "no polygon"),
        ([broken], "three different points"),
        ([{"type": "Polygon", "coordinates": "x"}], "polygon 1 of job"),
        ([{"type": "Point", "coordinates": [1, 2]}], "no polygon"),
    ):
        with pytest.raises(ValidationError, match=why):
            job_upload(pipeline.job(polygons=polygons))
    with pytest.raises(ValidationError, match="job number"):
        job_upload(pipeline.job(number="../../x"))


def test_a_field_with_a_hole_and_several_parts(pipeline: Pipeline) -> None:
    hole = [[-90.899, 35.201], [-90.897, 35.201], [-90.897, 35.205], [-90.899, 35.201]]
    holed = {"type": "Polygon", "coordinates": [*FIELD["coordinates"], hole]}
    two = {"type": "MultiPolygon", "coordinates": [FIELD["coordinates"], holed["coordinates"]]}
    read = read_job(job_upload(pipeline.job(number=None, polygons=[holed, two])).data)
    assert [len(polygon.holes) for polygon in read.polygons] == [1, 0, 1]
    assert read.number == "job-0-1"


def test_threads_of_one_process_are_two(pipeline: Pipeline, waiting: JobAssign) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait(*_: object) -> None:
        begun.set()
        assert go_on.wait(30)

    pipeline.hooks["upload_job"] = wait
    states: list[str] = []
    first = threading.Thread(
        target=lambda: states.append(upload_assignment(pipeline.context, waiting.id).state)
    )
    first.start()
    assert begun.wait(30)
    states.append(upload_assignment(pipeline.context, waiting.id).state)
    go_on.set()
    first.join()
    assert states == ["busy", "uploaded"]
