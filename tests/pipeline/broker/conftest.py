"""Both brokers, opened as production does it; each test has queues of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.broker.amqp import AmqpBroker
from partner_pipeline.broker.base import Broker
from partner_pipeline.broker.embedded import EmbeddedBroker
from pipeline.broker.tools import Child, OpenBroker

YEAR = timedelta(days=365)


@pytest.fixture(params=["embedded", "amqp"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which broker."""
    return str(request.param)


@pytest.fixture
def queue(kind: str, request: pytest.FixtureRequest) -> str:
    """A main queue that no other test uses."""
    if kind == "amqp":
        request.getfixturevalue("amqp_url")  # its queues are deleted afterwards
    return f"{request.getfixturevalue('queue_prefix')}tasks"


@pytest.fixture
def child(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Child:
    """How another process opens the broker."""
    if kind == "embedded":
        return Child(kind, str(tmp_path / "queues.db"))
    return Child(kind, request.getfixturevalue("amqp_url"))


@pytest.fixture
def open_another(
    kind: str, child: Child, queue: str, request: pytest.FixtureRequest
) -> Iterator[OpenBroker]:
    """Opens brokers on the same queues; all are closed after the test."""
    brokers: list[Broker] = []

    def open_broker(**options: Any) -> Broker:
        options = {"retention": YEAR, **options}
        if kind == "embedded":
            brokers.append(EmbeddedBroker(Path(child.url), **options))
        else:
            management = request.getfixturevalue("amqp_management_url")
            options.pop("lease", None)
            brokers.append(AmqpBroker(child.url, management_url=management, **options))
        return brokers[-1]

    yield open_broker
    for broker in brokers:
        broker.close()


@pytest.fixture
def broker(open_another: OpenBroker, queue: str) -> Broker:
    """An open broker with the queue declared."""
    broker = open_another()
    broker.declare([queue])
    return broker
