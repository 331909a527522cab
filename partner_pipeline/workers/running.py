"""Run workers until SIGTERM or Ctrl-C, and end them in order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from partner_pipeline.observe.logs import get_logger

_log = get_logger(__name__)


class Worker(Protocol):
    """What can be run: begins in :meth:`start`, ends after :meth:`stop`."""

    @property
    def name(self) -> str:
        """What it does."""

    def start(self) -> None:
        """Begin; returns at once."""

    def stop(self) -> None:
        """Begin nothing new."""

    def join(self, seconds: float) -> bool:
        """Wait for what is in hand; whether it ended in that time."""


def run(workers: Sequence[Worker], grace: float, stop: threading.Event | None = None) -> bool:
    """Run workers until they are to stop.

    Parameters
    ----------
    workers : sequence of Worker
        Started in this order, stopped all at once.
    grace : float
        Seconds that they have to end what is in hand.
    stop : threading.Event, optional
        Ends them, as SIGTERM and SIGINT do; signals are only heard in the main thread.

    Returns
    -------
    bool
        Whether all ended in time.

    Raises
    ------
    PipelineError
        If one cannot begin; those that began before are stopped.
    """
    stop = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    started: list[Worker] = []
    try:
        for worker in workers:
            worker.start()
            started.append(worker)
            _log.info("worker started", worker=worker.name)
        stop.wait()
    finally:
        in_time = _end(started, grace)
    return in_time


def _end(workers: Sequence[Worker], grace: float) -> bool:
    _log.info("stopping", grace_seconds=grace)
    end = time.monotonic() + grace
    for worker in workers:
        worker.stop()
    ended = [worker.join(max(end - time.monotonic(), 0.0)) for worker in workers]
    for worker, in_time in zip(workers, ended, strict=True):
        if not in_time:
            _log.warning(
                "worker did not end in time; its task is taken up again", worker=worker.name
            )
    return all(ended)
