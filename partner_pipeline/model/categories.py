"""Categories of failure, and what is done about each: one table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal


class ErrorCategory(StrEnum):
    """What kind of failure it was; decides retry and alert."""

    TRANSIENT = "transient"
    AUTHENTICATION = "authentication"
    RATE_LIMIT = "rate_limit"
    PARTNER_DOWN = "partner_down"
    VALIDATION = "validation"
    PROCESSING = "processing"
    INFRASTRUCTURE = "infrastructure"


AlertLevel = Literal["low", "warning", "high", "critical"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What is done about a category of failure.

    Attributes
    ----------
    retry : {"exponential", "fixed", "none"}
        How the delay before the next try grows; ``none`` goes to the dead letters at once.
    alert : {"low", "warning", "high", "critical"}
        How loudly people are told.
    counted : bool
        Whether a try counts against the task's limit.
    tries : int, optional
        A limit of its own, where it is lower than the operation's.
    delay : float, optional
        Seconds before the next try, where it is not the operation's own first delay.
    """

    retry: Literal["exponential", "fixed", "none"]
    alert: AlertLevel
    counted: bool = True
    tries: int | None = None
    delay: float | None = None


POLICIES: Final[dict[ErrorCategory, Policy]] = {
    ErrorCategory.TRANSIENT: Policy("exponential", "warning"),
    ErrorCategory.AUTHENTICATION: Policy("fixed", "high", tries=3, delay=60.0),
    ErrorCategory.RATE_LIMIT: Policy("fixed", "low", delay=60.0),
    # A partner may be away for a day: that is no reason to give its tasks up.
    ErrorCategory.PARTNER_DOWN: Policy("exponential", "critical", counted=False, delay=300.0),
    ErrorCategory.VALIDATION: Policy("none", "high"),
    ErrorCategory.PROCESSING: Policy("none", "high"),
    ErrorCategory.INFRASTRUCTURE: Policy("exponential", "critical", counted=False),
}
