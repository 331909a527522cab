"""The outbox: messages that are published because something was stored.

A message is written in the transaction that stores what it follows from, and published afterwards,
by whoever wrote it or, where that one died, by another. It may be published twice then; executions
are claimed, so the second one finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from partner_pipeline.model.clock import Now
from partner_pipeline.model.housekeeping import OutboxMessage
from partner_pipeline.model.ids import deterministic_id
from partner_pipeline.model.states import OUTBOX, OutboxStatus
from partner_pipeline.store.base import Store
from partner_pipeline.store.repositories.base import Repository, equal


class Outbox(Repository[OutboxMessage]):
    """The collection ``outbox``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "outbox", OutboxMessage.from_document)

    def add(
        self,
        queue: str,
        message_id: str,
        body: bytes,
        headers: Mapping[str, str | int],
        *,
        delay: timedelta = timedelta(0),
    ) -> OutboxMessage:
        """Decide on publishing a message, at the earliest after `delay`; deciding twice is once."""
        now = self._now()
        return self._insert_once(
            OutboxMessage(
                id=deterministic_id("outbox", queue, message_id),
                queue=queue,
                body=body,
                headers=dict(headers),
                message_id=message_id,
                status=OUTBOX.initial,
                not_before=now + delay,
                created_at=now,
            )
        )

    def claim(self, claim: str, duration: timedelta, *, limit: int = 100) -> list[OutboxMessage]:
        """Messages to publish now, oldest first; nobody else gets them for so long."""
        now = self._now()
        due = {
            "$or": [
                {**equal(status=OutboxStatus.PENDING), "notBefore": {"$lte": now}},
                {**equal(status=OutboxStatus.SENDING), "claimedUntil": {"$lte": now}},
            ]
        }
        found = self._find(due, sort=(("createdAt", 1), ("_id", 1)), limit=limit)
        taken = (self._take(message, claim, now + duration) for message in found)
        return [message for message in taken if message is not None]

    def claim_one(self, id: str, claim: str, duration: timedelta) -> OutboxMessage | None:
        """Be the one who publishes this message, just added; None: somebody else is."""
        message = self.get(id)
        if message is None or message.status is not OutboxStatus.PENDING:
            return None
        return self._take(message, claim, self._now() + duration)

    def _take(self, seen: OutboxMessage, claim: str, until: datetime) -> OutboxMessage | None:
        return self._move(
            OUTBOX,
            seen.id,
            OutboxStatus.SENDING,
            before=(seen.status,),
            where=equal(claim=seen.claim, attempts=seen.attempts),
            changes={"claim": claim, "claimedUntil": until},
            increments={"attempts": 1},
        )

    def done(self, id: str, claim: str) -> bool:
        """It is published, and confirmed; False: somebody else has taken it since."""
        return self._store.delete(self.collection, {"_id": id, **equal(claim=claim)}) == 1

    def failed(self, id: str, claim: str, error: str, delay: timedelta) -> OutboxMessage | None:
        """It could not be published; it will be tried again after `delay`."""
        changes = {
            "claim": None,
            "claimedUntil": None,
            "error": error,
            "notBefore": self._now() + delay,
        }
        return self._move(
            OUTBOX, id, OutboxStatus.PENDING, where=equal(claim=claim), changes=changes
        )

    def oldest(self) -> OutboxMessage | None:
        """The message that has waited longest."""
        return self._find_one({}, sort=(("createdAt", 1), ("_id", 1)))
