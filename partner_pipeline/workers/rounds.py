"""A worker whose work comes round by the clock: one kind of work or several that go together."""

from __future__ import annotations

import time
from collections.abc import Sequence

from partner_pipeline.workers.periodic import Periodic


class Rounds:
    """Runs each kind of work in a thread of its own.

    Parameters
    ----------
    name : str
    work : sequence of Periodic
    """

    def __init__(self, name: str, work: Sequence[Periodic]) -> None:
        self.name = name
        self._work = work

    def start(self) -> None:
        """Begin the first round of each."""
        for each in self._work:
            each.start()

    def stop(self) -> None:
        """Begin no more rounds."""
        for each in self._work:
            each.stop()

    def join(self, seconds: float) -> bool:
        """Wait for the rounds in hand to end; whether they all did."""
        end = time.monotonic() + seconds
        ended = [each.join(max(end - time.monotonic(), 0.0)) for each in self._work]
        return all(ended)
