"""Attempts that are limited: how many there were within a time, counted across all processes."""

from __future__ import annotations

from datetime import datetime, timedelta

from partner_pipeline.model.clock import Now
from partner_pipeline.model.ids import deterministic_id
from partner_pipeline.model.sessions import Attempts as Document
from partner_pipeline.store.base import Store
from partner_pipeline.store.repositories.base import Repository


class Attempts(Repository[Document]):
    """The collection ``attempts``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "attempts", Document.from_document)

    def count_one(self, kind: str, *whose: str, window: timedelta) -> tuple[int, datetime]:
        """One more attempt: how many there were within the window, and when that is over.

        Counted before it is tried, so that attempts made at once are all counted.
        """
        id, now = deterministic_id("attempts", kind, *whose), self._now()
        self._store.delete(self.collection, {"_id": id, "expiresAt": {"$lte": now}})
        update = {"$inc": {"count": 1}, "$setOnInsert": {"expiresAt": now + window}}
        found = self._read(self._store.upsert(self.collection, {"_id": id}, update))
        return found.count, found.expires_at

    def forget(self, kind: str, *whose: str) -> None:
        """The attempts came to a good end."""
        where = {"_id": deterministic_id("attempts", kind, *whose)}
        self._store.delete(self.collection, where)

    def sweep(self) -> int:
        """Forget what is over; how many."""
        return self._store.delete(self.collection, {"expiresAt": {"$lte": self._now()}})
