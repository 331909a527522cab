"""What every broker does: publish, hand out, settle."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from partner_pipeline.broker import message as names
from partner_pipeline.broker import topology
from partner_pipeline.broker.base import Broker, Delivery
from partner_pipeline.broker.message import Headers, Message
from partner_pipeline.errors import BrokerError, ValidationError
from pipeline.broker.tools import (
    PATIENCE,
    OpenBroker,
    drain,
    eventually,
    get,
    message,
    number,
    publish,
)

WAYS: list[Callable[[Delivery], None]] = [
    lambda delivery: delivery.ack(),
    lambda delivery: delivery.dead_letter({}),
    lambda delivery: delivery.retry_later(600, {}),
    lambda delivery: delivery.requeue(),
]


def test_a_message_arrives_as_it_was_published(broker: Broker, queue: str) -> None:
    headers: Headers = {names.PARTNER_CODE: "SATLOC", names.RETRY_COUNT: 3, "x-übung": "größe ✈"}
    sent = Message.of({"log": "näher", "size": 1 << 53, "list": [None, True, 1.5]}, headers)
    before = datetime.now(UTC) - timedelta(seconds=1)
    broker.publish(queue, sent)
    with broker.consume([queue], prefetch=1) as consumer:
        delivery = get(consumer)
        assert delivery.message == sent
        assert delivery.queue == queue
        assert (delivery.deliveries, delivery.redelivered) == (1, False)
        assert delivery.enqueued_at is not None
        assert before <= delivery.enqueued_at <= datetime.now(UTC)
        delivery.ack()
    assert broker.stats(queue).messages == 0


def test_any_bytes_travel_as_a_body(broker: Broker, queue: str) -> None:
    body = bytes(range(256)) * 40
    broker.publish(queue, Message(body))
    (delivery,) = drain(broker, queue, 1)
    assert delivery.message.body == body
    with pytest.raises(ValidationError, match="not JSON"):
        delivery.message.content()


def test_order_is_that_of_publishing(broker: Broker, queue: str) -> None:
    publish(broker, queue, 50)
    assert [number(delivery) for delivery in drain(broker, queue, 50)] == list(range(50))


def test_queues_outlive_the_broker(broker: Broker, queue: str, open_another: OpenBroker) -> None:
    publish(broker, queue, 3)
    broker.close()
    assert [number(delivery) for delivery in drain(open_another(), queue, 3)] == [0, 1, 2]


def test_declaring_again_changes_nothing(broker: Broker, queue: str) -> None:
    publish(broker, queue, 1)
    broker.declare([queue])
    assert broker.stats(queue).messages == 1


def test_publishing_to_a_queue_that_is_not_there(broker: Broker, queue: str) -> None:
    with pytest.raises(BrokerError, match="declare"):
        broker.publish(f"{queue}_nowhere", message(1))
    broker.publish(queue, message(2))
    assert [number(delivery) for delivery in drain(broker, queue, 1)] == [2]


@pytest.mark.parametrize(
    "use",
    [
        lambda broker, queue: broker.consume([queue], prefetch=1),
        lambda broker, queue: broker.peek(queue),
        lambda broker, queue: broker.stats(queue),
        lambda broker, queue: broker.purge(queue),
        lambda broker, queue: broker.replay(topology.dead_queue(queue)),
        lambda broker, queue: list(broker.take(queue, older_than=datetime.now(UTC), limit=1)),
    ],
    ids=["consume", "peek", "stats", "purge", "replay", "take"],
)
def test_using_a_queue_that_is_not_there(
    use: Callable[[Broker, str], object], broker: Broker, queue: str
) -> None:
    with pytest.raises(BrokerError, match=f"{queue}_nowhere"):
        use(broker, f"{queue}_nowhere")
    broker.ping()


@pytest.mark.parametrize("name", ["", "a b", "../x", "tasks_failed", "tasks_archive", "x" * 200])
def test_names_that_no_main_queue_can_have(name: str, broker: Broker) -> None:
    with pytest.raises(ValidationError, match="declaring queue"):
        broker.declare([name])


def test_a_consumer_takes_from_all_its_queues(broker: Broker, queue: str) -> None:
    broker.declare([f"{queue}.b"])
    publish(broker, queue, 20)
    publish(broker, f"{queue}.b", 20)
    with broker.consume([queue, f"{queue}.b"], prefetch=2) as consumer:
        first = [get(consumer) for _ in range(4)]
        assert Counter(delivery.queue for delivery in first) == {queue: 2, f"{queue}.b": 2}
        assert consumer.get(0.2) is None
        first[0].ack()
        assert get(consumer).queue == first[0].queue


def test_prefetch_counts_what_is_in_hand(broker: Broker, queue: str) -> None:
    publish(broker, queue, 3)
    with broker.consume([queue], prefetch=2) as consumer:
        one, _two = get(consumer), get(consumer)
        assert consumer.get(0.2) is None
        one.retry_later(3600, {})
        assert number(get(consumer)) == 2


def test_get_sees_what_is_published_while_it_waits(
    broker: Broker, queue: str, open_another: OpenBroker
) -> None:
    other = open_another()
    with broker.consume([queue], prefetch=1) as consumer:
        threading.Timer(0.2, lambda: other.publish(queue, message(7))).start()
        delivery = get(consumer)
        assert number(delivery) == 7
        delivery.ack()


def test_a_requeued_message_comes_again(broker: Broker, queue: str) -> None:
    publish(broker, queue, 1)
    with broker.consume([queue], prefetch=1) as consumer:
        get(consumer).requeue()
        again = get(consumer)
        assert (number(again), again.deliveries, again.redelivered) == (0, 2, True)
        again.ack()
    assert broker.stats(queue).messages == 0


def test_what_nobody_settled_comes_back_on_close(broker: Broker, queue: str) -> None:
    publish(broker, queue, 5)
    with broker.consume([queue], prefetch=4) as consumer:
        settled, kept = get(consumer), get(consumer)
        settled.ack()
    with pytest.raises(BrokerError):
        kept.ack()
    deliveries = drain(broker, queue, 4)
    assert sorted(map(number, deliveries)) == [1, 2, 3, 4]
    assert number(kept) in {number(one) for one in deliveries if one.redelivered}


def test_after_stop_nothing_comes_and_what_is_in_hand_can_be_settled(
    broker: Broker, queue: str
) -> None:
    publish(broker, queue, 4)
    with broker.consume([queue], prefetch=3) as consumer:
        first, second = get(consumer), get(consumer)
        consumer.stop()
        assert consumer.get(PATIENCE) is None
        first.ack()
        second.dead_letter({})
    assert broker.stats(topology.dead_queue(queue)).messages == 1
    assert sorted(map(number, drain(broker, queue, 2))) == [2, 3]


def test_stop_wakes_those_who_wait(broker: Broker, queue: str) -> None:
    with broker.consume([queue], prefetch=1) as consumer:
        threading.Timer(0.1, consumer.stop).start()
        assert consumer.get(PATIENCE * 10) is None


@pytest.mark.parametrize("second", WAYS)
def test_settling_twice_is_refused(
    second: Callable[[Delivery], None], broker: Broker, queue: str
) -> None:
    publish(broker, queue, 1)
    with broker.consume([queue], prefetch=1) as consumer:
        delivery = get(consumer)
        delivery.ack()
        with pytest.raises(BrokerError, match="acknowledged before"):
            second(delivery)
    assert broker.stats(queue).messages == 0


@pytest.mark.parametrize("how", ["publish", "retry_later"])
def test_a_delay_is_honoured(how: str, broker: Broker, queue: str) -> None:
    with broker.consume([queue], prefetch=2) as consumer:
        start = time.monotonic()
        if how == "publish":
            broker.publish(queue, message(1), delay=0.4)
        else:
            publish(broker, queue, 1)
            get(consumer).retry_later(0.4, {names.RETRY_COUNT: 1})
        broker.publish(queue, message(2))
        assert number(get(consumer)) == 2
        late = get(consumer)
        assert time.monotonic() - start > 0.39
        assert (late.deliveries, late.redelivered) == (1, False)
        assert late.message.headers == ({} if how == "publish" else {names.RETRY_COUNT: 1})


def test_a_short_delay_does_not_wait_behind_a_long_one(broker: Broker, queue: str) -> None:
    broker.publish(queue, message(1), delay=60)
    broker.publish(queue, message(2), delay=0.1)
    assert [number(delivery) for delivery in drain(broker, queue, 1)] == [2]
    stats = broker.stats(queue)
    assert (stats.messages, stats.delayed) == (0, 1)


@pytest.mark.parametrize("delay", [-1.0, 86_401.0, float("nan"), float("inf")])
def test_impossible_delays_are_refused(delay: float, broker: Broker, queue: str) -> None:
    with pytest.raises(ValidationError, match="delay"):
        broker.publish(queue, message(1), delay=delay)
    publish(broker, queue, 1)
    with broker.consume([queue], prefetch=1) as consumer:
        delivery = get(consumer)
        with pytest.raises(ValidationError, match="delay"):
            delivery.retry_later(delay, {})
        delivery.ack()


def test_a_retry_keeps_id_and_headers_and_adds_some(broker: Broker, queue: str) -> None:
    sent = Message.of({"number": 1}, {names.TASK_ID: "t", names.RETRY_COUNT: 0})
    broker.publish(queue, sent)
    with broker.consume([queue], prefetch=1) as consumer:
        get(consumer).retry_later(0, {names.RETRY_COUNT: 1, names.ERROR_MESSAGE: "time-out"})
        again = get(consumer).message
    assert (again.body, again.message_id) == (sent.body, sent.message_id)
    assert again.headers == {
        names.TASK_ID: "t",
        names.RETRY_COUNT: 1,
        names.ERROR_MESSAGE: "time-out",
    }


def test_a_message_that_is_never_settled_becomes_a_dead_letter(
    open_another: OpenBroker, queue: str
) -> None:
    broker = open_another(delivery_limit=3)
    broker.declare([queue])
    broker.publish(
        queue, message(1, **{"x-partner-code": "SATLOC", "x-error-category": "transient"})
    )
    for delivery_number in (1, 2, 3):
        with broker.consume([queue], prefetch=1) as consumer:
            assert get(consumer).deliveries == delivery_number
    dead = topology.dead_queue(queue)
    eventually(lambda: broker.stats(dead).messages, "the dead letter")
    (peeked,) = broker.peek(dead)
    assert peeked.message.headers == {
        names.PARTNER_CODE: "SATLOC",
        names.ERROR_CATEGORY: "infrastructure",
        names.ERROR_MESSAGE: topology.WORN_OUT,
    }
    assert broker.stats(queue).messages == 0


def test_settling_in_other_threads(broker: Broker, queue: str) -> None:
    publish(broker, queue, 40)
    with broker.consume([queue], prefetch=40) as consumer:
        deliveries = [get(consumer) for _ in range(40)]
        threads = [
            threading.Thread(target=WAYS[i % 4], args=(delivery,))
            for i, delivery in enumerate(deliveries)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    eventually(lambda: broker.stats(queue).messages == 10, "what was requeued")
    assert broker.stats(queue).delayed == 10
    assert broker.stats(topology.dead_queue(queue)).messages == 10


def test_many_threads_get_each_message_once(broker: Broker, queue: str, kind: str) -> None:
    count = 20_000 if kind == "embedded" else 3_000
    seen: Counter[int] = Counter()
    done = threading.Event()

    def produce(first: int) -> None:
        for n in range(first, count, 4):
            broker.publish(queue, Message(json.dumps({"number": n}).encode()))

    def work() -> None:
        while not done.is_set():
            if delivery := consumer.get(0.5):
                seen[number(delivery)] += 1
                delivery.ack()
                if len(seen) == count:
                    done.set()

    with broker.consume([queue], prefetch=50) as consumer:
        threads = [threading.Thread(target=produce, args=(first,)) for first in range(4)]
        threads += [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(seen) == count
    assert set(seen.values()) == {1}
    assert broker.stats(queue).messages == 0


def test_a_closed_broker_says_so(broker: Broker, queue: str) -> None:
    broker.close()
    with pytest.raises(BrokerError, match="closed"):
        broker.publish(queue, message(1))
    with pytest.raises(BrokerError, match="closed"):
        broker.ping()
