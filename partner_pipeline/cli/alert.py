"""``partner-pipeline alert``."""

from __future__ import annotations

import click

from partner_pipeline.cli.running import (
    end_round,
    once_option,
    run_workers,
    tell_alerts,
    worker_context,
)
from satlog_native.cli.group import examples


@click.command(epilog=examples("partner-pipeline alert", "partner-pipeline alert --once"))
@once_option
def command(*, once: bool) -> None:
    """Run the worker that mails when people are needed.

    That is: too many dead letters, a partner that is down, an account that fails again and again.
    One mail a cause, and not again before ALERT_COOLDOWN_MS; without a mail server it is only
    logged. The exit status of one round is 1 if there is such a cause.
    """
    from partner_pipeline.workers.alerter import Alerter

    with worker_context() as context:
        alerter = Alerter(context)
        if once:
            end_round(tell_alerts(alerter.once()))
        else:
            run_workers(context, [alerter])
