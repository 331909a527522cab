"""How long to wait before a task is tried again: a pure function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from partner_pipeline.model.categories import Policy

#: No partner makes a task wait longer than this many seconds with one ``Retry-After``.
LONGEST_RETRY_AFTER: Final = 3600.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often an operation is tried, and how its delays grow.

    Attributes
    ----------
    tries : int
        At most so many, the first one included.
    delay : float
        Seconds before the second try.
    factor : float
        Each delay is so many times the one before.
    longest : float
        No delay is longer; seconds.
    jitter : float
        The share of a delay that is left to chance, 0 to 1: tasks that failed together do not
        come back together.
    """

    tries: int
    delay: float
    factor: float
    longest: float
    jitter: float = 0.0

    def __str__(self) -> str:
        return (
            f"tries={self.tries},delay={self.delay:g},factor={self.factor:g},max={self.longest:g},"
            f"jitter={self.jitter:g}"
        )


def delay_before_retry(
    policy: RetryPolicy,
    category: Policy,
    failures: int,
    *,
    retry_after: float | None = None,
    random: Callable[[], float],
) -> float | None:
    """Seconds to wait after a failure, or None where there is no other try.

    Parameters
    ----------
    policy : RetryPolicy
        Of the operation.
    category : Policy
        What is done about this kind of failure.
    failures : int
        How often the task has failed, this failure included: 1 or more.
    retry_after : float, optional
        Seconds that the partner asks to wait; the delay is never shorter, up to
        `LONGEST_RETRY_AFTER`.
    random : callable
        Gives numbers from 0 up to 1.
    """
    tries = policy.tries if category.tries is None else min(policy.tries, category.tries)
    if category.retry == "none" or (category.counted and failures >= tries):
        return None
    first = policy.delay if category.delay is None else category.delay
    longest = max(policy.longest, first)
    delay = min(first, longest)
    if category.retry == "exponential":
        # 64 doublings are longer than any limit, and an exponent without limit overflows.
        delay = min(first * policy.factor ** min(failures - 1, 64), longest)
    delay -= delay * policy.jitter * random()
    return max(delay, min(retry_after or 0.0, LONGEST_RETRY_AFTER))
