"""Dead letters as files: ``dlq_archives/YYYY/MM/DD/<message id>-<hash>.json``.

Those whose retention is over, and those that somebody chose.

The day is that of the first failure or, where a message does not tell it, the one on which it came
into its queue. So folder and name follow from the message, and one whose acknowledgement was lost
is written to the same file again.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.base import Delivery
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import archive_queue, dead_queue
from partner_pipeline.errors import InfrastructureError, PipelineError, StorageError
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.partners.storage import LogStorage, safe_name
from partner_pipeline.work.context import Context
from partner_pipeline.work.dead_letters import known_queue

#: Bytes of the largest file: the largest body in base64, and its headers.
_LARGEST: Final = 64 << 20
_LONGEST_NAME: Final = 80
#: Clocks differ between machines: what is to be archived now is, whenever it came.
_ANY_AGE: Final = datetime.max.replace(tzinfo=UTC)

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """What was archived: the files, and how many of them held no task that is known."""

    files: tuple[Path, ...]
    unknown: int


@dataclass(frozen=True, slots=True)
class LettersArchived:
    """What became of the dead letters that were to be archived.

    Attributes
    ----------
    files : tuple of str
        One for each that was: its name within the archive folder.
    failed : int
        Chosen, but not written, or not taken out: still in the dead queue.
    skipped : int
        No longer at their position when it came to them.
    errors : tuple of str
        Why, for those that failed.
    """

    files: tuple[str, ...]
    failed: int
    skipped: int
    errors: tuple[str, ...] = ()


def archive(context: Context, *, limit: int = 10_000) -> ArchiveReport:
    """Write the dead letters whose retention is over to files, and take them out of their queues.

    Parameters
    ----------
    context : Context
    limit : int
        At most so many of each queue; the rest comes next time.

    Raises
    ------
    StorageError
        If a file cannot be written: its message stays in its queue.
    InfrastructureError
        If broker or store do not work.
    """
    storage = _storage(context)
    files: list[Path] = []
    unknown = 0
    for queue, older_than in _sources(context):
        with closing(context.broker.take(queue, older_than=older_than, limit=limit)) as taken:
            for delivery in taken:
                name, known = _archive(context, storage, delivery)
                files.append(storage.root / name)
                unknown += not known
    if files:
        _log.info("dead letters archived", files=len(files))
    return ArchiveReport(tuple(files), unknown)


def archive_letters(
    context: Context,
    queue: str,
    by: str,
    positions: Collection[int],
    *,
    message_ids: Collection[str] | None = None,
) -> LettersArchived:
    """Write chosen dead letters to files at once, and take them out of their queue.

    Parameters
    ----------
    context : Context
    queue : str
        The main queue or its dead queue.
    by : str
        Who asks, for the audit.
    positions : collection of int
        Those of :func:`~partner_pipeline.work.dead_letters.list_letters`.
    message_ids : collection of str, optional
        Of the letters that were seen there: what is none of them by now is skipped.

    Raises
    ------
    NotFoundError
        There is no such queue.
    BrokerError
        The broker does not work.
    """
    wanted, dead = set(positions), dead_queue(known_queue(context, queue))
    files: list[str] = []
    archived: list[str] = []
    errors: list[str] = []
    storage, limit = _storage(context), max(wanted, default=-1) + 1
    with closing(context.broker.take(dead, older_than=_ANY_AGE, limit=limit)) as taken:
        # What is not settled goes back to its place.
        for position, delivery in enumerate(taken):
            message_id = delivery.message.message_id
            if position not in wanted or not (message_ids is None or message_id in message_ids):
                continue
            try:
                files.append(_archive(context, storage, delivery)[0])
                archived.append(message_id)
            except PipelineError as error:
                _log.error("dead letter not archived", message=message_id, error=str(error))
                errors.append(f"message {message_id}: {_reason(error)}")
    skipped = 0 if message_ids is None else len(wanted) - len(files) - len(errors)
    changes = {
        "positions": sorted(wanted),
        "messages": archived,
        "archived": len(files),
        "failed": len(errors),
        "skipped": skipped,
    }
    context.repositories.audit.record(by, "archive", "dead_letters", dead, changes)
    return LettersArchived(tuple(files), len(errors), skipped, tuple(errors))


def _reason(error: PipelineError) -> str:
    """Without names of folders and servers, which are in the log."""
    if isinstance(error, StorageError):
        return "the folder that DLQ_ARCHIVE_PATH names cannot be written; the log says why"
    if isinstance(error, InfrastructureError):
        return "the store or the queues do not work; the log says why"
    return str(error)


def _storage(context: Context) -> LogStorage:
    return LogStorage(context.settings.dlq_archive_path, _LARGEST)


def _sources(context: Context) -> list[tuple[str, datetime]]:
    """Queues, and how old their messages must be: those in an archive queue are due."""
    queues = context.settings.task_queues
    due = [(archive_queue(queue), _ANY_AGE) for queue in queues]
    expired = context.now() - context.settings.dlq_retention
    return due + [(dead_queue(queue), expired) for queue in queues]


def _archive(context: Context, storage: LogStorage, delivery: Delivery) -> tuple[str, bool]:
    """The name of its file within the folder, and whether its execution is known."""
    name = _write(context, storage, delivery)
    # Before it is gone: afterwards nobody would remember to.
    known = _mark(context, delivery.message, name)
    delivery.ack()
    return name, known


def _write(context: Context, storage: LogStorage, delivery: Delivery) -> str:
    message = delivery.message
    failed = _first_failure(message) or delivery.enqueued_at or context.now()
    place = storage.root.joinpath(f"{failed:%Y}", f"{failed:%m}", f"{failed:%d}", _name(message))
    content = {
        "messageId": message.message_id,
        "queue": delivery.queue,
        "enqueuedAt": None if delivery.enqueued_at is None else delivery.enqueued_at.isoformat(),
        "archivedAt": context.now().isoformat(),
        "headers": message.headers,
        **_body(message.body),
    }
    with storage.draft(f"archiving dead letter {message.message_id}") as draft:
        draft.write(json.dumps(content, indent=1).encode() + b"\n")
        return storage.keep(draft, place).name


def _name(message: Message) -> str:
    # The ids of foreign messages may be anything, and the same for different messages.
    digest = hashlib.sha256(json.dumps(message.message_id).encode() + message.body)
    return (
        f"{safe_name(message.message_id, 'message', _LONGEST_NAME)}-{digest.hexdigest()[:16]}.json"
    )


def _body(body: bytes) -> dict[str, Any]:
    """The body as JSON where it is some that can be written again, else in base64."""
    try:
        content = json.loads(body)
        json.dumps(content, allow_nan=False)
    except (ValueError, RecursionError):
        return {"bodyBase64": base64.b64encode(body).decode()}
    return {"body": content}


def _first_failure(message: Message) -> datetime | None:
    found = message.headers.get(headers.FIRST_FAILED_AT)
    try:
        moment = datetime.fromisoformat(str(found))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _mark(context: Context, message: Message, file: str) -> bool:
    """Its execution is archived in that file; whether there was one."""
    execution = message.headers.get(headers.EXECUTION_ID)
    if not isinstance(execution, str) or not execution:
        return False
    return context.repositories.tasks.archived(execution, file) is not None
