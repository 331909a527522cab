"""``/api/jobs``: jobs and their assignments; ``/api/sync``: what becomes of an assignment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from partner_pipeline.api.auth import Caller, Here, Member, Owner
from partner_pipeline.api.files import SentFile, multipart
from partner_pipeline.api.paging import Page, paged
from partner_pipeline.api.schemas.common import Body, Id, Name
from partner_pipeline.api.schemas.jobs import (
    AssignAnswer,
    AssignBody,
    JobQuery,
    JobShown,
    JobWhole,
    SyncAssignment,
    SyncResult,
)
from partner_pipeline.api.turns import in_turn
from partner_pipeline.errors import ValidationError
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.model.people import User
from partner_pipeline.store.repositories.paging import Order, Place
from partner_pipeline.work.asked import confirm_upload, upload_now
from partner_pipeline.work.assign import Assignee, assign
from partner_pipeline.work.context import Context
from partner_pipeline.work.job_entry import add_job
from partner_pipeline.work.uploads import job_of_upload

router = APIRouter(tags=["jobs"])

_NEWEST_FIRST = Order("createdAt", -1)


class NewJobFields(Body):
    """What is said of a job beside its file."""

    customer_id: Annotated[Id | None, Field(description="Administrators must say.")] = None
    name: Annotated[Name | None, Field(description="By default as the file says.")] = None
    number: Annotated[Name | None, Field(description="By default as the file says.")] = None
    rate: Annotated[float | None, Field(gt=0, le=1e6, allow_inf_nan=False, description="L/ha")] = (
        None
    )
    swath_width: Annotated[
        float | None, Field(gt=0, le=1000, allow_inf_nan=False, description="m")
    ] = None
    start_date: Annotated[datetime | None, Field(description="With its zone, or UTC.")] = None
    end_date: Annotated[datetime | None, Field(description="With its zone, or UTC.")] = None


@router.get("/api/jobs")
def list_jobs(context: Here, who: Member, query: Annotated[JobQuery, Query()]) -> Page[JobShown]:
    """Jobs with their assignments, the last made first."""
    jobs = context.repositories.jobs.page(
        {"customer": who.only(query.customer_id), "number": query.number},
        _NEWEST_FIRST,
        after=query.place,
        limit=query.limit + 1,
    )
    assigns = context.repositories.assigns.of_jobs([job.id for job in jobs])
    users = _users(context, jobs, assigns)

    def shown(job: Job) -> JobShown:
        return JobShown.of(job, [each for each in assigns if each.job == job.id], users)

    return paged(jobs, query, lambda job: Place(job.created_at, job.id), shown)


@router.post(
    "/api/jobs",
    status_code=201,
    openapi_extra=multipart(NewJobFields, "A .JOB, GeoJSON or KML file."),
)
def create_job(context: Here, who: Owner, sent: SentFile) -> JobWhole:
    """Add a job from a file; the customer must not have one of its number."""
    told = sent.read(NewJobFields)
    job = add_job(
        context,
        job_of_upload(sent.file, sent.file_name, number=told.number),
        who.customer(told.customer_id),
        name=told.name,
        rate=told.rate,
        swath_width=told.swath_width,
        start=_aware(told.start_date),
        end=_aware(told.end_date),
        by=who.id,
    )
    return _whole(context, job)


@router.get("/api/jobs/{id}")
def get_job(context: Here, who: Member, id: Id) -> JobWhole:
    """One job, with its polygons."""
    return _whole(context, own_job(context, who, id))


@router.post("/api/jobs/assign", dependencies=[in_turn("partner")])
def assign_job(context: Here, who: Owner, body: AssignBody) -> AssignAnswer:
    """Assign a job, and upload it to the partners of those who are to fly it."""
    if body.job_id is None:
        raise ValidationError("jobId: say which job")
    return _assign(context, who, body.job_id, body)


@router.post("/api/jobs/{jobId}/assign", dependencies=[in_turn("partner")])
def assign_this_job(context: Here, who: Owner, jobId: Id, body: AssignBody) -> AssignAnswer:  # noqa: N803
    """As `/api/jobs/assign`."""
    if body.job_id not in {None, jobId}:
        raise ValidationError("jobId: the path names another job than the body")
    return _assign(context, who, jobId, body)


def _assign(context: Context, who: Caller, job_id: str, body: AssignBody) -> AssignAnswer:
    report = assign(
        context,
        own_job(context, who, job_id).id,
        [Assignee(each.uid, each.notes) for each in body.as_users],
        who.id,
        un_assign=[each.uid for each in body.av_users],
        download_type=None if body.dl_op is None else body.dl_op.type,
    )
    return AssignAnswer.of(report)


@router.post("/api/sync/assignments/{id}/sync", dependencies=[in_turn("partner")])
def sync(context: Here, who: Owner, id: Id, body: SyncAssignment) -> SyncResult:
    """Upload the job of an assignment; or say that the partner has it."""
    own = own_assignment(context, who, id)
    if body.operation == "job_upload":
        return SyncResult.of(upload_now(context, own.id, force=body.force, by=who.id))
    if body.ext_job_id is None:
        raise ValidationError("extJobId: say under which id the partner has the job")
    return SyncResult.of(confirm_upload(context, own.id, body.ext_job_id, by=who.id))


def own_job(context: Context, who: Caller, id: str) -> Job:
    """A job of who asks."""
    found = context.repositories.jobs.get(id)
    return who.own(found, None if found is None else found.customer, f"job {id!r}")


def own_assignment(context: Context, who: Caller, id: str) -> JobAssign:
    """An assignment of who asks."""
    found = context.repositories.assigns.get(id)
    return who.own(found, None if found is None else found.customer_id, f"assignment {id!r}")


def _whole(context: Context, job: Job) -> JobWhole:
    assigns = context.repositories.assigns.of_job(job.id)
    return JobWhole.of(job, assigns, _users(context, [job], assigns))


def _users(context: Context, jobs: Sequence[Job], assigns: Sequence[JobAssign]) -> dict[str, User]:
    ids = {job.customer for job in jobs} | {each.user for each in assigns}
    return context.repositories.users.among(sorted(ids))


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
