"""Expired dead letters as files: ``dlq_archives/YYYY/MM/DD/<message id>-<hash>.json``.

The day is that of the first failure or, where a message does not tell it, the one on which it came
into its queue. So folder and name follow from the message, and one whose acknowledgement was lost
is written to the same file again.
"""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.base import Delivery
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import archive_queue, dead_queue
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.partners.storage import LogStorage, safe_name
from partner_pipeline.work.context import Context

#: Bytes of the largest file: the largest body in base64, and its headers.
_LARGEST: Final = 64 << 20
_LONGEST_NAME: Final = 80

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """What was archived: the files, and how many of them held no task that is known."""

    files: tuple[Path, ...]
    unknown: int


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
    storage = LogStorage(context.settings.dlq_archive_path, _LARGEST)
    files: list[Path] = []
    unknown = 0
    for queue, older_than in _sources(context):
        with closing(context.broker.take(queue, older_than=older_than, limit=limit)) as taken:
            for delivery in taken:
                files.append(_write(context, storage, delivery))
                # Before it is gone: afterwards nobody would remember to.
                unknown += not _mark(context, delivery.message)
                delivery.ack()
    if files:
        _log.info("dead letters archived", files=len(files))
    return ArchiveReport(tuple(files), unknown)


def _sources(context: Context) -> list[tuple[str, datetime]]:
    """Queues, and how old their messages must be: those in an archive queue are due."""
    now = context.now()
    queues = context.settings.task_queues
    # Clocks differ between machines: a day is far more than any of them is wrong.
    due = [(archive_queue(queue), now + timedelta(days=1)) for queue in queues]
    return due + [(dead_queue(queue), now - context.settings.dlq_retention) for queue in queues]


def _write(context: Context, storage: LogStorage, delivery: Delivery) -> Path:
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
        return storage.keep(draft, place).path


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


def _mark(context: Context, message: Message) -> bool:
    """Its execution is archived; whether there was one."""
    execution = message.headers.get(headers.EXECUTION_ID)
    if not isinstance(execution, str) or not execution:
        return False
    return context.repositories.tasks.archived(execution) is not None
