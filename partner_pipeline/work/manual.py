"""What people decide about logs: which job one belongs to, and that one is processed again."""

from __future__ import annotations

from typing import Any

from partner_pipeline.errors import ValidationError
from partner_pipeline.model.applications import ApplicationFile, JobMatch
from partner_pipeline.model.housekeeping import OutboxMessage
from partner_pipeline.model.jobs import JobAssign
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.states import LogStatus
from partner_pipeline.model.tasks import OWN_FILES
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.context import Context
from partner_pipeline.work.enqueueing import enqueue_log
from partner_pipeline.work.publishing import publish


def match_by_hand(
    context: Context, file_id: str, assign_id: str | None, *, by: str
) -> ApplicationFile:
    """Say which assignment a log belongs to. It stays so when the log is processed again.

    The positions get the job's id, and the totals of the application that the log leaves, and of
    the one that it comes to, are computed anew.

    Parameters
    ----------
    context : Context
    file_id : str
        Of the log's data.
    assign_id : str or None
        None: to none of them.
    by : str
        Who says so.

    Returns
    -------
    ApplicationFile
        As it is now.

    Raises
    ------
    NotFoundError
        There is no such file, or no such assignment.
    ValidationError
        The assignment is another customer's.
    """
    repositories = context.repositories
    assign = None if assign_id is None else repositories.assigns.require(assign_id)
    found = repositories.application_files.require(file_id)
    if assign is not None and assign.customer_id != found.customer_id:
        raise ValidationError(
            f"matching log {found.log_file_name!r}: assignment {assign.id} is of another customer"
        )
    matched = repositories.transact(lambda inside: _match(inside, file_id, assign, by))
    # Outside of the transaction, as tens of thousands of positions are too many for one; and after
    # it, so that whoever processes the log again meanwhile gives them the same job.
    repositories.details.set_job(file_id, _job_id(found, assign))
    return matched


def _match(
    repositories: Repositories, file_id: str, assign: JobAssign | None, by: str
) -> ApplicationFile:
    file = repositories.application_files.require(file_id)
    application = None if assign is None else _application(repositories, file, assign)
    changed = repositories.application_files.match(file.id, _said(file, assign, by), application)
    for each in sorted({each for each in (application, file.application_id) if each}):
        repositories.applications.recompute(each)
    changes = {
        "assignId": None if assign is None else assign.id,
        "before": file.job_match.assign_id,
    }
    repositories.audit.record(by, "match", "application_files", file.id, changes)
    return changed or file


def _application(repositories: Repositories, file: ApplicationFile, assign: JobAssign) -> str:
    return repositories.applications.open_for(
        assign.job,
        assign.user,
        customer_id=file.customer_id,
        partner_code=None if file.partner_code == OWN_FILES else file.partner_code,
        at=file.uploaded_date,
    ).id


def _said(file: ApplicationFile, assign: JobAssign | None, by: str) -> JobMatch:
    # Those that people named before have no score; they are none any more.
    candidates = [each for each in file.job_match.candidates if each.get("score") is not None]
    if assign is None:
        return JobMatch(decision="manual", candidates=candidates, by=by)
    if assign.id not in {each.get("assignId") for each in candidates}:
        # Processing the log again reads the partner's id of the job from here.
        chosen: dict[str, Any] = {"assignId": assign.id, "jobId": assign.job}
        candidates = [{**chosen, "extJobId": assign.ext_job_id, "score": None}, *candidates]
    return JobMatch(
        decision="manual",
        assign_id=assign.id,
        job_id=assign.job,
        user_id=assign.user,
        candidates=candidates,
        by=by,
    )


def _job_id(file: ApplicationFile, assign: JobAssign | None) -> str | None:
    """The job's id as the positions have it: the partner's, else what the log itself says."""
    chosen = None if assign is None else assign.ext_job_id
    return chosen or file.identity.get("id")


def reprocess(
    context: Context, tracker_id: str, *, download: bool = False, by: str
) -> PartnerLogTracker:
    """Process a finished log again. What is stored of it is replaced.

    Parameters
    ----------
    context : Context
    tracker_id : str
    download : bool
        From the partner; else from the file that was downloaded before, where there is one.
    by : str
        Who says so.

    Returns
    -------
    PartnerLogTracker
        ``downloaded``: its task is queued; ``pending``: the next poll downloads it.

    Raises
    ------
    NotFoundError
        There is no such log.
    ValidationError
        It is not finished.
    """
    before = context.repositories.trackers.require(tracker_id)

    def again(repositories: Repositories) -> tuple[PartnerLogTracker, OutboxMessage | None]:
        tracker = repositories.trackers.again(tracker_id, download=download)
        if tracker is None:
            raise ValidationError(
                f"processing log {before.log_file_name!r} again: it is {before.status.value}; "
                "wait until it is processed, failed or skipped"
            )
        changes = {"download": tracker.status is LogStatus.PENDING}
        repositories.audit.record(by, "reprocess", "partner_log_trackers", tracker_id, changes)
        if tracker.status is LogStatus.PENDING:
            return tracker, None
        return tracker, enqueue_log(context, repositories, tracker)

    tracker, decided = context.repositories.transact(again)
    publish(context, decided)
    return tracker
