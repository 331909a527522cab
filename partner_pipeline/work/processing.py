"""A log to its data: decode, analyse, match, store. The work of two task types.

A log's positions are stored first, and then in one transaction its ApplicationFile, the totals of
its application, the tracker's and the execution's end. All ids are told by the log itself, so that
processing it again replaces what was stored and nothing counts twice.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import polars as pl

from partner_pipeline.errors import (
    NotFoundError,
    PipelineError,
    ProcessingError,
    TransientError,
)
from partner_pipeline.model.applications import ApplicationFile, JobMatch, ProcessingMetrics
from partner_pipeline.model.ids import application_file_id
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.states import AssignStatus, LogStatus
from partner_pipeline.model.tasks import OWN_FILES, ProcessFileTask, ProcessLogTask, TaskTracker
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.partners.storage import LogStorage
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.context import Context
from partner_pipeline.work.failpoints import failpoint
from partner_pipeline.work.flown import FlownLog, read_flown_log
from partner_pipeline.work.matching import match_flown

_log = get_logger(__name__)


class LostClaim(PipelineError):
    """Somebody else has taken this work up meanwhile: leave it to them."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose log it is, and where it lies."""

    partner_code: str
    customer_id: str
    log_id: str
    aircraft_id: str | None
    file_name: str
    saved_local_file: str
    sha256: str | None
    tracker_id: str | None
    path: Path

    @property
    def file_id(self) -> str:
        """Id of its ApplicationFile."""
        return application_file_id(self.partner_code, self.customer_id, self.log_id)


def process_log(context: Context, message: ProcessLogTask, task: TaskTracker) -> dict[str, Any]:
    """Process a log that was downloaded from a partner; ends the execution.

    Returns
    -------
    dict
        The execution's result.

    Raises
    ------
    LostClaim
        If somebody else works on it, or has ended it.
    NotFoundError
        If there is no tracker of it.
    ProcessingError
        If it is no log, cannot be analysed, or has failed before.
    """
    trackers = context.repositories.trackers
    tracker = trackers.claim_processing(message.tracker_id, task.claim or "")
    if tracker is None:
        return _nothing_to_do(context, trackers.require(message.tracker_id), task)
    failpoint("process.claimed")
    origin = _origin(context, tracker)
    if origin is None:
        return _file_gone(context, tracker, task)
    return _process(context, origin, task)


def process_file(context: Context, message: ProcessFileTask, task: TaskTracker) -> dict[str, Any]:
    """Process a log that a user brought; ends the execution. Raises as :func:`process_log`."""
    storage = LogStorage(context.own_files, context.settings.satloc_max_file_size)
    try:
        path = storage.resolve(message.saved_local_file)
    except NotFoundError as error:
        raise NotFoundError(
            f"processing {message.log_file_name!r}: its file is gone; upload it again"
        ) from error
    origin = Origin(
        partner_code=OWN_FILES,
        customer_id=message.customer_id,
        log_id=message.sha256,
        aircraft_id=None,
        file_name=message.log_file_name,
        saved_local_file=message.saved_local_file,
        sha256=message.sha256,
        tracker_id=None,
        path=path,
    )
    return _process(context, origin, task)


def _nothing_to_do(
    context: Context, tracker: PartnerLogTracker, task: TaskTracker
) -> dict[str, Any]:
    """It is processed already; or somebody works on it, who is recovered should he be dead."""
    if tracker.status in {LogStatus.PROCESSING, LogStatus.DOWNLOADING}:
        raise LostClaim(f"log {tracker.log_id}: somebody else has it in hand")
    if tracker.status is LogStatus.FAILED:
        # Found out by one who died before the dead letter was sent.
        raise ProcessingError(f"log {tracker.log_id} has failed before: {tracker.error_message}")
    result = {"status": tracker.status.value, "already": True}
    context.repositories.tasks.completed(task, result)
    return result


def _origin(context: Context, tracker: PartnerLogTracker) -> Origin | None:
    """Where the log is; None if its file is gone."""
    try:
        service = context.service(tracker.partner_code)
        path = service.resolve_log_file(tracker.saved_local_file or "")
    except NotFoundError:
        return None
    return Origin(
        partner_code=tracker.partner_code,
        customer_id=tracker.customer_id,
        log_id=tracker.log_id,
        aircraft_id=tracker.aircraft_id,
        file_name=tracker.log_file_name,
        saved_local_file=tracker.saved_local_file or "",
        sha256=tracker.sha256,
        tracker_id=tracker.id,
        path=path,
    )


def _file_gone(context: Context, tracker: PartnerLogTracker, task: TaskTracker) -> dict[str, Any]:
    """The next poll downloads it again, up to the limit of recoveries."""
    error = ProcessingError(f"processing log {tracker.log_file_name!r}: its file is gone")
    most = context.settings.partner_max_retries

    def give_back(repositories: Repositories) -> dict[str, Any]:
        trackers = repositories.trackers
        given = trackers.processing_failed(
            tracker.id, task.claim or "", str(error), error.category, final=False, counted=False
        )
        again = None if given is None else trackers.recover(given, most=most, file_gone=True)
        if again is None:
            raise LostClaim(f"log {tracker.log_id}: somebody else has it in hand")
        result = {"status": again.status.value, "fileGone": True}
        repositories.tasks.completed(task, result)
        return result

    _log.warning("file of a log is gone", log=tracker.log_id, file=tracker.saved_local_file)
    return context.repositories.transact(give_back)


def _process(context: Context, origin: Origin, task: TaskTracker) -> dict[str, Any]:
    begun = time.perf_counter()
    flown = read_flown_log(origin.path, origin.file_name)
    failpoint("process.decoded")
    matched = time.perf_counter()
    match = _match(context, origin, flown)
    failpoint("process.matched")
    seconds = {**flown.seconds, "match": time.perf_counter() - matched}
    stored = time.perf_counter()
    result = {
        "status": LogStatus.PROCESSED.value,
        "applicationFileId": origin.file_id,
        "records": flown.details.height,
        "decision": match.decision,
        "assignId": match.assign_id,
        "jobId": match.job_id,
        "damaged": flown.damage["damaged"],
    }
    _still_mine(context, task)
    # Not in the transaction: tens of thousands of documents are too many for one, and until the log
    # counts as processed nobody relies on them. Their ids are the file's, so again is the same.
    context.repositories.details.replace(origin.file_id, _details(flown, match, origin))
    failpoint("process.stored")
    context.repositories.transact(
        lambda repositories: _store(
            repositories,
            context,
            origin,
            flown=flown,
            match=match,
            seconds=seconds,
            task=task,
            result=result,
        )
    )
    failpoint("process.completed")
    seconds["store"] = time.perf_counter() - stored
    seconds["all"] = time.perf_counter() - begun
    for stage, duration in seconds.items():
        context.metrics.stage(stage, duration)
    context.metrics.stored(flown.details.height, flown.damage["bytesLost"])
    return result


def _match(context: Context, origin: Origin, flown: FlownLog) -> JobMatch:
    """The assignment that the log belongs to; what a person said before stays."""
    repositories = context.repositories
    before = repositories.application_files.get(origin.file_id)
    if _is_manual(before):
        return before.job_match
    assigns, jobs = candidates(repositories, origin.partner_code, origin.customer_id)
    aircraft = None
    if origin.aircraft_id is not None:
        known = repositories.users.aircraft_at(
            origin.customer_id, origin.partner_code, origin.aircraft_id
        )
        aircraft = origin.aircraft_id if known is None else known.id
    first = context.settings.satloc_1st_assignment_always_match
    return match_flown(flown, aircraft, assigns, jobs, first_assignment=first)


def candidates(
    repositories: Repositories, partner_code: str, customer_id: str
) -> tuple[list[JobAssign], Mapping[str, Job]]:
    """Assignments that a customer's log may belong to, and their jobs by id.

    Of a partner's log those that the partner has; of a user's own log all of the customer's.
    """
    if partner_code == OWN_FILES:
        jobs = {job.id: job for job in repositories.jobs.of_customer(customer_id)}
        return [assign for job in jobs for assign in repositories.assigns.of_job(job)], jobs
    assigns = repositories.assigns.at_partner(
        partner_code, AssignStatus.UPLOADED, customer_id=customer_id
    )
    return assigns, repositories.jobs.among(list({assign.job for assign in assigns}))


def _store(
    repositories: Repositories,
    context: Context,
    origin: Origin,
    *,
    flown: FlownLog,
    match: JobMatch,
    seconds: dict[str, float],
    task: TaskTracker,
    result: dict[str, Any],
) -> None:
    now = context.now()
    files = repositories.application_files
    before = files.get(origin.file_id)
    if _is_manual(before) and before.job_match != match:
        raise TransientError(f"log {origin.log_id} was matched by hand while it was processed")
    uploaded = now if before is None else before.uploaded_date
    application = None
    if match.job_id is not None and match.user_id is not None:
        application = repositories.applications.open_for(
            match.job_id,
            match.user_id,
            customer_id=origin.customer_id,
            partner_code=None if origin.partner_code == OWN_FILES else origin.partner_code,
            at=uploaded,
        ).id
    files.put(
        ApplicationFile(
            id=origin.file_id,
            application_id=application,
            partner_code=origin.partner_code,
            customer_id=origin.customer_id,
            log_id=origin.log_id,
            aircraft_id=origin.aircraft_id,
            tracker_id=origin.tracker_id,
            log_file_name=origin.file_name,
            saved_local_file=origin.saved_local_file,
            sha256=origin.sha256,
            job_match=match,
            identity=_identity(flown),
            meta=flown.meta,
            segments=flown.segments,
            statistics=flown.statistics,
            passes=flown.passes,
            damage=flown.damage,
            notes=flown.notes,
            processing=ProcessingMetrics(
                seconds=seconds,
                records=flown.details.height,
                size=flown.damage["size"],
                bytes_lost_share=flown.damage["bytesLost"] / max(flown.damage["size"], 1),
            ),
            uploaded_date=uploaded,
        )
    )
    earlier = None if before is None else before.application_id
    for each in sorted({each for each in (application, earlier) if each is not None}):
        repositories.applications.recompute(each)
    _end(repositories, origin, flown, task, result)


def _end(
    repositories: Repositories,
    origin: Origin,
    flown: FlownLog,
    task: TaskTracker,
    result: dict[str, Any],
) -> None:
    if origin.tracker_id is not None:
        ended = repositories.trackers.processed(
            origin.tracker_id,
            task.claim or "",
            application_file_id=origin.file_id,
            damage=flown.damage,
        )
        if ended is None:
            raise LostClaim(f"log {origin.log_id}: somebody else has taken it up meanwhile")
    if repositories.tasks.completed(task, result) is None:
        raise LostClaim(f"task {task.task_id}: somebody else has taken it up meanwhile")


def _still_mine(context: Context, task: TaskTracker) -> None:
    """Raise LostClaim where the task was given up for dead: somebody else stores its data."""
    found = context.repositories.tasks.get(task.id)
    if found is None or found.claim != task.claim:
        raise LostClaim(f"task {task.task_id}: somebody else has taken it up meanwhile")


def _is_manual(file: ApplicationFile | None) -> TypeGuard[ApplicationFile]:
    return file is not None and file.job_match.decision == "manual"


def _identity(flown: FlownLog) -> dict[str, Any]:
    identity = flown.identity
    return {
        "id": identity.id,
        "source": identity.source,
        "filenameJobId": identity.filename_job_id,
        "jobLongLabelName": identity.job_label,
        "swathingJobId": identity.numeric_job_id,
        "aircraft": flown.aircraft,
    }


def _details(flown: FlownLog, match: JobMatch, origin: Origin) -> pl.DataFrame:
    """The positions, each with the job identity as the platform reads it."""
    identity = flown.identity
    chosen = next(
        (each["extJobId"] for each in match.candidates if each["assignId"] == match.assign_id),
        None,
    )
    swathing = None if identity.numeric_job_id is None else str(identity.numeric_job_id)
    return flown.details.with_columns(
        pl.lit(chosen or identity.id, pl.String).alias("satlocJobId"),
        pl.lit(identity.filename_job_id, pl.String).alias("filenameJobId"),
        pl.lit(swathing, pl.String).alias("swathingJobId"),
        pl.lit(identity.job_label, pl.String).alias("jobLongLabelName"),
        pl.lit(origin.aircraft_id or flown.aircraft, pl.String).alias("aircraftId"),
    )
