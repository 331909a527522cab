"""``partner-pipeline poll``."""

from __future__ import annotations

import click

from partner_pipeline.cli.running import (
    end_round,
    once_option,
    run_workers,
    tell_poll,
    worker_context,
)
from satlog_native.cli.group import examples


@click.command(epilog=examples("partner-pipeline poll", "partner-pipeline poll --once"))
@once_option
def command(*, once: bool) -> None:
    """Run the worker that fetches logs from partners.

    It also takes up again what a killed worker has left, and publishes messages that could not be.
    Of several on many machines, one polls at a time. The exit status of one round is 1 if an
    account or a log failed.
    """
    from partner_pipeline.workers.poller import Poller

    with worker_context() as context:
        poller = Poller(context)
        if once:
            end_round(tell_poll(*poller.once()))
        else:
            run_workers(context, [poller])
