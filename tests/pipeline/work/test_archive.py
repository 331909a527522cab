"""Expired dead letters become files, whole and once."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import archive_queue, dead_queue
from partner_pipeline.errors import StorageError
from partner_pipeline.model.ids import new_execution_id
from partner_pipeline.model.states import TaskStatus
from partner_pipeline.model.tasks import UploadJobTask
from partner_pipeline.store.repositories.tasks import Tasks
from partner_pipeline.work.archive import archive
from pipeline.work.tools import Pipeline


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
