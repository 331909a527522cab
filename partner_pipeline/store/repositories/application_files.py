"""The data of logs: one document a log."""

from __future__ import annotations

from partner_pipeline.model.applications import ApplicationFile, JobMatch
from partner_pipeline.model.clock import Now
from partner_pipeline.store.base import Store
from partner_pipeline.store.repositories.base import Repository, equal


class ApplicationFiles(Repository[ApplicationFile]):
    """The collection ``application_files``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "application_files", ApplicationFile.from_document)

    def of_log(self, partner_code: str, customer_id: str, log_id: str) -> ApplicationFile | None:
        """The data of a log."""
        where = equal(partnerCode=partner_code, customerId=customer_id, logId=log_id)
        return self._find_one(where)

    def of_application(self, application_id: str) -> list[ApplicationFile]:
        """The files of an application, oldest first."""
        where = equal(applicationId=application_id)
        return self._find(where, sort=(("uploadedDate", 1), ("_id", 1)))

    def unmatched(
        self, customer_id: str | None = None, *, limit: int = 50
    ) -> list[ApplicationFile]:
        """Files that belong to no application, the latest first."""
        where = {"applicationId": None} | (equal(customerId=customer_id) if customer_id else {})
        return self._find(where, sort=(("uploadedDate", -1), ("_id", 1)), limit=limit)

    def put(self, file: ApplicationFile) -> ApplicationFile:
        """Store the data of a log in the place of what was stored of it before."""
        return self._put(file.model_copy(update={"updated_at": self._now()}))

    def match(
        self,
        id: str,
        job_match: JobMatch,
        application_id: str | None,
    ) -> ApplicationFile | None:
        """Move a file to another application, or (None) out of all.

        The totals of both applications must be computed again afterwards.
        """
        changes = {
            "jobMatch": job_match.to_document(),
            "applicationId": application_id,
            "updatedAt": self._now(),
        }
        return self._update({"_id": id}, changes)
