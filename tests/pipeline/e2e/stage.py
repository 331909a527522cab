"""The whole pipeline as it is run, and a simulated partner that it talks to over real HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from partner_pipeline.broker.base import Peeked
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.model.jobs import Job
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.partners.simulator import SatlocSimulator, SimulatedLog
from partner_pipeline.settings import Settings
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.assign import Assigned, Assignee, assign
from partner_pipeline.work.context import Context
from partner_pipeline.work.poll import PollReport, poll
from partner_pipeline.work.recover import recover
from partner_pipeline.workers.opening import open_context
from partner_pipeline.workers.sync import SyncWorker
from pipeline.broker.tools import eventually
from pipeline.e2e.ledger import FINAL
from pipeline.repositories.tools import Clock
from pipeline.work.tools import Account

#: For tests that say no more about servers: those take ten times as long.
EMBEDDED = pytest.mark.parametrize("backend", ["embedded"], indirect=True)

#: Rounds of polling and working after which everything must be done.
ROUNDS = 12


def field_of(number: int) -> dict[str, Any]:
    """A field of 5 ha, GeoJSON; those of different numbers do not touch."""
    west, south = -91.2 + number % 40 * 0.02, 35.6 + number // 40 * 0.02
    east, north = west + 0.004, south + 0.0013
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def work(*contexts: Context) -> None:
    """One worker of each of these, until all that is due is done."""
    workers = [SyncWorker(context) for context in contexts]
    for worker in workers:
        worker.start()
    try:
        eventually(lambda: is_quiet(contexts[0]), "all tasks to be done")
    finally:
        for worker in workers:
            worker.stop()
        ended = [worker.join(30.0) for worker in workers]
    assert all(ended)


def is_quiet(context: Context) -> bool:
    """Whether nothing is left to do but what waits for its time."""
    stats = context.broker.stats(context.settings.task_queue)
    counts = context.repositories.tasks.counts()
    waiting = stats.delayed + context.repositories.outbox.count()
    return (
        not stats.messages
        and not counts[TaskStatus.PROCESSING]
        and counts[TaskStatus.QUEUED] <= waiting
    )


def is_done(context: Context, offered: Iterable[str]) -> bool:
    """Whether these logs have come to their end, and nothing waits for anything."""
    trackers = context.repositories.trackers.recent(limit=100_000)
    ended = {tracker.log_id for tracker in trackers if tracker.status in FINAL}
    counts = context.repositories.tasks.counts()
    active = counts[TaskStatus.QUEUED] + counts[TaskStatus.PROCESSING]
    return set(offered) <= ended and not active and not context.repositories.outbox.count()


@dataclass(slots=True)
class Stage:
    """One pipeline: its first process, and what a test does with it.

    Attributes
    ----------
    processes : ExitStack
        Closes what :meth:`another` opens.
    """

    settings: Settings
    context: Context
    clock: Clock
    simulator: SatlocSimulator
    accounts: tuple[Account, ...]
    processes: ExitStack = field(default_factory=ExitStack)

    @property
    def store(self) -> Repositories:
        return self.context.repositories

    @property
    def queue(self) -> str:
        return self.settings.task_queue

    def another(self, **changed: Any) -> Context:
        """Another process of the same pipeline, maybe with other settings."""
        settings = self.settings.model_copy(update=changed)
        return self.processes.enter_context(
            open_context(settings, now=self.clock, sleep=lambda _: None)
        )

    # What people do.

    def job(self, customer: int = 0) -> Job:
        number = self.store.jobs.count() + 1
        return self.store.jobs.insert(
            Job(
                id=f"job-{number}",
                number=str(4000 + number),
                name=f"Field {number}",
                customer=self.accounts[customer].id,
                polygons=[field_of(number)],
                rate=30.0,
                swath_width=20.0,
            )
        )

    def assign(self, job: Job, customer: int = 0, aircraft: int = 0) -> Assigned:
        user = self.accounts[customer].aircraft[aircraft]
        (assigned,) = assign(self.context, job.id, [Assignee(user.id)], "test").assigned
        return assigned

    def flown(self, customer: int = 0, aircraft: int = 0) -> SimulatedLog:
        """A job that the partner has and has flown; the log that it offers of it."""
        assigned = self.assign(self.job(customer), customer, aircraft)
        assert assigned.synced.status == "uploaded", assigned
        return self.simulator.world.logs[-1]

    def offer(
        self, name: str | None = None, *, customer: int = 0, aircraft: int = 0, **log: Any
    ) -> SimulatedLog:
        """One more log of an aircraft, of a job that nobody knows."""
        at_partner = self.accounts[customer].at_partner(aircraft)
        return self.simulator.world.add_log(at_partner, name, **log)

    # What workers do.

    def poll(self, context: Context | None = None) -> PollReport:
        return poll(context or self.context)

    def work(self, *contexts: Context) -> None:
        """Workers, until all that is due is done."""
        work(*(contexts or (self.context,)))

    def round(self) -> None:
        """What workers do in the next hours."""
        recover(self.context)
        self.poll()
        self.work()
        self.clock.advance(hours=1)

    def until_all_is_done(self) -> None:
        """Poll and work until every log that is offered has come to its end."""
        for _ in range(ROUNDS):
            self.round()
            if is_done(self.context, [log.id for log in self.simulator.world.logs]):
                return
        raise AssertionError(f"not done after {ROUNDS} rounds: {self.told()}")

    # What can be seen.

    def trackers(self) -> list[PartnerLogTracker]:
        return self.store.trackers.recent(limit=10_000)

    def tracker(self, log: SimulatedLog) -> PartnerLogTracker:
        (found,) = [tracker for tracker in self.trackers() if tracker.log_id == log.id]
        return found

    def statuses(self) -> Counter[LogStatus]:
        return Counter(tracker.status for tracker in self.trackers())

    def dead_letters(self) -> Sequence[Peeked]:
        return self.context.broker.peek(dead_queue(self.queue), limit=10_000)

    def calls(self, endpoint: str) -> int:
        return len(self.simulator.received(endpoint))

    def told(self) -> str:
        """Where everything is, for whoever reads a failed test."""
        logs = (f"{each.id} {each.status} {each.error_message}" for each in self.trackers())
        recent = self.store.tasks.recent(limit=20)
        tasks = (f"{each.task_id} {each.status} {each.error_message}" for each in recent)
        queue = f"{self.context.broker.stats(self.queue)}, outbox {self.store.outbox.count()}"
        return "\n".join([*logs, *tasks, queue])
