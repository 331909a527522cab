"""Queues in RabbitMQ: the broker of an installation on several machines."""

from partner_pipeline.broker.amqp.broker import AmqpBroker

__all__ = ["AmqpBroker"]
