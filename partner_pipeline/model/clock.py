"""The time, as documents keep it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

#: What every use case is given: a test hands in a clock of its own.
Now = Callable[[], datetime]


def utc_now() -> datetime:
    """Now in UTC, to the millisecond: what every store keeps."""
    return to_milliseconds(datetime.now(UTC))


def to_milliseconds(moment: datetime) -> datetime:
    """A moment in UTC, cut to the millisecond.

    Raises
    ------
    ValueError
        A moment without a time zone: nobody knows when that was.
    """
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with its zone, found {moment.isoformat()}")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
