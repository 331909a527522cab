"""Jobs, and their assignment to whom they are flown by."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.document import Document, Moment, Part, Text
from partner_pipeline.model.states import AssignStatus


class DownloadOption(Part):
    """How a job gets to the aircraft: the platform's ``dlOp``."""

    type: int | str | None = None


class Job(Document):
    """A job: a field to be treated.

    Attributes
    ----------
    number : str or None
        The job's number in ``.JOB`` files; the id where there is none.
    customer : str
        Id of whose job it is.
    polygons : list of dict
        The field's polygons, GeoJSON.
    rate : float or None
        L/ha.
    swath_width : float or None
        m.
    start_date, end_date : datetime or None
        When it may be flown.
    """

    name: Text
    customer: Text
    number: str | None = None
    dl_op: DownloadOption = DownloadOption()
    polygons: list[dict[str, Any]] = Field(default_factory=list)
    rate: float | None = None
    swath_width: float | None = None
    start_date: Moment | None = None
    end_date: Moment | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class SyncState(Part):
    """How the upload of an assignment went.

    Attributes
    ----------
    attempts : int
        Uploads that were begun.
    last_attempt, last_success : datetime or None
    error, error_category
        Of the last attempt, where it failed.
    next_retry : datetime or None
    claim, claimed_until
        Who uploads it now, and how long nobody else may.
    uncertain_since : datetime or None
        Set just before the job is sent and taken away by the answer. Found later, the job may be
        at the partner: it is not sent again before that is known.
    """

    attempts: int = 0
    last_attempt: Moment | None = None
    last_success: Moment | None = None
    error: str | None = None
    error_category: ErrorCategory | None = None
    next_retry: Moment | None = None
    claim: str | None = None
    claimed_until: Moment | None = None
    uncertain_since: Moment | None = None


class JobAssign(Document):
    """A job that was given to an aircraft or pilot.

    Attributes
    ----------
    job, user : str
        Internal ids, always.
    customer_id : str
        Whose job it is.
    partner_code : str or None
        Whose aircraft it is; None: no partner's.
    ext_job_id : str or None
        The partner's id of the job, once it is there.
    date : datetime
        When it was given.
    sync : SyncState
    """

    job: Text
    user: Text
    customer_id: Text
    status: AssignStatus
    partner_code: str | None = None
    ext_job_id: str | None = None
    notes: str | None = None
    date: Moment
    sync: SyncState = SyncState()
    updated_at: Moment | None = None
