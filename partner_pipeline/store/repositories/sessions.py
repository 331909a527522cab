"""Sessions: one a login."""

from __future__ import annotations

from partner_pipeline.model.clock import Now
from partner_pipeline.model.sessions import Session
from partner_pipeline.store.base import Store
from partner_pipeline.store.repositories.base import Repository, equal


class Sessions(Repository[Session]):
    """The collection ``sessions``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "sessions", Session.from_document)

    def open(self, id: str) -> Session | None:
        """The session with this id, unless it has expired."""
        found = self.get(id)
        return found if found is not None and found.expires_at > self._now() else None

    def renew(self, id: str, before: str, after: str) -> Session | None:
        """Replace the refresh token; None: `before` is not the one that works."""
        where = {"_id": id, **equal(refresh=before), "expiresAt": {"$gt": self._now()}}
        return self._update(where, {"refresh": after})

    def end(self, id: str) -> bool:
        """Whether there was such a session."""
        return self._store.delete(self.collection, {"_id": id}) > 0

    def end_of(self, user_id: str) -> int:
        """End all sessions of a user; how many."""
        return self._store.delete(self.collection, equal(userId=user_id))

    def sweep(self) -> int:
        """Forget the sessions that have expired; how many."""
        return self._store.delete(self.collection, {"expiresAt": {"$lte": self._now()}})
