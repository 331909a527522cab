"""Dead letters: looked at, replayed, archived, purged; the same for every broker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from partner_pipeline.broker import message as names
from partner_pipeline.broker.base import Broker
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import archive_queue, dead_queue
from partner_pipeline.errors import BrokerError, ValidationError
from pipeline.broker.tools import (
    OpenBroker,
    drain,
    eventually,
    get,
    kill_by_dead_lettering,
    message,
    number,
    publish,
)

IN_AN_HOUR = timedelta(hours=1)


@pytest.fixture
def dead(queue: str) -> str:
    return dead_queue(queue)


@pytest.fixture
def six_dead(broker: Broker, queue: str) -> Broker:
    """With dead letters 0 to 5: the even ones of customer a, the odd ones of b."""
    kill_by_dead_lettering(
        broker,
        queue,
        [{names.CUSTOMER_ID: "ab"[n % 2], names.RETRY_COUNT: n} for n in range(6)],
    )
    return broker


def numbers(broker: Broker, queue: str) -> list[int]:
    return [number(peeked) for peeked in broker.peek(queue)]


def test_a_dead_letter_keeps_its_message_and_gets_headers(
    broker: Broker, queue: str, dead: str
) -> None:
    sent = Message.of({"number": 1}, {names.TASK_ID: "t", names.ERROR_CATEGORY: "transient"})
    broker.publish(queue, sent)
    before = datetime.now(UTC) - timedelta(seconds=1)
    with broker.consume([queue], prefetch=1) as consumer:
        why = {names.ERROR_CATEGORY: "validation", names.ERROR_MESSAGE: "é\udcff" + "x" * 5000}
        get(consumer).dead_letter({**why, names.FIRST_FAILED_AT: "2026-01-01T00:00:00Z"})
    (peeked,) = broker.peek(dead)
    assert (peeked.message.body, peeked.message.message_id) == (sent.body, sent.message_id)
    assert peeked.message.headers == {
        names.TASK_ID: "t",
        names.ERROR_CATEGORY: "validation",
        names.ERROR_MESSAGE: "é?" + "x" * 4093 + "…",
        names.FIRST_FAILED_AT: "2026-01-01T00:00:00Z",
    }
    assert peeked.enqueued_at is not None
    assert before <= peeked.enqueued_at <= datetime.now(UTC)
    # RabbitMQ puts back what was looked at a moment after it has told of it.
    eventually(lambda: broker.stats(dead).messages == 1, "it is there again")
    eventually(lambda: broker.stats(dead).oldest == peeked.enqueued_at, "its age is told")
    assert broker.stats(dead).delayed == 0
    assert broker.stats(queue).messages == 0


def test_peeking_removes_nothing(six_dead: Broker, dead: str) -> None:
    for _ in range(25):  # more often than any delivery limit
        assert numbers(six_dead, dead) == [0, 1, 2, 3, 4, 5]
    assert six_dead.stats(dead).messages == 6


def test_peeking_by_pages(six_dead: Broker, dead: str) -> None:
    pages = [six_dead.peek(dead, offset=offset, limit=4) for offset in (0, 4, 8)]
    assert [[(one.position, number(one)) for one in page] for page in pages] == [
        [(0, 0), (1, 1), (2, 2), (3, 3)],
        [(4, 4), (5, 5)],
        [],
    ]


def test_peeking_into_a_main_queue(broker: Broker, queue: str) -> None:
    publish(broker, queue, 3)
    assert [number(one) for one in broker.peek(queue, limit=2)] == [0, 1]
    assert sorted(map(number, drain(broker, queue, 3))) == [0, 1, 2]


def test_an_empty_queue(broker: Broker, queue: str, dead: str) -> None:
    for name in (queue, dead, archive_queue(queue)):
        assert broker.peek(name) == []
        stats = broker.stats(name)
        assert (stats.messages, stats.delayed, stats.oldest) == (0, 0, None)
        assert broker.purge(name) == 0
    assert broker.replay(dead).replayed == 0


@pytest.mark.parametrize(
    ("choice", "replayed"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"limit": 2}, [0, 1]),
        ({"limit": 0}, []),
        ({"positions": [4, 1, 99]}, [1, 4]),
        ({"positions": range(2, 4)}, [2, 3]),
        ({"positions": []}, []),
        ({"header": (names.CUSTOMER_ID, "b")}, [1, 3, 5]),
        ({"header": (names.CUSTOMER_ID, "b"), "limit": 2}, [1, 3]),
        ({"header": (names.RETRY_COUNT, "5")}, [5]),
        ({"header": (names.CUSTOMER_ID, "b"), "positions": [0, 1]}, [1]),
        ({"header": ("x-none", "")}, []),
    ],
    ids=str,
)
def test_replaying(
    choice: dict[str, object], replayed: list[int], six_dead: Broker, queue: str, dead: str
) -> None:
    report = six_dead.replay(dead, **choice)  # type: ignore[arg-type]  # of the parameters
    assert (report.replayed, report.failed, report.skipped) == (len(replayed), 0, 0)
    left = [n for n in range(6) if n not in replayed]
    eventually(lambda: numbers(six_dead, dead) == left, "what was left")
    deliveries = drain(six_dead, queue, len(replayed))
    assert [number(delivery) for delivery in deliveries] == replayed
    assert all(delivery.deliveries == 1 for delivery in deliveries)


def test_replaying_what_is_prepared(six_dead: Broker, queue: str, dead: str) -> None:
    def prepare(one: Message) -> Message | None:
        if number(one) == 1:
            raise ValidationError("no such task")
        return None if number(one) == 2 else one.with_headers({names.EXECUTION_ID: "new"})

    report = six_dead.replay(dead, positions=range(4), prepare=prepare)
    assert (report.replayed, report.failed, report.skipped) == (2, 1, 1)
    assert len(report.errors) == 1
    assert "no such task" in report.errors[0]
    eventually(lambda: numbers(six_dead, dead) == [1, 2, 4, 5], "what was left")
    deliveries = drain(six_dead, queue, 2)
    assert [number(delivery) for delivery in deliveries] == [0, 3]
    assert {delivery.message.headers[names.EXECUTION_ID] for delivery in deliveries} == {"new"}


def test_what_becomes_dead_during_a_replay_waits_for_the_next(
    six_dead: Broker, queue: str, dead: str
) -> None:
    def prepare(one: Message) -> Message:
        kill_by_dead_lettering(six_dead, f"{queue}.other", [{}])
        six_dead.publish(dead, message(7))
        return one

    six_dead.declare([f"{queue}.other"])
    assert six_dead.replay(dead, prepare=prepare).replayed == 6
    assert numbers(six_dead, dead) == [7] * 6


def test_only_a_dead_queue_can_be_replayed(broker: Broker, queue: str) -> None:
    for name in (queue, archive_queue(queue)):
        with pytest.raises(ValidationError, match="a dead queue was expected"):
            broker.replay(name)


def test_purging_spares_what_is_in_hand(broker: Broker, queue: str) -> None:
    publish(broker, queue, 4)
    broker.publish(queue, message(9), delay=600)
    with broker.consume([queue], prefetch=1) as consumer:
        delivery = get(consumer)
        assert broker.purge(queue) == 4
        delivery.ack()
    stats = broker.stats(queue)
    assert (stats.messages, stats.delayed) == (0, 0)


def test_taking_for_the_archive(six_dead: Broker, dead: str) -> None:
    taken = []
    for delivery in six_dead.take(dead, older_than=datetime.now(UTC) + IN_AN_HOUR, limit=4):
        taken.append(number(delivery))
        if number(delivery) != 1:
            delivery.ack()
    assert taken == [0, 1, 2, 3]
    eventually(lambda: numbers(six_dead, dead) == [1, 4, 5], "what was left")


def test_taking_only_what_is_old_enough(broker: Broker, queue: str, dead: str) -> None:
    kill_by_dead_lettering(broker, queue, [{}, {}])
    eventually(lambda: datetime.now(UTC) > border(broker, dead), "a new millisecond")
    limit = datetime.now(UTC)
    eventually(lambda: datetime.now(UTC) > limit + timedelta(milliseconds=1), "another one")
    broker.publish(dead, message(2))
    for delivery in broker.take(dead, older_than=limit, limit=10):
        delivery.ack()
    assert numbers(broker, dead) == [2]


def border(broker: Broker, queue: str) -> datetime:
    newest = broker.peek(queue)[-1].enqueued_at
    assert newest is not None
    return newest + timedelta(milliseconds=1)


def test_an_abandoned_archiver_gives_back_what_it_took(six_dead: Broker, dead: str) -> None:
    taking = six_dead.take(dead, older_than=datetime.now(UTC) + IN_AN_HOUR, limit=4)
    next(taking).ack()
    next(taking)
    taking.close()
    eventually(lambda: numbers(six_dead, dead) == [1, 2, 3, 4, 5], "the message that was taken")


def test_after_the_retention_a_dead_letter_is_in_the_archive(
    open_another: OpenBroker, queue: str, dead: str
) -> None:
    broker = open_another(retention=timedelta(seconds=0.3))
    broker.declare([queue])
    kill_by_dead_lettering(broker, queue, [{names.ERROR_CATEGORY: "processing"}])
    archive = archive_queue(queue)
    eventually(lambda: broker.stats(archive).messages, "the message in the archive")
    assert broker.stats(dead).messages == 0
    later = datetime.now(UTC) + IN_AN_HOUR
    (delivery,) = broker.take(archive, older_than=later, limit=1)
    assert number(delivery) == 0
    assert delivery.message.headers == {names.ERROR_CATEGORY: "processing"}


@pytest.mark.parametrize(
    "settle",
    [lambda one: one.dead_letter({}), lambda one: one.retry_later(1, {})],
    ids=["dead_letter", "retry_later"],
)
def test_a_dead_letter_cannot_die_again(
    settle: Callable[[object], None], six_dead: Broker, dead: str
) -> None:
    for delivery in six_dead.take(dead, older_than=datetime.now(UTC) + IN_AN_HOUR, limit=1):
        with pytest.raises((BrokerError, ValidationError), match="main queue"):
            settle(delivery)
        delivery.requeue()
    eventually(lambda: six_dead.stats(dead).messages == 6, "the message again")
