"""What the tests of the repositories share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self, begin: datetime = datetime(2025, 9, 15, 12, tzinfo=UTC)) -> None:
        self.time = begin

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **parts: float) -> datetime:
        self.time += timedelta(**parts)
        return self.time


def at_once(number: int, work: Callable[[int], T]) -> list[T]:
    """What `work` gives in each of several threads that start together."""
    barrier, found = Barrier(number), []

    def run(ordinal: int) -> None:
        barrier.wait()
        found.append(work(ordinal))

    threads = [Thread(target=run, args=(ordinal,)) for ordinal in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == number, "a thread has failed"
    return found
