"""What the tests of the broker share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from partner_pipeline.broker.base import Broker, Consumer, Delivery
from partner_pipeline.broker.message import Message

PATIENCE = 30.0
"""Seconds after which a test gives up waiting; nothing is asserted about how long it takes."""


class OpenBroker(Protocol):
    """Opens another broker on the same queues."""

    def __call__(self, **options: Any) -> Broker: ...


@dataclass
class Child:
    """How a child process opens the same broker; travels as its argument."""

    kind: str
    url: str


def eventually(condition: Callable[[], Any], what: str) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, f"waited {PATIENCE:.0f} s in vain: {what}"
        pause.wait(0.02)


def message(number: int, **headers: str | int) -> Message:
    """A message that its body tells from others."""
    return Message.of({"number": number}, headers)


def publish(broker: Broker, queue: str, count: int, **headers: str | int) -> None:
    for number in range(count):
        broker.publish(queue, message(number, **headers))


def number(delivery: Any) -> int:
    """Of a delivery, a peeked message or a message."""
    content = getattr(delivery, "message", delivery).content()
    assert isinstance(content["number"], int)
    return content["number"]


def get(consumer: Consumer) -> Delivery:
    """The next delivery, which must come."""
    delivery = consumer.get(PATIENCE)
    assert delivery is not None, "no message came"
    return delivery


def drain(broker: Broker, queue: str, count: int) -> list[Delivery]:
    """Take and acknowledge so many messages, and see that there are no more."""
    with broker.consume([queue], prefetch=10) as consumer:
        deliveries = []
        for _ in range(count):
            delivery = get(consumer)
            delivery.ack()
            deliveries.append(delivery)
        assert consumer.get(0.2) is None
    return deliveries


def kill_by_dead_lettering(broker: Broker, queue: str, headers: Sequence[dict[str, Any]]) -> None:
    """Publish a message for each of these, and dead-letter it with them."""
    publish(broker, queue, len(headers))
    with broker.consume([queue], prefetch=1) as consumer:
        for one in headers:
            get(consumer).dead_letter(one)


class Clock:
    """A time that passes when it is told to."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
