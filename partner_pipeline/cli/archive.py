"""``partner-pipeline archive``."""

from __future__ import annotations

import click

from partner_pipeline.cli.running import once_option, run_workers, tell_archive, worker_context
from satlog_native.cli.group import examples


@click.command(epilog=examples("partner-pipeline archive", "partner-pipeline archive --once"))
@once_option
def command(*, once: bool) -> None:
    """Run the worker that archives expired dead letters.

    Each older than DLQ_RETENTION_DAYS becomes a file DLQ_ARCHIVE_PATH/YYYY/MM/DD/….json, and leaves
    its queue. With --once the files' names go to standard output.
    """
    from partner_pipeline.workers.archiver import Archiver

    with worker_context() as context:
        archiver = Archiver(context)
        if once:
            tell_archive(archiver.once())
        else:
            run_workers(context, [archiver])
