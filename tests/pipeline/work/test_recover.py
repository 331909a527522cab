"""Work that nobody ended is taken up again, but not for ever."""

from __future__ import annotations

import pytest

from partner_pipeline.broker import message as headers
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.jobs import JobAssign
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.model.tasks import TaskMessage, TaskTracker
from partner_pipeline.partners.simulator import Fault
from partner_pipeline.work.lease import DURATION
from partner_pipeline.work.poll import poll
from partner_pipeline.work.publishing import publish_waiting
from partner_pipeline.work.recover import LEASE, Recovery, recover
from partner_pipeline.work.upload import upload_assignment
from pipeline.work.tools import NO_ANSWER, Pipeline


@pytest.fixture
def downloaded(pipeline: Pipeline) -> PartnerLogTracker:
    """A log that waits to be processed; its message is in the queue."""
    pipeline.uploaded()
    pipeline.simulator.world.add_log(pipeline.accounts[0].at_partner())
    poll(pipeline.context)
    (tracker,) = pipeline.logs().values()
    return tracker


@pytest.fixture
def task(pipeline: Pipeline, downloaded: PartnerLogTracker) -> TaskTracker:
    (found,) = pipeline.store.tasks.recent()
    return found


def take_message(pipeline: Pipeline) -> TaskMessage:
    """As a worker that acknowledges before it dies: the message is gone."""
    with pipeline.context.broker.consume([pipeline.queue], prefetch=1) as consumer:
        delivery = consumer.get(5)
        assert delivery is not None
        delivery.ack()
        return TaskMessage.parse(delivery.message.body)


def begin(pipeline: Pipeline, claim: str = "a dead worker") -> None:
    """Claim the execution and its log, as a worker that dies then."""
    task = take_message(pipeline)
    assert pipeline.store.tasks.claim(task.execution_id, claim)
    assert pipeline.store.trackers.claim_processing(next(iter(pipeline.logs().values())).id, claim)


def later(pipeline: Pipeline) -> None:
    pipeline.clock.advance(minutes=18, seconds=1)


def test_nothing_is_stuck(pipeline: Pipeline, task: TaskTracker) -> None:
    assert recover(pipeline.context) == Recovery()
    later(pipeline)
    # The message still waits in the queue: there are more of them than workers.
    assert recover(pipeline.context) == Recovery()
    assert len(pipeline.messages()) == 1


def test_a_worker_that_died(pipeline: Pipeline, task: TaskTracker) -> None:
    begin(pipeline)
    pipeline.clock.advance(minutes=17)
    assert recover(pipeline.context) == Recovery()
    later(pipeline)
    assert recover(pipeline.context) == Recovery(executions=1)
    assert pipeline.statuses() == [LogStatus.DOWNLOADED]
    again = take_message(pipeline)
    assert again.execution_id == task.execution_id, "the same execution"
    claimed = pipeline.store.tasks.claim(again.execution_id, "another worker")
    assert claimed is not None
    assert claimed.recoveries == 1
    (tracker,) = pipeline.logs().values()
    assert pipeline.store.trackers.claim_processing(tracker.id, "another worker")


def test_who_was_only_slow_ends_nothing(pipeline: Pipeline, task: TaskTracker) -> None:
    begin(pipeline, "slow")
    (tracker,) = pipeline.logs().values()
    later(pipeline)
    recover(pipeline.context)
    ended = pipeline.store.trackers.processed(
        tracker.id, "slow", application_file_id="f", damage={}
    )
    assert ended is None


def test_who_ends_it_just_before_wins(pipeline: Pipeline, task: TaskTracker) -> None:
    begin(pipeline, "slow")
    later(pipeline)
    claimed = pipeline.store.tasks.latest(task.task_id)
    assert claimed is not None
    pipeline.store.tasks.completed(claimed, {})
    (tracker,) = pipeline.logs().values()
    pipeline.store.trackers.processed(tracker.id, "slow", application_file_id="f", damage={})
    assert recover(pipeline.context) == Recovery()
    assert pipeline.statuses() == [LogStatus.PROCESSED]


def test_a_task_that_kills_its_workers_becomes_a_dead_letter(
    pipeline: Pipeline, task: TaskTracker
) -> None:
    most = pipeline.context.settings.partner_max_retries
    for _ in range(most):
        begin(pipeline)
        later(pipeline)
        assert recover(pipeline.context).executions == 1
    begin(pipeline)
    later(pipeline)
    assert recover(pipeline.context) == Recovery(given_up=1)
    assert pipeline.messages() == []
    (letter,) = pipeline.dead_letters()
    assert letter.message.headers[headers.EXECUTION_ID] == task.execution_id
    assert letter.message.headers[headers.ERROR_CATEGORY] == "processing"
    assert f"{most + 1} times" in str(letter.message.headers[headers.ERROR_MESSAGE])
    (execution,) = pipeline.store.tasks.chain(task.task_id)
    assert execution.status is TaskStatus.DEAD
    (tracker,) = pipeline.logs().values()
    assert tracker.status is LogStatus.FAILED
    assert "never ended" in (tracker.error_message or "")
    assert len(pipeline.mails) == 1
    metrics = pipeline.context.metrics.text().decode()
    assert 'logs_total{status="failed"} 1.0' in metrics
    assert 'category="processing",status="dlq",type="process_partner_log"} 1.0' in metrics
    later(pipeline)
    assert recover(pipeline.context) == Recovery()


def test_a_message_that_was_lost(pipeline: Pipeline, task: TaskTracker) -> None:
    take_message(pipeline)  # and nobody began it
    pipeline.clock.advance(minutes=17)
    assert recover(pipeline.context) == Recovery()
    later(pipeline)
    assert recover(pipeline.context) == Recovery(executions=1)
    assert take_message(pipeline).execution_id == task.execution_id
    for _ in range(pipeline.context.settings.partner_max_retries - 1):
        later(pipeline)
        assert recover(pipeline.context).executions == 1
        take_message(pipeline)
    later(pipeline)
    assert recover(pipeline.context).given_up == 1


def test_a_lost_message_among_others_that_wait(pipeline: Pipeline, task: TaskTracker) -> None:
    take_message(pipeline)
    pipeline.clock.advance(hours=1)
    pipeline.simulator.world.add_log(pipeline.accounts[0].at_partner())
    poll(pipeline.context)
    later(pipeline)
    assert recover(pipeline.context).executions == 1
    executions = [TaskMessage.parse(m.message.body).execution_id for m in pipeline.messages()]
    assert executions[-1] == task.execution_id
    assert len(executions) == 2


def test_a_retry_that_waits_for_its_time_is_not_lost(pipeline: Pipeline) -> None:
    limit = Fault("status", status=429, retry_after="3000")
    pipeline.simulator.faults.script("UploadJobData", limit)
    report = pipeline.assign(pipeline.job(), pipeline.accounts[0].aircraft[0].id)
    assert report.summary == {"queued": 1}
    pipeline.clock.advance(minutes=40)
    assert recover(pipeline.context) == Recovery()
    pipeline.clock.advance(minutes=15)
    assert len(pipeline.messages()) == 1


def test_what_waits_in_the_outbox_is_published_once(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    pipeline.simulator.world.add_log(pipeline.accounts[0].at_partner())
    context = pipeline.context
    pipeline.hooks["log_data"] = lambda *_: context.broker.close()
    poll(context)
    assert pipeline.store.outbox.count() == 1
    pipeline.hooks.clear()
    with pipeline.with_broker() as again:
        pipeline.clock.advance(minutes=1)
        assert recover(again.context) == Recovery(published=1)
        assert recover(again.context) == Recovery()
        assert len(again.messages()) == 1


def test_what_is_still_in_the_outbox_is_not_lost(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    pipeline.simulator.world.add_log(pipeline.accounts[0].at_partner())
    pipeline.hooks["log_data"] = lambda *_: pipeline.context.broker.close()
    poll(pipeline.context)
    later(pipeline)
    publish_waiting(pipeline.context)  # tries, and puts it off for a moment
    pipeline.clock.advance(seconds=1)
    with pipeline.with_broker() as again:
        assert recover(again.context) == Recovery()
        pipeline.clock.advance(seconds=10)
        assert recover(again.context) == Recovery(published=1)
        assert len(again.messages()) == 1


def test_a_broker_that_is_away_is_no_error(pipeline: Pipeline, task: TaskTracker) -> None:
    begin(pipeline)
    later(pipeline)
    pipeline.context.broker.close()
    assert recover(pipeline.context) == Recovery(executions=1)
    assert pipeline.store.outbox.count() == 1
    pipeline.clock.advance(hours=2)
    with pipeline.with_broker() as again:
        assert recover(again.context) == Recovery(published=1), "not lost: it waited"
        assert len(again.messages()) == 1


@pytest.mark.parametrize("state", ["downloading", "downloaded"])
def test_a_log_that_a_poll_did_not_end(pipeline: Pipeline, state: str) -> None:
    pipeline.uploaded()
    at_partner = pipeline.accounts[0].at_partner()
    (log,) = [pipeline.simulator.world.add_log(at_partner)]
    owner = ("SATLOC", pipeline.accounts[0].id, at_partner)
    tracker = pipeline.store.trackers.offered(*owner, log.id, log.file_name)
    pipeline.store.trackers.claim_download(tracker.id, "dead")
    if state == "downloaded":
        account = pipeline.context.account("SATLOC", pipeline.accounts[0].id)
        service = pipeline.context.service("SATLOC")
        stored = service.log_data(account, log.id, log.file_name, aircraft_id=at_partner)
        pipeline.store.trackers.downloaded(
            tracker.id, "dead", saved_local_file=stored.name, size=stored.size, sha256="0" * 64
        )
    assert recover(pipeline.context) == Recovery()
    later(pipeline)
    assert recover(pipeline.context) == Recovery(logs=1)
    assert len(pipeline.messages()) == (state == "downloaded")
    poll(pipeline.context)
    assert len(pipeline.messages()) == 1
    assert pipeline.statuses() == [LogStatus.DOWNLOADED]


def test_a_downloaded_log_whose_file_is_gone_is_downloaded_again(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    log = pipeline.simulator.world.add_log(pipeline.accounts[0].at_partner())
    owner = ("SATLOC", pipeline.accounts[0].id, log.aircraft_id)
    tracker = pipeline.store.trackers.offered(*owner, log.id, log.file_name)
    pipeline.store.trackers.claim_download(tracker.id, "dead")
    pipeline.store.trackers.downloaded(
        tracker.id, "dead", saved_local_file="SATLOC/gone.log", size=1, sha256="0" * 64
    )
    later(pipeline)
    recover(pipeline.context)
    assert pipeline.statuses() == [LogStatus.PENDING]
    assert pipeline.messages() == []
    poll(pipeline.context)
    assert len(pipeline.messages()) == 1


def test_a_download_that_kills_its_process_is_given_up(pipeline: Pipeline) -> None:
    owner = ("SATLOC", pipeline.accounts[0].id, pipeline.accounts[0].at_partner())
    tracker = pipeline.store.trackers.offered(*owner, "log", "x.log")
    for _ in range(pipeline.context.settings.partner_max_retries):
        pipeline.store.trackers.claim_download(tracker.id, "dead")
        later(pipeline)
        assert recover(pipeline.context).logs == 1
    pipeline.store.trackers.claim_download(tracker.id, "dead")
    later(pipeline)
    assert recover(pipeline.context) == Recovery(given_up=1)
    assert pipeline.statuses() == [LogStatus.FAILED]
    assert len(pipeline.mails) == 1


def test_a_log_whose_task_has_vanished(pipeline: Pipeline, task: TaskTracker) -> None:
    begin(pipeline)
    claimed = pipeline.store.tasks.latest(task.task_id)
    assert claimed is not None
    (tracker,) = pipeline.logs().values()
    # A store without transactions: the execution has ended, the log was given back.
    pipeline.store.tasks.completed(claimed, {})
    pipeline.store.trackers.processing_failed(
        tracker.id, "a dead worker", "x", ErrorCategory.TRANSIENT, final=False
    )
    later(pipeline)
    assert recover(pipeline.context) == Recovery(logs=1)
    assert len(pipeline.messages()) == 1
    later(pipeline)
    assert recover(pipeline.context) == Recovery()


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        (ErrorCategory.TRANSIENT, [TaskStatus.FAILED, TaskStatus.QUEUED]),
        (ErrorCategory.VALIDATION, [TaskStatus.DEAD]),
    ],
)
def test_a_failure_that_nothing_followed(
    pipeline: Pipeline, task: TaskTracker, category: ErrorCategory, expected: list[TaskStatus]
) -> None:
    begin(pipeline)
    claimed = pipeline.store.tasks.latest(task.task_id)
    assert claimed is not None
    (tracker,) = pipeline.logs().values()
    final = category is ErrorCategory.VALIDATION
    pipeline.store.trackers.processing_failed(
        tracker.id, "a dead worker", "x", category, final=final
    )
    pipeline.store.tasks.failed(claimed, "x", category)
    assert recover(pipeline.context) == Recovery()
    later(pipeline)
    assert recover(pipeline.context).followed == 1
    chain = pipeline.store.tasks.chain(task.task_id)
    assert [each.status for each in chain] == expected
    assert len(pipeline.messages()) == len(expected) - 1
    if not final:
        assert chain[1].retry_count == 1


# Assignments.


@pytest.fixture
def assigned(pipeline: Pipeline) -> JobAssign:
    """Stored, and the process died before the job was uploaded or queued."""
    job, aircraft = pipeline.job(), pipeline.accounts[0].aircraft[0]
    pipeline.simulator.faults.script("IsAlive", Fault("status", status=503))
    (done,) = pipeline.assign(job, aircraft.id).assigned
    assert done.assign_id is not None
    return pipeline.forget_tasks(done.assign_id)


def test_an_assignment_that_nobody_uploads(pipeline: Pipeline, assigned: JobAssign) -> None:
    assert recover(pipeline.context) == Recovery()
    later(pipeline)
    assert recover(pipeline.context) == Recovery(uploads=1)
    assert len(pipeline.messages()) == 1
    later(pipeline)
    assert recover(pipeline.context).uploads == 0, "it is queued"
    assert upload_assignment(pipeline.context, assigned.id).state == "uploaded"
    take_message(pipeline)


def test_an_assignment_in_somebodys_hands(pipeline: Pipeline, assigned: JobAssign) -> None:
    later(pipeline)
    until = pipeline.clock.time + pipeline.context.settings.stuck_timeout
    pipeline.store.assigns.claim_upload(assigned.id, "a worker", until)
    pipeline.clock.advance(minutes=17)
    assert recover(pipeline.context) == Recovery()
    pipeline.clock.advance(minutes=2)
    assert recover(pipeline.context) == Recovery(uploads=1)


def test_what_needs_a_person_is_left_to_one(pipeline: Pipeline, assigned: JobAssign) -> None:
    pipeline.simulator.faults.script("UploadJobData", NO_ANSWER)
    assert pipeline.assign(pipeline.store.jobs.require(assigned.job), assigned.user).summary == {
        "failed": 1
    }
    later(pipeline)
    assert recover(pipeline.context) == Recovery()


def test_a_dead_letter_waits_for_a_person(pipeline: Pipeline, assigned: JobAssign) -> None:
    later(pipeline)
    recover(pipeline.context)
    task = take_message(pipeline)
    claimed = pipeline.store.tasks.claim(task.execution_id, "worker")
    assert claimed is not None
    pipeline.store.tasks.failed(claimed, "no answer", ErrorCategory.TRANSIENT)
    pipeline.store.tasks.dead(task.execution_id)
    later(pipeline)
    assert recover(pipeline.context) == Recovery()


def test_pilots_wait_for_no_upload(pipeline: Pipeline) -> None:
    pipeline.assign(pipeline.job(), pipeline.pilot().id)
    later(pipeline)
    assert recover(pipeline.context) == Recovery()


# Never two at once.


def test_recoveries_never_overlap(pipeline: Pipeline, task: TaskTracker) -> None:
    begin(pipeline)
    later(pipeline)
    pipeline.store.leases.acquire(LEASE, "another", DURATION)
    assert recover(pipeline.context) == Recovery(busy=True)
    pipeline.clock.time += DURATION
    assert recover(pipeline.context) == Recovery(executions=1)


def test_a_lease_that_was_lost_ends_it(pipeline: Pipeline) -> None:
    owner = ("SATLOC", pipeline.accounts[0].id, pipeline.accounts[0].at_partner())
    for log_id in ("a", "b", "c"):
        tracker = pipeline.store.trackers.offered(*owner, log_id, "x.log")
        pipeline.store.trackers.claim_download(tracker.id, "dead")
        claim = pipeline.store.trackers.downloaded
        claim(tracker.id, "dead", saved_local_file="SATLOC/x.log", size=1, sha256="0" * 64)
    later(pipeline)

    def take_over(*_: object) -> None:
        pipeline.clock.time += 2 * DURATION
        pipeline.store.leases.acquire(LEASE, "another", DURATION)

    pipeline.hooks["resolve_log_file"] = take_over
    assert recover(pipeline.context).logs == 1
    assert pipeline.statuses().count(LogStatus.PENDING) == 1
