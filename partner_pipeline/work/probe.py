"""Proof that messages come through: on a queue of its own, so that no real task is touched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.base import Broker, Delivery
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.errors import BrokerError, NotFoundError
from partner_pipeline.model.ids import new_execution_id
from partner_pipeline.model.states import TaskStatus
from partner_pipeline.model.tasks import UploadJobTask
from partner_pipeline.settings import Settings
from partner_pipeline.work.context import Context
from partner_pipeline.work.handling import handle

_PATIENCE: Final = 10.0  # seconds for a message to come through
_MOMENT: Final = 0.05

#: No JSON: the worker cannot read it.
_BROKEN: Final = b"{broken on purpose"


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was proven, and what was seen."""

    name: str
    seen: str


def probe_queue(settings: Settings) -> str:
    """The queue that is tried out: declared like the task queue, and empty but for a moment."""
    return f"{settings.task_queue}_probe"


def publish_test(context: Context, queue: str) -> str:
    """Publish a readable message of a task that no store knows; its id.

    Raises
    ------
    NotFoundError
        There is no such task queue.
    BrokerError
        It was not confirmed.
    """
    if queue not in context.settings.task_queues:
        known = ", ".join(context.settings.task_queues)
        raise NotFoundError(f"looking for queue {queue!r}: there is none; known are {known}")
    id = new_execution_id()
    task = UploadJobTask(
        task_id=f"test:{id}",
        execution_id=id,
        partner_code="TEST",
        customer_id="test",
        assign_id="test",
    )
    told = {
        headers.TASK_TYPE: task.task_type.value,
        headers.TASK_ID: task.task_id,
        headers.EXECUTION_ID: id,
        headers.PARTNER_CODE: task.partner_code,
        headers.CUSTOMER_ID: task.customer_id,
    }
    message = Message.of(task.to_document(), told)
    context.broker.publish(queue, message)
    return message.message_id


def probe_broker(broker: Broker, queue: str) -> None:
    """A message is published, delivered and acknowledged, and the queues can be looked into.

    Raises
    ------
    BrokerError
        If not; says which step.
    """
    broker.declare([queue])
    sent = Message.of({"probe": True}, {headers.TASK_TYPE: "probe"})
    broker.publish(queue, sent)
    with _received(broker, queue, sent) as delivery:
        delivery.ack()
    broker.peek(dead_queue(queue), limit=1)


def probe_dead_letters(context: Context) -> list[Step]:
    """A broken message becomes a dead letter, is seen, replayed, dead again, and purged.

    Raises
    ------
    BrokerError
        If a step fails.
    """
    broker, queue = context.broker, probe_queue(context.settings)
    dead = dead_queue(queue)
    broker.declare([queue])
    broker.purge(dead)
    sent = Message(_BROKEN, {headers.TASK_TYPE: "probe"})
    broker.publish(queue, sent)
    steps = [Step("published", f"message {sent.message_id} to {queue}")]
    _bury(context, queue, sent)
    steps.append(Step("refused", "the worker could not read it"))
    steps.append(Step("dead letter", _seen(broker, dead, sent)))
    _one(lambda: broker.replay(dead).replayed, f"replaying {dead}")
    steps.append(Step("replayed", f"from {dead} to {queue}"))
    _bury(context, queue, sent)
    steps.append(Step("dead again", _seen(broker, dead, sent)))
    _one(lambda: broker.purge(dead), f"purging {dead}")
    steps.append(Step("purged", f"{dead} is empty"))
    return steps


def _bury(context: Context, queue: str, sent: Message) -> None:
    with _received(context.broker, queue, sent) as delivery:
        status = handle(context, delivery)
    if status is not TaskStatus.DEAD:
        raise BrokerError(f"working on a broken message of {queue}: expected a dead letter")


def _one(done: Callable[[], int], what: str) -> None:
    """It is done to one message; RabbitMQ hides one that was just looked at for a moment."""
    end = time.monotonic() + _PATIENCE
    while (count := done()) != 1:
        if count > 1 or time.monotonic() > end:
            raise BrokerError(f"{what}: expected this of 1 message, found {count}")
        time.sleep(_MOMENT)


def _seen(broker: Broker, dead: str, sent: Message) -> str:
    for letter in broker.peek(dead):
        if letter.message.message_id == sent.message_id:
            told = letter.message.headers
            return f"{told.get(headers.ERROR_CATEGORY)}: {told.get(headers.ERROR_MESSAGE)}"
    raise BrokerError(f"looking into {dead}: the dead letter is not there")


@contextmanager
def _received(broker: Broker, queue: str, sent: Message) -> Iterator[Delivery]:
    """What was sent, to be settled within the block; what an earlier probe left is taken away."""
    end = time.monotonic() + _PATIENCE
    with broker.consume([queue], prefetch=1) as consumer:
        while (left := end - time.monotonic()) > 0:
            delivery = consumer.get(left)
            if delivery is None:
                continue
            if delivery.message.message_id == sent.message_id:
                yield delivery
                return
            delivery.ack()
    raise BrokerError(
        f"receiving from {queue}: the message that was published did not come within "
        f"{_PATIENCE:.0f} s"
    )
