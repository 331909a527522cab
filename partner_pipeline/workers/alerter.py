"""The worker that looks for what people should know."""

from __future__ import annotations

from partner_pipeline.work.alerting import AlertCheck, check_alerts
from partner_pipeline.work.context import Context
from partner_pipeline.workers.periodic import Periodic
from partner_pipeline.workers.rounds import Rounds


class Alerter(Rounds):
    """Looks every ``PARTNER_HEALTH_CHECK_INTERVAL``.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        interval = context.settings.partner_health_check_interval
        super().__init__("alert", [Periodic("alert", interval, self.once)])

    def once(self) -> AlertCheck:
        """One round in this thread; raises as :func:`check_alerts`."""
        return check_alerts(self._context)
