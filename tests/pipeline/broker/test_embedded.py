"""What only the embedded queues do: leases and delays on a clock of the test's own, one file."""

from __future__ import annotations

import itertools
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from partner_pipeline.broker import open_broker, topology
from partner_pipeline.broker.embedded import EmbeddedBroker
from partner_pipeline.errors import BrokerError
from pipeline.broker.tools import Clock, get, message, number, publish

YEAR = timedelta(days=365)
QUEUE = "tasks"


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queues.db"


@pytest.fixture
def broker(path: Path, clock: Clock) -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker(path, retention=YEAR, now=clock) as broker:
        broker.declare([QUEUE])
        yield broker


def test_a_delay_is_exact(broker: EmbeddedBroker, clock: Clock) -> None:
    broker.publish(QUEUE, message(1), delay=7.5)
    with broker.consume([QUEUE], prefetch=1) as consumer:
        clock.pass_by(7.499)
        assert consumer.get(0) is None
        clock.pass_by(0.001)
        assert number(get(consumer)) == 1


def test_what_was_delayed_takes_its_turn(broker: EmbeddedBroker, clock: Clock) -> None:
    broker.publish(QUEUE, message(1), delay=5)
    broker.publish(QUEUE, message(2))
    clock.pass_by(6)
    broker.publish(QUEUE, message(3))
    with broker.consume([QUEUE], prefetch=3) as consumer:
        assert [number(get(consumer)) for _ in range(3)] == [2, 1, 3]


def test_a_lease_that_ran_out(path: Path, broker: EmbeddedBroker, clock: Clock) -> None:
    publish(broker, QUEUE, 1)
    with (
        broker.consume([QUEUE], prefetch=1) as first,
        EmbeddedBroker(path, retention=YEAR, now=clock) as other,
        other.consume([QUEUE], prefetch=1) as second,
    ):
        lost = get(first)
        clock.pass_by(14)
        assert second.get(0) is None
        clock.pass_by(1)
        found = get(second)
        assert (found.deliveries, found.message) == (2, lost.message)
        for settle in (lost.ack, lost.requeue, lambda: lost.dead_letter({})):
            with pytest.raises(BrokerError, match="lease ran out"):
                settle()
        found.ack()


def test_a_lease_that_ran_out_unnoticed_can_be_settled(
    broker: EmbeddedBroker, clock: Clock
) -> None:
    publish(broker, QUEUE, 1)
    with broker.consume([QUEUE], prefetch=1) as consumer:
        delivery = get(consumer)
        clock.pass_by(3600)
        delivery.ack()
    assert broker.stats(QUEUE).messages == 0


def test_a_dead_letter_moves_to_the_archive_on_its_day(
    broker: EmbeddedBroker, clock: Clock
) -> None:
    publish(broker, QUEUE, 2)
    dead, archive = topology.dead_queue(QUEUE), topology.archive_queue(QUEUE)
    with broker.consume([QUEUE], prefetch=1) as consumer:
        get(consumer).dead_letter({})
        clock.pass_by(3600)
        get(consumer).dead_letter({})
    clock.pass_by(YEAR.total_seconds() - 1)
    assert [number(one) for one in broker.peek(dead)] == [1]
    (archived,) = broker.peek(archive)
    assert (number(archived), archived.enqueued_at) == (0, clock())


def test_nothing_reads_all_rows(broker: EmbeddedBroker, path: Path) -> None:
    """Every statement of the broker finds its rows by an index."""
    statements: list[str] = []
    with closing(sqlite3.connect(path)) as connection:
        publish(broker, QUEUE, 3)
        broker._file._quick.set_trace_callback(statements.append)
        broker._file._safe.set_trace_callback(statements.append)
        with broker.consume([QUEUE], prefetch=3) as consumer:
            get(consumer).ack()
            get(consumer).dead_letter({})
            get(consumer).retry_later(1, {})
        broker.peek(QUEUE)
        broker.stats(QUEUE)
        broker.purge(QUEUE)
        steps = [
            step
            for statement in statements
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]
    assert len(steps) > 10
    assert not [
        step for step in steps if step.startswith("SCAN broker_messages") and "INDEX" not in step
    ]


def test_processes_get_each_message_once(path: Path) -> None:
    command = [sys.executable, str(Path(__file__).with_name("claimer.py")), str(path)]
    with EmbeddedBroker(path, retention=YEAR) as broker, ExitStack() as stack:
        broker.declare([QUEUE])
        workers = [
            stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            for _ in range(4)
        ]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        publish(broker, QUEUE, 2000)
        taken = [json.loads(worker.communicate()[0]) for worker in workers]
    assert sorted(itertools.chain(*taken)) == list(range(2000))
    assert sum(map(bool, taken)) > 1


def test_a_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("This is no database. " * 100)
    with pytest.raises(BrokerError, match=r"notes\.txt.*not a database"):
        EmbeddedBroker(path, retention=YEAR)
    with pytest.raises(BrokerError, match="unable to open"):
        EmbeddedBroker(tmp_path / "nowhere" / "queues.db", retention=YEAR)


def test_without_a_server_the_settings_open_the_embedded_queues(path: Path) -> None:
    settings = SimpleNamespace(
        amqp=None, rabbitmq_management=None, embedded_path=path, dlq_retention=YEAR
    )
    with open_broker(settings) as broker:
        assert broker.name == f"embedded queues in {path}"
        broker.declare([QUEUE])
        broker.ping()
