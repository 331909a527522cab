"""Work that comes round by the clock, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from partner_pipeline.errors import PipelineError
from partner_pipeline.observe.logs import get_logger

_log = get_logger(__name__)


class Periodic:
    """Runs some work at once and then at intervals, until it is told to stop.

    What the work raises is logged, and the next round comes as ever.

    Parameters
    ----------
    name : str
    interval : timedelta
        From the end of one round to the begin of the next.
    work : callable
    """

    def __init__(self, name: str, interval: timedelta, work: Callable[[], object]) -> None:
        self.name = name
        self._interval = interval
        self._work = work
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin the first round."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no more rounds."""
        self._stop.set()

    def join(self, seconds: float) -> bool:
        """Wait for the round in hand to end; whether it did."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.once()
            self._stop.wait(self._interval.total_seconds())

    def once(self) -> None:
        """One round."""
        try:
            self._work()
        except PipelineError as error:
            _log.error("round failed", work=self.name, error=str(error))
        except Exception:
            _log.exception("round failed by an unforeseen error", work=self.name)
