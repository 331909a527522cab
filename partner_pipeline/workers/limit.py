"""When a worker should stop: a bad deploy must not empty the queue into the dead letters."""

from __future__ import annotations

import threading
from collections import deque


class DeadLetterLimit:
    """Counts how tasks end. Thread-safe.

    Parameters
    ----------
    window : int
        The share is of so many last tasks; it counts from when there are as many.
    share : float
        A larger share of dead letters is too much.
    in_a_row : int
        So many dead letters one after the other are too much.
    """

    def __init__(self, window: int, share: float, in_a_row: int) -> None:
        self._last: deque[bool] = deque(maxlen=window)
        self._share = share
        self._in_a_row = in_a_row
        self._row = 0
        self._lock = threading.Lock()

    def exceeded(self, *, dead: bool) -> str | None:
        """A task has ended; why that is one too many, or None."""
        with self._lock:
            self._last.append(dead)
            self._row = self._row + 1 if dead else 0
            if self._row >= self._in_a_row:
                return f"{self._row} tasks in a row became dead letters"
            full = len(self._last) == self._last.maxlen
            if dead and full and sum(self._last) > self._share * len(self._last):
                return f"{sum(self._last)} of the last {len(self._last)} tasks became dead letters"
            return None
