"""Documents that the pipeline keeps for itself: messages to publish, leases, alerts, changes."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from partner_pipeline.model.categories import AlertLevel
from partner_pipeline.model.document import Document, Moment, Text
from partner_pipeline.model.states import OutboxStatus

#: Alert levels from quiet to loud.
ALERT_LEVELS: Final[tuple[AlertLevel, ...]] = ("low", "warning", "high", "critical")


class OutboxMessage(Document):
    """A message that was decided on in the same write as what it follows from.

    Attributes
    ----------
    queue : str
    body : bytes
        JSON, as it is published.
    headers : dict
    message_id : str
        The message's own; the same however often it is published.
    not_before : datetime
        It is not published earlier.
    claimed_until : datetime or None
        Who took it has so long; then another may.
    """

    queue: Text
    body: bytes
    headers: dict[str, str | int] = Field(default_factory=dict)
    message_id: Text
    status: OutboxStatus
    claim: str | None = None
    claimed_until: Moment | None = None
    not_before: Moment
    attempts: int = 0
    error: str | None = None
    created_at: Moment


class Lease(Document):
    """The right to do something alone, for a while; its id is what may be done.

    Attributes
    ----------
    owner : str or None
        Who holds it.
    expires_at : datetime
    token : int
        Grows with every holder.
    """

    owner: str | None = None
    expires_at: Moment
    token: int = 0


class Alert(Document):
    """The last alert of one cause; its id is the cause."""

    level: AlertLevel
    loudness: int
    sent_at: Moment
    sent: int = 1


class AuditEntry(Document):
    """Who changed what, and when."""

    at: Moment
    actor: Text
    action: Text
    subject: Text
    subject_id: Text
    changes: dict[str, Any] = Field(default_factory=dict)
