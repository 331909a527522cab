"""Executions: of one task one at a time, each claimed by one, each ended by whoever holds it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from partner_pipeline.errors import ValidationError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.ids import new_execution_id
from partner_pipeline.model.states import TaskStatus
from partner_pipeline.model.tasks import ProcessLogTask, TaskTracker, log_task_id
from partner_pipeline.store.repositories import Repositories
from pipeline.repositories.tools import Clock, at_once

QUEUE = "dev_partner_tasks"


def _message(log_id: str = "l1") -> ProcessLogTask:
    return ProcessLogTask(
        task_id=log_task_id(QUEUE, "SATLOC", "a", log_id),
        execution_id=new_execution_id(),
        partner_code="SATLOC",
        customer_id="c1",
        tracker_id="t",
        aircraft_id="a",
        log_id=log_id,
    )


def _queued(repositories: Repositories, **options: Any) -> TaskTracker:
    task = repositories.tasks.enqueue(_message(), QUEUE, **options)
    assert task is not None
    return task


def _claimed(repositories: Repositories, task: TaskTracker, claim: str = "w") -> TaskTracker:
    claimed = repositories.tasks.claim(task.execution_id, claim)
    assert claimed is not None
    return claimed


def test_a_task_is_queued_once_at_a_time(repositories: Repositories) -> None:
    won = at_once(6, lambda _: repositories.tasks.enqueue(_message(), QUEUE))
    (task,) = [found for found in won if found is not None]
    assert task.task_id == "partner_tasks:SATLOC:a:l1"
    assert repositories.tasks.active(task.task_id) == task
    assert repositories.tasks.enqueue(_message("l2"), QUEUE)
    _claimed(repositories, task)
    assert repositories.tasks.enqueue(_message(), QUEUE) is None


def test_one_message_is_one_execution(repositories: Repositories) -> None:
    message = _message()
    first, second = (repositories.tasks.enqueue(message, QUEUE) for _ in range(2))
    assert first == second == repositories.tasks.execution(message.execution_id)
    assert repositories.tasks.count() == 1


def test_an_execution_is_claimed_once(repositories: Repositories) -> None:
    task = _queued(repositories)
    won = at_once(6, lambda n: repositories.tasks.claim(task.execution_id, f"w{n}"))
    assert len([found for found in won if found is not None]) == 1
    assert repositories.tasks.claim("unknown", "w") is None


def test_completed(repositories: Repositories, clock: Clock) -> None:
    task = _claimed(repositories, _queued(repositories))
    clock.advance(seconds=2.5)
    done = repositories.tasks.completed(task, {"records": 21_601})
    assert done is not None
    assert (done.status, done.process_time, done.claim) == (TaskStatus.COMPLETED, 2.5, None)
    assert done.result == {"records": 21_601}
    assert repositories.tasks.completed(task, {}) is None
    assert repositories.tasks.claim(task.execution_id, "again") is None
    assert repositories.tasks.counts()[TaskStatus.COMPLETED] == 1
    assert repositories.tasks.enqueue(_message(), QUEUE), "the task may be done again later"


def test_a_retry_is_a_new_execution(repositories: Repositories, clock: Clock) -> None:
    first_failure = clock.advance(seconds=1)
    task = _claimed(repositories, _queued(repositories))
    failed = repositories.tasks.failed(task, "no answer", ErrorCategory.TRANSIENT, "line 1")
    assert failed is not None
    clock.advance(seconds=10)
    retry = _queued(repositories, retry_of=failed)
    assert (retry.retry_count, retry.first_failed_at) == (1, first_failure)
    again = repositories.tasks.failed(_claimed(repositories, retry), "x", ErrorCategory.TRANSIENT)
    assert again is not None
    assert again.first_failed_at == first_failure
    free = _queued(repositories, retry_of=again, counted=False)
    assert free.retry_count == 1
    chain = repositories.tasks.chain(task.task_id)
    assert [execution.status for execution in chain] == ["failed", "failed", "queued"]


def test_a_failed_execution_is_claimed_again_unless_its_retry_is_active(
    repositories: Repositories,
) -> None:
    task = _claimed(repositories, _queued(repositories))
    failed = repositories.tasks.failed(task, "x", ErrorCategory.TRANSIENT)
    assert failed is not None
    assert repositories.tasks.claim(task.execution_id, "redelivered")
    task = repositories.tasks.require(task.id)
    assert repositories.tasks.enqueue(_message(), QUEUE, retry_of=failed) is None
    repositories.tasks.failed(task, "x", ErrorCategory.TRANSIENT)
    retry = _queued(repositories, retry_of=failed)
    assert retry.number == 2
    assert repositories.tasks.claim(task.execution_id, "redelivered") is None


def test_a_failed_execution_is_either_claimed_again_or_followed(repositories: Repositories) -> None:
    task = _claimed(repositories, _queued(repositories))
    failed = repositories.tasks.failed(task, "x", ErrorCategory.TRANSIENT)

    def either(ordinal: int) -> TaskTracker | None:
        if ordinal % 2:
            return repositories.tasks.claim(task.execution_id, f"w{ordinal}")
        return repositories.tasks.enqueue(_message(), QUEUE, retry_of=failed)

    won = [found for found in at_once(6, either) if found is not None]
    assert len(won) == 1


def test_dead_letters(repositories: Repositories) -> None:
    task = _claimed(repositories, _queued(repositories))
    repositories.tasks.failed(task, "unknown partner", ErrorCategory.VALIDATION)
    dead = repositories.tasks.dead(task.execution_id)
    assert dead is not None
    assert (dead.status, dead.error_message) == (TaskStatus.DEAD, "unknown partner")
    assert repositories.tasks.claim(task.execution_id, "w") is None
    assert repositories.tasks.enqueue(_message(), QUEUE), "it may be replayed"
    archived = repositories.tasks.archived(task.execution_id)
    assert archived is not None
    assert repositories.tasks.archived(task.execution_id) is None


def test_a_message_that_the_broker_gave_up_is_dead(repositories: Repositories) -> None:
    task = _claimed(repositories, _queued(repositories))
    dead = repositories.tasks.dead(
        task.execution_id, "delivered 20 times", ErrorCategory.INFRASTRUCTURE
    )
    assert dead is not None
    assert (dead.error_category, dead.claim) == (ErrorCategory.INFRASTRUCTURE, None)
    assert repositories.tasks.completed(task, {}) is None


def test_stuck_work_is_queued_again_by_one(repositories: Repositories, clock: Clock) -> None:
    task = _claimed(repositories, _queued(repositories), "slow")
    assert repositories.tasks.stuck(clock()) == []
    (stuck,) = repositories.tasks.stuck(clock.advance(minutes=18))
    won = at_once(4, lambda _: repositories.tasks.recover(stuck))
    (again,) = [found for found in won if found is not None]
    assert (again.status, again.recoveries, again.claim) == (TaskStatus.QUEUED, 1, None)
    assert repositories.tasks.completed(task, {}) is None, "it was given up for dead"
    quick = _claimed(repositories, again, "quick")
    assert repositories.tasks.recover(stuck) is None
    assert repositories.tasks.completed(quick, {})


def test_a_message_that_was_lost_is_published_again(
    repositories: Repositories, clock: Clock
) -> None:
    task = _queued(repositories)
    (waiting,) = repositories.tasks.waiting(clock.advance(minutes=18))
    won = at_once(4, lambda _: repositories.tasks.requeue(waiting))
    assert len([found for found in won if found is not None]) == 1
    assert repositories.tasks.waiting(clock() - timedelta(minutes=1)) == []
    assert repositories.tasks.claim(task.execution_id, "w")


def test_only_what_was_claimed_is_ended(repositories: Repositories) -> None:
    with pytest.raises(ValidationError, match="not claimed"):
        repositories.tasks.completed(_queued(repositories), {})


def test_recent_by_state_queue_and_category(repositories: Repositories, clock: Clock) -> None:
    first = _queued(repositories)
    clock.advance(seconds=1)
    second = repositories.tasks.enqueue(_message("l2"), "other")
    assert second is not None
    repositories.tasks.failed(_claimed(repositories, first), "x", ErrorCategory.PROCESSING)
    ids = [task.id for task in repositories.tasks.recent()]
    assert ids == [second.id, first.id]
    assert [t.id for t in repositories.tasks.recent(queue="other")] == [second.id]
    assert [t.id for t in repositories.tasks.recent(status=TaskStatus.FAILED)] == [first.id]
    found = repositories.tasks.recent(category=ErrorCategory.PROCESSING)
    assert [task.id for task in found] == [first.id]


def test_queued_with_its_message_or_not_at_all(repositories: Repositories) -> None:
    message = _message()

    def enqueue(inside: Repositories, *, fail: bool) -> None:
        inside.tasks.enqueue(message, QUEUE)
        inside.outbox.add(QUEUE, message.execution_id, b"{}", {"x-task-id": message.task_id})
        if fail:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        repositories.transact(lambda inside: enqueue(inside, fail=True))
    assert repositories.tasks.active(message.task_id) is None
    assert repositories.outbox.count() == 0
    with repositories.transaction() as inside:
        enqueue(inside, fail=False)
    assert repositories.tasks.active(message.task_id) is not None
    assert repositories.outbox.count() == 1


def test_queued_by_many_in_transactions_is_queued_once(repositories: Repositories) -> None:
    def enqueue(inside: Repositories) -> bool:
        message = _message()
        if inside.tasks.enqueue(message, QUEUE) is None:
            return False
        inside.outbox.add(QUEUE, message.execution_id, b"{}", {})
        return True

    assert sum(at_once(4, lambda _: repositories.transact(enqueue))) == 1
    assert repositories.outbox.count() == 1
