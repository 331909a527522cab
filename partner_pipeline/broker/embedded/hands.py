"""Hands: whoever holds messages keeps their leases alive while its process lives."""

from __future__ import annotations

import logging
import threading
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from partner_pipeline.broker.embedded.queues import Claimed, Queues
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.settling import SettledOnce
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from partner_pipeline.model.clock import Now

_LOG = logging.getLogger(__name__)


class Hands:
    """An owner of messages. A thread renews its leases; killed with its process, they run out."""

    def __init__(self, queues: Queues, now: Now, lease: timedelta) -> None:
        self.queues = queues
        self.now = now
        self.owner = uuid.uuid4().hex
        self._lease = lease
        self._closed = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name="broker-leases", daemon=True)
        self._renewing.start()

    def claim(self, queue: str, older_than: datetime | None = None) -> Claimed | None:
        """The next message, in these hands; None: there is none."""
        return self.queues.claim(queue, self.owner, self.now(), self._lease, older_than)

    def close(self) -> None:
        """Hand everything back."""
        self._closed.set()
        self._renewing.join()
        self.queues.hand_back(self.owner, self.now())

    def _renew(self) -> None:
        while not self._closed.wait(self._lease.total_seconds() / 4):
            try:
                self.queues.renew(self.owner, self.now() + self._lease)
                self.queues.sweep(self.now())
            except BrokerError as error:
                _LOG.warning("leases were not renewed: %s", error)


class EmbeddedDelivery(SettledOnce):
    """A message in hand."""

    def __init__(
        self, queue: str, claimed: Claimed, hands: Hands, settled: Callable[[str], None]
    ) -> None:
        super().__init__(
            queue,
            claimed.message,
            deliveries=claimed.deliveries,
            enqueued_at=claimed.enqueued_at,
        )
        self._claimed = claimed
        self._hands = hands
        self._settled = settled

    def _ack(self) -> None:
        self._hands.queues.remove(self._claimed)
        self._settled(self.queue)

    def _requeue(self) -> None:
        self._hands.queues.requeue(self._claimed, self._hands.now())
        self._settled(self.queue)

    def _retry_later(self, message: Message, delay: float) -> None:
        now = self._hands.now()
        self._hands.queues.move(self._claimed, self.queue, message, now, delay)
        self._settled(self.queue)

    def _dead_letter(self, message: Message) -> None:
        now = self._hands.now()
        self._hands.queues.move(self._claimed, dead_queue(self.queue), message, now)
        self._settled(self.queue)
