"""What becomes of a task that failed: tried again later, or a dead letter. Its category decides."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Final

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.base import Delivery
from partner_pipeline.errors import PipelineError, ProcessingError, RateLimitError
from partner_pipeline.model.backoff import RetryPolicy, delay_before_retry
from partner_pipeline.model.categories import POLICIES, ErrorCategory
from partner_pipeline.model.housekeeping import OutboxMessage
from partner_pipeline.model.ids import new_execution_id
from partner_pipeline.model.redact import SECRETS
from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.model.tasks import ProcessLogTask, TaskMessage, TaskTracker, TaskType
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.settings import Settings
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.alerting import raise_alert
from partner_pipeline.work.context import Context
from partner_pipeline.work.publishing import enqueue, publish

_LONGEST_STACK: Final = 4000

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as it is told and stored: no secret in it.

    Attributes
    ----------
    category : ErrorCategory
    message : str
    stack : str
        Where it happened: files, lines and functions, no values.
    retry_after : float or None
        Seconds that a partner asks to wait.
    """

    category: ErrorCategory
    message: str
    stack: str
    retry_after: float | None = None

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """An error as a failure. One that nobody foresaw is a mistake in this program: trying
        again will not help, and a person should look.
        """
        if isinstance(error, PipelineError):
            category, message = error.category, str(error)
        else:
            category = ProcessingError.category
            message = f"unforeseen {type(error).__name__}: {error}"
        frames = traceback.extract_tb(error.__traceback__)
        stack = "\n".join(f"{f.filename}:{f.lineno} {f.name}" for f in frames)
        return cls(
            category,
            SECRETS.redact(message),
            stack[-_LONGEST_STACK:],
            error.retry_after if isinstance(error, RateLimitError) else None,
        )


def _retry_policy(settings: Settings, kind: TaskType) -> RetryPolicy:
    """How often and when a kind of task is tried again."""
    return settings.retry_upload if kind is TaskType.UPLOAD_JOB else settings.retry_processing


def settle_failure(
    context: Context,
    delivery: Delivery,
    message: TaskMessage,
    task: TaskTracker,
    error: Exception,
) -> TaskStatus:
    """Write a failure down, and retry the task later or make it a dead letter.

    Returns
    -------
    TaskStatus
        ``failed`` where it is tried again, else ``dlq``.

    Raises
    ------
    InfrastructureError
        If the store or the broker does not work: the delivery is still in hand.
    """
    failure = Failure.of(error)
    delay = retry_delay(context, task, failure.category, failure.retry_after)
    told = {"category": failure.category.value, "error": failure.message}
    if delay is None:
        _log.error("task failed for good", **told)
        _bury(context, delivery, message, task, failure)
        return TaskStatus.DEAD
    _log.warning("task failed, tried again later", seconds=round(delay, 1), **told)
    decided = context.repositories.transact(
        lambda repositories: _retry(
            repositories, message, task, failure, delay=delay, before=delivery.message.headers
        )
    )
    publish(context, decided)
    delivery.ack()
    return TaskStatus.FAILED


def retry_delay(
    context: Context,
    task: TaskTracker,
    category: ErrorCategory,
    retry_after: float | None = None,
) -> float | None:
    """Seconds before a task that failed is tried again; None: it is not."""
    policy = POLICIES[category]
    return delay_before_retry(
        _retry_policy(context.settings, task.task_type),
        policy,
        # Failures that do not count against the task still make its delays grow.
        task.retry_count + 1 if policy.counted else task.number,
        retry_after=retry_after,
        random=context.chance,
    )


def _retry(
    repositories: Repositories,
    message: TaskMessage,
    task: TaskTracker,
    failure: Failure,
    *,
    delay: float,
    before: headers.Headers,
) -> OutboxMessage | None:
    """The failure, and a new execution of the task."""
    counted = POLICIES[failure.category].counted
    failed = _write_down(repositories, message, task, failure, final=False)
    if failed is None:
        return None
    again = message.model_copy(update={"execution_id": new_execution_id()})
    trace = before.get(headers.TRACEPARENT)
    return enqueue(
        repositories,
        again,
        task.queue_name,
        delay=delay,
        retry_of=failed,
        counted=counted,
        extra=_told(failure, failed),
        traceparent=trace if isinstance(trace, str) else None,
    )


def _bury(
    context: Context,
    delivery: Delivery,
    message: TaskMessage,
    task: TaskTracker,
    failure: Failure,
) -> None:
    # The dead letter first, its state after it: whoever dies in between leaves a failed execution,
    # and not a state that tells of a dead letter that is not there.
    failed = context.repositories.transact(
        lambda repositories: _write_down(repositories, message, task, failure, final=True)
    )
    if failed is None:  # somebody else has taken the task up meanwhile
        delivery.ack()
        return
    delivery.dead_letter({**_told(failure, failed), headers.RETRY_COUNT: failed.retry_count})
    context.repositories.tasks.dead(task.execution_id)
    if isinstance(message, ProcessLogTask):
        context.metrics.log(LogStatus.FAILED)
    # One mail for all tasks of a customer that fail alike.
    raise_alert(
        context,
        f"task:{task.partner_code}:{task.customer_id}:{failure.category.value}",
        POLICIES[failure.category].alert,
        f"{task.partner_code}: a task of customer {task.customer_id} was given up",
        f"Task {task.task_id} is a dead letter ({failure.category.value}): {failure.message}",
    )


def _write_down(
    repositories: Repositories,
    message: TaskMessage,
    task: TaskTracker,
    failure: Failure,
    *,
    final: bool,
) -> TaskTracker | None:
    if isinstance(message, ProcessLogTask):
        repositories.trackers.processing_failed(
            message.tracker_id,
            task.claim or "",
            failure.message,
            failure.category,
            final=final,
            counted=POLICIES[failure.category].counted,
        )
    return repositories.tasks.failed(task, failure.message, failure.category, failure.stack)


def _told(failure: Failure, task: TaskTracker) -> headers.Headers:
    told: headers.Headers = {
        headers.ERROR_CATEGORY: failure.category.value,
        headers.ERROR_MESSAGE: failure.message,
    }
    if task.first_failed_at is not None:
        told[headers.FIRST_FAILED_AT] = task.first_failed_at.isoformat()
    return told
