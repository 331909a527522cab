"""Dead letters: seen, replayed, thrown away."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.embedded import EmbeddedBroker
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.errors import BrokerError, NotFoundError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.model.tasks import TaskMessage, UploadJobTask
from partner_pipeline.work.dead_letters import (
    letter_stats,
    list_letters,
    purge_letters,
    replay_letters,
    show_letter,
)
from partner_pipeline.work.poll import poll
from pipeline.work.tools import Pipeline


@pytest.fixture
def letters(pipeline: Pipeline) -> list[str]:
    """Three logs whose processing failed for good; the executions, in order."""
    pipeline.uploaded()
    for _ in range(3):
        pipeline.simulator.world.add_log(pipeline.accounts[0].at_partner())
    poll(pipeline.context)
    with pipeline.context.broker.consume([pipeline.queue], prefetch=3) as consumer:
        return [bury(pipeline, consumer.get(5)) for _ in range(3)]


def bury(pipeline: Pipeline, delivery: Any) -> str:
    task = TaskMessage.parse(delivery.message.body)
    claimed = pipeline.store.tasks.claim(task.execution_id, "worker")
    assert claimed is not None
    category = ErrorCategory.PROCESSING
    tracker = claimed.metadata["message"]["trackerId"]
    pipeline.store.trackers.claim_processing(tracker, "worker")
    pipeline.store.trackers.processing_failed(tracker, "worker", "no log", category, final=True)
    pipeline.store.tasks.failed(claimed, "no log", category)
    delivery.dead_letter(
        {
            headers.ERROR_CATEGORY: category.value,
            headers.ERROR_MESSAGE: "no log",
            headers.RETRY_COUNT: 2,
        }
    )
    pipeline.store.tasks.dead(task.execution_id)
    return task.execution_id


def queued(pipeline: Pipeline) -> list[TaskMessage]:
    return [TaskMessage.parse(each.message.body) for each in pipeline.messages()]


def test_looking_changes_nothing(pipeline: Pipeline, letters: list[str]) -> None:
    for queue in (pipeline.queue, dead_queue(pipeline.queue)):
        found = list_letters(pipeline.context, queue)
        assert [each.execution_id for each in found] == letters
        assert [each.position for each in found] == [0, 1, 2]
    first = found[0]
    assert (first.error_message, first.error_category, first.retry_count) == (
        "no log",
        "processing",
        2,
    )
    assert (first.task_type, first.partner_code) == ("process_partner_log", "SATLOC")
    assert first.peeked.enqueued_at == pipeline.clock.time
    page = list_letters(pipeline.context, pipeline.queue, offset=1, limit=1)
    assert [each.execution_id for each in page] == letters[1:2]
    stats = letter_stats(pipeline.context, pipeline.queue)
    assert (stats.dead.messages, stats.waiting.messages, stats.archive.messages) == (3, 0, 0)


def test_one_with_its_history(pipeline: Pipeline, letters: list[str]) -> None:
    details = show_letter(pipeline.context, pipeline.queue, 1)
    assert details.letter.execution_id == letters[1]
    assert [each.status for each in details.chain] == [TaskStatus.DEAD]
    with pytest.raises(NotFoundError, match="dead letter 3"):
        show_letter(pipeline.context, pipeline.queue, 3)


def test_unknown_queues(pipeline: Pipeline) -> None:
    for ask in (list_letters, letter_stats):
        with pytest.raises(NotFoundError, match="known are"):
            ask(pipeline.context, "another_queue")
    with pytest.raises(NotFoundError):
        replay_letters(pipeline.context, "x", "admin")
    with pytest.raises(NotFoundError):
        purge_letters(pipeline.context, "x", "admin")


def test_replay_all(pipeline: Pipeline, letters: list[str]) -> None:
    report = replay_letters(pipeline.context, pipeline.queue, "admin-1")
    assert (report.replayed, report.failed, report.skipped) == (3, 0, 0)
    assert pipeline.dead_letters() == []
    tasks = queued(pipeline)
    assert len({task.execution_id for task in tasks} | set(letters)) == 6, "new executions"
    for task in tasks:
        old, new = pipeline.store.tasks.chain(task.task_id)
        assert (old.status, new.status) == (TaskStatus.ARCHIVED, TaskStatus.QUEUED)
        assert (new.execution_id, new.retry_count) == (task.execution_id, 0)
    found = pipeline.messages()[0].message
    assert found.headers[headers.RETRY_COUNT] == 0
    assert found.headers[headers.EXECUTION_ID] == found.message_id == tasks[0].execution_id
    assert headers.ERROR_MESSAGE not in found.headers
    assert pipeline.statuses() == [LogStatus.DOWNLOADED] * 3
    assert pipeline.store.trackers.claim_processing(next(iter(pipeline.logs().values())).id, "w")
    (entry,) = pipeline.store.audit.of("dead_letters", dead_queue(pipeline.queue))
    assert (entry.actor, entry.action, entry.changes["replayed"]) == ("admin-1", "replay", 3)


def test_replay_by_position_and_number(pipeline: Pipeline, letters: list[str]) -> None:
    assert replay_letters(pipeline.context, pipeline.queue, "a", positions=[1]).replayed == 1
    left = list_letters(pipeline.context, pipeline.queue)
    assert [each.execution_id for each in left] == [letters[0], letters[2]]
    assert replay_letters(pipeline.context, pipeline.queue, "a", limit=1).replayed == 1
    left = list_letters(pipeline.context, pipeline.queue)
    assert [each.execution_id for each in left] == [letters[2]]


def test_replay_by_header(pipeline: Pipeline, letters: list[str]) -> None:
    header = (headers.EXECUTION_ID, letters[2])
    assert replay_letters(pipeline.context, pipeline.queue, "a", header=header).replayed == 1
    assert len(pipeline.dead_letters()) == 2


def test_what_cannot_be_read_fails_and_stops_nothing(
    pipeline: Pipeline, letters: list[str]
) -> None:
    pipeline.context.broker.publish(dead_queue(pipeline.queue), Message(b"no task"))
    report = replay_letters(pipeline.context, pipeline.queue, "a")
    assert (report.replayed, report.failed) == (3, 1)
    assert "reading a task message" in report.errors[0]
    assert len(pipeline.dead_letters()) == 1
    assert list_letters(pipeline.context, pipeline.queue)[0].task_id is None


def test_no_other_letter_is_replayed_than_those_that_were_seen(
    pipeline: Pipeline, letters: list[str]
) -> None:
    seen = [each.message.message_id for each in pipeline.dead_letters()]
    replay_letters(pipeline.context, pipeline.queue, "a", positions=[0])
    # The second is the first by now, and where the third was there is none.
    report = replay_letters(
        pipeline.context, pipeline.queue, "a", positions=[1, 2], message_ids=seen[1:2]
    )
    assert (report.replayed, report.failed, report.skipped, report.moved) == (0, 0, 2, 2)
    assert len(pipeline.dead_letters()) == 2
    report = replay_letters(
        pipeline.context, pipeline.queue, "a", positions=[0], message_ids=seen[1:2]
    )
    assert (report.replayed, report.skipped, report.moved) == (1, 0, 0)
    assert [each.message.message_id for each in pipeline.dead_letters()] == seen[2:]


def test_what_a_letter_is_about(pipeline: Pipeline, letters: list[str]) -> None:
    details = show_letter(pipeline.context, pipeline.queue, 0)
    first = json.loads(pipeline.dead_letters()[0].message.body)
    assert details.log_id == first["trackerId"] in {log.id for log in pipeline.logs().values()}
    assert details.job_id is None
    assign = pipeline.store.assigns.of_job("job-0-1")[0]
    for position, body in enumerate((upload_of(assign.id), upload_of("none"), b"no task"), 3):
        pipeline.context.broker.publish(dead_queue(pipeline.queue), Message(body))
        details = show_letter(pipeline.context, pipeline.queue, position)
        known = "job-0-1" if position == 3 else None
        assert (details.log_id, details.job_id) == (None, known)


def upload_of(assign_id: str) -> bytes:
    task = UploadJobTask(
        task_id="t", execution_id="e", partner_code="SATLOC", customer_id="c", assign_id=assign_id
    )
    return Message.of(task.to_document()).body


def test_a_task_that_is_active_again_is_skipped(pipeline: Pipeline, letters: list[str]) -> None:
    letter = pipeline.dead_letters()[0].message
    replay_letters(pipeline.context, pipeline.queue, "a", positions=[0])
    pipeline.context.broker.publish(dead_queue(pipeline.queue), letter)
    # Another letter of the same task, as an operator may have sent it.
    copied = Message(letter.body, letter.headers, "a copy")
    pipeline.context.broker.publish(dead_queue(pipeline.queue), copied)
    task = queued(pipeline)[0]
    pipeline.store.tasks.claim(task.execution_id, "worker")
    report = replay_letters(pipeline.context, pipeline.queue, "a")
    assert (report.replayed, report.skipped) == (2, 2)
    assert len(pipeline.store.tasks.chain(task.task_id)) == 2


def test_a_replay_that_could_not_be_sent_is_made_good(
    pipeline: Pipeline, letters: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise BrokerError("away")

    with monkeypatch.context() as patched:
        patched.setattr(EmbeddedBroker, "_send", away)
        report = replay_letters(pipeline.context, pipeline.queue, "a")
    assert (report.replayed, report.failed) == (0, 3)
    assert len(pipeline.dead_letters()) == 3
    assert replay_letters(pipeline.context, pipeline.queue, "a").replayed == 3
    for task in queued(pipeline):
        assert len(pipeline.store.tasks.chain(task.task_id)) == 2, "the same execution"


def test_a_log_without_its_file_is_downloaded_again(pipeline: Pipeline, letters: list[str]) -> None:
    tracker = next(iter(pipeline.logs().values()))
    pipeline.store.store.update_one(
        "partner_log_trackers", {"_id": tracker.id}, {"$unset": ["savedLocalFile"]}
    )
    replay_letters(pipeline.context, pipeline.queue, "a")
    assert pipeline.store.trackers.require(tracker.id).status is LogStatus.PENDING
    pipeline.clock.advance(minutes=1)
    poll(pipeline.context)
    assert pipeline.store.trackers.require(tracker.id).status is LogStatus.DOWNLOADED


def test_purge(pipeline: Pipeline, letters: list[str]) -> None:
    assert purge_letters(pipeline.context, pipeline.queue, "admin-1") == 3
    assert pipeline.dead_letters() == []
    (entry,) = pipeline.store.audit.of("dead_letters", dead_queue(pipeline.queue))
    assert (entry.actor, entry.action, entry.changes) == ("admin-1", "purge", {"purged": 3})
    assert pipeline.clock.time - entry.at < timedelta(seconds=1)
