"""``/api/export``: new jobs, and jobs as files."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from partner_pipeline.api.auth import Caller, Here, Member
from partner_pipeline.api.files import attachment
from partner_pipeline.api.routes.jobs import own_assignment, own_job
from partner_pipeline.api.schemas.jobs import DownloadJob, NewJob, NewJobQuery, NewJobs
from partner_pipeline.errors import ValidationError
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.work.asked import JobFormat, download_job
from partner_pipeline.work.context import Context

router = APIRouter(prefix="/api/export", tags=["export"])

_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "application/geo+json": {"schema": {"type": "object"}},
        },
    }
}
_TYPES = {"native": "application/octet-stream", "converted": "application/geo+json"}


@router.get("/newJobs")
def new_jobs(context: Here, who: Member, query: Annotated[NewJobQuery, Query()]) -> NewJobs:
    """Assignments that nobody has fetched yet: our own, and by partner; the oldest 1,000."""
    repositories = context.repositories
    assigns = repositories.assigns.new(
        customer_id=who.only(query.customer_id), user_id=query.user_id
    )
    jobs = repositories.jobs.among(sorted({each.job for each in assigns}))
    users = repositories.users.among(sorted({each.user for each in assigns}))
    found = NewJobs(internal=[], partners={})
    for each in assigns:
        if each.job not in jobs:
            continue
        new = NewJob.of(each, jobs[each.job], users)
        if each.partner_code is None:
            found.internal.append(new)
        else:
            found.partners.setdefault(each.partner_code, []).append(new)
    return found


@router.post("/downloadJob", responses=_FILE, response_class=Response)
def download(context: Here, who: Member, body: DownloadJob) -> Response:
    """A job as a file. Our own pilots' assignments count as downloaded then."""
    job, assign = _wanted(context, who, body)
    file_format: JobFormat = body.format
    file = download_job(context, job, assign, file_format, by=who.id)
    return Response(file.data, media_type=_TYPES[body.format], headers=attachment(file.file_name))


def _wanted(context: Context, who: Caller, body: DownloadJob) -> tuple[Job, JobAssign | None]:
    if body.assign_id is not None:
        assign = own_assignment(context, who, body.assign_id)
        return own_job(context, who, assign.job), assign
    if body.job_id is None:
        raise ValidationError("downloading a job: give assignId or jobId")
    return own_job(context, who, body.job_id), None
