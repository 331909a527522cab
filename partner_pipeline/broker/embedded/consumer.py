"""Handing out messages of the embedded queues to worker threads."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Self

from partner_pipeline.broker.embedded.hands import EmbeddedDelivery, Hands

POLL_SECONDS: Final = 0.1
"""How soon is seen what another process published, or whose time came."""


class EmbeddedConsumer:
    """Takes messages of some queues in turn, see :class:`partner_pipeline.broker.base.Consumer`.

    Parameters
    ----------
    hands : Hands
        Closed with the consumer.
    queues : sequence of str
    prefetch : int
        At most so many unsettled messages of each queue.
    changed : threading.Condition
        Told when this process may have made a message available.
    on_close : callable
    """

    def __init__(
        self,
        hands: Hands,
        queues: Sequence[str],
        prefetch: int,
        changed: threading.Condition,
        on_close: Callable[[EmbeddedConsumer], None],
    ) -> None:
        self._hands = hands
        self._turns = deque(queues)
        self._prefetch = prefetch
        self._changed = changed
        self._on_close = on_close
        self._in_hand: Counter[str] = Counter()
        self._stopped = False
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def get(self, timeout: float) -> EmbeddedDelivery | None:
        """The next message, or None after `timeout` seconds, or at once after :meth:`stop`."""
        end = time.monotonic() + timeout
        while True:
            with self._changed:
                if self._stopped:
                    return None
                delivery = self._next()
                left = end - time.monotonic()
                if delivery is not None or left <= 0:
                    return delivery
                self._changed.wait(min(left, POLL_SECONDS))

    def stop(self) -> None:
        """Hand out no more; what is in hand can still be settled."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def close(self) -> None:
        """Stop, and hand back what nobody settled."""
        self.stop()
        with self._changed:
            if self._closed:
                return
            self._closed = True
        self._on_close(self)
        self._hands.close()
        with self._changed:
            self._changed.notify_all()

    def _next(self) -> EmbeddedDelivery | None:
        """A message of the queue whose turn it is, or of the next that has one."""
        for queue in list(self._turns):
            self._turns.rotate(-1)
            if self._in_hand[queue] >= self._prefetch:
                continue
            if claimed := self._hands.claim(queue):
                self._in_hand[queue] += 1
                return EmbeddedDelivery(queue, claimed, self._hands, self._settled)
        return None

    def _settled(self, queue: str) -> None:
        with self._changed:
            self._in_hand[queue] -= 1
            self._changed.notify_all()
