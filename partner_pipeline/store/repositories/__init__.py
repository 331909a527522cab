"""Repositories: the only place that knows collections. One module a collection, above any store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from partner_pipeline.model.clock import Now, utc_now
from partner_pipeline.store.base import Store
from partner_pipeline.store.repositories.alerts import Alerts
from partner_pipeline.store.repositories.application_files import ApplicationFiles
from partner_pipeline.store.repositories.applications import Applications
from partner_pipeline.store.repositories.assigns import JobAssigns
from partner_pipeline.store.repositories.attempts import Attempts
from partner_pipeline.store.repositories.audit import Audit
from partner_pipeline.store.repositories.details import Details
from partner_pipeline.store.repositories.indexes import INDEXES
from partner_pipeline.store.repositories.jobs import Jobs
from partner_pipeline.store.repositories.leases import Leases
from partner_pipeline.store.repositories.outbox import Outbox
from partner_pipeline.store.repositories.sessions import Sessions
from partner_pipeline.store.repositories.tasks import Tasks
from partner_pipeline.store.repositories.trackers import LogTrackers
from partner_pipeline.store.repositories.users import Users

__all__ = ["INDEXES", "Repositories"]

T = TypeVar("T")


class Repositories:
    """All repositories above one store.

    Parameters
    ----------
    store : Store
    now : callable, optional
        Gives the time that changes are dated with.
    """

    def __init__(self, store: Store, now: Now = utc_now) -> None:
        self.store = store
        self._now = now
        self.users = Users(store, now)
        self.jobs = Jobs(store, now)
        self.assigns = JobAssigns(store, now)
        self.trackers = LogTrackers(store, now)
        self.tasks = Tasks(store, now)
        self.applications = Applications(store, now)
        self.application_files = ApplicationFiles(store, now)
        self.details = Details(store)
        self.leases = Leases(store, now)
        self.outbox = Outbox(store, now)
        self.alerts = Alerts(store, now)
        self.audit = Audit(store, now)
        self.sessions = Sessions(store, now)
        self.attempts = Attempts(store, now)

    def ensure_indexes(self) -> None:
        """Make the indexes that are not there yet."""
        self.store.ensure_indexes(INDEXES)

    @contextmanager
    def transaction(self) -> Iterator[Repositories]:
        """One transaction: the repositories to use inside the block; see `Store.transaction`."""
        with self.store.transaction() as store:
            yield Repositories(store, self._now)

    def transact(self, work: Callable[[Repositories], T]) -> T:
        """``work`` in a transaction, again where others got in its way; see `Store.transact`."""
        return self.store.transact(lambda store: work(Repositories(store, self._now)))
