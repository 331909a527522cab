"""Uploads from the outside: now or later, and what people decide about uncertain ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from partner_pipeline.errors import DuplicateKey, PipelineError, ValidationError
from partner_pipeline.model.backoff import delay_before_retry
from partner_pipeline.model.categories import POLICIES, ErrorCategory
from partner_pipeline.model.housekeeping import OutboxMessage
from partner_pipeline.model.jobs import JobAssign
from partner_pipeline.model.states import AssignStatus
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.alerting import alert_over
from partner_pipeline.work.context import Context
from partner_pipeline.work.enqueueing import enqueue_upload, partner_of
from partner_pipeline.work.failure import Failure
from partner_pipeline.work.publishing import publish
from partner_pipeline.work.upload import upload_assignment


@dataclass(frozen=True, slots=True)
class Synced:
    """Where an assignment is.

    Attributes
    ----------
    status : str
        ``uploaded``: the partner has it. ``queued``: it will be uploaded; `error` says why not
        yet. ``internal``: no partner is concerned. ``failed``: it needs a person; `error` says why.
    """

    status: Literal["uploaded", "queued", "internal", "failed"]
    ext_job_id: str | None = None
    error: str | None = None
    error_category: ErrorCategory | None = None


def sync_assignment(context: Context, assign: JobAssign, *, alive: bool | None = None) -> Synced:
    """Upload an assignment at once where the partner answers; else queue it.

    Parameters
    ----------
    context : Context
    assign : JobAssign
    alive : bool, optional
        Whether the partner answers, where that was asked just now.

    Raises
    ------
    InfrastructureError
        If the store does not work.
    """
    if assign.partner_code is None:
        return Synced("internal")
    if assign.status is AssignStatus.UPLOADED:
        return Synced("uploaded", assign.ext_job_id)
    try:
        alive = context.service(assign.partner_code).health_check() if alive is None else alive
        if alive:
            return _now(context, assign)
        failure = _offline(assign.partner_code)
    except PipelineError as error:
        failure = Failure.of(error)
    return _later(context, assign, failure)


def _now(context: Context, assign: JobAssign) -> Synced:
    done = upload_assignment(context, assign.id)
    if done.state == "busy":
        return Synced("queued")
    if done.state == "gone":
        return Synced("failed", error="the assignment was taken back meanwhile")
    return Synced("uploaded", done.ext_job_id)


def _offline(partner_code: str) -> Failure:
    return Failure(ErrorCategory.PARTNER_DOWN, f"{partner_code} does not answer", "")


def _later(context: Context, assign: JobAssign, failure: Failure) -> Synced:
    """Queue it, unless what went wrong will go wrong again."""
    delay = delay_before_retry(
        context.settings.retry_upload,
        POLICIES[failure.category],
        1,
        retry_after=failure.retry_after,
        random=context.chance,
    )
    status: Literal["queued", "failed"] = "failed" if delay is None else "queued"
    if delay is not None:
        wait = delay
        decided = context.repositories.transact(
            lambda repositories: enqueue_upload(context, repositories, assign, delay=wait)
        )
        publish(context, decided)
    return Synced(status, error=failure.message, error_category=failure.category)


def not_there(context: Context, assign_id: str, by: str) -> JobAssign:
    """Somebody has looked: the partner does not have the job. It is uploaded again.

    Raises
    ------
    NotFoundError
        There is no such assignment.
    ValidationError
        It is uploaded, or being uploaded now.
    """

    def decide(repositories: Repositories) -> JobAssign | None:
        return repositories.assigns.not_there(assign_id)

    return _decided(context, assign_id, by, "not_there", decide, enqueue=True)


def upload_again(context: Context, assign_id: str, by: str) -> JobAssign:
    """Upload a job once more that was uploaded: the partner has lost it, or it has changed.

    Raises
    ------
    NotFoundError
        There is no such assignment.
    ValidationError
        It is not uploaded.
    """

    def decide(repositories: Repositories) -> JobAssign | None:
        return repositories.assigns.upload_again(assign_id)

    return _decided(context, assign_id, by, "upload_again", decide, enqueue=True)


def confirm_uploaded(context: Context, assign_id: str, ext_job_id: str, by: str) -> JobAssign:
    """Somebody has looked: the partner has the job, under this id.

    Raises
    ------
    NotFoundError
        There is no such assignment.
    ValidationError
        It is known as uploaded already, or another assignment has this id.
    """

    def decide(repositories: Repositories) -> JobAssign | None:
        return repositories.assigns.uploaded(assign_id, ext_job_id)

    try:
        decided = _decided(
            context, assign_id, by, "confirm_uploaded", decide, ext_job_id=ext_job_id
        )
    except DuplicateKey as error:
        raise ValidationError(
            f"confirming assignment {assign_id}: another assignment has the partner's id "
            f"{ext_job_id!r}"
        ) from error
    context.metrics.assignment(AssignStatus.UPLOADED)
    return decided


def _decided(
    context: Context,
    assign_id: str,
    by: str,
    action: str,
    decide: Callable[[Repositories], JobAssign | None],
    *,
    ext_job_id: str | None = None,
    enqueue: bool = False,
) -> JobAssign:
    """Store a decision, write it down, and queue the upload where it asks for one."""
    partner_of(context.repositories.assigns.require(assign_id))

    def store(repositories: Repositories) -> tuple[JobAssign, OutboxMessage | None] | None:
        moved = decide(repositories)
        if moved is None:
            return None
        changes = {} if ext_job_id is None else {"extJobId": ext_job_id}
        repositories.audit.record(by, action, "job_assigns", assign_id, changes)
        return moved, enqueue_upload(context, repositories, moved) if enqueue else None

    stored = context.repositories.transact(store)
    if stored is None:
        raise ValidationError(
            f"deciding on assignment {assign_id} ({action.replace('_', ' ')}): its state does not "
            "allow it; look at it again, it may have been uploaded, or be uploaded just now"
        )
    moved, decided = stored
    publish(context, decided)
    alert_over(context, f"upload-uncertain:{assign_id}")
    return moved
