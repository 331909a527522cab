"""Applications: files of one job and user within 24 hours, and their totals.

Totals are never counted on: they are computed from the files each time one of them changes, so a
log that is processed again cannot count twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from partner_pipeline.errors import StoreError
from partner_pipeline.model.applications import SUMMED, Application, Totals
from partner_pipeline.model.clock import Now
from partner_pipeline.model.ids import application_id
from partner_pipeline.store.base import Document, Store
from partner_pipeline.store.repositories.base import Repository, equal

#: Files that come later than this after the first make a new application.
WINDOW: Final = timedelta(hours=24)

_FILES: Final = "application_files"
_ATTEMPTS: Final = 100


class Applications(Repository[Application]):
    """The collection ``applications``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "applications", Application.from_document)

    def of_job(self, job_id: str) -> list[Application]:
        """The applications of a job, oldest first."""
        return self._find(equal(jobId=job_id), sort=(("uploadedDate", 1), ("_id", 1)))

    def open_for(
        self,
        job_id: str,
        user_id: str,
        *,
        customer_id: str,
        partner_code: str | None,
        at: datetime,
    ) -> Application:
        """The application that a file of this moment belongs to; a new one where there is none.

        Of two that need a new one at once, both get the same: its id is told by how many there
        were before.
        """
        # One look: between two, somebody else's new application would be counted and not seen.
        others = self._find(
            equal(jobId=job_id, userId=user_id), sort=(("uploadedDate", -1), ("_id", 1))
        )
        for other in others:
            if at - WINDOW < other.uploaded_date <= at:
                return other
        return self._insert_once(
            Application(
                id=application_id(job_id, user_id, len(others)),
                job_id=job_id,
                user_id=user_id,
                customer_id=customer_id,
                partner_code=partner_code,
                uploaded_date=at,
                updated_at=self._now(),
            )
        )

    def recompute(self, id: str) -> Application:
        """Compute the totals of an application from its files; call it after each of them changed.

        Raises
        ------
        NotFoundError
            There is no such application.
        """
        for _ in range(_ATTEMPTS):
            version = self.require(id).version
            totals = _totals(self._store.find(_FILES, equal(applicationId=id), fields=_PARTS))
            where = {"_id": id, **equal(version=version)}
            changes = {"totals": totals.to_document(), "updatedAt": self._now()}
            changed = self._update(where, changes, {"version": 1})
            if changed is not None:
                return changed
        raise StoreError(
            f"computing the totals of application {id}: its files changed {_ATTEMPTS} times "
            "meanwhile; try again"
        )


_PARTS: Final = (
    *(f"statistics.{name}" for name in (*SUMMED, "startTime", "endTime")),
    "processing.records",
)


def _totals(files: Sequence[Document]) -> Totals:
    flights = [file.get("statistics", {}) for file in files]
    starts, ends = _known(flights, "startTime"), _known(flights, "endTime")
    return Totals.model_validate(
        {
            "files": len(files),
            "records": sum(file.get("processing", {}).get("records", 0) for file in files),
            "startTime": min(starts, default=None),
            "endTime": max(ends, default=None),
            **{name: sum(_known(flights, name)) for name in SUMMED},
        }
    )


def _known(flights: Sequence[Document], name: str) -> list[Any]:
    return [flight[name] for flight in flights if flight.get(name) is not None]
