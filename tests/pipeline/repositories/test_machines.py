"""Any order of events, as crashes and doubled messages make it: states follow their tables.

The model is what the design says in words; the truth is what comes out of a SQLite file.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.ids import new_execution_id
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.states import ACTIVE_TASKS, LOGS, TASKS, LogStatus, TaskStatus
from partner_pipeline.model.tasks import ProcessLogTask, TaskTracker, log_task_id
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.store.sqlite import SqliteStore
from pipeline.repositories.tools import Clock

MOST = 2
STUCK = timedelta(minutes=18)
FILE: dict[str, Any] = {"saved_local_file": "f", "size": 1, "sha256": "0" * 64}

logs = st.sampled_from(["l1", "l2"])
claims = st.sampled_from(["w1", "w2", "w3"])


class _OnSqlite(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self._store = SqliteStore(Path(self._folder.name) / "store.db")
        self.repositories = Repositories(self._store, self.clock)

    @initialize()
    def indexes(self) -> None:
        self.repositories.ensure_indexes()

    @rule(minutes=st.sampled_from([1, 10, 20]))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)

    def teardown(self) -> None:
        self._store.close()
        self._folder.cleanup()


class LogsInAnyOrder(_OnSqlite):
    """Two logs, three workers that die, wake up late and answer twice."""

    def __init__(self) -> None:
        super().__init__()
        self.status: dict[str, LogStatus] = {}
        self.holder: dict[str, str] = {}

    def _id(self, log: str) -> str:
        return self.repositories.trackers.offered("SATLOC", "c", "a", log, log).id

    def _moved(
        self, log: str, result: PartnerLogTracker | None, after: LogStatus, *, expected: bool
    ) -> None:
        assert (result is not None) == expected
        if result is not None:
            LOGS.check(self.status[log], after)
            assert result.status is after
            self.status[log] = after

    @rule(log=logs)
    def offered(self, log: str) -> None:
        self._id(log)
        self.status.setdefault(log, LogStatus.PENDING)

    @precondition(lambda self: len(self.status) == 2)
    @rule(log=logs, claim=claims)
    def claim_download(self, log: str, claim: str) -> None:
        expected = self.status[log] is LogStatus.PENDING
        result = self.repositories.trackers.claim_download(self._id(log), claim)
        self._moved(log, result, LogStatus.DOWNLOADING, expected=expected)
        if expected:
            self.holder[log] = claim

    @precondition(lambda self: len(self.status) == 2)
    @rule(log=logs, claim=claims, ends=st.sampled_from(["well", "again", "badly"]))
    def download_ends(self, log: str, claim: str, ends: str) -> None:
        expected = self.status[log] is LogStatus.DOWNLOADING and self.holder.get(log) == claim
        trackers, id_ = self.repositories.trackers, self._id(log)
        if ends == "well":
            after = LogStatus.DOWNLOADED
            result = trackers.downloaded(id_, claim, **FILE)
        else:
            after = LogStatus.FAILED if ends == "badly" else LogStatus.PENDING
            result = trackers.download_failed(
                id_, claim, "x", ErrorCategory.TRANSIENT, final=ends == "badly"
            )
        self._moved(log, result, after, expected=expected)
        if expected:
            del self.holder[log]

    @precondition(lambda self: len(self.status) == 2)
    @rule(log=logs, claim=claims)
    def claim_processing(self, log: str, claim: str) -> None:
        expected = self.status[log] is LogStatus.DOWNLOADED
        result = self.repositories.trackers.claim_processing(self._id(log), claim)
        self._moved(log, result, LogStatus.PROCESSING, expected=expected)
        if expected:
            self.holder[log] = claim

    @precondition(lambda self: len(self.status) == 2)
    @rule(log=logs, claim=claims, ends=st.sampled_from(["well", "again", "badly"]))
    def processing_ends(self, log: str, claim: str, ends: str) -> None:
        expected = self.status[log] is LogStatus.PROCESSING and self.holder.get(log) == claim
        trackers, id_ = self.repositories.trackers, self._id(log)
        if ends == "well":
            after = LogStatus.PROCESSED
            result = trackers.processed(id_, claim, application_file_id="f", damage={})
        else:
            after = LogStatus.FAILED if ends == "badly" else LogStatus.DOWNLOADED
            result = trackers.processing_failed(
                id_, claim, "x", ErrorCategory.TRANSIENT, final=ends == "badly"
            )
        self._moved(log, result, after, expected=expected)
        if expected:
            del self.holder[log]

    @precondition(lambda self: len(self.status) == 2)
    @rule(log=logs)
    def an_operator_asks_again(self, log: str) -> None:
        finished = (LogStatus.PROCESSED, LogStatus.FAILED, LogStatus.SKIPPED)
        trackers, id_ = self.repositories.trackers, self._id(log)
        has_file = trackers.require(id_).saved_local_file is not None
        after = LogStatus.DOWNLOADED if has_file else LogStatus.PENDING
        expected = self.status[log] in finished
        self._moved(log, trackers.again(id_), after, expected=expected)

    @rule()
    def recovery(self) -> None:
        for stuck in self.repositories.trackers.stuck(self.clock() - STUCK):
            result = self.repositories.trackers.recover(stuck, most=MOST)
            assert result is not None
            assert self.repositories.trackers.recover(stuck, most=MOST) is None
            if result.status is not self.status[stuck.log_id]:
                self._moved(stuck.log_id, result, result.status, expected=True)
            self.holder.pop(stuck.log_id, None)

    @invariant()
    def what_is_stored_is_what_happened(self) -> None:
        for tracker in self.repositories.trackers.recent():
            assert tracker.status is self.status[tracker.log_id]
            assert tracker.claim == self.holder.get(tracker.log_id)
            assert tracker.recoveries <= MOST + 1
            assert not tracker.processed or tracker.application_file_id == "f"


class TasksInAnyOrder(_OnSqlite):
    """One task, executed by workers that die; its message comes twice, late, and out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.executions: list[str] = []
        self.held: dict[str, TaskTracker] = {}
        self.seen: dict[str, TaskStatus] = {}
        self.ends: defaultdict[str, int] = defaultdict(int)

    def _message(self) -> ProcessLogTask:
        return ProcessLogTask(
            task_id=log_task_id("q", "SATLOC", "a", "l"),
            execution_id=new_execution_id(),
            partner_code="SATLOC",
            customer_id="c",
            tracker_id="t",
            aircraft_id="a",
            log_id="l",
        )

    def _latest(self) -> TaskTracker | None:
        return self.repositories.tasks.latest(self._message().task_id)

    def _any(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.executions))

    @rule()
    def enqueued(self) -> None:
        latest = self._latest()
        retry_of = latest if latest is not None and latest.status is TaskStatus.FAILED else None
        task = self.repositories.tasks.enqueue(self._message(), "q", retry_of=retry_of)
        busy = latest is not None and latest.status in ACTIVE_TASKS
        assert (task is None) == busy
        if task is not None:
            self.executions.append(task.execution_id)
            assert task.retry_count == (0 if retry_of is None else retry_of.retry_count + 1)

    @precondition(lambda self: self.executions)
    @rule(data=st.data(), claim=claims)
    def delivered(self, data: st.DataObject, claim: str) -> None:
        execution = self._any(data)
        before = self.repositories.tasks.execution(execution)
        assert before is not None
        task = self.repositories.tasks.claim(execution, claim)
        free = before.status in {TaskStatus.QUEUED, TaskStatus.FAILED} and not before.superseded_by
        assert (task is not None) == free
        if task is not None:
            self.held[claim] = task

    @precondition(lambda self: self.held)
    @rule(data=st.data(), well=st.booleans())
    def ended(self, data: st.DataObject, *, well: bool) -> None:
        claim = data.draw(st.sampled_from(sorted(self.held)))
        task, tasks = self.held[claim], self.repositories.tasks
        before = tasks.require(task.id)
        if well:
            after = tasks.completed(task, {"n": 1})
        else:
            after = tasks.failed(task, "x", ErrorCategory.TRANSIENT)
        mine = before.status is TaskStatus.PROCESSING and before.claim == claim
        assert (after is not None) == mine
        if after is not None and well:
            self.ends[task.execution_id] += 1

    @precondition(lambda self: self.executions)
    @rule(data=st.data())
    def dead_lettered(self, data: st.DataObject) -> None:
        self.repositories.tasks.dead(self._any(data))

    @precondition(lambda self: self.executions)
    @rule(data=st.data())
    def archived(self, data: st.DataObject) -> None:
        self.repositories.tasks.archived(self._any(data))

    @rule()
    def recovery(self) -> None:
        for stuck in self.repositories.tasks.stuck(self.clock() - STUCK):
            assert self.repositories.tasks.recover(stuck)
            assert self.repositories.tasks.recover(stuck) is None
        for waiting in self.repositories.tasks.waiting(self.clock() - STUCK):
            assert self.repositories.tasks.requeue(waiting)
            assert self.repositories.tasks.requeue(waiting) is None

    @invariant()
    def one_is_active_and_moves_are_those_of_the_table(self) -> None:
        chain = self.repositories.tasks.chain(self._message().task_id)
        assert [task.execution_id for task in chain] == self.executions
        assert [task.number for task in chain] == list(range(1, len(chain) + 1))
        assert sum(task.status in ACTIVE_TASKS for task in chain) <= 1
        assert all(task.status not in ACTIVE_TASKS for task in chain[:-1])
        for task in chain:
            before = self.seen.get(task.id, TASKS.initial)
            assert before is task.status or TASKS.allows(before, task.status)
            self.seen[task.id] = task.status
            assert self.ends[task.execution_id] == (task.status is TaskStatus.COMPLETED)


TestLogs = LogsInAnyOrder.TestCase
TestLogs.settings = settings(max_examples=25, stateful_step_count=40)
TestTasks = TasksInAnyOrder.TestCase
TestTasks.settings = settings(max_examples=25, stateful_step_count=40)
