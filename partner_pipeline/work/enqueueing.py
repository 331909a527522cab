"""Logs and assignments to the queue: what their messages say, and when there is none to send.

All of this is called within a transaction; what comes back is published after it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from partner_pipeline.errors import ValidationError
from partner_pipeline.model.housekeeping import OutboxMessage
from partner_pipeline.model.ids import new_execution_id
from partner_pipeline.model.jobs import JobAssign
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.tasks import (
    ProcessLogTask,
    UploadJobTask,
    log_task_id,
    upload_task_id,
)
from partner_pipeline.settings import Settings
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.context import Context
from partner_pipeline.work.publishing import enqueue

#: A log that was enqueued more recently is not enqueued again, whatever became of it.
RECENTLY: Final = timedelta(minutes=5)


def log_task(settings: Settings, tracker: PartnerLogTracker) -> str:
    """Business key of processing a log."""
    parts = (tracker.partner_code, tracker.aircraft_id, tracker.log_id)
    return log_task_id(settings.task_queue, *parts)


def upload_task_key(settings: Settings, assign: JobAssign) -> str:
    """Business key of uploading the job of an assignment."""
    return upload_task_id(settings.task_queue, partner_of(assign), assign.id)


def partner_of(assign: JobAssign) -> str:
    """The partner whose aircraft a job was assigned to.

    Raises
    ------
    ValidationError
        If it is no partner's.
    """
    if assign.partner_code is None:
        raise ValidationError(
            f"uploading assignment {assign.id}: user {assign.user!r} is no partner's aircraft; "
            "there is nobody to upload it to"
        )
    return assign.partner_code


def enqueue_log(
    context: Context, repositories: Repositories, tracker: PartnerLogTracker
) -> OutboxMessage | None:
    """Have a downloaded log processed.

    Returns
    -------
    OutboxMessage or None
        None: it was enqueued a short time ago, or its task is queued or worked on.
    """
    if repositories.trackers.enqueued(tracker.id, context.now() - RECENTLY) is None:
        return None
    task = ProcessLogTask(
        task_id=log_task(context.settings, tracker),
        execution_id=new_execution_id(),
        partner_code=tracker.partner_code,
        customer_id=tracker.customer_id,
        tracker_id=tracker.id,
        aircraft_id=tracker.aircraft_id,
        log_id=tracker.log_id,
    )
    return enqueue(repositories, task, context.settings.queue_of(tracker.partner_code))


def enqueue_upload(
    context: Context, repositories: Repositories, assign: JobAssign, *, delay: float = 0.0
) -> OutboxMessage | None:
    """Have the job of an assignment uploaded, after `delay` seconds.

    Returns
    -------
    OutboxMessage or None
        None: its task is queued or worked on.
    """
    partner_code = partner_of(assign)
    task = UploadJobTask(
        task_id=upload_task_key(context.settings, assign),
        execution_id=new_execution_id(),
        partner_code=partner_code,
        customer_id=assign.customer_id,
        assign_id=assign.id,
    )
    return enqueue(repositories, task, context.settings.queue_of(partner_code), delay=delay)
