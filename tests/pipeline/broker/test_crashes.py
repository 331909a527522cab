"""Workers that are killed, and a network that fails: nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from partner_pipeline.broker import message as names
from partner_pipeline.broker.amqp import AmqpBroker
from partner_pipeline.broker.base import Broker
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.errors import BrokerError
from pipeline.broker.proxy import Proxy
from pipeline.broker.tools import (
    Child,
    OpenBroker,
    drain,
    eventually,
    get,
    message,
    number,
    publish,
)

LEASE = timedelta(seconds=0.5)
YEAR = timedelta(days=365)


@contextmanager
def working(child: Child, queue: str) -> Iterator[subprocess.Popen[str]]:
    """A worker process that has a message in hand."""
    script = Path(__file__).with_name("worker.py")
    command = [sys.executable, str(script), child.kind, child.url, queue]
    with subprocess.Popen(
        [*command, str(LEASE.total_seconds())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline()) == {"number": 0}
            yield process
        finally:
            process.kill()


def test_what_a_killed_worker_had_comes_back(
    open_another: OpenBroker, child: Child, queue: str
) -> None:
    broker = open_another(lease=LEASE, delivery_limit=3)
    broker.declare([queue])
    publish(broker, queue, 1)
    with working(child, queue) as process:
        process.kill()
    with broker.consume([queue], prefetch=1) as consumer:
        delivery = get(consumer)
        assert (number(delivery), delivery.redelivered) == (0, True)
        delivery.ack()


def test_what_a_living_worker_has_is_given_to_nobody_else(
    open_another: OpenBroker, child: Child, queue: str
) -> None:
    broker = open_another(lease=LEASE, delivery_limit=3)
    broker.declare([queue])
    publish(broker, queue, 1)
    with working(child, queue), broker.consume([queue], prefetch=1) as consumer:
        assert consumer.get(LEASE.total_seconds() * 3) is None


def test_a_message_that_kills_its_workers_becomes_a_dead_letter(
    open_another: OpenBroker, child: Child, queue: str
) -> None:
    broker = open_another(lease=LEASE, delivery_limit=3)
    broker.declare([queue])
    publish(broker, queue, 1)
    for _ in range(3):
        with working(child, queue) as process:
            process.kill()
    dead = dead_queue(queue)
    eventually(lambda: broker.stats(dead).messages == 1, "the dead letter")
    (peeked,) = broker.peek(dead)
    assert peeked.message.headers[names.ERROR_CATEGORY] == "infrastructure"


@pytest.fixture
def proxy(amqp_url: str) -> Iterator[Proxy]:
    """A network between the test and RabbitMQ that can fail."""
    url = urlsplit(amqp_url)
    with Proxy(url.hostname or "", url.port or 5672) as proxy:
        yield proxy


@pytest.fixture
def behind_proxy(proxy: Proxy, amqp_url: str, queue_prefix: str) -> Iterator[tuple[Broker, str]]:
    """A broker that talks through the proxy, and its queue."""
    url = urlsplit(amqp_url)
    account = url.netloc.rpartition("@")[0]
    through = url._replace(netloc=f"{account}@127.0.0.1:{proxy.port}").geturl()
    queue = f"{queue_prefix}tasks"
    with AmqpBroker(through, management_url=None, retention=YEAR) as broker:
        broker.declare([queue])
        yield broker, queue


def test_a_consumer_comes_back_after_its_connection_was_lost(
    behind_proxy: tuple[Broker, str], proxy: Proxy
) -> None:
    broker, queue = behind_proxy
    publish(broker, queue, 3)
    with broker.consume([queue], prefetch=2) as consumer:
        lost = get(consumer)
        proxy.cut()
        eventually(lambda: refused(lost.ack), "the loss to be seen")
        taken = [get(consumer) for _ in range(2)]
        assert number(lost) in {number(one) for one in taken if one.redelivered}
        for delivery in taken:
            delivery.ack()
        get(consumer).ack()
    assert broker.stats(queue).messages == 0


def refused(settle: object) -> bool:
    assert callable(settle)
    try:
        settle()
    except BrokerError:
        return True
    return False


def test_what_was_confirmed_survives_lost_connections(
    behind_proxy: tuple[Broker, str], proxy: Proxy
) -> None:
    broker, queue = behind_proxy
    confirmed: set[int] = set()
    uncertain: set[int] = set()
    taken: list[int] = []
    published = threading.Event()

    def produce(first: int) -> None:
        for n in range(first, 600, 4):
            try:
                broker.publish(queue, message(n))
                confirmed.add(n)
            except BrokerError:
                uncertain.add(n)

    def work() -> None:
        with broker.consume([queue], prefetch=5) as consumer:
            while not (published.is_set() and confirmed <= set(taken)):
                delivery = consumer.get(0.5)
                if delivery is not None and not refused(delivery.ack):
                    taken.append(number(delivery))

    producers = [threading.Thread(target=produce, args=(first,)) for first in range(4)]
    worker = threading.Thread(target=work)
    for thread in [*producers, worker]:
        thread.start()
    for target in (50, 150, 300, 450):
        eventually(lambda: len(confirmed) + len(uncertain) >= target, "messages")  # noqa: B023
        proxy.cut()
    for thread in producers:
        thread.join()
    published.set()
    worker.join()
    assert confirmed <= set(taken) <= confirmed | uncertain
    assert len(uncertain) <= 4 * 4  # what was under way when the connection was cut
    again = {n for n in taken if taken.count(n) > 1}
    assert len(again) <= 4 * 6  # what was in hand then


def test_publishing_waits_for_a_server_that_comes_back(
    behind_proxy: tuple[Broker, str], proxy: Proxy
) -> None:
    broker, queue = behind_proxy
    proxy.refuse()
    threading.Timer(0.7, proxy.accept).start()
    eventually(lambda: not refused(lambda: broker.publish(queue, message(1))), "a publish")
    assert {number(delivery) for delivery in drain(broker, queue, 1)} == {1}


def test_get_returns_while_the_server_is_away(
    behind_proxy: tuple[Broker, str], proxy: Proxy
) -> None:
    broker, queue = behind_proxy
    publish(broker, queue, 1)
    with broker.consume([queue], prefetch=1) as consumer:
        proxy.refuse()
        eventually(lambda: consumer.get(0.1) is None, "nothing")
        proxy.accept()
        get(consumer).ack()
