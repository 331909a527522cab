"""What was decided on is published, whoever dies and whatever is away in between."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from partner_pipeline.broker import message as headers
from partner_pipeline.model.housekeeping import OutboxMessage
from partner_pipeline.model.states import TaskStatus
from partner_pipeline.model.tasks import TaskMessage, UploadJobTask
from partner_pipeline.observe.trace import Trace
from partner_pipeline.work.publishing import (
    enqueue,
    headers_of,
    publish,
    publish_again,
    publish_waiting,
)
from pipeline.repositories.tools import at_once
from pipeline.workers.tools import CUSTOMER, Room, open_room


def _task(number: int = 1) -> TaskMessage:
    return UploadJobTask(
        task_id=f"t{number}",
        execution_id=f"e{number}",
        partner_code="SATLOC",
        customer_id=CUSTOMER,
        assign_id="a",
    )


def _decide(room: Room, number: int = 1, **options: object) -> OutboxMessage | None:
    return room.store.transact(
        lambda inside: enqueue(inside, _task(number), room.queue, **options)  # type: ignore[arg-type]
    )


def test_what_was_decided_on_is_published_once(any_room: Room) -> None:
    decided = _decide(any_room)
    assert any_room.waiting() == []
    assert publish(any_room.context, decided, None) == 1
    assert publish(any_room.context, decided) == 0
    assert publish_waiting(any_room.context) == 0
    (waiting,) = any_room.context.broker.peek(any_room.queue)
    task = any_room.store.tasks.execution("e1")
    assert task is not None
    assert task.status is TaskStatus.QUEUED
    assert waiting.message.message_id == "e1"
    assert TaskMessage.parse(waiting.message.body) == _task()
    told = dict(waiting.message.headers)
    trace = str(told.pop(headers.TRACEPARENT))
    assert Trace.follow(trace).trace_id in trace
    assert told == {
        headers.PARTNER_CODE: "SATLOC",
        headers.CUSTOMER_ID: CUSTOMER,
        headers.TASK_TYPE: "upload_partner_job",
        headers.TASK_ID: "t1",
        headers.EXECUTION_ID: "e1",
        headers.RETRY_COUNT: 0,
    }
    assert any_room.store.outbox.count() == 0


def test_an_active_task_is_not_decided_on_again(room: Room) -> None:
    publish(room.context, _decide(room))
    other = _task().model_copy(update={"execution_id": "e2"})
    assert room.store.transact(lambda inside: enqueue(inside, other, room.queue)) is None


def test_what_nobody_published_is_published_by_another(any_room: Room) -> None:
    for number in range(3):
        _decide(any_room, number)
    assert sum(at_once(3, lambda _: publish_waiting(any_room.context))) == 3
    assert any_room.context.broker.stats(any_room.queue).messages == 3
    assert any_room.store.outbox.count() == 0


def test_who_dies_while_publishing_is_followed_by_another(room: Room) -> None:
    decided = _decide(room)
    assert decided is not None
    room.store.outbox.claim_one(decided.id, "died", timedelta(seconds=30))
    assert publish_waiting(room.context) == 0
    room.clock.advance(seconds=30)
    assert publish_waiting(room.context) == 1
    assert len(room.waiting()) == 1


def test_a_broker_that_is_away_gets_the_message_later(tmp_path: Path) -> None:
    with open_room(tmp_path) as room:
        room.context.broker.close()
        assert publish(room.context, _decide(room)) == 0
        assert publish_waiting(room.context) == 0  # not at once again
        left = room.store.outbox.oldest()
        assert left is not None
        assert left.error is not None
        clock = room.clock
    clock.advance(seconds=5)
    with open_room(tmp_path, clock) as room:
        assert publish_waiting(room.context) == 1
        assert [each.message.message_id for each in room.waiting()] == ["e1"]


def test_a_message_that_no_broker_takes_keeps_no_other_from_its_way(room: Room) -> None:
    too_much = {f"x-{number}": "y" * 4000 for number in range(30)}
    room.store.outbox.add(room.queue, "never", b"{}", too_much)
    room.store.outbox.add("no_such_queue", "nowhere", b"{}", {})
    room.clock.advance(seconds=1)
    _decide(room)
    assert publish_waiting(room.context) == 1
    assert [each.message.message_id for each in room.waiting()] == ["e1"]
    assert room.store.outbox.count() == 2
    room.clock.advance(seconds=5)
    assert publish_waiting(room.context) == 0


def test_a_delay_is_the_brokers_when_published_at_once(any_room: Room) -> None:
    assert publish(any_room.context, _decide(any_room, delay=60.0)) == 1
    stats = any_room.context.broker.stats(any_room.queue)
    assert (stats.messages, stats.delayed) == (0, 1)


def test_a_delay_is_the_outboxs_when_published_late(room: Room) -> None:
    _decide(room, delay=60.0)
    assert publish_waiting(room.context) == 0
    room.clock.advance(seconds=60)
    assert publish_waiting(room.context) == 1
    assert len(room.waiting()) == 1


def test_a_message_is_sent_again_though_the_first_still_waits(room: Room) -> None:
    _decide(room)
    task = room.store.tasks.execution("e1")
    assert task is not None
    room.clock.advance(minutes=1)
    queued = room.store.tasks.requeue(task)
    assert queued is not None
    room.store.transact(lambda inside: publish_again(inside, queued))
    assert publish_waiting(room.context) == 2
    first, second = (each.message for each in room.waiting())
    assert first.body == second.body
    assert first.message_id != second.message_id


def test_a_trace_goes_on(room: Room) -> None:
    _decide(room)
    task = room.store.tasks.execution("e1")
    assert task is not None
    trace = Trace.begin().header()
    followed = str(headers_of(task, trace)[headers.TRACEPARENT])
    assert followed.split("-")[1] == trace.split("-")[1]
    assert str(headers_of(task)[headers.TRACEPARENT]).split("-")[1] != trace.split("-")[1]
    assert headers_of(task, "no trace at all")[headers.TRACEPARENT]
