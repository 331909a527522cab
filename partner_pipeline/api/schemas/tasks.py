"""Tasks, dead letters, and the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints

from partner_pipeline.api.paging import PageQuery
from partner_pipeline.api.schemas.common import Body, Facts, Id, Name, Schema, Time
from partner_pipeline.broker.base import QueueStats
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.housekeeping import AuditEntry
from partner_pipeline.model.states import TaskStatus
from partner_pipeline.model.tasks import TaskTracker, TaskType
from partner_pipeline.work.archive import LettersArchived
from partner_pipeline.work.dead_letters import (
    DeadLetter,
    DeadLetterDetails,
    DeadLetterStats,
    LettersReplayed,
)

_MOST = 1000


class TaskQuery(PageQuery):
    """Which executions."""

    status: TaskStatus | None = None
    queue: Name | None = None
    category: ErrorCategory | None = None
    type: TaskType | None = None
    customer_id: Id | None = None


class TaskShown(Schema):
    """One execution of a task."""

    execution_id: str
    task_id: Annotated[str, Field(description="The same for every execution of a task.")]
    type: TaskType
    status: TaskStatus
    number: Annotated[int, Field(description="1: the first execution of the task.")]
    queue: str
    partner_code: str
    customer_id: str
    retry_count: int
    recoveries: int
    enqueued_at: Time
    processing_started_at: Time | None
    completed_at: Time | None
    failed_at: Time | None
    process_time: Annotated[float | None, Field(description="s")]
    error_message: str | None
    error_category: ErrorCategory | None
    result: Facts | None
    archive_file: Annotated[
        str | None,
        Field(description="Of its dead letter, within DLQ_ARCHIVE_PATH; null: none, or replayed."),
    ]

    @classmethod
    def of(cls, task: TaskTracker) -> Self:
        """An execution."""
        told = task.model_dump()
        return cls.model_validate({**told, "type": task.task_type, "queue": task.queue_name})


class TaskWithChain(TaskShown):
    """One execution, and all of its task."""

    chain: list[TaskShown]


class QueueShown(Schema):
    """How full a queue is."""

    messages: int
    delayed: Annotated[int, Field(description="They wait for their time.")]
    oldest: Time | None
    oldest_seconds: float | None

    @classmethod
    def of(cls, stats: QueueStats, now: datetime) -> Self:
        """Of a queue."""
        age = None if stats.oldest is None else (now - stats.oldest).total_seconds()
        return cls(
            messages=stats.messages, delayed=stats.delayed, oldest=stats.oldest, oldest_seconds=age
        )


class DlqStats(Schema):
    """How full a queue is, its dead queue, and the archive behind it."""

    queue: str
    waiting: QueueShown
    dead: QueueShown
    archive: QueueShown

    @classmethod
    def of(cls, stats: DeadLetterStats, now: datetime) -> Self:
        """Of a queue."""
        return cls(
            queue=stats.queue,
            waiting=QueueShown.of(stats.waiting, now),
            dead=QueueShown.of(stats.dead, now),
            archive=QueueShown.of(stats.archive, now),
        )


class TaskInfo(Schema):
    """What a dead letter was to do; null where it does not tell."""

    type: str | None
    task_id: str | None
    execution_id: str | None
    partner_code: str | None
    customer_id: str | None


class DeadLetterShown(Schema):
    """A dead letter."""

    position: Annotated[int, Field(description="From 0; shifts when letters before it go.")]
    message_id: str
    task_info: TaskInfo
    error_message: str | None
    error_category: str | None
    retry_count: int | None
    first_failed_at: str | None
    enqueued_at: Time | None
    headers: dict[str, str | int]
    redelivered: bool

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        """A dead letter."""
        return cls.model_validate(_letter(letter))


class DeadLetterWhole(DeadLetterShown):
    """A dead letter with what it says, and every execution of its task."""

    body: Annotated[str, Field(description="As it is; what is no text is replaced.")]
    chain: list[TaskShown]
    log_id: Annotated[str | None, Field(description="Of the log it was to process, if known.")]
    job_id: Annotated[str | None, Field(description="Of the job it was to upload, if known.")]

    @classmethod
    def of_details(cls, details: DeadLetterDetails) -> Self:
        """A dead letter and what became of its task."""
        body = details.letter.peeked.message.body.decode("utf-8", "replace")
        chain = [TaskShown.of(task) for task in details.chain]
        about = {"log_id": details.log_id, "job_id": details.job_id}
        return cls.model_validate(
            {**_letter(details.letter), "body": body, "chain": chain, **about}
        )


def _letter(letter: DeadLetter) -> dict[str, Any]:
    return {
        "position": letter.position,
        "message_id": letter.peeked.message.message_id,
        "task_info": TaskInfo(
            type=letter.task_type,
            task_id=letter.task_id,
            execution_id=letter.execution_id,
            partner_code=letter.partner_code,
            customer_id=letter.customer_id,
        ),
        "error_message": letter.error_message,
        "error_category": letter.error_category,
        "retry_count": letter.retry_count,
        "first_failed_at": letter.first_failed_at,
        "enqueued_at": letter.peeked.enqueued_at,
        "headers": dict(letter.peeked.message.headers),
        "redelivered": letter.peeked.redelivered,
    }


_MaxMessages = Annotated[int, Field(ge=1, le=_MOST, description="No more than so many.")]
_Position = Annotated[int, Field(ge=0, lt=1 << 31)]


class RetryAll(Body):
    """How many, the oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"maxMessages": 100}]})

    max_messages: _MaxMessages = 100


class ByPosition(Body):
    """One position, a range with both its ends, or several positions."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"position": 0},
                {"startPosition": 0, "endPosition": 9},
                {"positions": [0, 3], "messageIds": ["3f0d8f0e", "9b1c40aa"]},
            ]
        }
    )

    position: _Position | None = None
    start_position: _Position | None = None
    end_position: _Position | None = None
    positions: Annotated[list[_Position], Field(min_length=1, max_length=_MOST)] | None = None
    message_ids: Annotated[
        list[str] | None,
        Field(
            max_length=_MOST,
            description="Of the letters seen there: what is none of them by now is skipped.",
        ),
    ] = None


class RetryByHeader(Body):
    """Letters with this header; numbers compare by their text."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"headerName": "x-error-category", "headerValue": "transient"}]
        }
    )

    header_name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    header_value: Annotated[str, StringConstraints(max_length=1000)]
    max_messages: _MaxMessages = 100


class Purge(Body):
    """The name of the queue, typed: nothing of this can be undone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"confirm": "dev_partner_tasks"}]})

    confirm: Annotated[str, StringConstraints(max_length=200)]


class Replayed(Schema):
    """What became of the letters."""

    replayed: int
    failed: Annotated[int, Field(description="Still there; errors says why.")]
    skipped: Annotated[
        int, Field(description="Not replayed: their task is at work already, or they moved.")
    ]
    moved: Annotated[
        int, Field(description="Of those skipped: no longer at their position. Needs messageIds.")
    ]
    errors: list[str]

    @classmethod
    def of(cls, report: LettersReplayed) -> Self:
        """Of a replay."""
        return cls(
            replayed=report.replayed,
            failed=report.failed,
            skipped=report.skipped,
            moved=report.moved,
            errors=list(report.errors),
        )


class Archived(Schema):
    """What became of the letters."""

    archived: int
    failed: Annotated[int, Field(description="Still there; errors says why.")]
    skipped: Annotated[int, Field(description="No longer at their position. Needs messageIds.")]
    errors: list[str]
    files: Annotated[
        list[str], Field(description="One for each archived, within DLQ_ARCHIVE_PATH.")
    ]

    @classmethod
    def of(cls, report: LettersArchived) -> Self:
        """Of an archiving."""
        return cls(
            archived=len(report.files),
            failed=report.failed,
            skipped=report.skipped,
            errors=list(report.errors),
            files=list(report.files),
        )


class Purged(Schema):
    """How many letters are gone."""

    purged: int


class AuditQuery(PageQuery):
    """Which changes."""

    actor: Name | None = None
    subject: Name | None = None
    subject_id: Name | None = None


class AuditShown(Schema):
    """Who changed what, and when."""

    id: str
    at: Time
    actor: str
    actor_name: str | None
    action: str
    subject: str
    subject_id: str
    changes: Facts

    @classmethod
    def of(cls, entry: AuditEntry, name: str | None) -> Self:
        """An entry; `name`: of who did it."""
        return cls.model_validate({**entry.model_dump(), "actor_name": name})
