"""Messages that come twice, late and in any order, to workers that get in each other's way."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from partner_pipeline.broker.base import Delivery
from partner_pipeline.broker.message import Message
from partner_pipeline.model.states import LogStatus
from partner_pipeline.partners.simulator import SimulatedLog
from partner_pipeline.settings import Settings
from partner_pipeline.work.manual import match_by_hand, reprocess
from partner_pipeline.work.recover import recover
from partner_pipeline.workers.opening import open_context
from pipeline.crash.steps import StepWorker, stepwise
from pipeline.e2e.ledger import FINAL, check_all, check_nothing_is_left, check_stored
from pipeline.e2e.stage import EMBEDDED, ROUNDS, Stage, is_done, is_quiet
from pipeline.repositories.tools import Clock

#: Workers that have something in hand at a time.
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Prepared:
    """A pipeline that has fetched its logs; each example begins with a copy of its files.

    Attributes
    ----------
    messages : list of Message
        One for each log.
    """

    folder: Path
    settings: Settings
    offered: dict[str, SimulatedLog]
    messages: list[Message]


@pytest.fixture
def prepared(stage: Stage, tmp_path: Path) -> Prepared:
    """Two flights of one job, one of another."""
    first = stage.flown()
    stage.offer(first.file_name.replace(".log", "_B.log"), data=first.data())
    stage.flown(aircraft=1)
    stage.poll()
    messages = [each.message for each in stage.context.broker.peek(stage.queue)]
    assert len(messages) == 3
    folder = tmp_path / "prepared"
    folder.mkdir()
    stage.store.store.close()  # all that it knows is in the file now
    stage.context.broker.close()
    shutil.copy(tmp_path / "pipeline.db", folder)
    shutil.copytree(tmp_path / "logs", folder / "logs")
    offered = {log.id: log for log in stage.simulator.world.logs}
    return Prepared(folder, stage.settings, offered, messages)


class Deliveries(RuleBasedStateMachine):
    """What a broker may do with messages, and what may happen to workers."""

    prepared: ClassVar[Prepared]

    def __init__(self) -> None:
        super().__init__()
        self._parts = ExitStack()
        folder = Path(self._parts.enter_context(tempfile.TemporaryDirectory()), "files")
        shutil.copytree(self.prepared.folder, folder)
        places = {"embedded_path": folder / "pipeline.db", "satloc_storage_path": folder / "logs"}
        settings = self.prepared.settings.model_copy(update=places)
        self.clock = Clock()
        self.context = self._parts.enter_context(open_context(settings, now=self.clock))
        self.queue = settings.task_queue
        self._parts.enter_context(stepwise())
        self.consumer = self._parts.enter_context(
            self.context.broker.consume([self.queue], prefetch=1000)
        )
        self.in_hand: list[Delivery] = []
        self.workers: list[StepWorker] = []

    @rule(which=st.integers(0, 2))
    def comes_again(self, which: int) -> None:
        self.context.broker.publish(self.queue, self.prepared.messages[which])

    @precondition(lambda self: len(self.workers) < WORKERS)
    @rule(which=st.integers(0, 9))
    def begin(self, which: int) -> None:
        """A worker takes any of the messages that wait."""
        self._take()
        if self.in_hand:
            delivery = self.in_hand.pop(which % len(self.in_hand))
            self._stepped(StepWorker(self.context, delivery))

    @precondition(lambda self: self.workers)
    @rule(which=st.integers(0, WORKERS - 1))
    def go_on(self, which: int) -> None:
        self._stepped(self.workers.pop(which % len(self.workers)))

    @precondition(lambda self: self.workers)
    @rule(which=st.integers(0, WORKERS - 1))
    def die(self, which: int) -> None:
        self.workers.pop(which % len(self.workers)).kill()

    @rule()
    def an_hour_passes(self) -> None:
        """Whoever has something in hand now is taken for dead."""
        self.clock.advance(hours=1)
        recover(self.context)

    @rule(which=st.integers(0, 2))
    def is_asked_for_again(self, which: int) -> None:
        tracker = self.context.repositories.trackers.recent()[which]
        if tracker.status in FINAL:
            reprocess(self.context, tracker.id, by="test")

    def teardown(self) -> None:
        with self._parts:
            for worker in self.workers:
                worker.end()
            self._work_on_all()
            for _ in range(ROUNDS):
                self.an_hour_passes()
                self._work_on_all()
                if is_quiet(self.context) and is_done(self.context, self.prepared.offered):
                    break
            self._check()

    def _stepped(self, worker: StepWorker) -> None:
        worker.step()
        if not worker.done:
            self.workers.append(worker)

    def _take(self) -> None:
        while (delivery := self.consumer.get(0.0)) is not None:
            self.in_hand.append(delivery)

    def _work_on_all(self) -> None:
        self._take()
        while self.in_hand:
            StepWorker(self.context, self.in_hand.pop()).end()
            self._take()

    def _check(self) -> None:
        store = self.context.repositories
        assert store.trackers.counts()[LogStatus.PROCESSED] == len(self.prepared.offered)
        check_stored(store, self.prepared.offered)
        check_nothing_is_left(store, self.context.broker, self.queue)
        applications = store.store.find("applications")
        assert sorted(each["totals"]["files"] for each in applications) == [1, 2]


@EMBEDDED
def test_every_order_of_deliveries_gives_the_same(prepared: Prepared) -> None:
    machine = type("Prepared", (Deliveries,), {"prepared": prepared})
    run_state_machine_as_test(machine, settings=settings(max_examples=12, stateful_step_count=25))


@EMBEDDED
@pytest.mark.parametrize("place", ["process.claimed", "process.decoded", "process.matched"])
def test_a_worker_taken_for_dead_changes_nothing_afterwards(stage: Stage, place: str) -> None:
    """It was only slow. Meanwhile its log was processed, and a person has said what it is."""
    stage.flown()
    stage.poll()
    slow = stage.another()
    with stepwise(), slow.broker.consume([stage.queue], prefetch=1) as consumer:
        delivery = consumer.get(10.0)
        assert delivery is not None
        worker = StepWorker(slow, delivery)
        while worker.at != place:
            worker.step()
        stage.clock.advance(hours=1)
        recover(stage.context)
        stage.work()
        (tracker,) = stage.trackers()
        file = tracker.application_file_id or ""
        other = stage.assign(stage.job())
        match_by_hand(stage.context, file, other.assign_id, by="test")
        worker.end()
    rows = stage.store.details.of_file(file)
    assert {row["satlocJobId"] for row in rows} == {other.synced.ext_job_id}
    assert stage.store.application_files.require(file).job_match.decision == "manual"
    stage.until_all_is_done()
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


@EMBEDDED
@pytest.mark.parametrize("place", ["process.decoded", "process.matched", "process.stored"])
def test_what_a_person_says_during_the_processing_stays(stage: Stage, place: str) -> None:
    stage.flown()
    stage.until_all_is_done()
    other = stage.assign(stage.job())
    (tracker,) = stage.trackers()
    file = tracker.application_file_id or ""
    reprocess(stage.context, tracker.id, by="test")
    with stepwise(), stage.another().broker.consume([stage.queue], prefetch=1) as consumer:
        delivery = consumer.get(10.0)
        assert delivery is not None
        worker = StepWorker(stage.context, delivery)
        while worker.at != place:
            worker.step()
        match_by_hand(stage.context, file, other.assign_id, by="test")
        worker.end()
    stage.until_all_is_done()
    match = stage.store.application_files.require(file).job_match
    assert (match.decision, match.assign_id) == ("manual", other.assign_id)
    rows = stage.store.details.of_file(file)
    assert {row["satlocJobId"] for row in rows} == {other.synced.ext_job_id}
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)
