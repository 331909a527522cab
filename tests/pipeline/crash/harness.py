"""What child processes do: each is one of the pipeline, killed by its fail-point or by a test.

They are forked from one server process that has imported everything already, so that a death costs
no second. A child writes its log, and why it failed, to a file.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from partner_pipeline.observe.logs import configure_logging
from partner_pipeline.settings import Settings
from partner_pipeline.work.assign import Assignee, assign
from partner_pipeline.work.context import Context
from partner_pipeline.work.failpoints import VARIABLE
from partner_pipeline.work.poll import poll
from partner_pipeline.work.recover import Recovery, recover
from partner_pipeline.workers.opening import open_context
from partner_pipeline.workers.poller import Poller
from partner_pipeline.workers.running import run
from partner_pipeline.workers.sync import SyncWorker
from pipeline.e2e.stage import ROUNDS, is_done, work

KILLED = -signal.SIGKILL
PATIENCE = 120.0

_CONTEXT = multiprocessing.get_context("forkserver")
# What is installed: the server process of Python 3.11 knows no other path.
_CONTEXT.set_forkserver_preload(
    [
        *("pytest", "multiprocessing.spawn"),
        *("partner_pipeline.workers.poller", "partner_pipeline.workers.sync"),
        *("partner_pipeline.workers.opening", "partner_pipeline.work.recover"),
        *("partner_pipeline.broker.embedded", "partner_pipeline.store.sqlite"),
        *("partner_pipeline.broker.amqp", "partner_pipeline.store.mongo", "redis"),
        *("partner_pipeline.partners.satloc", "partner_pipeline.partners.agidronex"),
        *("partner_pipeline.store.tables", "satlog_native.log", "satlog_native.layouts.reader"),
        *("httpcore", "shapely.geometry"),
    ]
)


@dataclass(frozen=True, slots=True)
class Orders:
    """What a child is to do.

    Attributes
    ----------
    role : str
        A function of this module.
    settings : dict
        Of :meth:`Settings.load`.
    clock : datetime
        When it begins.
    failpoint : str or None
        Where it dies.
    jobs : sequence of (job id, aircraft's user id)
        To be assigned.
    offered : sequence of str
        Ids of logs that must come to their end.
    log : Path
        Where it writes to.
    """

    role: str
    settings: dict[str, Any]
    clock: datetime
    log: Path
    failpoint: str | None = None
    jobs: Sequence[tuple[str, str]] = ()
    offered: Sequence[str] = field(default=(), repr=False)


class Clock:
    """Goes on as real time does, from any moment, and leaps when it is told to."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._begun = time.monotonic()

    def __call__(self) -> datetime:
        passed = timedelta(milliseconds=int((time.monotonic() - self._begun) * 1000))
        return self._start + passed

    def leap(self, **parts: float) -> None:
        self._start += timedelta(**parts)


# The test's side.


@contextmanager
def child(orders: Orders) -> Iterator[ForkServerProcess]:
    """A child at work; killed at the end, should it live so long."""
    process = _CONTEXT.Process(target=_main, args=(orders,))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def ended(orders: Orders) -> int:
    """A child from its begin to its end; its exit code."""
    with child(orders) as process:
        process.join(PATIENCE)
        assert process.exitcode is not None, f"{orders.role} hangs:\n{tail(orders.log)}"
        assert process.exitcode in (0, KILLED), f"{orders.role} failed:\n{tail(orders.log)}"
        return process.exitcode


def tail(log: Path) -> str:
    return log.read_text()[-6000:] if log.exists() else "(it wrote no log)"


# The child's side.


def _main(orders: Orders) -> None:
    with orders.log.open("a", buffering=1) as log:
        sys.stderr = log
        if orders.failpoint is not None:
            os.environ[VARIABLE] = orders.failpoint
        settings = Settings.load(_env_file=None, **orders.settings)
        configure_logging(settings, log)
        clock = Clock(orders.clock)
        with open_context(settings, now=clock, sleep=lambda _: None) as context:
            _ROLES[orders.role](context, orders, clock)


def assigning(context: Context, orders: Orders, _clock: Clock) -> None:
    """Somebody assigns the jobs that are not assigned yet."""
    for job, user in orders.jobs:
        if not context.repositories.assigns.of_job(job):
            assign(context, job, [Assignee(user)], "test")


def polling(context: Context, _orders: Orders, _clock: Clock) -> None:
    """One poll."""
    poll(context)


def working(context: Context, _orders: Orders, _clock: Clock) -> None:
    """A worker, until all that is due is done."""
    work(context)


def serving(context: Context, _orders: Orders, _clock: Clock) -> None:
    """Everything in one process, until it is stopped."""
    run([Poller(context), SyncWorker(context)], 10.0)


def finishing(context: Context, orders: Orders, clock: Clock) -> None:
    """The process that is started after all others died: for hours, until nothing happens."""
    for _ in range(ROUNDS):
        before = context.repositories.tasks.count()
        recovered = recover(context)
        assigning(context, orders, clock)
        polled = poll(context)
        work(context)
        clock.leap(hours=1)
        idle = recovered == Recovery() and not any(each.downloaded for each in polled.accounts)
        unchanged = before == context.repositories.tasks.count()
        if idle and unchanged and is_done(context, orders.offered):
            return
    raise AssertionError("something happens in every round")


_ROLES = {each.__name__: each for each in (assigning, polling, working, serving, finishing)}
