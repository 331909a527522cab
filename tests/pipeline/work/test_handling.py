"""One delivery: read, claimed, worked on, settled."""

from __future__ import annotations

from pathlib import Path

import pytest

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.message import Message
from partner_pipeline.errors import BrokerError
from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.work.handling import handle
from partner_pipeline.work.recover import recover
from pipeline.broker.tools import PATIENCE
from pipeline.repositories.tools import at_once
from pipeline.workers.tools import Room, at, open_room, servers_of

UNREADABLE = {
    "not JSON": b"\x00\xff planted-word",
    "empty": b"",
    "no object": b'["planted-word"]',
    "unknown task": b'{"taskType":"make_tea","taskId":"t","executionId":"e"}',
    "fields missing": b'{"taskType":"process_partner_log","taskId":"planted-word"}',
    "wrong type": b'{"taskType":"process_partner_log","taskId":{"planted-word":1},'
    b'"executionId":"e","partnerCode":"P","customerId":"c","trackerId":"t","aircraftId":"a",'
    b'"logId":"l"}',
    "nested without end": b"[" * 100_000,
    "too large": b'{"planted-word":"' + b"x" * (1 << 20) + b'"}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_cannot_be_read_is_a_dead_letter_at_once(room: Room, body: bytes) -> None:
    room.context.broker.publish(room.queue, Message(body, {headers.TASK_ID: "t"}))
    assert room.work() is TaskStatus.DEAD
    (letter,) = room.dead_letters()
    assert letter.message.body == body
    told = letter.message.headers
    assert told[headers.ERROR_CATEGORY] == "validation"
    assert told[headers.TASK_ID] == "t"
    assert "reading a task message" in str(told[headers.ERROR_MESSAGE])
    assert "planted-word" not in str(told[headers.ERROR_MESSAGE])
    assert room.waiting() == []


def test_a_body_that_cannot_be_read_is_a_dead_letter_on_rabbitmq(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with open_room(tmp_path, **servers_of(request)) as room:
        room.context.broker.publish(room.queue, Message(UNREADABLE["not JSON"]))
        assert room.work() is TaskStatus.DEAD
        (letter,) = room.dead_letters()
        assert letter.message.body == UNREADABLE["not JSON"]


def test_an_execution_that_this_store_does_not_know_is_a_dead_letter(room: Room) -> None:
    log = room.log()
    room.store.store.delete("task_trackers", {})
    assert room.work() is TaskStatus.DEAD
    (letter,) = room.dead_letters()
    assert "is not known to this store" in str(letter.message.headers[headers.ERROR_MESSAGE])
    assert letter.message.headers[headers.TASK_TYPE] == "process_partner_log"
    assert room.tracker(log).status is LogStatus.DOWNLOADED


def test_a_message_that_comes_twice_is_worked_on_once(any_room: Room) -> None:
    log = any_room.log()
    with any_room.context.broker.consume([any_room.queue], prefetch=1) as consumer:
        delivery = consumer.get(PATIENCE)
        assert delivery is not None
        any_room.context.broker.publish(any_room.queue, delivery.message)
        assert handle(any_room.context, delivery) is TaskStatus.COMPLETED
        stored = any_room.file(log)
        again = consumer.get(PATIENCE)
        assert again is not None
        assert handle(any_room.context, again) is None
        assert consumer.get(0.2) is None
    assert any_room.file(log) == stored
    assert any_room.dead_letters() == []
    assert len(any_room.chain(log)) == 1


def test_two_that_have_one_message_at_once_work_on_it_once(any_room: Room) -> None:
    log = any_room.log()
    (waiting,) = any_room.context.broker.peek(any_room.queue)
    any_room.context.broker.publish(any_room.queue, waiting.message)
    assert set(at_once(2, lambda _: any_room.work())) == {TaskStatus.COMPLETED, None}
    assert any_room.tracker(log).status is LogStatus.PROCESSED
    assert any_room.store.application_files.count() == 1


def test_a_store_that_is_away_puts_the_delivery_off(room: Room) -> None:
    room.log()
    with room.context.broker.consume([room.queue], prefetch=1) as consumer:
        delivery = consumer.get(PATIENCE)
        assert delivery is not None
        room.store.store.close()
        assert handle(room.context, delivery) is None
    assert (room.waiting(), room.delayed()) == ([], 1)
    room.clock.advance(seconds=10)
    (waiting,) = room.waiting()
    assert waiting.message == delivery.message
    assert room.dead_letters() == []


def test_a_store_that_goes_away_in_the_middle_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_room(tmp_path) as room:
        log = room.log()
        at(monkeypatch, "process.matched", room.store.store.close)
        assert room.work() is None
        clock = room.clock
    with open_room(tmp_path, clock) as room:
        assert room.tracker(log).status is LogStatus.PROCESSING
        clock.advance(seconds=10)
        assert room.work() is None  # begun by somebody; who that was is not there any more
        clock.time += room.settings.stuck_timeout
        assert recover(room.context).executions == 1
        assert room.work() is TaskStatus.COMPLETED
        assert room.tracker(log).status is LogStatus.PROCESSED
        assert len(room.details(log)) == room.file(log).processing.records


def test_a_delivery_that_cannot_be_settled_comes_again(room: Room) -> None:
    log = room.log()
    consumer = room.context.broker.consume([room.queue], prefetch=1)
    delivery = consumer.get(PATIENCE)
    assert delivery is not None
    consumer.close()  # as when its connection is lost
    with pytest.raises(BrokerError):
        handle(room.context, delivery)
    assert room.tracker(log).status is LogStatus.PROCESSED
    assert room.work() is None
    assert room.waiting() == []
    assert 'status="completed",type="process_partner_log"} 1.0' in (
        room.context.metrics.text().decode()
    )


def test_a_dead_letter_that_could_not_be_sent_is_sent_the_next_time(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = room.log(data=b"no log")
    consumer = room.context.broker.consume([room.queue], prefetch=1)
    delivery = consumer.get(PATIENCE)
    assert delivery is not None
    at(monkeypatch, "process.claimed", consumer.close)
    with pytest.raises(BrokerError):
        handle(room.context, delivery)
    assert room.tracker(log).status is LogStatus.FAILED
    assert room.dead_letters() == []
    assert room.work() is TaskStatus.DEAD
    (letter,) = room.dead_letters()
    assert letter.message.headers[headers.ERROR_CATEGORY] == "processing"
    assert room.task(log).status is TaskStatus.DEAD
