"""Tasks to the queue: decided on in the store, published from its outbox.

An execution and its message are stored in the transaction of what they follow from. After it, the
message is published at once; should the process die in between, :func:`publish_waiting` of any
other one does it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.message import Message
from partner_pipeline.errors import BrokerError, ValidationError
from partner_pipeline.model.housekeeping import OutboxMessage
from partner_pipeline.model.ids import new_id
from partner_pipeline.model.tasks import TaskMessage, TaskTracker
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.observe.trace import Trace
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.context import Context
from partner_pipeline.work.failpoints import failpoint

#: Nobody else publishes a message for so long after one has begun to.
_CLAIM: Final = timedelta(seconds=30)
_AGAIN: Final = timedelta(seconds=5)

_log = get_logger(__name__)


def enqueue(
    repositories: Repositories,
    task: TaskMessage,
    queue: str,
    *,
    delay: float = 0.0,
    retry_of: TaskTracker | None = None,
    counted: bool = True,
    extra: dict[str, str | int] | None = None,
    traceparent: str | None = None,
) -> OutboxMessage | None:
    """Decide on an execution of a task; publish it after the transaction by :func:`publish`.

    Parameters
    ----------
    repositories : Repositories
        Of the transaction.
    task : TaskMessage
        With the new execution's id.
    queue : str
    delay : float
        Seconds before it is worked on.
    retry_of : TaskTracker, optional
        The execution that failed.
    counted : bool
        Whether that failure counts.
    extra : dict, optional
        More headers.
    traceparent : str, optional
        Of what it follows from.

    Returns
    -------
    OutboxMessage or None
        None: an execution of this task is active already.
    """
    tracker = repositories.tasks.enqueue(task, queue, retry_of=retry_of, counted=counted)
    if tracker is None:
        return None
    return repositories.outbox.add(
        queue,
        task.execution_id,
        Message.of(task.to_document()).body,
        {**headers_of(tracker, traceparent), **(extra or {})},
        delay=timedelta(seconds=delay),
    )


def publish_again(repositories: Repositories, task: TaskTracker) -> OutboxMessage:
    """Decide on publishing the message of an execution once more, within a transaction."""
    return repositories.outbox.add(
        task.queue_name,
        # Not the id of the first message: that one may still be waiting, or be known as done.
        f"{task.execution_id}/{task.recoveries}",
        Message.of(task.metadata["message"]).body,
        headers_of(task),
    )


def headers_of(task: TaskTracker, traceparent: str | None = None) -> headers.Headers:
    """The headers of an execution's message; without `traceparent` of what is at work here."""
    trace = Trace.current() if traceparent is None else Trace.follow(traceparent)
    return {
        headers.PARTNER_CODE: task.partner_code,
        headers.CUSTOMER_ID: task.customer_id,
        headers.TASK_TYPE: task.task_type.value,
        headers.TASK_ID: task.task_id,
        headers.EXECUTION_ID: task.execution_id,
        headers.RETRY_COUNT: task.retry_count,
        headers.TRACEPARENT: trace.header(),
    }


def publish(context: Context, *decided: OutboxMessage | None) -> int:
    """Publish messages that were decided on; how many the broker has confirmed.

    One that cannot be published now stays in the outbox.
    """
    claim = new_id()
    outbox = context.repositories.outbox
    taken = (outbox.claim_one(each.id, claim, _CLAIM) for each in decided if each is not None)
    return sum(_publish(context, each, claim) for each in taken if each is not None)


def publish_waiting(context: Context) -> int:
    """Publish what waits in the outbox and is due; how many messages."""
    claim = new_id()
    return sum(
        _publish(context, each, claim) for each in context.repositories.outbox.claim(claim, _CLAIM)
    )


def _publish(context: Context, waiting: OutboxMessage, claim: str) -> bool:
    outbox = context.repositories.outbox
    delay = max((waiting.not_before - context.now()).total_seconds(), 0.0)
    try:
        message = Message(waiting.body, dict(waiting.headers), waiting.message_id)
        context.broker.publish(waiting.queue, message, delay=delay)
    except (BrokerError, ValidationError) as error:
        # One that no broker takes must not keep those behind it from being published.
        _log.warning("message not published", message_id=waiting.message_id, error=str(error))
        outbox.failed(waiting.id, claim, str(error), _AGAIN)
        return False
    failpoint("outbox.published")
    outbox.done(waiting.id, claim)
    return True
