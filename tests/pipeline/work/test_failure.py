"""What becomes of a task that failed: each category as the table of failures says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from partner_pipeline.broker import message as headers
from partner_pipeline.errors import (
    AuthenticationError,
    PartnerDownError,
    PipelineError,
    ProcessingError,
    RateLimitError,
    StorageError,
    StoreError,
    TransientError,
    ValidationError,
)
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.redact import SECRETS
from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.work.enqueueing import enqueue_upload
from partner_pipeline.work.failure import Failure
from partner_pipeline.work.publishing import publish
from partner_pipeline.work.recover import recover
from pipeline.workers.tools import CUSTOMER, NORTH, Room, at, open_room, servers_of


class Failing:
    """Makes processing fail, each time anew, just after the log was claimed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Callable[[], Exception]) -> None:
        self.error: Callable[[], Exception] | None = error
        monkeypatch.setattr("partner_pipeline.work.processing.failpoint", self._fail)

    def _fail(self, name: str) -> None:
        if self.error is not None and name == "process.claimed":
            raise self.error()


def _rate_limit(seconds: float | None) -> Callable[[], Exception]:
    return lambda: RateLimitError("429", retry_after=seconds)


#: Seconds before each next try of processing a log, and None where there is none, without chance.
DELAYS: list[tuple[Callable[[], Exception], list[float | None]]] = [
    (lambda: TransientError("timed out"), [2, 4, None]),
    (lambda: AuthenticationError("refused"), [60, 60, None]),
    (_rate_limit(None), [60, 60, None]),
    (_rate_limit(90), [90, 90, None]),
    (_rate_limit(1e9), [3600, 3600, None]),
    (lambda: PartnerDownError("down"), [300, 300, 300, 300, 300]),
    (lambda: StoreError("gone"), [2, 4, 8, 16, 32, 60, 60, 60]),
    (lambda: StorageError("full"), [2, 4, 8]),
    (lambda: ValidationError("no such thing"), [None]),
    (lambda: ProcessingError("no frame"), [None]),
    (lambda: RuntimeError("unforeseen"), [None]),
]


@pytest.mark.parametrize(("error", "delays"), DELAYS)
def test_delays_and_tries_are_those_of_the_table(
    room: Room,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[], Exception],
    delays: list[float | None],
) -> None:
    Failing(monkeypatch, error)
    log = room.log()
    for delay in delays:
        status = room.work()
        assert room.waiting() == []
        if delay is None:
            assert status is TaskStatus.DEAD
            break
        assert status is TaskStatus.FAILED
        room.clock.time += timedelta(seconds=delay, milliseconds=-1)
        assert room.waiting() == []
        room.clock.time += timedelta(milliseconds=1)
        assert len(room.waiting()) == 1
    assert len(room.dead_letters()) == (delays[-1] is None)
    chain = room.chain(log)
    assert [task.number for task in chain] == list(range(1, len(chain) + 1))
    assert len({task.execution_id for task in chain}) == len(chain)


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 2.0), (0.5, 1.5), (1.0, 1.0)])
def test_chance_takes_up_to_half_of_a_delay(
    room: Room, monkeypatch: pytest.MonkeyPatch, chance: float, seconds: float
) -> None:
    Failing(monkeypatch, lambda: TransientError("timed out"))
    room = room.with_chance(chance)
    room.log()
    room.work()
    room.clock.time += timedelta(seconds=seconds, milliseconds=-1)
    assert room.waiting() == []
    room.clock.time += timedelta(milliseconds=1)
    assert len(room.waiting()) == 1


def test_a_retry_is_a_new_execution_of_the_same_task(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(monkeypatch, lambda: TransientError("connection reset"))
    log = room.log()
    (message,) = room.waiting()
    first_failed = room.clock.time
    assert room.work() is TaskStatus.FAILED
    tracker = room.tracker(log)
    assert (tracker.status, tracker.retry_count, tracker.claim) == (LogStatus.DOWNLOADED, 1, None)
    assert tracker.error_category is ErrorCategory.TRANSIENT
    failed, queued = room.chain(log)
    assert (failed.status, failed.superseded_by) == (TaskStatus.FAILED, queued.execution_id)
    assert (queued.status, queued.retry_count) == (TaskStatus.QUEUED, 1)
    assert queued.first_failed_at == failed.first_failed_at == first_failed
    room.clock.advance(seconds=2)
    (again,) = room.waiting()
    told, before = again.message.headers, message.message.headers
    assert again.message.message_id == told[headers.EXECUTION_ID] == queued.execution_id
    assert told[headers.TASK_ID] == before[headers.TASK_ID]
    assert told[headers.RETRY_COUNT] == 1
    assert told[headers.ERROR_CATEGORY] == "transient"
    assert told[headers.ERROR_MESSAGE] == "connection reset"
    assert told[headers.FIRST_FAILED_AT] == first_failed.isoformat()
    trace = str(before[headers.TRACEPARENT]).split("-")[1]
    assert str(told[headers.TRACEPARENT]).split("-")[1] == trace
    failing.error = None
    assert room.work() is TaskStatus.COMPLETED
    done = room.tracker(log)
    assert (done.status, done.error_message) == (LogStatus.PROCESSED, None)


def test_a_dead_letter_says_what_failed_and_how_often(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    Failing(monkeypatch, lambda: TransientError("connection reset"))
    log = room.log()
    first_failed = room.clock.time
    body = room.waiting()[0].message.content()
    for _ in range(3):
        room.work()
        room.clock.advance(minutes=1)
    (letter,) = room.dead_letters()
    told, task = letter.message.headers, room.task(log)
    content = letter.message.content()
    assert content == {**body, "executionId": task.execution_id}
    assert told[headers.EXECUTION_ID] == task.execution_id
    assert told[headers.PARTNER_CODE] == "SATLOC"
    assert told[headers.CUSTOMER_ID] == CUSTOMER
    assert told[headers.TASK_TYPE] == "process_partner_log"
    assert told[headers.RETRY_COUNT] == 2
    assert told[headers.ERROR_CATEGORY] == "transient"
    assert told[headers.FIRST_FAILED_AT] == first_failed.isoformat()
    assert task.status is TaskStatus.DEAD
    assert room.tracker(log).status is LogStatus.FAILED
    assert [each.status for each in room.chain(log)] == ["failed", "failed", "dlq"]
    text = room.context.metrics.text().decode()
    assert 'logs_total{status="failed"} 1.0' in text
    assert 'category="transient",status="dlq",type="process_partner_log"} 1.0' in text


def test_real_servers_keep_a_retry_until_its_time(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = servers_of(request)
    with open_room(tmp_path, **servers) as room:
        failing = Failing(monkeypatch, lambda: TransientError("connection reset"))
        log = room.log()
        assert room.work() is TaskStatus.FAILED
        assert room.delayed() == 1
        failing.error = None
        assert room.work() is TaskStatus.COMPLETED  # RabbitMQ's own clock: in two seconds
        Failing(monkeypatch, lambda: ProcessingError("no frame"))
        dead = room.log()
        assert room.work() is TaskStatus.DEAD
        assert [task.status for task in room.chain(log)] == ["failed", "completed"]
        (letter,) = room.dead_letters()
        assert letter.message.headers[headers.ERROR_MESSAGE] == "no frame"
        assert room.tracker(dead).status is LogStatus.FAILED


def test_infrastructure_costs_the_task_no_try(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Failing(monkeypatch, lambda: StoreError("gone"))
    log = room.log()
    for _ in range(10):
        assert room.work() is TaskStatus.FAILED
        room.clock.advance(minutes=1)
    assert (room.task(log).retry_count, room.tracker(log).retry_count) == (0, 0)
    failing.error = lambda: TransientError("timed out")
    assert room.work() is TaskStatus.FAILED
    assert room.task(log).retry_count == 1


def test_an_unforeseen_error_is_told_with_its_place_and_without_values(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Exception:
        hidden = "planted-secret-value"
        return ZeroDivisionError("division of " + str(len(hidden)))

    Failing(monkeypatch, fail)
    log = room.log()
    assert room.work() is TaskStatus.DEAD
    task = room.task(log)
    assert task.error_category is ErrorCategory.PROCESSING
    assert task.error_message == "unforeseen ZeroDivisionError: division of 20"
    assert task.error_stack is not None
    assert "processing.py" in task.error_stack
    assert "process_log" in task.error_stack
    assert "planted-secret-value" not in task.error_stack


def test_no_secret_gets_into_a_failure() -> None:
    SECRETS.add("hunter2-hunter2")
    try:
        raise TransientError("calling https://x/?password=hunter2-hunter2 failed")
    except PipelineError as error:
        failure = Failure.of(error)
    assert "hunter2" not in failure.message
    assert "test_failure.py" in failure.stack


def test_a_stack_is_never_long() -> None:
    def dive(depth: int) -> None:
        if depth == 0:
            raise TransientError("deep")
        dive(depth - 1)

    try:
        dive(300)
    except TransientError as error:
        failure = Failure.of(error)
    assert len(failure.stack) <= 4000
    assert failure.stack.endswith(" dive")


def test_an_upload_that_the_partner_does_not_answer_is_tried_five_times(tmp_path: Path) -> None:
    nobody_listens = "http://127.0.0.1:9/api"
    with open_room(
        tmp_path,
        satloc_api_endpoint=nobody_listens,
        satloc_retry_attempts=0,
        circuit_failures=100,
    ) as room:
        room.account()
        assign = room.store.assigns.of_job(room.job("7", NORTH).id)[0]
        assert room.store.assigns.upload_again(assign.id)
        decided = room.store.transact(lambda in_: enqueue_upload(room.context, in_, assign))
        publish(room.context, decided)
        for delay in (5, 10, 20, 40):
            assert room.work() is TaskStatus.FAILED
            room.clock.time += timedelta(seconds=delay, milliseconds=-1)
            assert room.waiting() == []
            room.clock.time += timedelta(milliseconds=1)
        assert room.work() is TaskStatus.DEAD
        (letter,) = room.dead_letters()
        assert letter.message.headers[headers.TASK_TYPE] == "upload_partner_job"
        assert letter.message.headers[headers.ERROR_CATEGORY] == "transient"
        assert letter.message.headers[headers.RETRY_COUNT] == 4


def test_a_failure_of_a_task_that_was_taken_up_by_another_is_only_acknowledged(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = room.log()

    def fail_late() -> None:
        room.clock.time += room.settings.stuck_timeout + timedelta(seconds=1)
        recover(room.context)
        raise ProcessingError("no frame")

    at(monkeypatch, "process.claimed", fail_late)
    room.work()
    assert room.dead_letters() == []
    assert room.tracker(log).status is LogStatus.DOWNLOADED
    assert room.work() is TaskStatus.COMPLETED
    assert room.tracker(log).status is LogStatus.PROCESSED
