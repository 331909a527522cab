"""Assignments of jobs, and their way to the partner.

An upload is: `claim_upload` (one at a time), `sending` (from here on it may have arrived),
then `uploaded` or `upload_failed`. Whoever dies in between leaves ``uncertainSince`` behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.clock import Now
from partner_pipeline.model.jobs import JobAssign
from partner_pipeline.model.states import ASSIGNMENTS, AssignStatus
from partner_pipeline.store.base import Filter, Store
from partner_pipeline.store.repositories.base import Repository, equal

_MOST: Final = 1000
_OPEN = (AssignStatus.NEW, AssignStatus.DOWNLOADED)
_NO_CLAIM: dict[str, object] = {"sync.claim": None, "sync.claimedUntil": None}
_NO_ERROR: dict[str, object] = {
    "sync.error": None,
    "sync.errorCategory": None,
    "sync.nextRetry": None,
    "sync.uncertainSince": None,
}


class JobAssigns(Repository[JobAssign]):
    """The collection ``job_assigns``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "job_assigns", JobAssign.from_document)

    def assign(self, assign: JobAssign) -> JobAssign:
        """Store an assignment, unless one with its id is there; whichever is there now."""
        return self._insert_once(assign)

    def unassign(self, job_id: str, user_id: str) -> int:
        """Take a job away from a user; how many assignments that were."""
        return self._store.delete(self.collection, equal(job=job_id, user=user_id))

    def of_job(self, job_id: str) -> list[JobAssign]:
        """The assignments of a job, oldest first."""
        return self._find(equal(job=job_id), sort=(("date", 1), ("_id", 1)))

    def of_user(self, user_id: str, status: AssignStatus | None = None) -> list[JobAssign]:
        """The assignments of an aircraft or pilot, oldest first."""
        where = equal(user=user_id) | ({} if status is None else equal(status=status))
        return self._find(where, sort=(("date", 1), ("_id", 1)))

    def at_partner(
        self,
        partner_code: str,
        status: AssignStatus = AssignStatus.UPLOADED,
        *,
        customer_id: str | None = None,
    ) -> list[JobAssign]:
        """The assignments to a partner's aircraft in a state, by customer, oldest first."""
        where = equal(partnerCode=partner_code, status=status)
        if customer_id is not None:
            where |= equal(customerId=customer_id)
        return self._find(where, sort=(("customerId", 1), ("date", 1), ("_id", 1)))

    def new(self, *, customer_id: str | None = None, user_id: str | None = None) -> list[JobAssign]:
        """Assignments that nobody has fetched or been sent yet, oldest first."""
        told = {"customerId": customer_id, "user": user_id}
        where = equal(status=AssignStatus.NEW)
        where |= equal(**{name: value for name, value in told.items() if value is not None})
        return self._find(where, sort=(("date", 1), ("_id", 1)), limit=_MOST)

    def of_jobs(self, job_ids: Sequence[str]) -> list[JobAssign]:
        """The assignments of several jobs, those of each oldest first."""
        return self._find_in("job", job_ids, sort=(("date", 1), ("_id", 1)))

    def counts(self, partner_code: str, customer_id: str | None = None) -> dict[AssignStatus, int]:
        """How many assignments to a partner's aircraft are in each state."""
        where = equal(partnerCode=partner_code)
        where |= {} if customer_id is None else equal(customerId=customer_id)
        count = self._store.count
        return {
            status: count(self.collection, where | equal(status=status)) for status in AssignStatus
        }

    def failing(
        self, partner_code: str | None = None, customer_id: str | None = None, *, limit: int = 20
    ) -> list[JobAssign]:
        """Assignments whose last upload failed, the latest attempt first."""
        told = {"partnerCode": partner_code, "customerId": customer_id}
        where: dict[str, Any] = {"sync.error": {"$gt": ""}}
        where |= equal(**{name: value for name, value in told.items() if value is not None})
        return self._find(where, sort=(("sync.lastAttempt", -1), ("_id", 1)), limit=limit)

    def left(self, before: datetime) -> list[JobAssign]:
        """New assignments to partners' aircraft that nobody has touched since, nor uploads now."""
        now = self._now()
        where = {
            **equal(status=AssignStatus.NEW),
            "partnerCode": {"$gt": ""},
            "updatedAt": {"$lt": before},
            "$or": [{"sync.claimedUntil": None}, {"sync.claimedUntil": {"$lte": now}}],
        }
        return self._find(where, sort=(("date", 1), ("_id", 1)))

    def by_partner_job(self, partner_code: str, ext_job_id: str) -> JobAssign | None:
        """The assignment that a partner knows by this id."""
        return self._find_one(equal(partnerCode=partner_code, extJobId=ext_job_id))

    def downloaded(self, id: str) -> JobAssign | None:
        """Who is to fly it has fetched its job; None: that is known already."""
        return self._move(
            ASSIGNMENTS, id, AssignStatus.DOWNLOADED, changes={"updatedAt": self._now()}
        )

    def claim_upload(self, id: str, claim: str, until: datetime) -> JobAssign | None:
        """Be the one who uploads it, until then; None: it is uploaded, or somebody else does."""
        now = self._now()
        where = {
            "_id": id,
            "status": {"$in": [status.value for status in _OPEN]},
            "$or": [
                {"sync.claim": None},
                {"sync.claim": {"$eq": claim}},
                {"sync.claimedUntil": {"$lte": now}},
            ],
        }
        changes = {
            "sync.claim": claim,
            "sync.claimedUntil": until,
            "sync.lastAttempt": now,
            "updatedAt": now,
        }
        return self._update(where, changes, {"sync.attempts": 1})

    def sending(self, id: str, claim: str) -> JobAssign | None:
        """The job is sent now; None: the claim has passed to somebody else, so it must not be."""
        now = self._now()
        return self._update(_held(id, claim), {"sync.uncertainSince": now, "updatedAt": now})

    def uploaded(self, id: str, ext_job_id: str) -> JobAssign | None:
        """The partner has it, under this id of its own; None: that was known already."""
        now = self._now()
        changes = {"extJobId": ext_job_id, "sync.lastSuccess": now, "updatedAt": now}
        return self._move(
            ASSIGNMENTS, id, AssignStatus.UPLOADED, changes={**_NO_CLAIM, **_NO_ERROR, **changes}
        )

    def upload_failed(
        self,
        id: str,
        claim: str,
        error: str,
        category: ErrorCategory,
        *,
        next_retry: datetime | None = None,
        certain: bool = True,
    ) -> JobAssign | None:
        """The upload failed; `certain`: the partner surely does not have the job."""
        changes: dict[str, Any] = {
            **_NO_CLAIM,
            "sync.error": error,
            "sync.errorCategory": category,
            "sync.nextRetry": next_retry,
            "updatedAt": self._now(),
        }
        if certain:
            changes["sync.uncertainSince"] = None
        return self._update(_held(id, claim), changes)

    def not_there(self, id: str) -> JobAssign | None:
        """It was looked: the partner does not have the job. It may be sent again."""
        where = {"_id": id, "sync.claim": None, **equal(status=AssignStatus.NEW)}
        return self._update(where, {**_NO_ERROR, "updatedAt": self._now()})

    def upload_again(self, id: str) -> JobAssign | None:
        """Make an uploaded assignment new; None: it is not uploaded."""
        changes = {"extJobId": None, "updatedAt": self._now(), **_NO_CLAIM, **_NO_ERROR}
        return self._move(ASSIGNMENTS, id, AssignStatus.NEW, changes=changes)


def _held(id: str, claim: str) -> Filter:
    return {"_id": id, **equal(**{"sync.claim": claim})}
