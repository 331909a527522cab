"""Logs and what they tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field

from partner_pipeline.api.paging import PageQuery
from partner_pipeline.api.schemas.common import Body, Code, Facts, Id, Schema, Time
from partner_pipeline.api.schemas.tasks import TaskShown
from partner_pipeline.model.applications import ApplicationFile
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.jobs import Job
from partner_pipeline.model.people import User
from partner_pipeline.model.states import LogStatus
from partner_pipeline.work.own_file import OwnFile
from partner_pipeline.work.seen_logs import LogFilter, SeenLog, WholeLog

Decision = Literal["matched", "ambiguous", "unmatched", "manual"]


class LogQuery(PageQuery):
    """Which logs."""

    status: LogStatus | None = None
    partner_code: Code | None = None
    customer_id: Id | None = None
    aircraft_id: Annotated[Id | None, Field(description="The partner's id.")] = None
    error_category: ErrorCategory | None = None
    decision: Annotated[
        frozenset[Decision], Field(description="Of the matching; several: any of these.")
    ] = frozenset()
    job_id: Annotated[Id | None, Field(description="Logs that belong to this job.")] = None
    source: Annotated[
        Literal["partner", "own"] | None, Field(description="own: brought by a user.")
    ] = None
    since: Annotated[AwareDatetime | None, Field(description="Changed then or later.")] = None
    until: Annotated[AwareDatetime | None, Field(description="Changed before then.")] = None

    def wanted(self, customer_id: str | None) -> LogFilter:
        """As the use case takes it."""
        told = self.model_dump(exclude={"limit", "cursor", "customer_id", "decision"})
        return LogFilter(customer_id=customer_id, decisions=tuple(self.decision), **told)


class LogShown(Schema):
    """A log, in short; figures once it is processed."""

    id: str
    source: Literal["partner", "own"]
    log_id: Annotated[str, Field(description="The partner's id; of an own log its SHA-256.")]
    partner_code: str
    aircraft_id: str | None
    customer_id: str
    customer_name: str | None
    file_name: str
    status: LogStatus
    size: Annotated[int | None, Field(description="bytes")]
    decision: Decision | None
    assignment_id: str | None
    job_id: str | None
    job_name: str | None
    records: Annotated[int | None, Field(description="Positions that are stored.")]
    start_time: Time | None
    end_time: Time | None
    net_area: Annotated[float | None, Field(description="ha")]
    volume: Annotated[float | None, Field(description="L")]
    damaged: bool | None
    bytes_lost: int | None
    error_message: str | None
    error_category: ErrorCategory | None
    created_at: Time | None
    processed_at: Time | None
    updated_at: Time | None

    @classmethod
    def of(cls, seen: SeenLog, users: Mapping[str, User], jobs: Mapping[str, Job]) -> Self:
        """A log; names of customer and job where they are among those given."""
        return cls.model_validate(_short(seen, users, jobs))


class Candidate(Schema):
    """An assignment that a log may belong to, and why; null: nothing is known of that."""

    assignment_id: str | None
    job_id: str | None
    job_number: str | None
    job_name: str | None
    ext_job_id: str | None
    score: float | None
    file_name: bool | None
    job_label: bool | None
    aircraft: bool | None
    time: bool | None
    overlap: Annotated[float | None, Field(description="Of what was sprayed, 0 to 1.")]
    excluded: Any


class MatchShown(Schema):
    """Which assignment a log belongs to, and why."""

    decision: Decision
    assignment_id: str | None
    job_id: str | None
    user_id: str | None
    user_name: str | None
    by: Annotated[str | None, Field(description="Who or what said so.")]
    by_name: str | None
    candidates: list[Candidate]


class ApplicationNamed(Schema):
    """The application that a log is part of."""

    id: str
    totals: Facts


class LogWhole(LogShown):
    """A log with all that it tells. Names and units of figures are those of `satlog stats`."""

    sha256: str | None
    retry_count: int
    recoveries: int
    identity: Annotated[Facts, Field(description="What the log says of its job.")]
    meta: Facts
    statistics: Facts
    passes: list[Facts]
    damage: Facts
    notes: Annotated[list[str], Field(description="What could not be told, and why.")]
    match: MatchShown | None
    application: ApplicationNamed | None
    processing: Facts | None
    tasks: Annotated[list[TaskShown], Field(description="Oldest first.")]

    @classmethod
    def whole(cls, whole: WholeLog) -> Self:
        """A log with all that belongs to it."""
        tracker, file = whole.seen.tracker, whole.seen.file
        told = {} if file is None else file.model_dump()
        found = {name: told.get(name) or {} for name in ("identity", "meta", "statistics")}
        application = whole.application
        return cls.model_validate(
            {
                **_short(whole.seen, whole.users, whole.jobs),
                **found,
                "sha256": told.get("sha256") or (None if tracker is None else tracker.sha256),
                "retry_count": 0 if tracker is None else tracker.retry_count,
                "recoveries": 0 if tracker is None else tracker.recoveries,
                "passes": told.get("passes", []),
                "damage": told.get("damage") or {},
                "notes": told.get("notes", []),
                "match": None if file is None else _match(file, whole),
                "application": None
                if application is None
                else {
                    "id": application.id,
                    "totals": application.totals.model_dump(by_alias=True, mode="json"),
                },
                "processing": None
                if file is None
                else file.processing.model_dump(by_alias=True, mode="json"),
                "tasks": [TaskShown.of(task) for task in whole.chain],
            }
        )


def _match(file: ApplicationFile, whole: WholeLog) -> MatchShown:
    match = file.job_match
    by, user = whole.users.get(match.by or ""), whole.users.get(match.user_id or "")
    return MatchShown(
        decision=match.decision,
        assignment_id=match.assign_id,
        job_id=match.job_id,
        user_id=match.user_id,
        user_name=None if user is None else user.name,
        by=match.by,
        by_name=None if by is None else by.name,
        candidates=[_candidate(each, whole.jobs) for each in match.candidates],
    )


def _candidate(told: Mapping[str, Any], jobs: Mapping[str, Job]) -> Candidate:
    job = jobs.get(told.get("jobId") or "")
    names = ("score", "fileName", "jobLabel", "aircraft", "time", "overlap", "excluded")
    return Candidate.model_validate(
        {
            **{name: told.get(name) for name in ("jobId", "extJobId", *names)},
            "assignmentId": told.get("assignId"),
            "jobNumber": None if job is None else job.number,
            "jobName": None if job is None else job.name,
        }
    )


def _short(seen: SeenLog, users: Mapping[str, User], jobs: Mapping[str, Job]) -> dict[str, Any]:
    tracker, file = seen.tracker, seen.file
    customer = users.get(seen.customer_id)
    told: dict[str, Any] = {
        "id": seen.id,
        "source": "own" if tracker is None else "partner",
        "customer_id": seen.customer_id,
        "customer_name": None if customer is None else customer.name,
        "status": seen.status,
        **dict.fromkeys(LogShown.model_fields.keys() - _ALWAYS),
    }
    if file is not None:
        told |= _of_file(file, jobs)
    if tracker is not None:
        told |= {
            "log_id": tracker.log_id,
            "partner_code": tracker.partner_code,
            "aircraft_id": tracker.aircraft_id,
            "file_name": tracker.log_file_name,
            "size": tracker.size,
            "error_message": tracker.error_message,
            "error_category": tracker.error_category,
            "created_at": tracker.created_at,
            "processed_at": tracker.processed_at,
            "updated_at": tracker.updated_at,
        }
    return told


_ALWAYS = {"id", "source", "customer_id", "customer_name", "status"}


def _of_file(file: ApplicationFile, jobs: Mapping[str, Job]) -> dict[str, Any]:
    job = jobs.get(file.job_match.job_id or "")
    return {
        "log_id": file.log_id,
        "partner_code": file.partner_code,
        "aircraft_id": file.aircraft_id,
        "file_name": file.log_file_name,
        "size": file.processing.size,
        "decision": file.job_match.decision,
        "assignment_id": file.job_match.assign_id,
        "job_id": file.job_match.job_id,
        "job_name": None if job is None else job.name,
        "records": file.processing.records,
        "start_time": file.statistics.get("startTime"),
        "end_time": file.statistics.get("endTime"),
        "net_area": file.statistics.get("netArea"),
        "volume": file.statistics.get("volume"),
        "damaged": file.damage.get("damaged"),
        "bytes_lost": file.damage.get("bytesLost"),
        "created_at": file.uploaded_date,
        "processed_at": file.uploaded_date,
        "updated_at": file.updated_at,
    }


class MatchBody(Body):
    """Which assignment a log belongs to; null: none of them."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"assignmentId": "0af3c2d1e4b54f0c9a5e0d5f3c2b1a09"}]}
    )

    assignment_id: Id | None


class Reprocess(Body):
    """Whether the log is fetched from the partner again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"download": False}]})

    download: bool = False


class Taken(Schema):
    """A log that was taken and is being processed."""

    id: Annotated[str, Field(description="Of the log, once it is processed.")]
    task_id: str
    execution_id: Annotated[
        str | None, Field(description="null: the same file is being processed already.")
    ]
    status: Literal["queued", "already"]
    sha256: str
    size: int
    file_name: str

    @classmethod
    def of(cls, id: str, taken: OwnFile, file_name: str) -> Self:
        """Of a file."""
        return cls(
            id=id,
            task_id=taken.task_id,
            execution_id=taken.execution_id,
            status="already" if taken.execution_id is None else "queued",
            sha256=taken.sha256,
            size=taken.size,
            file_name=file_name,
        )
