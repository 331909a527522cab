"""What fails: tried again later, a dead letter, replayed; and the limit on dead letters."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.message import Message
from partner_pipeline.model.states import AssignStatus, LogStatus, TaskStatus
from partner_pipeline.partners.simulator import Fault
from partner_pipeline.work.dead_letters import replay_letters, show_letter
from partner_pipeline.workers.sync import SyncWorker
from pipeline.broker.tools import eventually
from pipeline.e2e.ledger import check_all
from pipeline.e2e.stage import EMBEDDED, Stage

TEXT = b"Dear operator,\nthis is no log.\n" * 40


def check(stage: Stage) -> None:
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


def test_a_text_file_is_a_dead_letter_and_replayed_after_its_repair(stage: Stage) -> None:
    good = stage.flown()
    log = stage.offer("letter.log", data=TEXT)
    stage.until_all_is_done()
    tracker = stage.tracker(log)
    assert (tracker.status, tracker.error_category) == (LogStatus.FAILED, "processing")
    check(stage)

    (letter,) = stage.dead_letters()
    assert letter.message.headers[headers.ERROR_CATEGORY] == "processing"
    assert "letter.log" in str(letter.message.headers[headers.ERROR_MESSAGE])
    shown = show_letter(stage.context, stage.queue, 0)
    assert [task.status for task in shown.chain] == [TaskStatus.DEAD]

    # Without a repair it is what it was.
    stage.clock.advance(minutes=10)
    assert replay_letters(stage.context, stage.queue, "test").replayed == 1
    stage.until_all_is_done()
    assert stage.tracker(log).status is LogStatus.FAILED
    assert len(stage.dead_letters()) == 1

    path = stage.settings.satloc_storage_path / (tracker.saved_local_file or "")
    path.write_bytes(good.data())
    stage.clock.advance(minutes=10)
    assert replay_letters(stage.context, stage.queue, "test").replayed == 1
    stage.work()
    assert stage.tracker(log).status is LogStatus.PROCESSED
    assert not stage.dead_letters()
    chain = stage.store.tasks.chain(shown.chain[0].task_id)
    assert [task.status for task in chain] == [
        TaskStatus.ARCHIVED,
        TaskStatus.ARCHIVED,
        TaskStatus.COMPLETED,
    ]


@EMBEDDED
def test_a_retry_waits_and_waits_longer_the_next_time(stage: Stage) -> None:
    down = Fault("status", status=500)
    stage.simulator.faults.script("UploadJobData", *[down] * 4)
    stage.assign(stage.job())
    waited = []
    for sent in range(1, 5):
        begun = stage.clock.time
        while stage.calls("UploadJobData") == sent:
            stage.clock.advance(seconds=1)
            stage.context.broker.stats(stage.queue)
            if stage.context.broker.stats(stage.queue).messages or outbox_is_due(stage):
                stage.work()
        waited.append((stage.clock.time - begun).total_seconds())
    # 5 s, doubled each time, up to a half less by chance. The first is the assignment's own.
    for seconds, longest in zip(waited, (5.0, 5.0, 10.0, 20.0), strict=True):
        assert longest / 2 <= seconds <= longest + 1.0
    (task,) = stage.store.tasks.recent(status=TaskStatus.COMPLETED)
    assert task.retry_count == 3
    assert stage.store.assigns.of_job("job-1")[0].status is AssignStatus.UPLOADED
    stage.until_all_is_done()
    check(stage)


def outbox_is_due(stage: Stage) -> bool:
    waiting = stage.store.outbox.oldest()
    return waiting is not None and waiting.not_before <= stage.clock.time


class TestShortDelay:
    @pytest.fixture
    def changed(self) -> dict[str, Any]:
        return {"retry_upload": "tries=3,delay=0.1,factor=1,max=1,jitter=0"}

    def test_a_retry_comes_back_from_its_delay_queue(self, stage: Stage) -> None:
        stage.simulator.faults.script("UploadJobData", *[Fault("status", status=500)] * 2)
        stage.assign(stage.job())

        def is_uploaded() -> bool:
            stage.clock.advance(seconds=1)
            stage.work()
            return bool(stage.simulator.world.uploads)

        eventually(is_uploaded, "the upload")
        stage.until_all_is_done()
        assert stage.calls("UploadJobData") == 3
        assert stage.statuses() == {LogStatus.PROCESSED: 1}
        check(stage)


@EMBEDDED
def test_a_task_that_always_fails_ends_as_a_dead_letter(stage: Stage) -> None:
    stage.simulator.faults.rate("UploadJobData", 1.0, Fault("status", status=500))
    stage.assign(stage.job())
    for _ in range(8):
        stage.round()
    chain = stage.store.tasks.recent(limit=100)
    # The first try was made when the job was assigned.
    assert Counter(task.status for task in chain) == {TaskStatus.FAILED: 4, TaskStatus.DEAD: 1}
    assert stage.calls("UploadJobData") == 6
    (letter,) = stage.dead_letters()
    assert letter.message.headers[headers.RETRY_COUNT] == 4
    assert letter.message.headers[headers.ERROR_CATEGORY] == "transient"


def test_messages_that_cannot_be_read_go_straight_to_the_dead_letters(stage: Stage) -> None:
    stage.flown()
    bodies = [b"", b"{", b"[]", b'{"taskType": "format_disk"}', b"\xff" * 100, b"0" * 2_000_000]
    for body in bodies:
        stage.context.broker.publish(stage.queue, Message(body, {}))
    unknown = Message.of(
        {
            "taskType": "process_partner_log",
            "taskId": "partner_tasks:SATLOC:a:l",
            "executionId": "6a4d04e3-a16b-4a7d-8fe9-66f35b987d63",
            "partnerCode": "SATLOC",
            "customerId": "c",
            "trackerId": "t",
            "aircraftId": "a",
            "logId": "l",
        }
    )
    stage.context.broker.publish(stage.queue, unknown)
    stage.until_all_is_done()
    dead = stage.dead_letters()
    assert len(dead) == len(bodies) + 1
    assert {each.message.headers[headers.ERROR_CATEGORY] for each in dead} == {"validation"}
    assert stage.statuses() == {LogStatus.PROCESSED: 1}
    check(stage)


class TestLimit:
    @pytest.fixture
    def changed(self) -> dict[str, Any]:
        # One at a time, so that logs come in the order in which they were offered.
        return {"dlq_limit_in_a_row": 3, "worker_threads": 1, "partner_max_concurrent_jobs": 1}

    @EMBEDDED
    def test_too_many_dead_letters_stop_the_worker(self, stage: Stage) -> None:
        stage.flown()
        for number in range(6):
            stage.offer(f"letter {number}.log", data=TEXT)
        stage.poll()
        worker = SyncWorker(stage.context)
        worker.start()
        try:
            eventually(lambda: len(stage.dead_letters()) >= 3, "the dead letters")
            # It stays, so that nobody starts it again, and takes nothing more.
            assert worker.join(30.0)
        finally:
            worker.stop()
            worker.join(30.0)
        assert len(stage.dead_letters()) == 3
        alert = stage.store.alerts.require("dead_letter_limit")
        assert alert.level == "critical"
        assert stage.store.tasks.counts()[TaskStatus.QUEUED] == 3

    @EMBEDDED
    def test_a_good_task_in_between_starts_the_count_anew(self, stage: Stage) -> None:
        good = stage.flown().data()
        for number in range(8):
            bad = number % 3 != 2
            stage.offer(f"log {number}.log", data=TEXT if bad else good)
        stage.poll()
        stage.work()
        assert stage.statuses() == {LogStatus.PROCESSED: 3, LogStatus.FAILED: 6}
        check(stage)


@EMBEDDED
def test_a_log_whose_file_is_gone_is_downloaded_again(stage: Stage) -> None:
    stage.flown()
    stage.poll()
    (tracker,) = stage.trackers()
    Path(stage.settings.satloc_storage_path, tracker.saved_local_file or "").unlink()
    stage.until_all_is_done()
    assert stage.statuses() == {LogStatus.PROCESSED: 1}
    assert stage.calls("GetAircraftLogData") == 2
    check(stage)
