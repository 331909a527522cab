"""Messages as RabbitMQ has them: properties and headers, its own among them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pika import BasicProperties, DeliveryMode

from partner_pipeline.broker import message as names
from partner_pipeline.broker import topology
from partner_pipeline.broker.message import Message, readable_headers
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.clock import utc_now

_ENQUEUED_AT: Final = "x-enqueued-at"  # milliseconds; AMQP's own timestamp has seconds
_DELIVERY_COUNT: Final = "x-delivery-count"
_OWN: Final = (_ENQUEUED_AT, _DELIVERY_COUNT, "x-death", "x-first-death-", "x-last-death-")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)

Found = Mapping[str, Any]


def properties(message: Message, delay: float) -> BasicProperties:
    """What a message is published with."""
    return BasicProperties(
        content_type="application/json",
        delivery_mode=DeliveryMode.Persistent,
        message_id=message.message_id,
        headers={**message.headers, _ENQUEUED_AT: (utc_now() - _EPOCH) // _MS},
        expiration=str(round(delay * 1000)) if delay else None,
    )


def message(body: bytes, message_id: str | None, headers: Found) -> Message:
    """A message as the work sees it: without RabbitMQ's own headers.

    One that RabbitMQ itself made a dead letter has no error category of ours: it is told here.
    """
    ours = readable_headers({k: v for k, v in headers.items() if not str(k).startswith(_OWN)})
    if any(death.get("reason") == "delivery_limit" for death in _deaths(headers)):
        ours[names.ERROR_CATEGORY] = ErrorCategory.INFRASTRUCTURE.value
        ours[names.ERROR_MESSAGE] = topology.WORN_OUT
    return Message(body, ours, message_id or "")


def deliveries(headers: Found) -> int:
    """How often a message was handed out, the present time included."""
    count = headers.get(_DELIVERY_COUNT)
    return 1 + count if isinstance(count, int) else 1


def enqueued_at(headers: Found) -> datetime | None:
    """When a message came into the queue that it is in.

    RabbitMQ notes when it passed a message on, the last time first; else our own note holds.
    """
    for death in _deaths(headers):
        moved = death.get("time")  # the management API has seconds
        if isinstance(moved, datetime):
            return moved.astimezone(UTC)
        return datetime.fromtimestamp(moved, UTC) if isinstance(moved, int) else None
    published = headers.get(_ENQUEUED_AT)
    return _EPOCH + published * _MS if isinstance(published, int) else None


def _deaths(headers: Found) -> list[Found]:
    deaths = headers.get("x-death")
    if not isinstance(deaths, list):
        return []
    return [death for death in deaths if isinstance(death, dict)]
