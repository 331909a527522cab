"""Jobs."""

from __future__ import annotations

from partner_pipeline.model.clock import Now
from partner_pipeline.model.jobs import Job
from partner_pipeline.store.base import Store
from partner_pipeline.store.repositories.base import Repository, equal


class Jobs(Repository[Job]):
    """The collection ``jobs``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "jobs", Job.from_document)

    def of_customer(self, customer_id: str) -> list[Job]:
        """A customer's jobs, by name."""
        return self._find(equal(customer=customer_id), sort=(("name", 1), ("_id", 1)))

    def recent(self, customer_id: str | None = None, *, limit: int = 50) -> list[Job]:
        """Jobs, all or a customer's, the last made first."""
        where = {} if customer_id is None else equal(customer=customer_id)
        return self._find(where, sort=(("createdAt", -1), ("_id", 1)), limit=limit)

    def with_number(self, number: str, customer_id: str | None = None) -> list[Job]:
        """Jobs of this number: of all customers, or of one."""
        where = equal(number=number)
        return self._find(where if customer_id is None else where | equal(customer=customer_id))

    def change(self, job: Job) -> Job:
        """Store a job in the place of the one with its id; its ``updatedAt`` becomes now."""
        return self._put(job.model_copy(update={"updated_at": self._now()}))
