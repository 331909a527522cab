"""Queues in a SQLite file: the broker of one machine with nothing installed."""

from partner_pipeline.broker.embedded.broker import EmbeddedBroker

__all__ = ["EmbeddedBroker"]
