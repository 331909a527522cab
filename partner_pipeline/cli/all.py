"""``partner-pipeline all``."""

from __future__ import annotations

import click

from partner_pipeline.cli.running import (
    end_round,
    once_option,
    run_workers,
    tell_alerts,
    tell_archive,
    tell_poll,
    tell_tasks,
    worker_context,
)
from satlog_native.cli.group import examples


@click.command(epilog=examples("partner-pipeline all", "partner-pipeline all --once"))
@once_option
def command(*, once: bool) -> None:
    """Run all workers in one process.

    They poll, work on tasks, archive and alert: what one machine runs without any server. With
    --once, logs are fetched first and then processed. The exit status is 1 if something failed.
    """
    from partner_pipeline.workers.alerter import Alerter
    from partner_pipeline.workers.archiver import Archiver
    from partner_pipeline.workers.poller import Poller
    from partner_pipeline.workers.sync import SyncWorker
    from partner_pipeline.workers.together import all_workers

    with worker_context() as context:
        if not once:
            run_workers(context, all_workers(context))
            return
        went_well = [tell_poll(*Poller(context).once())]
        if context.settings.partner_sync_enabled:
            went_well.append(tell_tasks(SyncWorker(context).once()))
        tell_archive(Archiver(context).once())
        end_round(*went_well, tell_alerts(Alerter(context).once()))
