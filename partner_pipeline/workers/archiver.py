"""The worker that writes expired dead letters to files."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from partner_pipeline.work.archive import ArchiveReport, archive
from partner_pipeline.work.context import Context
from partner_pipeline.workers.periodic import Periodic
from partner_pipeline.workers.rounds import Rounds

#: Retention is counted in days.
_INTERVAL: Final = timedelta(hours=1)


class Archiver(Rounds):
    """Archives every hour.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        super().__init__("archive", [Periodic("archive", _INTERVAL, self.once)])

    def once(self) -> ArchiveReport:
        """One round in this thread; raises as :func:`partner_pipeline.work.archive.archive`."""
        return archive(self._context)
