"""Alerts that were sent: one a cause, and not again before its cool-down is over."""

from __future__ import annotations

from datetime import timedelta

from partner_pipeline.errors import DuplicateKey
from partner_pipeline.model.categories import AlertLevel
from partner_pipeline.model.clock import Now
from partner_pipeline.model.housekeeping import ALERT_LEVELS, Alert
from partner_pipeline.store.base import Store
from partner_pipeline.store.repositories.base import Repository


class Alerts(Repository[Alert]):
    """The collection ``alerts``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "alerts", Alert.from_document)

    def due(self, cause: str, level: AlertLevel, cooldown: timedelta) -> bool:
        """Whether to send an alert now; True makes the asker the one who does.

        A cause that has become worse is told at once.
        """
        now, loudness = self._now(), ALERT_LEVELS.index(level)
        where = {
            "_id": cause,
            "$or": [{"sentAt": {"$lte": now - cooldown}}, {"loudness": {"$lt": loudness}}],
        }
        changes = {"level": level, "loudness": loudness, "sentAt": now}
        if self._update(where, changes, {"sent": 1}) is not None:
            return True
        if self.get(cause) is not None:
            return False
        try:
            self.insert(Alert(id=cause, level=level, loudness=loudness, sent_at=now))
        except DuplicateKey:
            return False
        return True

    def over(self, cause: str) -> bool:
        """A cause is gone, or its alert could not be sent: the next one is sent at once."""
        return self._store.delete(self.collection, {"_id": cause}) == 1
