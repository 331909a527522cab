"""Expired dead letters become files, whole and once."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.embedded.hands import EmbeddedDelivery
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import archive_queue, dead_queue
from partner_pipeline.errors import BrokerError, NotFoundError, StorageError
from partner_pipeline.model.ids import new_execution_id
from partner_pipeline.model.states import TaskStatus
from partner_pipeline.model.tasks import UploadJobTask
from partner_pipeline.store.repositories.tasks import Tasks
from partner_pipeline.work.archive import LettersArchived, archive, archive_letters
from pipeline.broker.tools import eventually
from pipeline.work.tools import Pipeline
from pipeline.workers.tools import Room


def letter(pipeline: Pipeline, **changed: Any) -> str:
    """A dead letter of an execution that is known; the execution's id."""
    execution_id = new_execution_id()
    task = UploadJobTask(
        task_id=f"partner_tasks:SATLOC:upload:{execution_id}",
        execution_id=execution_id,
        partner_code="SATLOC",
        customer_id="c",
        assign_id="a",
    )
    pipeline.store.tasks.enqueue(task, pipeline.queue)
    pipeline.store.tasks.dead(execution_id)
    told: headers.Headers = {
        headers.EXECUTION_ID: execution_id,
        headers.FIRST_FAILED_AT: "2025-09-14T23:30:00+00:00",
        **changed,
    }
    message = Message(Message.of(task.to_document()).body, told, execution_id)
    pipeline.context.broker.publish(dead_queue(pipeline.queue), message)
    return execution_id


def expire(pipeline: Pipeline) -> None:
    pipeline.clock.advance(days=365, seconds=1)


def archived(pipeline: Pipeline) -> list[Path]:
    root = pipeline.context.settings.dlq_archive_path
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_an_expired_letter(pipeline: Pipeline) -> None:
    execution_id = letter(pipeline)
    pipeline.clock.advance(days=364)
    assert archive(pipeline.context).files == ()
    expire(pipeline)
    report = archive(pipeline.context)
    (path,) = archived(pipeline)
    assert report.files == (path,)
    assert report.unknown == 0
    root = pipeline.context.settings.dlq_archive_path
    assert path.relative_to(root).parent == Path("2025/09/14")
    content = json.loads(path.read_text())
    assert content["messageId"] == execution_id
    assert content["headers"][headers.EXECUTION_ID] == execution_id
    assert content["body"]["executionId"] == execution_id
    assert pipeline.dead_letters() == []
    assert pipeline.context.broker.stats(archive_queue(pipeline.queue)).messages == 0
    task = pipeline.store.tasks.execution(execution_id)
    assert task is not None
    assert task.status is TaskStatus.ARCHIVED
    assert task.archive_file == path.relative_to(root).as_posix()


def test_what_the_broker_has_moved_to_the_archive_queue_is_due(pipeline: Pipeline) -> None:
    message = Message.of({"a": 1}, {headers.FIRST_FAILED_AT: "2025-01-02T03:04:05+00:00"})
    pipeline.context.broker.publish(archive_queue(pipeline.queue), message)
    assert len(archive(pipeline.context).files) == 1
    assert archived(pipeline)[0].parent.name == "02"


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe no text", b'{"a":', b"[NaN]", b"", b"[" * 100_000, b'"\\ud800"'],
    ids=["bytes", "cut", "nan", "empty", "deep", "surrogate"],
)
def test_bodies_of_any_kind(pipeline: Pipeline, body: bytes) -> None:
    pipeline.context.broker.publish(dead_queue(pipeline.queue), Message(body))
    expire(pipeline)
    assert archive(pipeline.context).unknown == 1
    content = json.loads(archived(pipeline)[0].read_text())
    if "bodyBase64" in content:
        assert base64.b64decode(content["bodyBase64"]) == body
    else:
        assert content["body"] == json.loads(body)
    assert ("body" in content) == (body == b'"\\ud800"')


@pytest.mark.parametrize("message_id", ["../../x", "C:\\x", "a/b", "i" * 4000, "con"])
def test_foreign_ids_and_dates(pipeline: Pipeline, message_id: str) -> None:
    for body in (b"1", b"2"):
        message = Message(body, {headers.FIRST_FAILED_AT: "yesterday"}, message_id)
        pipeline.context.broker.publish(dead_queue(pipeline.queue), message)
    expire(pipeline)
    assert len(archive(pipeline.context).files) == 2
    files = archived(pipeline)
    root = pipeline.context.settings.dlq_archive_path.resolve()
    assert len(files) == 2, "two letters of one id are two files"
    assert all(path.resolve().is_relative_to(root) for path in files)
    today = Path(f"{pipeline.clock.time:%Y/%m/%d}")
    assert {path.resolve().relative_to(root).parent for path in files} == {today}


def test_killed_before_it_was_acknowledged(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter(pipeline)
    expire(pipeline)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Tasks, "archived", killed)
        with pytest.raises(KeyboardInterrupt):
            archive(pipeline.context)
    assert len(archived(pipeline)) == 1
    pipeline.clock.advance(days=2)
    assert len(archive(pipeline.context).files) == 1
    assert len(archived(pipeline)) == 1, "the same file"


def test_a_folder_that_cannot_be_written(pipeline: Pipeline) -> None:
    letter(pipeline)
    expire(pipeline)
    pipeline.context.settings.dlq_archive_path.write_text("a file in its place")
    with pytest.raises(StorageError, match="archiving dead letter"):
        archive(pipeline.context)
    pipeline.context.settings.dlq_archive_path.unlink()
    assert len(archive(pipeline.context).files) == 1, "it was still there"


def test_the_limit(pipeline: Pipeline) -> None:
    for _ in range(3):
        letter(pipeline)
    expire(pipeline)
    assert len(archive(pipeline.context, limit=2).files) == 2
    assert len(archive(pipeline.context, limit=2).files) == 1


def four_dead(room: Room) -> None:
    for number in range(4):
        letter = Message(b'{"number":%d}' % number, {}, f"id-{number}")
        room.context.broker.publish(dead_queue(room.queue), letter)


def numbers(room: Room) -> list[int]:
    return [each.message.content()["number"] for each in room.dead_letters()]


def choose(room: Room, *positions: int, ids: str | None = None) -> LettersArchived:
    seen = None if ids is None else [f"id-{number}" for number in ids]
    return archive_letters(room.context, room.queue, "admin-1", positions, message_ids=seen)


def test_chosen_letters(any_room: Room) -> None:
    four_dead(any_room)
    report = choose(any_room, 2, 0, 99)
    assert (report.failed, report.skipped, report.errors) == (0, 0, ())
    eventually(lambda: numbers(any_room) == [1, 3], "the letters that were not chosen")
    root = any_room.settings.dlq_archive_path
    written = [json.loads((root / name).read_text()) for name in report.files]
    assert [each["messageId"] for each in written] == ["id-0", "id-2"]
    assert [each["body"] for each in written] == [{"number": 0}, {"number": 2}]
    (entry,) = any_room.store.audit.of("dead_letters", dead_queue(any_room.queue))
    assert (entry.actor, entry.action) == ("admin-1", "archive")
    assert entry.changes == {
        "positions": [0, 2, 99],
        "messages": ["id-0", "id-2"],
        "archived": 2,
        "failed": 0,
        "skipped": 0,
    }


def test_no_other_letter_than_those_that_were_seen(any_room: Room) -> None:
    four_dead(any_room)
    choose(any_room, 0)
    eventually(lambda: numbers(any_room) == [1, 2, 3], "the letters that were not chosen")
    # Seen before the first one went: 1 to 3 were at positions 1 to 3.
    report = choose(any_room, 1, 3, ids="13")
    assert (report.files, report.skipped) == ((), 2)
    eventually(lambda: numbers(any_room) == [1, 2, 3], "all that were there")
    report = choose(any_room, 0, 1, ids="12")
    assert (len(report.files), report.skipped) == (2, 0)
    eventually(lambda: numbers(any_room) == [3], "the letter that was not chosen")


def test_the_execution_of_a_chosen_letter(pipeline: Pipeline) -> None:
    execution_id = letter(pipeline)
    report = archive_letters(pipeline.context, pipeline.queue, "a", [0])
    task = pipeline.store.tasks.execution(execution_id)
    assert task is not None
    assert (task.status, (task.archive_file,)) == (TaskStatus.ARCHIVED, report.files)
    assert pipeline.dead_letters() == []


def test_a_chosen_letter_whose_acknowledgement_was_lost(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter(pipeline)

    def lost(_: object) -> None:
        raise BrokerError("the queues in /srv/secret do not answer")

    with monkeypatch.context() as patched:
        patched.setattr(EmbeddedDelivery, "_ack", lost)
        report = archive_letters(pipeline.context, pipeline.queue, "a", [0])
    assert (report.files, report.failed) == ((), 1)
    assert "/srv" not in report.errors[0]
    assert len(pipeline.dead_letters()) == 1
    assert len(archive_letters(pipeline.context, pipeline.queue, "a", [0]).files) == 1
    assert len(archived(pipeline)) == 1, "the same file"


def test_chosen_letters_and_a_folder_that_cannot_be_written(pipeline: Pipeline) -> None:
    letter(pipeline)
    letter(pipeline)
    folder = pipeline.context.settings.dlq_archive_path
    folder.write_text("a file in its place")
    report = archive_letters(pipeline.context, pipeline.queue, "a", [0, 1])
    assert (report.files, report.failed) == ((), 2)
    assert all("DLQ_ARCHIVE_PATH" in why for why in report.errors)
    assert not any(str(folder) in why for why in report.errors)
    assert len(pipeline.dead_letters()) == 2


def test_a_queue_that_nobody_knows(pipeline: Pipeline) -> None:
    with pytest.raises(NotFoundError, match="known are"):
        archive_letters(pipeline.context, "another_queue", "a", [0])
