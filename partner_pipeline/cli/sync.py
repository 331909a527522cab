"""``partner-pipeline sync``."""

from __future__ import annotations

import click

from partner_pipeline.cli.running import (
    end_round,
    once_option,
    run_workers,
    tell_tasks,
    worker_context,
)
from satlog_native.cli.common import note
from satlog_native.cli.group import examples


@click.command(epilog=examples("partner-pipeline sync --threads 4", "partner-pipeline sync --once"))
@click.option(
    "--threads", type=click.IntRange(1, 64), help="Tasks at once.  [default: WORKER_THREADS]"
)
@once_option
def command(*, threads: int | None, once: bool) -> None:
    """Run the worker that uploads jobs and processes logs.

    Any number of them on any number of machines share the work. The exit status of one round, which
    ends when no task waits, is 1 if one failed.
    """
    from partner_pipeline.workers.sync import SyncWorker

    with worker_context() as context:
        if not context.settings.partner_sync_enabled:
            note("nothing to do: PARTNER_SYNC_ENABLED is false")
            return
        worker = SyncWorker(context, threads)
        if once:
            end_round(tell_tasks(worker.once()))
        else:
            run_workers(context, [worker])
