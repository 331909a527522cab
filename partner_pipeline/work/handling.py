"""One delivery from the queue: read, claimed, worked on, settled."""

from __future__ import annotations

from typing import Any, Final

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.base import Delivery
from partner_pipeline.errors import InfrastructureError, ValidationError
from partner_pipeline.model.ids import new_id
from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.model.tasks import (
    ProcessFileTask,
    ProcessLogTask,
    TaskMessage,
    TaskTracker,
    UploadJobTask,
)
from partner_pipeline.observe.logs import bound, get_logger
from partner_pipeline.work.context import Context
from partner_pipeline.work.failure import Failure, settle_failure
from partner_pipeline.work.processing import LostClaim, process_file, process_log
from partner_pipeline.work.upload import upload_task

#: Seconds before a delivery comes back that could not even be written down.
_STORE_IS_DOWN: Final = 10.0

_log = get_logger(__name__)


def handle(context: Context, delivery: Delivery) -> TaskStatus | None:
    """Work on a message and settle its delivery.

    Returns
    -------
    TaskStatus or None
        How its execution ended; None: there was nothing to do, or nothing could be done now.

    Raises
    ------
    BrokerError
        If it could not be settled: the broker hands it out again.
    """
    try:
        message = TaskMessage.parse(delivery.message.body)
    except ValidationError as error:
        _log.error("message cannot be read", error=str(error))
        _bury_unread(delivery, error)
        return TaskStatus.DEAD
    trace = delivery.message.headers.get(headers.TRACEPARENT)
    with bound(
        task=message.task_id,
        execution=message.execution_id,
        trace=trace if isinstance(trace, str) else None,
    ):
        try:
            return _handle(context, delivery, message)
        except InfrastructureError as error:
            # The store or the broker is away. Nothing is lost: the message comes back, and what was
            # claimed and could not be written down is taken up again by the recovery.
            _log.error("delivery put off", error=str(error))
            delivery.retry_later(_STORE_IS_DOWN, {})
            return None


def _handle(context: Context, delivery: Delivery, message: TaskMessage) -> TaskStatus | None:
    tasks = context.repositories.tasks
    task = tasks.claim(message.execution_id, new_id())
    if task is None:
        if tasks.execution(message.execution_id) is None:
            _bury_unread(
                delivery,
                ValidationError(f"execution {message.execution_id} is not known to this store"),
            )
            return TaskStatus.DEAD
        _log.info("execution is handled already")
        delivery.ack()
        return None
    try:
        result = _work(context, message, task)
    except LostClaim as error:
        _log.info("left to somebody else", why=str(error))
        delivery.ack()
        return None
    except Exception as error:
        status = settle_failure(context, delivery, message, task, error)
        context.metrics.task(task.task_type, status, Failure.of(error).category)
        return status
    _log.info("task completed", **result)
    context.metrics.task(task.task_type, TaskStatus.COMPLETED)
    if isinstance(message, ProcessLogTask) and not result.get("already"):
        context.metrics.log(LogStatus(result["status"]))
    delivery.ack()
    return TaskStatus.COMPLETED


def _work(context: Context, message: TaskMessage, task: TaskTracker) -> dict[str, Any]:
    if isinstance(message, ProcessLogTask):
        return process_log(context, message, task)
    if isinstance(message, ProcessFileTask):
        return process_file(context, message, task)
    if isinstance(message, UploadJobTask):
        uploaded = upload_task(context, message)
        context.repositories.tasks.completed(task, uploaded)
        return uploaded
    raise ValidationError(f"no work is known for {message.task_type}")


def _bury_unread(delivery: Delivery, error: ValidationError) -> None:
    """Straight to the dead letters: it would be as unreadable the next time."""
    failure = Failure.of(error)
    delivery.dead_letter(
        {
            headers.ERROR_CATEGORY: failure.category.value,
            headers.ERROR_MESSAGE: failure.message,
        }
    )
