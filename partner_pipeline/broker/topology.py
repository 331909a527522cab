"""Which queues there are, and how RabbitMQ keeps them.

::

    partner_tasks ──── settled too rarely, or dead-lettered ───→ partner_tasks_failed
      ↑      │                                                        │ after the retention
      │      └─ retry later → partner_tasks_delay_<seconds>           ↓
      └────────── its time has come ──┘                       partner_tasks_archive

Every argument is given explicitly: defaults differ between RabbitMQ 3 and 4, and a queue that was
declared with other arguments cannot be used.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from partner_pipeline.errors import ValidationError

DELIVERY_LIMIT: Final = 20
"""Deliveries of a message without settlement after which it is a dead letter. Not a small number:
RabbitMQ also counts a message that was on its way to a worker that was told to stop."""

WORN_OUT: Final = "delivered too often without being settled: the workers may die of it"
"""The error message of such a dead letter."""

DELAYS: Final = (1, 3, 10, 30, 120, 600, 3600, 86_400)
"""Seconds; a delay queue each. A message expires there after its own delay, but not before those
ahead of it: a delay of 7 s takes at most 10 s, whatever else waits."""

_DEAD: Final = "_failed"
_ARCHIVE: Final = "_archive"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_UNLIMITED: Final = (1 << 31) - 1  # RabbitMQ 4 reads nothing as 20 and 3 refuses -1


def dead_queue(queue: str) -> str:
    """Where the dead letters of a main queue are."""
    return queue + _DEAD


def archive_queue(queue: str) -> str:
    """Where the dead letters of a main queue go when their retention is over."""
    return queue + _ARCHIVE


def main_queue(queue: str) -> str:
    """The main queue that a dead queue or an archive belongs to; a main queue is its own."""
    return queue.removesuffix(_DEAD).removesuffix(_ARCHIVE)


def is_main(queue: str) -> bool:
    """Whether it is neither a dead queue nor an archive."""
    return main_queue(queue) == queue


def check_main(queue: str) -> None:
    """ValidationError when this cannot be the name of a main queue."""
    if not _NAME.fullmatch(queue) or not is_main(queue):
        raise ValidationError(
            f"declaring queue {queue!r}: a name of letters, digits, '_', '.' and '-', not ending "
            f"in {_DEAD} or {_ARCHIVE}, was expected"
        )


def check_delay(queue: str, delay: float) -> None:
    """ValidationError when a message cannot wait that long for that queue."""
    if not 0 <= delay <= DELAYS[-1]:
        raise ValidationError(
            f"publishing to {queue}: a delay of {delay} s; 0 to {DELAYS[-1]:,} s can be had"
        )
    if delay and not is_main(queue):
        raise ValidationError(f"publishing to {queue}: only a main queue can be delayed")


def delay_queue(queue: str, delay: float) -> str:
    """The queue in which a message for a main queue waits so many seconds."""
    bucket = next(seconds for seconds in DELAYS if delay <= seconds)
    return f"{queue}_delay_{bucket}"


def delay_queues(queue: str) -> list[str]:
    """All delay queues of a main queue."""
    return [f"{queue}_delay_{seconds}" for seconds in DELAYS]


def declarations(
    queue: str, *, delivery_limit: int, retention: timedelta
) -> dict[str, dict[str, Any]]:
    """RabbitMQ's queues for a main queue: name to arguments.

    All are quorum queues, and all that the server itself passes on is passed on *at least once*:
    it leaves a queue only when the next one has confirmed it.
    """
    dead, archive = dead_queue(queue), archive_queue(queue)
    # RabbitMQ counts returns: the last delivery is one more.
    queues = {
        queue: {**_quorum(delivery_limit - 1), **_onward(dead)},
        dead: {**_quorum(_UNLIMITED), **_onward(archive, retention)},
        archive: _quorum(_UNLIMITED),
    }
    for seconds, name in zip(DELAYS, delay_queues(queue), strict=True):
        queues[name] = {**_quorum(_UNLIMITED), **_onward(queue, timedelta(seconds=seconds))}
    return queues


def _quorum(delivery_limit: int) -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": delivery_limit,
        "x-overflow": "reject-publish",
    }


def _onward(queue: str, after: timedelta | None = None) -> dict[str, Any]:
    arguments = {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
    }
    if after is None:
        return arguments
    return {**arguments, "x-message-ttl": after // timedelta(milliseconds=1)}
