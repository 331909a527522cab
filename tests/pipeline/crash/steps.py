"""Workers that stop at each step of theirs until a test lets them go on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from partner_pipeline.broker.base import Delivery
from partner_pipeline.errors import BrokerError
from partner_pipeline.work import processing, publishing
from partner_pipeline.work.context import Context
from partner_pipeline.work.handling import handle
from pipeline.broker.tools import PATIENCE

_HERE = threading.local()


class Killed(BaseException):
    """As far as a thread can die: nothing that it meant to do afterwards is done."""


class StepWorker:
    """A worker with one delivery in hand, in a thread of its own.

    Attributes
    ----------
    at : str or None
        The fail-point that it stands at; None before the first, and after the last.
    done : bool
    """

    def __init__(self, context: Context, delivery: Delivery) -> None:
        self.delivery = delivery
        self.at: str | None = None
        self.done = False
        self._error: BaseException | None = None
        self._killed = False
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(context,), daemon=True)
        self._thread.start()

    def step(self) -> None:
        """Let it go on to its next step, or to its end."""
        self._go.release()
        assert self._stopped.acquire(timeout=PATIENCE), f"a worker hangs after {self.at}"
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """Let it go on to its end."""
        while not self.done:
            self.step()

    def kill(self) -> None:
        """It dies where it stands; its message comes back, as a broker sees to."""
        self._killed = True
        self.step()
        assert self.done
        with suppress(BrokerError):  # its lease has run out: it has come back already
            self.delivery.requeue()

    def reached(self, place: str) -> None:
        self.at = place
        self._stopped.release()
        self._go.acquire()
        if self._killed:
            raise Killed

    def _run(self, context: Context) -> None:
        _HERE.worker = self
        self._go.acquire()
        try:
            if not self._killed:
                handle(context, self.delivery)
        except (Killed, BrokerError):
            pass  # dead; or it could not settle what somebody else has by now, as in SyncWorker
        except BaseException as error:
            self._error = error
        self.done, self.at = True, None
        self._stopped.release()


def _reached(place: str) -> None:
    worker: StepWorker | None = getattr(_HERE, "worker", None)
    if worker is not None:
        worker.reached(place)


@contextmanager
def stepwise() -> Iterator[None]:
    """Within this block, fail-points are where workers stop."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (processing, publishing):
            patch.setattr(module, "failpoint", _reached)
        yield
