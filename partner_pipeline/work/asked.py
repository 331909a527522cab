"""What people ask for beside the clock: uploads, polls, downloads of jobs; each written down."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Final, Literal

from partner_pipeline.errors import PipelineError, ValidationError
from partner_pipeline.model.categories import POLICIES
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.model.states import AssignStatus
from partner_pipeline.partners.base import Account, JobUpload
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.assign import Assigned
from partner_pipeline.work.context import Context
from partner_pipeline.work.failure import Failure
from partner_pipeline.work.jobfiles import job_number, job_upload
from partner_pipeline.work.poll import PollReport, poll
from partner_pipeline.work.upload_decisions import (
    Synced,
    confirm_uploaded,
    not_there,
    sync_assignment,
    upload_again,
)

JobFormat = Literal["native", "converted"]

#: Somebody waits for the answer: what is not fetched by then comes with the next poll.
_POLL: Final = timedelta(seconds=60)


def upload_now(context: Context, assign_id: str, *, force: bool = False, by: str) -> Assigned:
    """Upload the job of an assignment now, or have it uploaded as soon as its partner answers.

    Parameters
    ----------
    context : Context
    assign_id : str
    force : bool
        Also where the partner has it, or may have it.
    by : str
        Who asks.

    Raises
    ------
    NotFoundError
        There is no such assignment.
    ValidationError
        It is uncertain whether the partner has it, and it was not forced.
    """
    assign = context.repositories.assigns.require(assign_id)
    if force and assign.status is AssignStatus.UPLOADED:
        return _queued(upload_again(context, assign_id, by))
    if force and assign.sync.uncertain_since is not None:
        return _queued(not_there(context, assign_id, by))
    context.repositories.audit.record(by, "upload", "job_assigns", assign_id)
    try:
        synced = sync_assignment(context, assign)
    except PipelineError as error:
        failure = Failure.of(error)
        synced = Synced("failed", error=failure.message, error_category=failure.category)
    return Assigned(assign.user, assign.id, assign.partner_code, synced)


def confirm_upload(context: Context, assign_id: str, ext_job_id: str, *, by: str) -> Assigned:
    """The partner has the job, under this id; raises as :func:`confirm_uploaded`."""
    done = confirm_uploaded(context, assign_id, ext_job_id, by)
    return Assigned(done.user, done.id, done.partner_code, Synced("uploaded", done.ext_job_id))


def _queued(assign: JobAssign) -> Assigned:
    return Assigned(assign.user, assign.id, assign.partner_code, Synced("queued"))


def sync_status(
    assign: JobAssign,
) -> Literal["uploaded", "queued", "internal", "failed", "uncertain"]:
    """Where an assignment is, as people see it."""
    if assign.partner_code is None:
        return "internal"
    if assign.status is AssignStatus.UPLOADED:
        return "uploaded"
    if assign.sync.uncertain_since is not None and assign.sync.claim is None:
        return "uncertain"
    category = assign.sync.error_category
    return "failed" if category is not None and POLICIES[category].retry == "none" else "queued"


def poll_now(
    context: Context, customer_id: str | None, partner_code: str | None, *, by: str
) -> PollReport:
    """Fetch new logs of a customer, or of all, for a minute at most.

    Raises
    ------
    ValidationError
        No partner has this code.
    InfrastructureError
        If the store does not work.
    """
    code = None if partner_code is None else context.service(partner_code).code
    asked = {"customerId": customer_id, "partnerCode": code}
    context.repositories.audit.record(by, "poll", "partners", code or "all", asked)
    end = time.monotonic() + _POLL.total_seconds()
    return poll(context, customer_id, code, stopping=lambda: time.monotonic() > end)


def download_job(
    context: Context, job: Job, assign: JobAssign | None, file_format: JobFormat, *, by: str
) -> JobUpload:
    """A job as a file. An assignment to no partner's aircraft counts as downloaded then.

    Raises
    ------
    ValidationError
        As :func:`job_upload`.
    """
    file = job_upload(job) if file_format == "native" else _geojson(job)
    if assign is not None and assign.partner_code is None:

        def mark(repositories: Repositories) -> bool:
            if repositories.assigns.downloaded(assign.id) is None:
                return False
            repositories.audit.record(by, "download", "job_assigns", assign.id)
            return True

        if context.repositories.transact(mark):
            context.metrics.assignment(AssignStatus.DOWNLOADED)
    return file


def _geojson(job: Job) -> JobUpload:
    number = job_number(job)
    properties = {"job": number, "name": job.name, "rate": job.rate, "swathWidth": job.swath_width}
    features = [
        {"type": "Feature", "properties": properties, "geometry": polygon}
        for polygon in job.polygons
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return JobUpload(f"{number}.geojson", json.dumps(collection, allow_nan=False).encode())


def try_account(context: Context, account: Account) -> Failure | None:
    """Ask a partner whether it knows these credentials; why it does not. Nothing is kept of it.

    Raises
    ------
    ValidationError
        No partner has this code.
    """
    try:
        context.service(account.partner_code).authenticate(account)
    except ValidationError:
        raise
    except PipelineError as error:
        return Failure.of(error)
    return None
