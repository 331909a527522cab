"""The message broker: RabbitMQ where there is one, else queues in the embedded SQLite file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Protocol

from partner_pipeline.broker.base import Broker
from partner_pipeline.model.clock import Now, utc_now


class BrokerSettings(Protocol):
    """What opening a broker takes of :class:`partner_pipeline.settings.Settings`."""

    embedded_path: Path
    dlq_retention: timedelta

    @property
    def amqp(self) -> str | None:
        """RabbitMQ's URL with its secrets; None: queues are embedded."""

    @property
    def rabbitmq_management(self) -> str | None:
        """The URL of RabbitMQ's management with its secrets."""


def open_broker(settings: BrokerSettings, *, now: Now = utc_now) -> Broker:
    """The broker that the settings name. RabbitMQ is connected to when it is first used.

    Parameters
    ----------
    settings : BrokerSettings
    now : callable
        The time of the embedded queues; RabbitMQ has its own.

    Raises
    ------
    BrokerError
        When the embedded file cannot be opened.
    """
    if settings.amqp is None:
        from partner_pipeline.broker.embedded import EmbeddedBroker

        return EmbeddedBroker(settings.embedded_path, retention=settings.dlq_retention, now=now)
    from partner_pipeline.broker.amqp import AmqpBroker

    return AmqpBroker(
        settings.amqp,
        management_url=settings.rabbitmq_management,
        retention=settings.dlq_retention,
    )
