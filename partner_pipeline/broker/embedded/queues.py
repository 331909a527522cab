"""Queues as rows: claimed with a lease, moved from queue to queue by changing one column.

A row's ``ready_at`` says when it may be handed out next: that is how delays and leases both work.
A claim is one statement, so no two processes get the same row. Times come from the caller.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from partner_pipeline.broker import message as names
from partner_pipeline.broker import topology
from partner_pipeline.broker.base import Peeked, QueueStats
from partner_pipeline.broker.embedded.file import QueueFile
from partner_pipeline.broker.message import Message
from partner_pipeline.errors import BrokerError
from partner_pipeline.model.categories import ErrorCategory

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNLIMITED: Final = (1 << 63) - 1
_MINE: Final = "id = :id AND owner = :owner AND deliveries = :deliveries"

_RELEASE: Final = "UPDATE broker_messages SET owner = NULL, ready_at = enqueued_at"

_WAITING: Final = """
FROM broker_messages
WHERE queue = :queue AND ready_at <= :now AND enqueued_at < :before AND deliveries < :limit
"""
_CLAIM: Final = f"""
UPDATE broker_messages SET owner = :owner, ready_at = :until, deliveries = deliveries + 1
WHERE id = (SELECT id {_WAITING} ORDER BY ready_at, id LIMIT 1)
RETURNING id, message_id, headers, body, deliveries, enqueued_at
"""

_MOVE: Final = f"""
UPDATE broker_messages
SET queue = :queue, ready_at = :ready_at, enqueued_at = :now, deliveries = 0, owner = NULL,
    message_id = :message_id, headers = :headers, body = :body
WHERE {_MINE}
"""

_WORN_OUT: Final = """
SELECT id FROM broker_messages CROSS JOIN broker_queues ON name = queue
WHERE deliveries > 0 AND deliveries >= :limit AND ready_at <= :now AND kind = 'main'
"""
_BURY: Final = f"""
UPDATE broker_messages
SET queue = queue || :dead, ready_at = :now, enqueued_at = :now, deliveries = 0, owner = NULL,
    headers = json_patch(headers, :headers)
WHERE id IN ({_WORN_OUT})
"""

_EXPIRED: Final = """
SELECT broker_messages.id FROM broker_queues CROSS JOIN broker_messages ON queue = name
WHERE kind = 'dead' AND ready_at <= :expired
"""
_ARCHIVE: Final = f"""
UPDATE broker_messages
SET queue = replace(queue || '/', :dead || '/', :archive), ready_at = :now, enqueued_at = :now,
    deliveries = 0, owner = NULL
WHERE id IN ({_EXPIRED})
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message in the hands of an owner."""

    id: int
    owner: str
    deliveries: int
    message: Message
    enqueued_at: datetime

    @property
    def key(self) -> dict[str, Any]:
        """What its row still has while it is in those hands."""
        return {"id": self.id, "owner": self.owner, "deliveries": self.deliveries}


class Queues:
    """The verbs of the queues in one file; may be used by many threads."""

    def __init__(self, file: QueueFile, *, delivery_limit: int, retention: timedelta) -> None:
        self._file = file
        self._delivery_limit = delivery_limit
        self._retention = retention // timedelta(milliseconds=1)
        self._declared: set[str] = set()

    def declare(self, queue: str) -> None:
        """Make a main queue with its dead queue and archive."""
        kinds = {queue: "main", topology.dead_queue(queue): "dead"}
        kinds[topology.archive_queue(queue)] = "archive"
        rows = [{"name": name, "kind": kind} for name, kind in kinds.items()]
        insert = "INSERT OR IGNORE INTO broker_queues VALUES (:name, :kind)"
        self._file.change_together(f"declaring {queue}", insert, rows)

    def check_declared(self, queue: str) -> None:
        """BrokerError when there is no such queue."""
        if queue not in self._declared:
            rows = self._file.rows("listing the queues", "SELECT name FROM broker_queues")
            self._declared = {row["name"] for row in rows}
        if queue not in self._declared:
            raise BrokerError(f"there is no queue {queue} in {self._file.path}: declare it first")

    def put(self, queue: str, message: Message, now: datetime, delay: float) -> None:
        """Add a message, safely."""
        self._file.change(
            f"publishing message {message.message_id} to {queue}",
            "INSERT INTO broker_messages"
            " (queue, ready_at, enqueued_at, deliveries, message_id, headers, body)"
            " VALUES (:queue, :ready_at, :now, 0, :message_id, :headers, :body)",
            _placed(queue, message, now, delay),
            safely=True,
        )

    def claim(
        self,
        queue: str,
        owner: str,
        now: datetime,
        lease: timedelta,
        older_than: datetime | None = None,
    ) -> Claimed | None:
        """Put the next message into an owner's hands until its lease ends; None: there is none."""
        limit = self._delivery_limit if topology.is_main(queue) else _UNLIMITED
        place = {
            "queue": queue,
            "now": _ms(now),
            "before": _UNLIMITED if older_than is None else _ms(older_than),
            "limit": limit,
        }
        doing = f"claiming a message of {queue}"
        if not self._file.rows(doing, f"SELECT 1 {_WAITING} LIMIT 1", place):  # takes no lock
            return None
        rows = self._file.rows(doing, _CLAIM, {**place, "owner": owner, "until": _ms(now + lease)})
        return _claimed(rows[0], owner) if rows else None

    def renew(self, owner: str, until: datetime) -> None:
        """Keep all that is in an owner's hands until then."""
        sql = "UPDATE broker_messages SET ready_at = :until WHERE deliveries > 0 AND owner = :owner"
        parameters = {"owner": owner, "until": _ms(until)}
        self._file.change("renewing leases", sql, parameters, safely=False)

    def hand_back(self, owner: str, now: datetime) -> None:
        """Put all that is in an owner's hands back to where it was in its queue."""
        sql = f"{_RELEASE} WHERE deliveries > 0 AND owner = :owner"
        self._file.change("handing messages back", sql, {"owner": owner}, safely=False)
        self.sweep(now)

    def requeue(self, claimed: Claimed, now: datetime) -> None:
        """Put one message back to where it was in its queue."""
        self._settle(claimed, f"{_RELEASE} WHERE {_MINE}", claimed.key, safely=False)
        self.sweep(now)

    def remove(self, claimed: Claimed) -> None:
        """Forget a message: it is done."""
        sql = f"DELETE FROM broker_messages WHERE {_MINE}"
        self._settle(claimed, sql, claimed.key, safely=False)

    def move(
        self, claimed: Claimed, queue: str, message: Message, now: datetime, delay: float = 0.0
    ) -> None:
        """Put what is in hand into a queue, as new, safely."""
        placed = _placed(queue, message, now, delay)
        self._settle(claimed, _MOVE, {**placed, **claimed.key}, safely=True)

    def _settle(
        self, claimed: Claimed, sql: str, parameters: dict[str, Any], *, safely: bool
    ) -> None:
        doing = f"settling message {claimed.message.message_id}"
        if not self._file.change(doing, sql, parameters, safely=safely):
            raise BrokerError(f"{doing}: its lease ran out, and it was or will be delivered again")

    def peek(self, queue: str, now: datetime, offset: int, limit: int) -> list[Peeked]:
        """Messages that can be taken now, the oldest first."""
        self.sweep(now)
        rows = self._file.rows(
            f"looking into {queue}",
            "SELECT * FROM broker_messages WHERE queue = :queue AND ready_at <= :now"
            " ORDER BY ready_at, id LIMIT :limit OFFSET :offset",
            {"queue": queue, "now": _ms(now), "limit": limit, "offset": offset},
        )
        return [
            Peeked(position, _message(row), row["deliveries"] > 0, _moment(row["enqueued_at"]))
            for position, row in enumerate(rows, offset)
        ]

    def stats(self, queue: str, now: datetime) -> QueueStats:
        """How full a queue is."""
        self.sweep(now)
        (row,) = self._file.rows(
            f"counting the messages of {queue}",
            "SELECT count(*) FILTER (WHERE ready_at <= :now) AS messages,"
            " count(*) FILTER (WHERE ready_at > :now AND owner IS NULL) AS delayed,"
            " min(enqueued_at) FILTER (WHERE ready_at <= :now) AS oldest"
            " FROM broker_messages WHERE queue = :queue",
            {"queue": queue, "now": _ms(now)},
        )
        oldest = None if row["oldest"] is None else _moment(row["oldest"])
        return QueueStats(row["messages"], row["delayed"], oldest)

    def purge(self, queue: str, now: datetime) -> int:
        """Remove what is in nobody's hands; how many."""
        return self._file.change(
            f"purging {queue}",
            "DELETE FROM broker_messages"
            " WHERE queue = :queue AND (owner IS NULL OR ready_at <= :now)",
            {"queue": queue, "now": _ms(now)},
            safely=True,
        )

    def sweep(self, now: datetime) -> None:
        """Bury what was delivered too often, archive what has been dead long enough."""
        worn_out = {"limit": self._delivery_limit, "now": _ms(now)}
        if self._file.rows("looking for worn-out messages", f"{_WORN_OUT} LIMIT 1", worn_out):
            headers = {
                names.ERROR_CATEGORY: ErrorCategory.INFRASTRUCTURE.value,
                names.ERROR_MESSAGE: topology.WORN_OUT,
            }
            how = {"headers": json.dumps(headers), "dead": topology.dead_queue("")}
            self._file.change("burying messages", _BURY, {**worn_out, **how}, safely=True)
        expired = {"expired": _ms(now) - self._retention}
        if self._file.rows("looking for expired messages", f"{_EXPIRED} LIMIT 1", expired):
            how = {"dead": topology.dead_queue(""), "archive": topology.archive_queue("")}
            parameters = {**expired, **how, "now": _ms(now)}
            self._file.change("archiving messages", _ARCHIVE, parameters, safely=True)


def _placed(queue: str, message: Message, now: datetime, delay: float) -> dict[str, Any]:
    return {
        "queue": queue,
        "ready_at": _ms(now + timedelta(seconds=delay)),
        "now": _ms(now),
        "message_id": message.message_id,
        "headers": json.dumps(message.headers, ensure_ascii=False),
        "body": message.body,
    }


def _claimed(row: sqlite3.Row, owner: str) -> Claimed:
    return Claimed(row["id"], owner, row["deliveries"], _message(row), _moment(row["enqueued_at"]))


def _message(row: sqlite3.Row) -> Message:
    return Message(row["body"], json.loads(row["headers"]), row["message_id"])


def _ms(moment: datetime) -> int:
    """Milliseconds since 1970, rounded up: nothing comes before its time."""
    return -((_EPOCH - moment) // timedelta(milliseconds=1))


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
