"""How often a partner is called for one account: so many a minute, so many at once."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from partner_pipeline.errors import RateLimitError

_MINUTE: Final = 60.0

#: Accounts after which those that have been quiet for a minute are forgotten.
_MANY: Final = 1_000


@dataclass(slots=True)
class _Bucket:
    """``full_at`` is when the bucket is full again; ``calls`` are when the last minute's went."""

    full_at: float = 0.0
    calls: deque[float] = field(default_factory=deque)


class RateLimiter:
    """A token bucket for each account, and a limit on every minute.

    A bucket holds ``burst`` calls and fills at ``per_minute``. As a full bucket plus a minute's
    filling would be more than ``per_minute`` calls, the calls of any 60 seconds are counted too.
    Callers are served in the order in which they come. The limit is this process's own: several
    workers share a partner's allowance by each being given a part of it.

    Parameters
    ----------
    per_minute, burst : int
    longest_wait : float
        Seconds; who would have to wait longer is told so instead.
    clock : callable
        Seconds, never going back.
    sleep : callable
        Waits so many seconds.
    """

    def __init__(
        self,
        per_minute: int,
        burst: int,
        *,
        longest_wait: float = _MINUTE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._per_minute = per_minute
        self._interval = _MINUTE / per_minute
        self._depth = (min(burst, per_minute) - 1) * self._interval
        self._longest_wait = longest_wait
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, account: str) -> None:
        """Return when this account may be used for one call.

        Raises
        ------
        RateLimitError
            If that is further away than the longest wait; it knows how far.
        """
        delay = self._reserve(account)
        if delay > 0.0:
            self._sleep(delay)

    def _reserve(self, account: str) -> float:
        with self._lock:
            now = self._clock()
            if account not in self._buckets and len(self._buckets) >= _MANY:
                self._forget_quiet(now)
            bucket = self._buckets.setdefault(account, _Bucket())
            start = max(now, bucket.full_at - self._depth)
            if len(bucket.calls) == self._per_minute:
                start = max(start, bucket.calls[0] + _MINUTE)
            if start - now > self._longest_wait:
                raise RateLimitError(
                    f"calling a partner for {account}: {self._per_minute} calls a minute are "
                    f"allowed, and all of the next {self._longest_wait:.0f} s are taken; try "
                    f"again in {start - now:.0f} s, or raise the limit if the partner allows it",
                    retry_after=start - now,
                )
            bucket.full_at = max(bucket.full_at, start) + self._interval
            bucket.calls.append(start)
            if len(bucket.calls) > self._per_minute:
                bucket.calls.popleft()
            return start - now

    def _forget_quiet(self, now: float) -> None:
        quiet = [name for name, bucket in self._buckets.items() if bucket.calls[-1] + _MINUTE < now]
        for name in quiet:
            del self._buckets[name]
