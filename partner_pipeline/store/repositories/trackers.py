"""Trackers of partners' logs. Each move is one conditional update; None: somebody else was first.

Who downloads or processes a log holds its *claim*, a name that only this one attempt has. A move
that ends the attempt asks for the claim, so that one who was given up for dead cannot end what
somebody else has taken up since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.clock import Now
from partner_pipeline.model.ids import log_tracker_id
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.states import LOGS, LogStatus
from partner_pipeline.store.base import Keys, Store
from partner_pipeline.store.repositories.base import Repository, equal

_CLAIMED: Final = (LogStatus.DOWNLOADING, LogStatus.PROCESSING)
_NO_CLAIM: Final[dict[str, object]] = {"claim": None, "claimedAt": None}
_NO_ERROR: Final[dict[str, object]] = {"errorMessage": None, "errorCategory": None}
_STALEST_FIRST: Final[Keys] = (("updatedAt", 1), ("_id", 1))
_FINAL: Final = (LogStatus.PROCESSED, LogStatus.FAILED, LogStatus.SKIPPED)


class LogTrackers(Repository[PartnerLogTracker]):
    """The collection ``partner_log_trackers``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "partner_log_trackers", PartnerLogTracker.from_document)

    # Reading.

    def of_aircraft(
        self, partner_code: str, customer_id: str, aircraft_id: str
    ) -> dict[str, PartnerLogTracker]:
        """The trackers of an aircraft's logs, by log id."""
        where = equal(partnerCode=partner_code, customerId=customer_id, aircraftId=aircraft_id)
        return {tracker.log_id: tracker for tracker in self._find(where)}

    def recent(
        self,
        *,
        status: LogStatus | None = None,
        partner_code: str | None = None,
        customer_id: str | None = None,
        limit: int = 50,
    ) -> list[PartnerLogTracker]:
        """Trackers that match, the last changed first."""
        wanted = {"status": status, "partnerCode": partner_code, "customerId": customer_id}
        where = equal(**{name: value for name, value in wanted.items() if value is not None})
        return self._find(where, sort=(("updatedAt", -1), ("_id", 1)), limit=limit)

    def counts(self) -> dict[LogStatus, int]:
        """How many logs are in each state."""
        count = self._store.count
        return {status: count(self.collection, equal(status=status)) for status in LogStatus}

    def stuck(self, before: datetime) -> list[PartnerLogTracker]:
        """Logs that were claimed before then and are still, and those that were never enqueued."""
        claimed = {
            "status": {"$in": [status.value for status in _CLAIMED]},
            "claimedAt": {"$lt": before},
        }
        not_enqueued = {
            **equal(status=LogStatus.DOWNLOADED),
            "enqueuedAt": None,
            "updatedAt": {"$lt": before},
        }
        found = [self._find(where, sort=_STALEST_FIRST) for where in (claimed, not_enqueued)]
        return [tracker for trackers in found for tracker in trackers]

    def left(self, before: datetime) -> list[PartnerLogTracker]:
        """Logs whose task was queued before then and has not begun, oldest first."""
        where = {**equal(status=LogStatus.DOWNLOADED), "enqueuedAt": {"$lt": before}}
        return self._find(where, sort=(("enqueuedAt", 1), ("_id", 1)))

    # Moving.

    def offered(
        self, partner_code: str, customer_id: str, aircraft_id: str, log_id: str, file_name: str
    ) -> PartnerLogTracker:
        """The tracker of a log that a partner offers: a new one, or the one that is there."""
        now = self._now()
        return self._insert_once(
            PartnerLogTracker(
                id=log_tracker_id(partner_code, customer_id, aircraft_id, log_id),
                log_id=log_id,
                partner_code=partner_code,
                aircraft_id=aircraft_id,
                customer_id=customer_id,
                log_file_name=file_name,
                status=LOGS.initial,
                created_at=now,
                updated_at=now,
            )
        )

    def claim_download(self, id: str, claim: str) -> PartnerLogTracker | None:
        """Be the one who downloads it."""
        now = self._now()
        changes = {"claim": claim, "claimedAt": now, "updatedAt": now}
        return self._move(LOGS, id, LogStatus.DOWNLOADING, changes=changes)

    def downloaded(
        self,
        id: str,
        claim: str,
        *,
        saved_local_file: str,
        size: int,
        sha256: str,
    ) -> PartnerLogTracker | None:
        """Its file lies in the storage folder, whole."""
        changes = {
            "savedLocalFile": saved_local_file,
            "size": size,
            "sha256": sha256,
            "enqueuedAt": None,
            "recoveries": 0,
            "retryCount": 0,
            **_NO_ERROR,
        }
        return self._end(id, claim, LogStatus.DOWNLOADING, LogStatus.DOWNLOADED, changes)

    def download_failed(
        self,
        id: str,
        claim: str,
        error: str,
        category: ErrorCategory,
        *,
        final: bool = False,
    ) -> PartnerLogTracker | None:
        """It could not be downloaded; it will be tried again unless `final`."""
        after = LogStatus.FAILED if final else LogStatus.PENDING
        changes = _error(error, category)
        return self._end(
            id, claim, LogStatus.DOWNLOADING, after, changes, increments={"retryCount": 1}
        )

    def enqueued(self, id: str, before: datetime) -> PartnerLogTracker | None:
        """Its task is queued now; None: it was already, at that time or later.

        Call it in the transaction that makes the execution and the message.
        """
        now = self._now()
        where = {
            "_id": id,
            **equal(status=LogStatus.DOWNLOADED),
            "$or": [{"enqueuedAt": None}, {"enqueuedAt": {"$lt": before}}],
        }
        return self._update(where, {"enqueuedAt": now, "updatedAt": now})

    def claim_processing(self, id: str, claim: str) -> PartnerLogTracker | None:
        """Be the one who processes it."""
        now = self._now()
        changes = {"claim": claim, "claimedAt": now, "processingStartedAt": now, "updatedAt": now}
        return self._move(LOGS, id, LogStatus.PROCESSING, changes=changes)

    def processed(
        self,
        id: str,
        claim: str,
        *,
        application_file_id: str,
        damage: dict[str, Any],
    ) -> PartnerLogTracker | None:
        """Its data is stored."""
        changes = {
            "processed": True,
            "processedAt": self._now(),
            "applicationFileId": application_file_id,
            "damage": damage,
            **_NO_ERROR,
        }
        return self._end(id, claim, LogStatus.PROCESSING, LogStatus.PROCESSED, changes)

    def processing_failed(
        self,
        id: str,
        claim: str,
        error: str,
        category: ErrorCategory,
        *,
        final: bool,
        counted: bool = True,
    ) -> PartnerLogTracker | None:
        """It could not be processed; unless `final`, the task is tried again."""
        after = LogStatus.FAILED if final else LogStatus.DOWNLOADED
        changes = _error(error, category)
        increments = {"retryCount": 1} if counted else {}
        return self._end(id, claim, LogStatus.PROCESSING, after, changes, increments=increments)

    def failed(self, id: str, error: str, category: ErrorCategory) -> PartnerLogTracker | None:
        """Its task is a dead letter, and nobody works on it."""
        changes = {**_error(error, category), "updatedAt": self._now()}
        return self._move(
            LOGS, id, LogStatus.FAILED, before=(LogStatus.DOWNLOADED,), changes=changes
        )

    def skipped(self, id: str, reason: str, claim: str | None = None) -> PartnerLogTracker | None:
        """It will not be taken; whoever has claimed it gives the claim, nobody else can say so."""
        changes = {"errorMessage": reason, "updatedAt": self._now(), **_NO_CLAIM}
        where = equal(claim=claim)
        return self._move(LOGS, id, LogStatus.SKIPPED, where=where, changes=changes)

    def again(self, id: str, *, download: bool = False) -> PartnerLogTracker | None:
        """Take a finished log up again: from its file, or with `download` from the partner.

        A log without a file is always downloaded. None: it is not finished.
        """
        changes = {
            **_NO_ERROR,
            "enqueuedAt": None,
            "processed": False,
            "retryCount": 0,
            "recoveries": 0,
            "updatedAt": self._now(),
        }
        moved = None
        if not download:
            where = {"savedLocalFile": {"$gt": ""}}
            moved = self._move(
                LOGS, id, LogStatus.DOWNLOADED, before=_FINAL, where=where, changes=changes
            )
        return moved or self._move(LOGS, id, LogStatus.PENDING, before=_FINAL, changes=changes)

    def recover(
        self, stuck: PartnerLogTracker, *, most: int, file_gone: bool = False
    ) -> PartnerLogTracker | None:
        """Take up what nobody ended: a download again from its start, a processing from its file.

        Parameters
        ----------
        stuck : PartnerLogTracker
            As :meth:`stuck` gave it; None comes back where it has moved since.
        most : int
            A log that was taken up so often fails.
        file_gone : bool
            Its file is not there any more: it is downloaded again.
        """
        if stuck.recoveries >= most:
            after, changes = LogStatus.FAILED, _error(_given_up(stuck), ErrorCategory.PROCESSING)
        elif stuck.status is LogStatus.PROCESSING:
            after, changes = LogStatus.DOWNLOADED, {"enqueuedAt": None}
        elif stuck.status is LogStatus.DOWNLOADING or file_gone:
            after, changes = LogStatus.PENDING, {}
        else:  # downloaded and not enqueued: nothing to undo
            where = {"_id": stuck.id, **equal(status=stuck.status, updatedAt=stuck.updated_at)}
            return self._update(where, {"updatedAt": self._now()}, {"recoveries": 1})
        return self._move(
            LOGS,
            stuck.id,
            after,
            before=(stuck.status,),
            where=equal(claim=stuck.claim, updatedAt=stuck.updated_at),
            changes={**changes, **_NO_CLAIM, "updatedAt": self._now()},
            increments={"recoveries": 1},
        )

    def _end(
        self,
        id: str,
        claim: str,
        before: LogStatus,
        after: LogStatus,
        changes: Mapping[str, object],
        *,
        increments: Mapping[str, int] = {},
    ) -> PartnerLogTracker | None:
        return self._move(
            LOGS,
            id,
            after,
            before=(before,),
            where=equal(claim=claim),
            changes={**changes, **_NO_CLAIM, "updatedAt": self._now()},
            increments=increments,
        )


def _error(error: str, category: ErrorCategory) -> dict[str, object]:
    return {"errorMessage": error, "errorCategory": category}


def _given_up(stuck: PartnerLogTracker) -> str:
    return (
        f"{stuck.status.value} was begun {stuck.recoveries + 1} times and never ended: the worker "
        "was killed each time, or hangs on this log"
    )
