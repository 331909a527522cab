"""All workers in one process: what one machine runs that needs no more."""

from __future__ import annotations

from partner_pipeline.work.context import Context
from partner_pipeline.workers.alerter import Alerter
from partner_pipeline.workers.archiver import Archiver
from partner_pipeline.workers.poller import Poller
from partner_pipeline.workers.running import Worker
from partner_pipeline.workers.sync import SyncWorker


def all_workers(context: Context) -> list[Worker]:
    """Every worker that the settings ask for."""
    workers: list[Worker] = [Poller(context), Archiver(context), Alerter(context)]
    if context.settings.partner_sync_enabled:
        workers.append(SyncWorker(context))
    return workers
