"""Settling a delivery exactly once, from any thread: the same for every broker."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime

from partner_pipeline.broker import topology
from partner_pipeline.broker.message import Headers, Message
from partner_pipeline.errors import BrokerError


class SettledOnce(ABC):
    """A delivery, see :class:`partner_pipeline.broker.base.Delivery`."""

    def __init__(
        self, queue: str, message: Message, *, deliveries: int, enqueued_at: datetime | None
    ) -> None:
        self.queue = queue
        self.message = message
        self.deliveries = deliveries
        self.enqueued_at = enqueued_at
        self._lock = threading.Lock()
        self._settled_by: str | None = None

    def __repr__(self) -> str:
        return f"<delivery {self.deliveries} of message {self.message.message_id} of {self.queue}>"

    @property
    def redelivered(self) -> bool:
        """Whether it was handed out before and came back unsettled."""
        return self.deliveries > 1

    def ack(self) -> None:
        """It is done: forget it."""
        self._settle("acknowledged", self._ack)

    def requeue(self) -> None:
        """Hand it back, to be delivered again at once; counts as a delivery."""
        self._settle("requeued", self._requeue)

    def retry_later(self, delay: float, headers: Headers) -> None:
        """Deliver it again as new in `delay` seconds, with these headers added or replaced."""
        topology.check_delay(self.queue, delay)
        self._check_main("retried later")
        message = self.message.with_headers(headers)
        self._settle("retried later", lambda: self._retry_later(message, delay))

    def dead_letter(self, headers: Headers) -> None:
        """Put it into the dead queue with these headers added or replaced."""
        self._check_main("dead-lettered")
        message = self.message.with_headers(headers)
        self._settle("dead-lettered", lambda: self._dead_letter(message))

    def _check_main(self, how: str) -> None:
        if not topology.is_main(self.queue):
            raise BrokerError(f"{self!r} cannot be {how}: only those of a main queue can")

    def _settle(self, how: str, settle: Callable[[], None]) -> None:
        with self._lock:
            if self._settled_by:
                raise BrokerError(f"{self!r} cannot be {how}: it was {self._settled_by} before")
            settle()
            self._settled_by = how

    @abstractmethod
    def _ack(self) -> None: ...

    @abstractmethod
    def _requeue(self) -> None: ...

    @abstractmethod
    def _retry_later(self, message: Message, delay: float) -> None: ...

    @abstractmethod
    def _dead_letter(self, message: Message) -> None: ...
