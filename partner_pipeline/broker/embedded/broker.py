"""The embedded broker, see :class:`partner_pipeline.broker.base.Broker`."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from partner_pipeline.broker import topology
from partner_pipeline.broker.base import Peeked, Prepare, QueueStats, ReplayReport
from partner_pipeline.broker.embedded.consumer import EmbeddedConsumer
from partner_pipeline.broker.embedded.file import QueueFile
from partner_pipeline.broker.embedded.hands import EmbeddedDelivery, Hands
from partner_pipeline.broker.embedded.queues import Claimed, Queues
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.replaying import Replay
from partner_pipeline.model.clock import Now, utc_now

LEASE: Final = timedelta(seconds=15)
"""How soon a message comes back whose worker was killed; renewed while the worker lives."""


class EmbeddedBroker:
    """Queues in a SQLite file, shared by all processes of one machine.

    Parameters
    ----------
    path : Path
        The same file as the store's may be used; tables are made.
    retention : timedelta
        How long dead letters stay before they move to the archive queue.
    delivery_limit : int
    lease : timedelta
    now : callable
        The time, in UTC.

    Raises
    ------
    BrokerError
        When the file cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        *,
        retention: timedelta,
        delivery_limit: int = topology.DELIVERY_LIMIT,
        lease: timedelta = LEASE,
        now: Now = utc_now,
    ) -> None:
        self.name = f"embedded queues in {path}"
        self._file = QueueFile(path)
        self._queues = Queues(self._file, delivery_limit=delivery_limit, retention=retention)
        self._now = now
        self._lease = lease
        self._changed = threading.Condition()
        self._consumers: set[EmbeddedConsumer] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def declare(self, queues: Sequence[str]) -> None:
        """Make these main queues, each with its dead queue and archive; idempotent."""
        for queue in queues:
            topology.check_main(queue)
            self._queues.declare(queue)

    def publish(self, queue: str, message: Message, *, delay: float = 0.0) -> None:
        """Hand over a message; returns when it is on the disk."""
        topology.check_delay(queue, delay)
        self._queues.check_declared(queue)
        self._queues.put(queue, message, self._now(), delay)
        self._tell()

    def consume(self, queues: Sequence[str], *, prefetch: int) -> EmbeddedConsumer:
        """Take messages of declared queues, at most `prefetch` of each queue in hand at a time."""
        for queue in queues:
            self._queues.check_declared(queue)
        hands = self._hands()
        consumer = EmbeddedConsumer(hands, queues, prefetch, self._changed, self._consumers.discard)
        self._consumers.add(consumer)
        return consumer

    def peek(self, queue: str, *, offset: int = 0, limit: int = 50) -> list[Peeked]:
        """Look at messages that can be taken now, the oldest first; nothing is removed."""
        self._queues.check_declared(queue)
        return self._queues.peek(queue, self._now(), offset, limit)

    def stats(self, queue: str) -> QueueStats:
        """How full a queue is."""
        self._queues.check_declared(queue)
        return self._queues.stats(queue, self._now())

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
        waiting = self.stats(dead_queue).messages
        with closing(self._hands()) as hands:
            for position in range(waiting):
                if replay.is_over(position):
                    break
                claimed = hands.claim(dead_queue)
                if claimed is None:
                    break
                replay.offer(position, claimed.message, partial(self._send, claimed))
        self._tell()
        return replay.report()

    def take(
        self, queue: str, *, older_than: datetime, limit: int
    ) -> Generator[EmbeddedDelivery, None, None]:
        """Take messages that came into a queue before `older_than`, the oldest first."""
        self._queues.check_declared(queue)
        self._queues.sweep(self._now())
        with closing(self._hands()) as hands:
            for _ in range(limit):
                claimed = hands.claim(queue, older_than)
                if claimed is None:
                    return
                yield EmbeddedDelivery(queue, claimed, hands, lambda _: None)

    def purge(self, queue: str) -> int:
        """Remove what waits in a queue, delayed messages too, not what is in hand; how many."""
        self._queues.check_declared(queue)
        return self._queues.purge(queue, self._now())

    def ping(self) -> None:
        """Nothing when the file can be read, else BrokerError."""
        self._file.rows("reading it", "SELECT count(*) FROM broker_queues")

    def close(self) -> None:
        """Close all consumers and the file."""
        for consumer in list(self._consumers):
            consumer.close()
        self._file.close()

    def _send(self, claimed: Claimed, queue: str, message: Message) -> None:
        self._queues.move(claimed, queue, message, self._now())

    def _hands(self) -> Hands:
        return Hands(self._queues, self._now, self._lease)

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()
