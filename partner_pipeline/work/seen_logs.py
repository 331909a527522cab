"""Logs as people see them: a partner's log and its data, or the data of a user's own log.

A log's id is that of its tracker; a user's own log has none, and is known by the id of its data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Final, Literal

from partner_pipeline.errors import NotFoundError
from partner_pipeline.model.applications import Application, ApplicationFile
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.jobs import Job
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.people import User
from partner_pipeline.model.states import LogStatus
from partner_pipeline.model.tasks import OWN_FILES, TaskTracker, file_task_id
from partner_pipeline.store.repositories.paging import LATEST_CHANGE_FIRST, Place
from partner_pipeline.work.context import Context
from partner_pipeline.work.enqueueing import log_task

#: What a list needs of a log's data: not its passes and lines, which are most of it.
_SHORT: Final = (
    *("partnerCode", "customerId", "logId", "aircraftId", "trackerId", "logFileName", "sha256"),
    *("jobMatch.decision", "jobMatch.assignId", "jobMatch.jobId", "jobMatch.userId"),
    *("statistics.startTime", "statistics.endTime", "statistics.netArea", "statistics.volume"),
    *("damage.damaged", "damage.bytesLost", "processing.records", "processing.size"),
    *("uploadedDate", "updatedAt"),
)


@dataclass(frozen=True, slots=True)
class SeenLog:
    """A log, and its data once it is processed."""

    tracker: PartnerLogTracker | None
    file: ApplicationFile | None

    @property
    def id(self) -> str:
        """By which it is asked for."""
        return (self.tracker or self.data).id

    @property
    def customer_id(self) -> str:
        """Whose log it is."""
        return (self.tracker or self.data).customer_id

    @property
    def status(self) -> LogStatus:
        """Where it is."""
        return LogStatus.PROCESSED if self.tracker is None else self.tracker.status

    @property
    def data(self) -> ApplicationFile:
        """Of a log that is processed, as a user's own log always is."""
        if self.file is None:
            raise NotFoundError("looking at a log: it has neither a tracker nor data")
        return self.file


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which logs to list; None: any.

    Attributes
    ----------
    decisions : tuple of str
        Only processed logs whose match is one of these; empty: any, also none yet.
    job_id : str or None
        Only processed logs that belong to this job.
    since, until : datetime or None
        Of the last change.
    """

    customer_id: str | None = None
    partner_code: str | None = None
    aircraft_id: str | None = None
    status: LogStatus | None = None
    error_category: ErrorCategory | None = None
    decisions: tuple[str, ...] = ()
    job_id: str | None = None
    source: Literal["partner", "own"] | None = None
    since: datetime | None = None
    until: datetime | None = None


#: A log, and where in its list it is.
Listed = tuple[Place, SeenLog]


def list_logs(
    context: Context, wanted: LogFilter, *, after: Place | None = None, limit: int
) -> list[Listed]:
    """Logs that match, the last changed first."""
    found: list[list[Listed]] = []
    if wanted.decisions or wanted.job_id is not None:
        # One list a decision: each comes sorted from its index.
        decisions = wanted.decisions or (None,)
        found = [_by_match(context, wanted, each, after, limit) for each in decisions]
        return _merged(found, limit)
    if wanted.source != "own" and wanted.partner_code != OWN_FILES:
        found.append(_partner_logs(context, wanted, after, limit))
    if wanted.source != "partner" and wanted.partner_code in {None, OWN_FILES}:
        found.append(_own_logs(context, wanted, after, limit))
    return _merged(found, limit)


def _merged(found: Sequence[list[Listed]], limit: int) -> list[Listed]:
    return list(islice(merge(*found, key=_latest_first), limit))


def _latest_first(listed: Listed) -> tuple[float, str]:
    place, _ = listed
    changed = place.value.timestamp() if isinstance(place.value, datetime) else 0.0
    return -changed, place.id


def _partner_logs(
    context: Context, wanted: LogFilter, after: Place | None, limit: int
) -> list[Listed]:
    trackers = context.repositories.trackers.page(
        {
            "customerId": wanted.customer_id,
            "partnerCode": wanted.partner_code,
            "aircraftId": wanted.aircraft_id,
            "status": wanted.status,
            "errorCategory": wanted.error_category,
        },
        LATEST_CHANGE_FIRST,
        after=after,
        limit=limit,
        since=wanted.since,
        until=wanted.until,
    )
    ids = [each.application_file_id for each in trackers if each.application_file_id]
    files = context.repositories.application_files.among(ids, fields=_SHORT)
    return [
        (
            Place(each.updated_at, each.id),
            SeenLog(each, files.get(each.application_file_id or "")),
        )
        for each in trackers
    ]


def _own_logs(context: Context, wanted: LogFilter, after: Place | None, limit: int) -> list[Listed]:
    other = wanted.status not in {None, LogStatus.PROCESSED}
    if other or wanted.aircraft_id is not None or wanted.error_category is not None:
        return []
    files = _files(context, wanted, after, limit, code=OWN_FILES)
    return [(Place(file.updated_at, file.id), SeenLog(None, file)) for file in files]


def _by_match(
    context: Context, wanted: LogFilter, decision: str | None, after: Place | None, limit: int
) -> list[Listed]:
    """Told by their data; its changes order the list, not those of the tracker."""
    if wanted.status not in {None, LogStatus.PROCESSED} or wanted.error_category is not None:
        return []
    code = OWN_FILES if wanted.source == "own" else wanted.partner_code
    if wanted.partner_code not in {None, code} or (wanted.source, code) == ("partner", OWN_FILES):
        return []
    files = _files(context, wanted, after, limit, code=code, decision=decision)
    ids = [file.tracker_id for file in files if file.tracker_id]
    trackers = context.repositories.trackers.among(ids)
    return [
        (Place(file.updated_at, file.id), SeenLog(trackers.get(file.tracker_id or ""), file))
        for file in files
    ]


def _files(
    context: Context,
    wanted: LogFilter,
    after: Place | None,
    limit: int,
    *,
    code: str | None,
    decision: str | None = None,
) -> Sequence[ApplicationFile]:
    return context.repositories.application_files.page(
        {
            "customerId": wanted.customer_id,
            "partnerCode": code,
            "aircraftId": wanted.aircraft_id,
            "jobMatch.decision": decision,
            "jobMatch.jobId": wanted.job_id,
        },
        LATEST_CHANGE_FIRST,
        after=after,
        limit=limit,
        since=wanted.since,
        until=wanted.until,
        without={"partnerCode": OWN_FILES} if wanted.source == "partner" and not code else {},
        fields=_SHORT,
    )


def log_counts(context: Context) -> dict[LogStatus, int]:
    """How many logs are in each state; a user's own log is there once it is processed."""
    counts = context.repositories.trackers.counts()
    files = context.repositories.application_files
    counts[LogStatus.PROCESSED] += files.tally({"partnerCode": OWN_FILES}, path="updatedAt")
    return counts


def find_log(context: Context, id: str, customer_id: str | None) -> SeenLog:
    """The log with this id: of this customer, or (None) of any.

    Raises
    ------
    NotFoundError
        There is none, or it is another customer's.
    """
    repositories = context.repositories
    tracker = repositories.trackers.get(id)
    file_id = id if tracker is None else tracker.application_file_id
    file = None if file_id is None else repositories.application_files.get(file_id)
    if tracker is None and file is not None and file.tracker_id is not None:
        tracker = repositories.trackers.get(file.tracker_id)
    owner = None if tracker is None and file is None else SeenLog(tracker, file).customer_id
    if owner is None or customer_id not in {None, owner}:
        raise NotFoundError(f"looking for log {id[:100]!r}: there is none")
    return SeenLog(tracker, file)


@dataclass(frozen=True, slots=True)
class WholeLog:
    """A log with all that belongs to it.

    Attributes
    ----------
    jobs, users : mapping
        Of its candidates, by id.
    chain : sequence of TaskTracker
        Every execution of its task, oldest first.
    """

    seen: SeenLog
    application: Application | None
    jobs: Mapping[str, Job]
    users: Mapping[str, User]
    chain: Sequence[TaskTracker]


def whole_log(context: Context, seen: SeenLog) -> WholeLog:
    """Gather what belongs to a log."""
    repositories, file = context.repositories, seen.file
    candidates = [] if file is None else file.job_match.candidates
    assigns = repositories.assigns.among([str(each.get("assignId")) for each in candidates])
    jobs = {each.get("jobId") for each in candidates}
    users = {assign.user for assign in assigns.values()} | {seen.customer_id}
    if file is not None:
        jobs.add(file.job_match.job_id)
        users |= {each for each in (file.job_match.by, file.job_match.user_id) if each}
    application = None
    if file is not None and file.application_id is not None:
        application = repositories.applications.get(file.application_id)
    return WholeLog(
        seen=seen,
        application=application,
        jobs=repositories.jobs.among(sorted(filter(None, jobs))),
        users=repositories.users.among(sorted(users)),
        chain=repositories.tasks.chain(_task_id(context, seen)),
    )


def _task_id(context: Context, seen: SeenLog) -> str:
    if seen.tracker is not None:
        return log_task(context.settings, seen.tracker)
    sha256 = "" if seen.file is None else seen.file.sha256 or ""
    return file_task_id(context.settings.task_queue, seen.customer_id, sha256)
