"""The worker that fetches logs, takes up again what nobody ended, and publishes what waits."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Final

from partner_pipeline.settings import Settings
from partner_pipeline.work.context import Context
from partner_pipeline.work.poll import PollReport, poll
from partner_pipeline.work.publishing import publish_waiting
from partner_pipeline.work.recover import Recovery, recover
from partner_pipeline.workers.periodic import Periodic
from partner_pipeline.workers.rounds import Rounds

#: Between two looks into the outbox: so long waits what was published in vain.
_OUTBOX: Final = timedelta(seconds=2)
_RECOVER: Final = timedelta(minutes=1)


class Poller(Rounds):
    """Polls every ``PARTNER_SYNC_INTERVAL``, unless ``PARTNER_POLLING_ENABLED`` is off.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stopping = threading.Event()
        settings = context.settings
        work = [
            Periodic("recover", _recover_interval(settings), lambda: recover(context)),
            Periodic("outbox", _OUTBOX, lambda: publish_waiting(context)),
        ]
        if settings.partner_polling_enabled:
            work.append(Periodic("poll", settings.sync_interval, self._poll))
        super().__init__("poll", work)

    def stop(self) -> None:
        """Begin no more rounds, and come to an end with the one in hand."""
        self._stopping.set()
        super().stop()

    def once(self) -> tuple[Recovery, PollReport]:
        """One round in this thread.

        Raises
        ------
        InfrastructureError
            If store or broker do not work.
        """
        recovered = recover(self._context)
        polls = self._context.settings.partner_polling_enabled
        return recovered, self._poll() if polls else PollReport()

    def _poll(self) -> PollReport:
        return poll(self._context, stopping=self._stopping.is_set)


def _recover_interval(settings: Settings) -> timedelta:
    """More often where work counts as stuck soon, but not all the time."""
    return max(min(_RECOVER, settings.stuck_timeout / 3), timedelta(seconds=1))
