"""The worker that takes tasks from the queue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from partner_pipeline.broker.base import Delivery
from partner_pipeline.broker.message import Message
from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.work.context import Context
from partner_pipeline.work.handling import handle
from partner_pipeline.work.recover import recover
from partner_pipeline.workers.sync import SyncWorker
from pipeline.broker.tools import PATIENCE, eventually
from pipeline.workers.tools import Room, at, flight, open_room

_CHILD = Path(__file__).with_name("child.py")


@contextmanager
def _running(room: Room, threads: int | None = None) -> Iterator[SyncWorker]:
    worker = SyncWorker(room.context, threads)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()
        assert worker.join(PATIENCE)


def test_once_works_on_what_waits_and_ends(any_room: Room) -> None:
    logs = [any_room.log(data=flight(seed=seed)) for seed in (1, 2)]
    any_room.log(data=b"no log")
    done = SyncWorker(any_room.context).once()
    assert done == {TaskStatus.COMPLETED: 2, TaskStatus.DEAD: 1}
    assert {any_room.tracker(log).status for log in logs} == {LogStatus.PROCESSED}
    assert SyncWorker(any_room.context).once() == Counter()


def test_threads_share_the_work(any_room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of two threads waits until the other has a log too."""
    both = threading.Barrier(2)
    monkeypatch.setattr(
        "partner_pipeline.work.processing.failpoint",
        lambda place: both.wait(PATIENCE) if place == "process.claimed" else None,
    )
    logs = [any_room.log(data=flight(seed=seed)) for seed in (1, 2, 3, 4)]
    with _running(any_room, threads=2):
        eventually(
            lambda: all(any_room.tracker(log).processed for log in logs), "four processed logs"
        )
    assert any_room.store.application_files.count() == 4


def test_what_is_in_hand_is_ended_before_it_stops(
    any_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_hand, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        in_hand.set()
        go_on.wait(PATIENCE)

    at(monkeypatch, "process.claimed", wait)
    log, left = any_room.log(), any_room.log(data=flight(seed=2))
    worker = SyncWorker(any_room.context, threads=1)
    worker.start()
    assert in_hand.wait(PATIENCE)
    worker.stop()
    go_on.set()
    assert worker.join(PATIENCE)
    assert any_room.tracker(log).status is LogStatus.PROCESSED
    assert any_room.tracker(left).status is LogStatus.DOWNLOADED
    assert any_room.context.broker.stats(any_room.queue).messages == 1


def test_too_many_dead_letters_stop_the_worker_and_tell_people(room: Room) -> None:
    room = room.with_settings(dlq_limit_in_a_row=3)
    for _ in range(8):
        room.context.broker.publish(room.queue, Message(b"unreadable"))
    worker = SyncWorker(room.context, threads=1)
    assert worker.once() == {TaskStatus.DEAD: 3}
    assert len(room.waiting()) == 5
    alert = room.store.alerts.get("dead_letter_limit")
    assert alert is not None
    assert alert.level == "critical"


def test_a_stopped_worker_stays_that_nobody_restarts_it(room: Room) -> None:
    room = room.with_settings(dlq_limit_in_a_row=2)
    for _ in range(5):
        room.context.broker.publish(room.queue, Message(b"unreadable"))
    with _running(room, threads=1):
        eventually(lambda: len(room.dead_letters()) == 2, "two dead letters")
        eventually(lambda: room.store.alerts.get("dead_letter_limit"), "an alert")
        room.log()
        assert len(room.dead_letters()) == 2
    assert len(room.waiting()) == 4


def test_an_unforeseen_error_costs_no_thread(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    mistakes = iter([ZeroDivisionError("a mistake")])

    def sometimes(context: Context, delivery: Delivery) -> TaskStatus | None:
        for mistake in mistakes:
            raise mistake
        return handle(context, delivery)

    monkeypatch.setattr("partner_pipeline.workers.sync.handle", sometimes)
    log = room.log()
    with _running(room, threads=1):
        eventually(lambda: room.tracker(log).processed, "a processed log")
    assert room.waiting() == []


# In a process of its own.


@contextmanager
def _child(folder: Path, grace: float) -> Iterator[subprocess.Popen[str]]:
    """A worker that has a log in hand."""
    root = Path(__file__).resolve().parents[3]
    path = os.pathsep.join((str(root), str(root / "tests")))
    with subprocess.Popen(
        [sys.executable, str(_CHILD), str(folder), str(grace)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "in hand\n"
            yield process
        finally:
            process.kill()


def _go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_worker_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with open_room(tmp_path) as room:
        log, left = room.log(), room.log(data=flight(seed=2))
        with _child(tmp_path, PATIENCE) as process:
            process.send_signal(number)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)  # it ends its task first
            _go_on(process)
            assert process.wait(PATIENCE) == 0
        assert room.tracker(log).status is LogStatus.PROCESSED
        assert room.task(log).status is TaskStatus.COMPLETED
        assert room.tracker(left).status is LogStatus.DOWNLOADED
        assert [each.message.headers["x-task-id"] for each in room.waiting()] == [
            room.task(left).task_id
        ]


def test_a_task_that_takes_too_long_is_handed_back(tmp_path: Path) -> None:
    with open_room(tmp_path) as room:
        log = room.log()
        with _child(tmp_path, 0.2) as process:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 1
        assert room.tracker(log).status is LogStatus.PROCESSING
        (waiting,) = room.waiting()  # handed back, and not only when its lease runs out
        assert waiting.redelivered
        room.clock.time += room.settings.stuck_timeout + timedelta(seconds=1)
        assert room.work() is None
        assert recover(room.context).executions == 1
        assert room.work() is TaskStatus.COMPLETED
        assert room.tracker(log).status is LogStatus.PROCESSED


def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    with open_room(tmp_path) as room:
        log = room.log()
        with _child(tmp_path, PATIENCE) as process:
            process.kill()
            process.wait(PATIENCE)
        assert room.waiting() == []  # in the hands of the dead
        room.clock.time += room.settings.stuck_timeout + timedelta(seconds=1)
        assert len(room.waiting()) == 1
        assert recover(room.context).executions == 1
        assert SyncWorker(room.context).once() == {TaskStatus.COMPLETED: 1}
        assert room.tracker(log).status is LogStatus.PROCESSED
        assert len(room.details(log)) == room.file(log).processing.records
