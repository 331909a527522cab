"""Leases: the right to do something alone, across all machines, until a moment.

A holder that dies lets go by not renewing. Machines' clocks should agree to within a fraction of
the shortest lease, as any time server keeps them.
"""

from __future__ import annotations

from datetime import timedelta

from partner_pipeline.errors import DuplicateKey
from partner_pipeline.model.clock import Now
from partner_pipeline.model.housekeeping import Lease
from partner_pipeline.store.base import Store
from partner_pipeline.store.repositories.base import Repository, equal


class Leases(Repository[Lease]):
    """The collection ``leases``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "leases", Lease.from_document)

    def acquire(self, name: str, owner: str, duration: timedelta) -> Lease | None:
        """Be the one who may do this; None: somebody else is. The holder itself may ask again.

        Not for the inside of a transaction: losing the race would end it.
        """
        now = self._now()
        where = {"_id": name, "$or": [{"expiresAt": {"$lte": now}}, equal(owner=owner)]}
        changes = {"owner": owner, "expiresAt": now + duration}
        taken = self._update(where, changes, {"token": 1})
        if taken is not None or self.get(name) is not None:
            return taken
        try:
            return self.insert(Lease(id=name, owner=owner, expires_at=now + duration, token=1))
        except DuplicateKey:
            return None

    def renew(self, name: str, owner: str, duration: timedelta) -> bool:
        """Keep it for longer; False: it had run out, and may be somebody else's."""
        now = self._now()
        where = {"_id": name, **equal(owner=owner), "expiresAt": {"$gt": now}}
        return self._update(where, {"expiresAt": now + duration}) is not None

    def release(self, name: str, owner: str) -> bool:
        """Let others have it; False: it was not the owner's any more."""
        where = {"_id": name, **equal(owner=owner)}
        return self._update(where, {"owner": None, "expiresAt": self._now()}) is not None
