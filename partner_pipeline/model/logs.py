"""A partner's flight log, from its listing to its data."""

from __future__ import annotations

from typing import Any

from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.document import Document, Moment, Text
from partner_pipeline.model.states import LogStatus


class PartnerLogTracker(Document):
    """What became of one log that a partner offers.

    Attributes
    ----------
    log_id, aircraft_id : str
        The partner's ids.
    log_file_name : str
        As the partner gives it: data of a foreign system.
    saved_local_file : str or None
        Where it lies within the storage folder.
    size, sha256
        Of the stored file.
    claim : str or None
        Who downloads or processes it now: only the holder moves it on.
    enqueued_at : datetime or None
        When its task was last queued.
    claimed_at : datetime or None
        When the download or the processing began.
    recoveries : int
        How often nobody ended what was begun.
    retry_count : int
        How often its download or, once it is downloaded, its processing failed.
    processed : bool
        Its data is stored.
    application_file_id : str or None
        Of its data.
    damage : dict or None
        What of the file was lost, in short.
    """

    log_id: Text
    partner_code: Text
    aircraft_id: Text
    customer_id: Text
    log_file_name: str
    status: LogStatus
    saved_local_file: str | None = None
    size: int | None = None
    sha256: str | None = None
    claim: str | None = None
    claimed_at: Moment | None = None
    processing_started_at: Moment | None = None
    enqueued_at: Moment | None = None
    processed_at: Moment | None = None
    recoveries: int = 0
    retry_count: int = 0
    error_message: str | None = None
    error_category: ErrorCategory | None = None
    processed: bool = False
    application_file_id: str | None = None
    damage: dict[str, Any] | None = None
    created_at: Moment
    updated_at: Moment
