"""Dead letters: looked at, sent to their queue again, thrown away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.base import Peeked, QueueStats, ReplayReport
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import archive_queue, dead_queue, main_queue
from partner_pipeline.errors import NotFoundError, ValidationError
from partner_pipeline.model.ids import application_file_id, new_execution_id
from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.model.tasks import (
    OWN_FILES,
    ProcessLogTask,
    TaskMessage,
    TaskTracker,
    UploadJobTask,
)
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.context import Context
from partner_pipeline.work.publishing import headers_of

#: Where an execution says which dead letter it was made from.
_REPLAY_OF = "replayOf"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter as people see it; what its headers do not tell is None.

    Attributes
    ----------
    position : int
        From 0, the oldest first; shifts when letters before it go.
    peeked : Peeked
        The message, and when it came into the queue.
    """

    position: int
    peeked: Peeked
    task_type: str | None
    task_id: str | None
    execution_id: str | None
    partner_code: str | None
    customer_id: str | None
    error_message: str | None
    error_category: str | None
    retry_count: int | None
    first_failed_at: str | None


@dataclass(frozen=True, slots=True)
class DeadLetterDetails:
    """A dead letter with what it is about.

    Attributes
    ----------
    chain : tuple of TaskTracker
        Every execution of its task, oldest first.
    log_id, job_id : str or None
        The log that was to be processed, or the job that was to be uploaded, if it is known here.
    """

    letter: DeadLetter
    chain: tuple[TaskTracker, ...]
    log_id: str | None
    job_id: str | None


@dataclass(frozen=True, slots=True)
class LettersReplayed(ReplayReport):
    """What became of the dead letters that were to be replayed.

    Attributes
    ----------
    moved : int
        Of those skipped: no longer at their position when it came to them.
    """

    moved: int = 0


@dataclass(frozen=True, slots=True)
class DeadLetterStats:
    """How full a queue is, its dead queue, and the archive queue behind it."""

    queue: str
    waiting: QueueStats
    dead: QueueStats
    archive: QueueStats


def list_letters(
    context: Context, queue: str, *, offset: int = 0, limit: int = 50
) -> list[DeadLetter]:
    """Look at the dead letters of a queue, the oldest first; nothing is removed.

    Parameters
    ----------
    context : Context
    queue : str
        The main queue or its dead queue.
    offset, limit : int

    Raises
    ------
    NotFoundError
        There is no such queue.
    BrokerError
        The broker does not work, or cannot be looked into.
    """
    dead = dead_queue(known_queue(context, queue))
    return [_letter(each) for each in context.broker.peek(dead, offset=offset, limit=limit)]


def show_letter(context: Context, queue: str, position: int) -> DeadLetterDetails:
    """One dead letter with what became of its task. Raises as :func:`list_letters`."""
    found = list_letters(context, queue, offset=position, limit=1)
    if not found:
        raise NotFoundError(
            f"looking for dead letter {position} of {queue}: there is none; list them anew"
        )
    task_id = found[0].task_id
    chain = context.repositories.tasks.chain(task_id) if task_id else []
    log_id, job_id = _about(context.repositories, found[0].peeked.message.body)
    return DeadLetterDetails(found[0], tuple(chain), log_id, job_id)


def letter_stats(context: Context, queue: str) -> DeadLetterStats:
    """How many dead letters a queue has. Raises as :func:`list_letters`."""
    main, stats = known_queue(context, queue), context.broker.stats
    return DeadLetterStats(
        main, _waiting(context, main), stats(dead_queue(main)), stats(archive_queue(main))
    )


def _waiting(context: Context, queue: str) -> QueueStats:
    """As the broker tells; where it cannot tell since when the oldest waits, as the store does."""
    told = context.broker.stats(queue)
    if told.oldest is not None or not told.messages:
        return told
    oldest = context.repositories.tasks.waiting(context.now(), queue, limit=1)
    return replace(told, oldest=oldest[0].enqueued_at if oldest else None)


def replay_letters(
    context: Context,
    queue: str,
    by: str,
    *,
    positions: Sequence[int] | None = None,
    message_ids: Collection[str] | None = None,
    header: tuple[str, str] | None = None,
    limit: int | None = None,
) -> LettersReplayed:
    """Have dead letters worked on again, each as a new execution that starts counting anew.

    Parameters
    ----------
    context : Context
    queue : str
        The main queue or its dead queue.
    by : str
        Who asks, for the audit.
    positions : sequence of int, optional
        Those of :func:`list_letters`; all when left out.
    message_ids : collection of str, optional
        Of the letters that were seen at the positions: what is none of them by now is skipped.
    header : (name, value), optional
        Only letters with that header.
    limit : int, optional
        No more than so many.

    Returns
    -------
    LettersReplayed
        A letter whose task is queued or worked on already is skipped, one that cannot be read
        fails; both stay where they are.

    Raises
    ------
    NotFoundError, BrokerError
        As :func:`list_letters`.
    """
    main = known_queue(context, queue)
    moved = 0

    def prepare(letter: Message) -> Message | None:
        nonlocal moved
        if message_ids is None or letter.message_id in message_ids:
            return _again(context, main, letter)
        moved += 1
        return None

    found = context.broker.replay(
        dead_queue(main), positions=positions, header=header, limit=limit, prepare=prepare
    )
    gone = 0
    if positions is not None and message_ids is not None:
        gone = len(set(positions)) - found.replayed - found.failed - found.skipped
    report = LettersReplayed(
        found.replayed, found.failed, found.skipped + gone, found.errors, moved + gone
    )
    changes = {
        "positions": None if positions is None else list(positions),
        "header": None if header is None else list(header),
        "replayed": report.replayed,
        "failed": report.failed,
        "skipped": report.skipped,
    }
    context.repositories.audit.record(by, "replay", "dead_letters", dead_queue(main), changes)
    return report


def purge_letters(context: Context, queue: str, by: str) -> int:
    """Throw all dead letters of a queue away; how many. Raises as :func:`list_letters`."""
    dead = dead_queue(known_queue(context, queue))
    purged = context.broker.purge(dead)
    context.repositories.audit.record(by, "purge", "dead_letters", dead, {"purged": purged})
    return purged


def known_queue(context: Context, queue: str) -> str:
    """The main queue that is meant by it or its dead queue; NotFoundError: there is none."""
    main, known = main_queue(queue), context.settings.task_queues
    if main not in known:
        raise NotFoundError(
            f"looking for queue {queue[:200]!r}: there is none; known are {', '.join(known)}"
        )
    return main


def _letter(peeked: Peeked) -> DeadLetter:
    found = peeked.message.headers

    def text(name: str) -> str | None:
        value = found.get(name)
        return None if value is None else str(value)

    retries = found.get(headers.RETRY_COUNT)
    return DeadLetter(
        position=peeked.position,
        peeked=peeked,
        task_type=text(headers.TASK_TYPE),
        task_id=text(headers.TASK_ID),
        execution_id=text(headers.EXECUTION_ID),
        partner_code=text(headers.PARTNER_CODE),
        customer_id=text(headers.CUSTOMER_ID),
        error_message=text(headers.ERROR_MESSAGE),
        error_category=text(headers.ERROR_CATEGORY),
        retry_count=retries if isinstance(retries, int) else None,
        first_failed_at=text(headers.FIRST_FAILED_AT),
    )


def _about(repositories: Repositories, body: bytes) -> tuple[str | None, str | None]:
    """The ids of the log and of the job that a letter is about."""
    try:
        task = TaskMessage.parse(body)
    except ValidationError:
        return None, None  # anything may be a dead letter
    if isinstance(task, UploadJobTask):
        assign = repositories.assigns.get(task.assign_id)
        return None, None if assign is None else assign.job
    if isinstance(task, ProcessLogTask):
        tracker = repositories.trackers.get(task.tracker_id)
        return None if tracker is None else tracker.id, None
    log_id = application_file_id(OWN_FILES, task.customer_id, task.sha256)
    file = repositories.application_files.get(log_id)
    return None if file is None else file.id, None


def _again(context: Context, queue: str, letter: Message) -> Message | None:
    """The message of a new execution; None: one is active already."""
    task = TaskMessage.parse(letter.body)
    new = task.model_copy(update={"execution_id": new_execution_id()})

    def store(repositories: Repositories) -> TaskTracker | None:
        origin = {_REPLAY_OF: letter.message_id}
        queued = repositories.tasks.enqueue(new, queue, metadata=origin)
        if queued is None:
            return _prepared_before(repositories, task, letter)
        repositories.tasks.archived(task.execution_id)
        if isinstance(task, ProcessLogTask):
            _take_up(context, repositories, task)
        return queued

    execution = context.repositories.transact(store)
    if execution is None:
        return None
    body = Message.of(execution.metadata["message"]).body
    trace = letter.headers.get(headers.TRACEPARENT)
    told = headers_of(execution, trace if isinstance(trace, str) else None)
    return Message(body, told, execution.execution_id)


def _prepared_before(
    repositories: Repositories, task: TaskMessage, letter: Message
) -> TaskTracker | None:
    """The execution that an earlier replay made of this letter and could not send."""
    active = repositories.tasks.active(task.task_id)
    waits = active is not None and active.status is TaskStatus.QUEUED
    return (
        active
        if waits and active and active.metadata.get(_REPLAY_OF) == letter.message_id
        else None
    )


def _take_up(context: Context, repositories: Repositories, task: ProcessLogTask) -> None:
    """A log that failed is one to be processed again; without its file, to be downloaded."""
    tracker = repositories.trackers.get(task.tracker_id)
    if tracker is not None and tracker.status is LogStatus.FAILED:
        repositories.trackers.again(tracker.id)
        repositories.trackers.enqueued(tracker.id, context.now())
