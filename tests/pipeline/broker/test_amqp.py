"""What only RabbitMQ does: its restart, its management, messages of other programs."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pika
import pytest

from partner_pipeline.broker import message as names
from partner_pipeline.broker import open_broker, topology
from partner_pipeline.broker.amqp import AmqpBroker
from partner_pipeline.errors import BrokerError
from pipeline.broker.tools import drain, eventually, get, message, number, publish

YEAR = timedelta(days=365)
SERVICES = Path(__file__).resolve().parents[3] / "scripts" / "services.py"


@pytest.fixture
def queue(amqp_url: str, queue_prefix: str) -> str:
    return f"{queue_prefix}tasks"


@pytest.fixture
def broker(amqp_url: str, amqp_management_url: str, queue: str) -> Iterator[AmqpBroker]:
    with AmqpBroker(amqp_url, management_url=amqp_management_url, retention=YEAR) as broker:
        broker.declare([queue])
        yield broker


def publish_raw(amqp_url: str, queue: str, body: bytes, properties: pika.BasicProperties) -> None:
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        connection.channel().basic_publish("", queue, body, properties)


def test_messages_of_other_programs(broker: AmqpBroker, amqp_url: str, queue: str) -> None:
    headers: dict[str, Any] = {
        "x-partner-code": "SATLOC",
        "x-retry-count": 1 << 40,
        "flag": True,
        "ratio": Decimal("0.5"),
        "list": [1, {"deep": "value"}],
        "bytes": b"\xff\xfe",
        "nothing": None,
        "long": "y" * 10_000,
        "x-death": "not a list",
        "x-enqueued-at": "yesterday",
        "x-delivery-count": "many",
    }
    publish_raw(amqp_url, queue, b"\xff{", pika.BasicProperties(headers=headers))
    publish_raw(amqp_url, queue, b"", pika.BasicProperties())
    strange, bare = drain(broker, queue, 2)
    assert strange.message.headers == {
        names.PARTNER_CODE: "SATLOC",
        names.RETRY_COUNT: 1 << 40,
        "long": "y" * 4095 + "…",
    }
    assert str(strange.message.headers[names.RETRY_COUNT]) == "1099511627776"
    assert (strange.message.message_id, strange.enqueued_at, strange.deliveries) == ("", None, 1)
    assert (bare.message.body, bare.message.headers) == (b"", {})


def test_messages_of_other_programs_can_be_peeked_and_dead_lettered(
    broker: AmqpBroker, amqp_url: str, queue: str
) -> None:
    publish_raw(amqp_url, queue, b"\xff{", pika.BasicProperties())
    with broker.consume([queue], prefetch=1) as consumer:
        get(consumer).dead_letter({names.ERROR_CATEGORY: "validation"})
    (peeked,) = broker.peek(topology.dead_queue(queue))
    assert (peeked.message.body, peeked.message.headers) == (
        b"\xff{",
        {names.ERROR_CATEGORY: "validation"},
    )


def test_peeking_stays_away_from_the_delivery_limit(broker: AmqpBroker, queue: str) -> None:
    publish(broker, queue, 1)
    failure = first_failure(lambda: broker.peek(queue))
    assert "counts it as a delivery" in failure
    eventually(lambda: broker.stats(queue).messages == 1, "the message")


def test_without_management_peeking_says_what_is_missing(amqp_url: str, queue: str) -> None:
    with AmqpBroker(amqp_url, management_url=None, retention=YEAR) as broker:
        broker.declare([queue])
        with pytest.raises(BrokerError, match="RABBITMQ_MANAGEMENT_URL is not set"):
            broker.peek(queue)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://user:Pl4nted@127.0.0.1:9", "does not answer"),
        ("http://user:Pl4nted@{host}:{port}", "401: it refuses the account"),
    ],
)
def test_management_that_does_not_serve(
    url: str, said: str, amqp_url: str, amqp_management_url: str, queue: str
) -> None:
    there = httpx.URL(amqp_management_url)
    url = url.format(host=there.host, port=there.port)
    with AmqpBroker(amqp_url, management_url=url, retention=YEAR) as broker:
        broker.declare([queue])
        with pytest.raises(BrokerError, match=said) as caught:
            broker.peek(queue)
        assert_no_secret(caught.value, broker)


def test_the_settings_open_rabbitmq(
    amqp_url: str, amqp_management_url: str, tmp_path: Path
) -> None:
    settings = SimpleNamespace(
        amqp=amqp_url,
        rabbitmq_management=amqp_management_url,
        embedded_path=tmp_path / "never.db",
        dlq_retention=YEAR,
    )
    with open_broker(settings) as broker:
        assert broker.name == f"RabbitMQ at 127.0.0.1:{urlsplit(amqp_url).port}"
        broker.ping()
    assert not settings.embedded_path.exists()


def test_a_server_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    url = "amqp://user:Pl4nted@127.0.0.1:9/"
    with (
        AmqpBroker(url, management_url=None, retention=YEAR, patience=1.0) as broker,
        pytest.raises(BrokerError, match=r"127\.0\.0\.1:9 cannot be reached.*refused") as caught,
    ):
        broker.ping()
    assert_no_secret(caught.value, broker)
    assert "Pl4nted" not in caplog.text


def test_a_refused_account(amqp_url: str, caplog: pytest.LogCaptureFixture) -> None:
    url = amqp_url.replace("guest:guest", "guest:Pl4nted")
    with (
        AmqpBroker(url, management_url=None, retention=YEAR, patience=3.0) as broker,
        pytest.raises(BrokerError, match="ACCESS_REFUSED") as caught,
    ):
        broker.ping()
    assert_no_secret(caught.value, broker)
    assert "Pl4nted" not in caplog.text


def assert_no_secret(error: BaseException | None, broker: AmqpBroker) -> None:
    assert "Pl4nted" not in f"{broker!r} {broker.name}"
    while error is not None:
        assert "Pl4nted" not in f"{error!r} {error}"
        error = error.__cause__ or error.__context__


def test_another_retention_leaves_the_queue_as_it_is(
    broker: AmqpBroker, amqp_url: str, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    publish(broker, queue, 1)
    with AmqpBroker(amqp_url, management_url=None, retention=timedelta(days=30)) as changed:
        changed.declare([queue])
    assert "keeps the retention" in caplog.text
    assert broker.stats(queue).messages == 1


def test_a_queue_of_another_kind_is_refused(amqp_url: str, queue: str) -> None:
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        connection.channel().queue_declare(queue, durable=True)
    with AmqpBroker(amqp_url, management_url=None, retention=YEAR) as broker:
        with pytest.raises(BrokerError, match=rf"declaring {queue}.*PRECONDITION_FAILED"):
            broker.declare([queue])
        broker.ping()


def test_a_full_queue_refuses_and_says_so(
    broker: AmqpBroker, amqp_management_url: str, queue: str
) -> None:
    policy = f"{amqp_management_url}/api/policies/%2F/{queue}"
    rule = {"pattern": f"^{queue}$", "definition": {"max-length": 1}, "apply-to": "queues"}
    httpx.put(policy, json=rule).raise_for_status()
    try:
        failure = first_failure(lambda: publish(broker, queue, 1))
    finally:
        httpx.delete(policy)
    assert "refused" in failure


def first_failure(act: Callable[[], object]) -> str:
    """What the first BrokerError says, of doing something again and again."""
    for _ in range(1000):
        try:
            act()
        except BrokerError as error:
            return str(error)
    pytest.fail("it never failed")


def test_a_deleted_queue(broker: AmqpBroker, amqp_management_url: str, queue: str) -> None:
    with broker.consume([queue], prefetch=1) as consumer:
        httpx.delete(f"{amqp_management_url}/api/queues/%2F/{quote(queue)}").raise_for_status()
        assert consumer.get(0.5) is None
        broker.declare([queue])
        publish(broker, queue, 1)
        get(consumer).ack()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Path]:
    """The folder of a RabbitMQ of the test's own."""
    if not Path("/usr/lib/rabbitmq").exists():
        pytest.skip("RabbitMQ is not installed on this machine")
    yield tmp_path / "services"
    services("down", tmp_path / "services")


def services(command: str, folder: Path) -> dict[str, str]:
    given = {"AMQP_URL", "RABBITMQ_MANAGEMENT_URL"}
    done = subprocess.run(
        [sys.executable, str(SERVICES), command, "rabbitmq", "--folder", str(folder)],
        env={name: value for name, value in os.environ.items() if name not in given},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (shlex.split(line)[1].partition("=") for line in done.stdout.splitlines())
    return {name: value for name, _, value in lines}


@pytest.mark.slow
def test_a_server_that_is_killed_and_comes_back(node: Path) -> None:
    urls = services("up", node)
    with AmqpBroker(urls["AMQP_URL"], management_url=None, retention=YEAR) as broker:
        broker.declare(["tasks"])
        publish(broker, "tasks", 200)
        broker.publish("tasks", message(200), delay=1)
        with broker.consume(["tasks"], prefetch=3) as consumer:
            before = [number(settled) for settled in (get(consumer) for _ in range(3))]
            services("kill", node)
            restart = threading.Thread(target=services, args=("up", node))
            restart.start()
            after: set[int] = set()
            while len(after) < 201:
                delivery = get(consumer)
                after.add(number(delivery))
                delivery.ack()
            restart.join()
    assert before == [0, 1, 2]
    assert after == set(range(201))
