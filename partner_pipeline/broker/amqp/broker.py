"""The broker over RabbitMQ, see :class:`partner_pipeline.broker.base.Broker`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self

from pika import URLParameters

from partner_pipeline.broker import topology
from partner_pipeline.broker.amqp import wire
from partner_pipeline.broker.amqp.channel import Channel
from partner_pipeline.broker.amqp.connection import Connection
from partner_pipeline.broker.amqp.consumer import AmqpConsumer, AmqpDelivery
from partner_pipeline.broker.amqp.management import Management
from partner_pipeline.broker.base import Peeked, Prepare, QueueStats, ReplayReport
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.replaying import Replay
from partner_pipeline.errors import BrokerError

_LOG = logging.getLogger(__name__)


class AmqpBroker:
    """Queues in RabbitMQ; connects when it is first used.

    Parameters
    ----------
    url : str
        With its secrets; they appear in no error and no log.
    management_url : str, optional
        With an account; without it nothing can be peeked at.
    retention : timedelta
        How long dead letters stay before they move to the archive queue.
    delivery_limit : int
    patience : float
        Seconds that a call waits for a connection that is away.
    """

    def __init__(
        self,
        url: str,
        *,
        management_url: str | None,
        retention: timedelta,
        delivery_limit: int = topology.DELIVERY_LIMIT,
        patience: float = 10.0,
    ) -> None:
        self._url = url
        self._patience = patience
        self._retention = retention
        self._delivery_limit = delivery_limit
        self._connection = Connection(url, "publisher", patience)
        self.name = self._connection.server
        self._management = (
            Management(management_url, URLParameters(url).virtual_host) if management_url else None
        )
        self._lock = threading.Lock()
        self._publisher: Channel | None = None
        self._consumers: set[AmqpConsumer] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def declare(self, queues: Sequence[str]) -> None:
        """Make these main queues, each with its dead, archive and delay queues; idempotent."""
        for queue in queues:
            topology.check_main(queue)
            declarations = topology.declarations(
                queue, delivery_limit=self._delivery_limit, retention=self._retention
            )
            for name, arguments in declarations.items():
                self._declare(name, arguments)

    def publish(self, queue: str, message: Message, *, delay: float = 0.0) -> None:
        """Hand over a message; returns when RabbitMQ has confirmed it."""
        topology.check_delay(queue, delay)
        self._publish(queue, message, delay)

    def consume(self, queues: Sequence[str], *, prefetch: int) -> AmqpConsumer:
        """Take messages of declared queues, at most `prefetch` of each queue in hand at a time."""
        connection = Connection(self._url, "consumer", self._patience)
        try:
            consumer = AmqpConsumer(
                connection, queues, prefetch, self._publish, self._consumers.discard
            )
        except BrokerError:
            connection.close()
            raise
        self._consumers.add(consumer)
        return consumer

    def peek(self, queue: str, *, offset: int = 0, limit: int = 50) -> list[Peeked]:
        """Look at messages that can be taken now, the oldest first; nothing is removed.

        RabbitMQ counts it as a delivery of each; the delivery limit of main queues is kept away
        from by a BrokerError.
        """
        if self._management is None:
            raise BrokerError(f"looking into {queue}: RABBITMQ_MANAGEMENT_URL is not set")
        if topology.is_main(queue):
            self._check_peeks(self._management, queue)
        found = self._management.look(queue, offset + limit)
        peeked = []
        for position, (body, properties, redelivered) in enumerate(found[offset:], offset):
            headers = properties.get("headers") or {}
            message = wire.message(body, properties.get("message_id"), headers)
            peeked.append(Peeked(position, message, redelivered, wire.enqueued_at(headers)))
        return peeked

    def stats(self, queue: str) -> QueueStats:
        """How full a queue is."""
        main = topology.is_main(queue)
        with closing(self._connection.channel()) as channel:
            messages = channel.count(queue)
            delayed = sum(map(channel.count, topology.delay_queues(queue))) if main else 0
        oldest = self.peek(queue, limit=1) if messages and not main else []
        return QueueStats(messages, delayed, oldest[0].enqueued_at if oldest else None)

    def replay(
        self,
        dead_queue: str,
        *,
        positions: Sequence[int] | None = None,
        header: tuple[str, str] | None = None,
        limit: int | None = None,
        prepare: Prepare | None = None,
    ) -> ReplayReport:
        """Send dead letters to their main queue again; what is published is removed here."""
        replay = Replay(dead_queue, positions, header, limit, prepare)
        with closing(self._connection.channel()) as channel:
            for position in range(channel.count(dead_queue)):
                if replay.is_over(position) or (received := channel.get(dead_queue)) is None:
                    break
                delivery = AmqpDelivery(dead_queue, received, self._publish)
                if replay.offer(position, delivery.message, partial(self._publish, delay=0.0)):
                    delivery.ack()
        return replay.report()

    def take(
        self, queue: str, *, older_than: datetime, limit: int
    ) -> Generator[AmqpDelivery, None, None]:
        """Take messages that came into a queue before `older_than`, the oldest first."""
        with closing(self._connection.channel()) as channel:
            for _ in range(limit):
                received = channel.get(queue)
                if received is None:
                    return
                delivery = AmqpDelivery(queue, received, self._publish)
                if delivery.enqueued_at is not None and delivery.enqueued_at >= older_than:
                    return
                yield delivery

    def purge(self, queue: str) -> int:
        """Remove what waits in a queue, delayed messages too, not what is in hand; how many."""
        queues = [queue, *(topology.delay_queues(queue) if topology.is_main(queue) else ())]
        with closing(self._connection.channel()) as channel:
            return sum(map(channel.purge, queues))

    def ping(self) -> None:
        """Nothing when RabbitMQ answers, else BrokerError."""
        self._connection.channel().close()

    def close(self) -> None:
        """Close all consumers and connections."""
        for consumer in list(self._consumers):
            consumer.close()
        self._connection.close()
        if self._management is not None:
            self._management.close()

    def _publish(self, queue: str, message: Message, delay: float) -> None:
        target = topology.delay_queue(queue, delay) if delay else queue
        self._confirming().publish(target, wire.properties(message, delay), message.body)

    def _confirming(self) -> Channel:
        """The channel that all threads publish through."""
        self._connection.wait()  # outside of the lock: threads wait together, not in turn
        with self._lock:
            if self._publisher is None or not self._publisher.is_alive:
                self._publisher = self._connection.channel()
                self._publisher.confirm()
            return self._publisher

    def _declare(self, queue: str, arguments: dict[str, Any]) -> None:
        with closing(self._connection.channel()) as channel:
            try:
                channel.declare(queue, arguments)
            except BrokerError as error:
                if "PRECONDITION_FAILED" not in str(error) or "x-message-ttl" not in str(error):
                    raise
                _LOG.warning(
                    "queue %s keeps the retention that it was made with. To change it, empty and "
                    "delete the queue, and start again: %s",
                    queue,
                    error,
                )

    def _check_peeks(self, management: Management, queue: str) -> None:
        for _, properties, _ in management.look(queue, 1):
            deliveries = wire.deliveries(properties.get("headers") or {})
            if deliveries > self._delivery_limit // 2:
                raise BrokerError(
                    f"looking into {queue}: RabbitMQ counts it as a delivery, and the first "
                    f"message had {deliveries} of {self._delivery_limit}. Look at the tasks instead"
                )
