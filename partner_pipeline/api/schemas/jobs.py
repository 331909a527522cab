"""Jobs and their assignments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field

from partner_pipeline.api.paging import PageQuery, Query
from partner_pipeline.api.schemas.common import Body, Code, Id, Name, Notes, Schema, Time
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.model.people import User
from partner_pipeline.work.asked import sync_status
from partner_pipeline.work.assign import Assigned, AssignReport
from partner_pipeline.work.poll import AccountPoll, PollReport

SyncStatus = Literal["uploaded", "queued", "internal", "failed", "uncertain"]
_MOST_USERS = 200


class JobQuery(PageQuery):
    """Which jobs."""

    customer_id: Id | None = None
    number: Name | None = None


class DownloadOptionShown(Schema):
    """How a job gets to the aircraft."""

    type: int | str | None


class AssignmentShown(Schema):
    """A job given to an aircraft or pilot."""

    assignment_id: str
    job_id: str
    user_id: str
    user_name: str | None
    customer_id: str
    partner_code: Annotated[str | None, Field(description="null: no partner's aircraft.")]
    status: Literal["NEW", "DOWNLOADED", "UPLOADED"]
    ext_job_id: Annotated[str | None, Field(description="The partner's id of the job.")]
    notes: str | None
    date: Time
    sync_status: Annotated[
        SyncStatus,
        Field(description="failed: needs a person; uncertain: the partner may have it."),
    ]
    attempts: int
    last_attempt: Time | None
    last_success: Time | None
    error: str | None
    error_category: ErrorCategory | None
    next_retry: Time | None
    uncertain_since: Time | None

    @classmethod
    def of(cls, assign: JobAssign, users: Mapping[str, User]) -> Self:
        """An assignment, and its user where that is among those given."""
        user = users.get(assign.user)
        told = assign.sync.model_dump()
        return cls.model_validate(
            {
                **told,
                "assignment_id": assign.id,
                "job_id": assign.job,
                "user_id": assign.user,
                "user_name": None if user is None else user.name,
                "customer_id": assign.customer_id,
                "partner_code": assign.partner_code,
                "status": assign.status.name,
                "ext_job_id": assign.ext_job_id,
                "notes": assign.notes,
                "date": assign.date,
                "sync_status": sync_status(assign),
            }
        )


class JobShown(Schema):
    """A job, without its polygons."""

    id: str
    number: Annotated[str | None, Field(description="In .JOB files, and of logs.")]
    name: str
    customer_id: str
    customer_name: str | None
    dl_op: DownloadOptionShown
    polygon_count: int
    rate: Annotated[float | None, Field(description="L/ha")]
    swath_width: Annotated[float | None, Field(description="m")]
    start_date: Time | None
    end_date: Time | None
    created_at: Time | None
    updated_at: Time | None
    assignments: list[AssignmentShown]

    @classmethod
    def of(cls, job: Job, assigns: Sequence[JobAssign], users: Mapping[str, User]) -> Self:
        """A job with its assignments; users where they are among those given."""
        customer = users.get(job.customer)
        told = job.model_dump()
        return cls.model_validate(
            {
                **told,
                "customer_id": job.customer,
                "customer_name": None if customer is None else customer.name,
                "polygon_count": len(job.polygons),
                "assignments": [AssignmentShown.of(each, users) for each in assigns],
            }
        )


class JobWhole(JobShown):
    """A job."""

    polygons: Annotated[list[dict[str, Any]], Field(description="GeoJSON.")]


class DownloadOptionBody(Body):
    """The platform's ``dlOp``."""

    type: Annotated[int, Field(ge=0, lt=1 << 31)] | Name


class AsUser(Body):
    """Who is to fly it."""

    uid: Id
    notes: Notes | None = None


class AvUser(Body):
    """From whom it is taken back."""

    uid: Id


class AssignBody(Body):
    """Who gets a job, and from whom it is taken back; ids are ours."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "jobId": "26750e7e357d4f0c9a5e0d5f3c2b1a09",
                    "dlOp": {"type": 1},
                    "asUsers": [
                        {"uid": "790258b82d5483014bb5014d4ea30a10", "notes": "after the rain"}
                    ],
                    "avUsers": [],
                }
            ]
        }
    )

    job_id: Id | None = None
    dl_op: DownloadOptionBody | None = None
    as_users: Annotated[list[AsUser], Field(max_length=_MOST_USERS)] = Field(default_factory=list)
    av_users: Annotated[list[AvUser], Field(max_length=_MOST_USERS)] = Field(default_factory=list)


class Assignment(Schema):
    """What became of one assignment."""

    assignment_id: str
    user_id: str
    partner_code: str | None
    ext_job_id: str | None
    sync_status: SyncStatus


class AssignError(Schema):
    """Why a user does not have the job, or its partner not yet."""

    user_id: str
    message: str
    category: ErrorCategory | None


class AssignAnswer(Schema):
    """What became of an assignment: a partner that does not answer gets the job later."""

    ok: Annotated[bool, Field(description="Everybody has an assignment, and none failed.")]
    assignments: list[Assignment]
    unassigned: Annotated[list[str], Field(description="Users it was taken back from.")]
    errors: list[AssignError]
    summary: Annotated[dict[str, int], Field(description="How many have each syncStatus.")]

    @classmethod
    def of(cls, report: AssignReport) -> Self:
        """Of a request."""
        return cls(
            ok=all(each.synced.status != "failed" for each in report.assigned),
            assignments=[
                Assignment(
                    assignment_id=each.assign_id,
                    user_id=each.user_id,
                    partner_code=each.partner_code,
                    ext_job_id=each.synced.ext_job_id,
                    sync_status=each.synced.status,
                )
                for each in report.assigned
                if each.assign_id is not None
            ],
            unassigned=list(report.unassigned),
            errors=[
                AssignError(
                    user_id=each.user_id,
                    message=each.synced.error,
                    category=each.synced.error_category,
                )
                for each in report.assigned
                if each.synced.error is not None
            ],
            summary=report.summary,
        )


class UploadJob(Body):
    """Which assignment."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"assignId": "0af3c2d1e4b54f0c9a5e0d5f3c2b1a09"}]}
    )

    assign_id: Id


class SyncAssignment(Body):
    """What to do: upload the job (``force``: also where the partner has or may have it), or say
    that the partner has it under an id of its own.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"operation": "job_upload", "force": False}]}
    )

    operation: Literal["job_upload", "confirm_upload"] = "job_upload"
    force: bool = False
    ext_job_id: Name | None = None


class SyncResult(Schema):
    """Where an assignment is now."""

    assignment_id: str
    user_id: str
    partner_code: str | None
    ext_job_id: str | None
    sync_status: SyncStatus
    error: str | None
    error_category: ErrorCategory | None

    @classmethod
    def of(cls, done: Assigned) -> Self:
        """Of an assignment."""
        return cls(
            assignment_id=done.assign_id or "",
            user_id=done.user_id,
            partner_code=done.partner_code,
            ext_job_id=done.synced.ext_job_id,
            sync_status=done.synced.status,
            error=done.synced.error,
            error_category=done.synced.error_category,
        )


class SyncData(Body):
    """Whose logs to fetch; nothing given: of all (administrators)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"partnerCode": "SATLOC"}]})

    customer_id: Id | None = None
    partner_code: Code | None = None


class AccountPolled(Schema):
    """What became of one account."""

    partner_code: str
    customer_id: str
    aircraft: int
    listed: int
    offered: int
    new: int
    downloaded: int
    enqueued: int
    failed: int
    error: str | None
    error_category: ErrorCategory | None
    resting_until: Time | None

    @classmethod
    def of(cls, account: AccountPoll) -> Self:
        """Of an account."""
        return cls(**{name: getattr(account, name) for name in cls.model_fields})


class PollAnswer(Schema):
    """What was fetched."""

    busy: Annotated[bool, Field(description="Another poll is under way: nothing was done.")]
    cut_short: Annotated[bool, Field(description="The rest comes with the next poll.")]
    accounts: list[AccountPolled]

    @classmethod
    def of(cls, report: PollReport) -> Self:
        """Of a poll."""
        return cls(
            busy=report.busy,
            cut_short=report.cut_short,
            accounts=[AccountPolled.of(each) for each in report.accounts],
        )


class NewJobQuery(Query):
    """Whose new jobs."""

    customer_id: Id | None = None
    user_id: Id | None = None


class NewJob(Schema):
    """An assignment that nobody has fetched yet."""

    assignment_id: str
    job_id: str
    job_number: str | None
    job_name: str
    user_id: str
    user_name: str | None
    customer_id: str
    partner_code: str | None
    notes: str | None
    date: Time

    @classmethod
    def of(cls, assign: JobAssign, job: Job, users: Mapping[str, User]) -> Self:
        """An assignment and its job."""
        user = users.get(assign.user)
        return cls(
            assignment_id=assign.id,
            job_id=job.id,
            job_number=job.number,
            job_name=job.name,
            user_id=assign.user,
            user_name=None if user is None else user.name,
            customer_id=assign.customer_id,
            partner_code=assign.partner_code,
            notes=assign.notes,
            date=assign.date,
        )


class NewJobs(Schema):
    """New jobs: for our own, and by partner."""

    internal: list[NewJob]
    partners: dict[str, list[NewJob]]


class DownloadJob(Body):
    """Which job, by itself or by an assignment, in which format."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"assignId": "0af3c2d1e4b54f0c9a5e0d5f3c2b1a09", "format": "native"}]
        }
    )

    assign_id: Id | None = None
    job_id: Id | None = None
    format: Annotated[
        Literal["native", "converted"], Field(description="A .JOB file, or GeoJSON.")
    ] = "native"
