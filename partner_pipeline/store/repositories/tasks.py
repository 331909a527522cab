"""Executions of tasks. Of one task at most one execution is active: queued or being worked on.

Executions of a task are numbered. A new one takes the next number, which only one can get, and only
when the last one is not active; a failed one that has a successor cannot be taken up again. Who
works on an execution holds its *claim*; only the holder ends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from partner_pipeline.errors import ValidationError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.clock import Now
from partner_pipeline.model.ids import execution_document_id
from partner_pipeline.model.states import ACTIVE_TASKS, TASKS, TaskStatus
from partner_pipeline.model.tasks import TaskMessage, TaskTracker
from partner_pipeline.store.base import Keys, Store
from partner_pipeline.store.repositories.base import Repository, equal

_NO_CLAIM: Final[dict[str, object]] = {"claim": None}
_OLDEST_FIRST: Final[Keys] = (("enqueuedAt", 1), ("_id", 1))


class Tasks(Repository[TaskTracker]):
    """The collection ``task_trackers``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "task_trackers", TaskTracker.from_document)

    # Reading.

    def execution(self, execution_id: str) -> TaskTracker | None:
        """The execution that messages name so."""
        return self._find_one(equal(executionId=execution_id))

    def chain(self, task_id: str) -> list[TaskTracker]:
        """Every execution of a task, oldest first."""
        return self._find(equal(taskId=task_id), sort=(("number", 1),))

    def latest(self, task_id: str) -> TaskTracker | None:
        """The last execution of a task."""
        return self._find_one(equal(taskId=task_id), sort=(("number", -1),))

    def active(self, task_id: str) -> TaskTracker | None:
        """The execution of a task that is queued or worked on."""
        latest = self.latest(task_id)
        return latest if latest is not None and latest.status in ACTIVE_TASKS else None

    def recent(
        self,
        *,
        status: TaskStatus | None = None,
        queue: str | None = None,
        category: ErrorCategory | None = None,
        limit: int = 50,
    ) -> list[TaskTracker]:
        """Executions that match, the last queued first."""
        wanted = {"status": status, "queueName": queue, "errorCategory": category}
        where = equal(**{name: value for name, value in wanted.items() if value is not None})
        return self._find(where, sort=(("enqueuedAt", -1), ("_id", 1)), limit=limit)

    def counts(self) -> dict[TaskStatus, int]:
        """How many executions are in each state."""
        count = self._store.count
        return {status: count(self.collection, equal(status=status)) for status in TaskStatus}

    def stuck(self, before: datetime) -> list[TaskTracker]:
        """Executions that somebody began before then and has not ended, oldest first."""
        where = {**equal(status=TaskStatus.PROCESSING), "processingStartedAt": {"$lt": before}}
        return self._find(where, sort=_OLDEST_FIRST)

    def waiting(
        self, before: datetime, queue: str | None = None, *, limit: int | None = None
    ) -> list[TaskTracker]:
        """Executions that were queued before then and nobody has begun, oldest first."""
        where = {**equal(status=TaskStatus.QUEUED), "enqueuedAt": {"$lt": before}}
        where |= {} if queue is None else equal(queueName=queue)
        return self._find(where, sort=_OLDEST_FIRST, limit=limit)

    def unfollowed(self, before: datetime) -> list[TaskTracker]:
        """Executions that failed before then, and nothing followed, oldest first."""
        where = {**equal(status=TaskStatus.FAILED, supersededBy=None), "failedAt": {"$lt": before}}
        return self._find(where, sort=_OLDEST_FIRST)

    def newest(self, task_ids: Sequence[str]) -> dict[str, TaskTracker]:
        """The last execution of each of these tasks, by task id."""
        found = self._find_in("taskId", task_ids, sort=(("number", 1),))
        return {task.task_id: task for task in found}

    # Moving.

    def enqueue(
        self,
        message: TaskMessage,
        queue: str,
        *,
        retry_of: TaskTracker | None = None,
        counted: bool = True,
        metadata: dict[str, Any] | None = None,
    ) -> TaskTracker | None:
        """A new execution, queued; None: another one of the same task is active.

        Asked twice with one message, it is one execution.

        Call it in the transaction that puts the message into the outbox.

        Parameters
        ----------
        message : TaskMessage
            With the new execution's id.
        queue : str
            Main queue that the message goes to.
        retry_of : TaskTracker, optional
            The execution that failed; the new one counts on from it.
        counted : bool
            Whether that failure counts as a retry.
        metadata : dict, optional
            What else helps to understand it.
        """
        latest = self.latest(message.task_id)
        if latest is not None and latest.execution_id == message.execution_id:
            return latest  # written before, without a transaction
        if latest is not None and not self._supersede(latest, message.execution_id):
            return None
        now, number = self._now(), 1 if latest is None else latest.number + 1
        before = 0 if retry_of is None else retry_of.retry_count
        task = TaskTracker(
            id=execution_document_id(message.task_id, number),
            task_id=message.task_id,
            execution_id=message.execution_id,
            number=number,
            task_type=message.task_type,
            partner_code=message.partner_code,
            customer_id=message.customer_id,
            queue_name=queue,
            status=TASKS.initial,
            enqueued_at=now,
            first_failed_at=None if retry_of is None else retry_of.first_failed_at,
            retry_count=before + (retry_of is not None and counted),
            metadata={**(metadata or {}), "message": message.to_document()},
            updated_at=now,
        )
        stored = self._insert_once(task)
        return stored if stored.execution_id == task.execution_id else None

    def _supersede(self, latest: TaskTracker, successor: str) -> bool:
        """Whether the last execution makes way for another one."""
        if latest.status is not TaskStatus.FAILED:
            return latest.status not in ACTIVE_TASKS
        # It may be claimed again at this very moment: either that happens, or this does.
        where = {"_id": latest.id, **equal(status=TaskStatus.FAILED)}
        return self._update(where, {"supersededBy": successor}) is not None

    def claim(self, execution_id: str, claim: str) -> TaskTracker | None:
        """Be the one who works on it; None: it is handled already, or another execution is."""
        now = self._now()
        changes = {"claim": claim, "processingStartedAt": now, "updatedAt": now}
        key = equal(executionId=execution_id, supersededBy=None)
        return self._move(TASKS, key, TaskStatus.PROCESSING, changes=changes)

    def completed(self, task: TaskTracker, result: dict[str, Any]) -> TaskTracker | None:
        """It is done; `task` is as :meth:`claim` gave it. None: it was given up for dead."""
        now = self._now()
        changes = {"result": result, "completedAt": now, "processTime": _since(task, now)}
        return self._end(task, TaskStatus.COMPLETED, now, changes)

    def failed(
        self, task: TaskTracker, error: str, category: ErrorCategory, stack: str | None = None
    ) -> TaskTracker | None:
        """It failed; `task` is as :meth:`claim` gave it. None: it was given up for dead."""
        now = self._now()
        changes = {
            "failedAt": now,
            "firstFailedAt": task.first_failed_at or now,
            "processTime": _since(task, now),
            "errorMessage": error,
            "errorCategory": category,
            "errorStack": stack,
        }
        return self._end(task, TaskStatus.FAILED, now, changes)

    def dead(
        self,
        execution_id: str,
        error: str | None = None,
        category: ErrorCategory | None = None,
    ) -> TaskTracker | None:
        """Its message is a dead letter; the error is given where it never failed by itself."""
        changes: dict[str, object] = {**_NO_CLAIM, "updatedAt": self._now()}
        if error is not None:
            changes |= {
                "errorMessage": error,
                "errorCategory": category,
                "failedAt": self._now(),
            }
        key = equal(executionId=execution_id)
        return self._move(TASKS, key, TaskStatus.DEAD, changes=changes)

    def archived(self, execution_id: str, file: str | None = None) -> TaskTracker | None:
        """Its dead letter was archived in a file, or (None) replayed as a new execution."""
        changes = {"archiveFile": file, "updatedAt": self._now()}
        key = equal(executionId=execution_id)
        return self._move(TASKS, key, TaskStatus.ARCHIVED, changes=changes)

    def recover(self, stuck: TaskTracker) -> TaskTracker | None:
        """Queue again what somebody began and has not ended; None: it has moved since.

        Its message must be published again, in the same transaction.
        """
        now = self._now()
        return self._move(
            TASKS,
            stuck.id,
            TaskStatus.QUEUED,
            where=equal(claim=stuck.claim, processingStartedAt=stuck.processing_started_at),
            changes={"claim": None, "enqueuedAt": now, "updatedAt": now},
            increments={"recoveries": 1},
        )

    def requeue(self, waiting: TaskTracker) -> TaskTracker | None:
        """The message of a queued execution is published again; None: somebody has begun it."""
        now = self._now()
        where = {
            "_id": waiting.id,
            **equal(status=TaskStatus.QUEUED, enqueuedAt=waiting.enqueued_at),
        }
        return self._update(where, {"enqueuedAt": now, "updatedAt": now}, {"recoveries": 1})

    def _end(
        self, task: TaskTracker, after: TaskStatus, now: datetime, changes: Mapping[str, object]
    ) -> TaskTracker | None:
        if task.claim is None:
            raise ValidationError(f"ending execution {task.id}: it was not claimed")
        return self._move(
            TASKS,
            task.id,
            after,
            before=(TaskStatus.PROCESSING,),
            where=equal(claim=task.claim),
            changes={**changes, **_NO_CLAIM, "updatedAt": now},
        )


def _since(task: TaskTracker, now: datetime) -> float | None:
    if task.processing_started_at is None:
        return None
    return (now - task.processing_started_at) / timedelta(seconds=1)
