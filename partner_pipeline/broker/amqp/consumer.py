"""Handing out RabbitMQ's messages to worker threads."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Self

from partner_pipeline.broker.amqp import wire
from partner_pipeline.broker.amqp.channel import Channel, Received
from partner_pipeline.broker.amqp.connection import Connection
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.settling import SettledOnce
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.errors import BrokerError

Publish = Callable[[str, Message, float], None]

_RETRY_SECONDS: Final = 1.0
_LOG = logging.getLogger(__name__)


class AmqpDelivery(SettledOnce):
    """A message in hand.

    What is retried later or dead-lettered is published, and the original acknowledged once that
    is confirmed: killed in between, there are two, never none.
    """

    def __init__(self, queue: str, received: Received, publish: Publish) -> None:
        headers = received.properties.headers or {}
        message_id = received.properties.message_id
        super().__init__(
            queue,
            wire.message(received.body, message_id, headers),
            deliveries=wire.deliveries(headers),
            enqueued_at=wire.enqueued_at(headers),
        )
        self._received = received
        self._publish = publish

    @property
    def is_in_hand(self) -> bool:
        """Whether the channel that it came through is alive."""
        return self._received.channel.is_alive

    def _ack(self) -> None:
        self._received.channel.ack(self._received.tag)

    def _requeue(self) -> None:
        self._received.channel.hand_back(self._received.tag)

    def _retry_later(self, message: Message, delay: float) -> None:
        self._replace(self.queue, message, delay)

    def _dead_letter(self, message: Message) -> None:
        self._replace(dead_queue(self.queue), message, 0.0)

    def _replace(self, queue: str, message: Message, delay: float) -> None:
        if not self.is_in_hand:
            raise BrokerError(f"{self!r} cannot be settled: its connection was lost")
        self._publish(queue, message, delay)
        self._ack()


class AmqpConsumer:
    """Takes messages of some queues, see :class:`partner_pipeline.broker.base.Consumer`.

    A lost channel is made again by whoever waits in :meth:`get`.

    Parameters
    ----------
    connection : Connection
        Its own; closed with the consumer.
    queues : sequence of str
    prefetch : int
        At most so many unsettled messages of each queue.
    publish : callable
    on_close : callable
    """

    def __init__(
        self,
        connection: Connection,
        queues: Sequence[str],
        prefetch: int,
        publish: Publish,
        on_close: Callable[[AmqpConsumer], None],
    ) -> None:
        self._connection = connection
        self._queues = queues
        self._prefetch = prefetch
        self._publish = publish
        self._on_close = on_close
        self._changed = threading.Condition()
        self._waiting: deque[AmqpDelivery] = deque()
        self._subscribing = threading.Lock()
        self._stopped = False
        self._tags: list[str] = []
        self._channel: Channel
        self._subscribe()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def get(self, timeout: float) -> AmqpDelivery | None:
        """The next message, or None after `timeout` seconds, or at once after :meth:`stop`."""
        end = time.monotonic() + timeout
        while True:
            with self._changed:
                delivery = self._next()
                left = end - time.monotonic()
                if delivery is not None or left <= 0 or self._stopped:
                    return delivery
                if self._channel.is_alive:
                    self._changed.wait(left)
                    continue
            self._resubscribe(left)

    def stop(self) -> None:
        """Hand out no more; what is in hand can still be settled."""
        with self._changed:
            if self._stopped:
                return
            self._stopped = True
            waiting = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        try:
            with self._subscribing:
                for tag in self._tags:
                    self._channel.cancel(tag)
            for delivery in waiting:
                delivery.requeue()
        except BrokerError as error:
            _LOG.info("the consumer had lost its messages already: %s", error)

    def close(self) -> None:
        """Stop, and hand back what nobody settled."""
        self.stop()
        self._channel.close()
        self._connection.close()
        self._on_close(self)

    def _next(self) -> AmqpDelivery | None:
        while self._waiting:
            delivery = self._waiting.popleft()
            if delivery.is_in_hand:
                return delivery
        return None

    def _resubscribe(self, seconds: float) -> None:
        """Make the lost channel again, one thread at a time; without success try again later."""
        if not self._subscribing.acquire(timeout=seconds):
            return
        try:
            if not self._channel.is_alive and not self._stopped:
                self._subscribe(min(seconds, _RETRY_SECONDS))
        except BrokerError as error:
            _LOG.info("the consumer is without connection: %s", error)
            with self._changed:
                self._changed.wait(min(seconds, _RETRY_SECONDS))
        finally:
            self._subscribing.release()

    def _subscribe(self, seconds: float | None = None) -> None:
        channel = self._connection.channel(seconds)
        tags = [
            channel.consume(queue, self._prefetch, self._receiver(queue)) for queue in self._queues
        ]
        with self._changed:
            self._channel, self._tags = channel, tags
        channel.on_death(self._channel_died)

    def _receiver(self, queue: str) -> Callable[[Received], None]:
        def receive(received: Received) -> None:
            delivery = AmqpDelivery(queue, received, self._publish)
            with self._changed:
                if not self._stopped:
                    self._waiting.append(delivery)
                    self._changed.notify()
                    return
            received.channel.hand_back(received.tag)

        return receive

    def _channel_died(self, _: Channel) -> None:
        with self._changed:
            self._changed.notify_all()
