"""``satlog dataset``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from satlog_native.cli.common import LOG, Progress, counted, layout_option, note, printable
from satlog_native.cli.flight import settings_of, settings_options
from satlog_native.cli.group import DAMAGED, examples

if TYPE_CHECKING:
    from satlog_native.dataset import Dataset


@click.command(
    epilog=examples(
        "satlog dataset season/ tracks/",
        "satlog dataset season/ flights/ --table summary --table passes --workers 8",
        "satlog dataset season/ tracks/ --dask tcp://scheduler:8786",
    )
)
@click.argument("logs", metavar="LOGS...", type=LOG, nargs=-1, required=True)
@click.argument("out", type=click.Path())
@layout_option
@click.option(
    "--table",
    "tables",
    metavar="NAME",
    multiple=True,
    default=["track"],
    help="Table to write: track, passes, summary, or a record's name. May be given several times."
    "  [default: track]",
)
@settings_options
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that do the work.  [default: one a processor]",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Scheduler of a Dask cluster whose workers do the work; they see the same files.",
)
def command(
    *,
    logs: tuple[str, ...],
    out: str,
    layout: str,
    tables: tuple[str, ...],
    swath_width: float | None,
    merge_gap: float,
    max_gap: float,
    workers: int | None,
    dask: str | None,
) -> None:
    """Write many logs to one partitioned Parquet dataset.

    LOGS are files, or folders, which are searched for *.log in any case. OUT is a folder with a
    file for each log and table, OUT/TABLE/aircraft=.../date=.../LOG.parquet, and manifest.json.
    Column log is the manifest's name of the log.

    Run again, it does what is left: logs that are new, have changed or could not be read. Ctrl-C
    loses nothing that is done. A log that cannot be read stops nothing; the exit status is 1 if
    there is one, or if a log is damaged.
    """
    if dask is not None and workers is not None:
        raise click.UsageError("--workers are processes of this machine; leave it out with --dask.")
    from satlog_native.dataset import write_dataset

    try:
        with Progress("writing") as progress:
            dataset = write_dataset(
                logs,
                out,
                layout=layout,
                tables=tables,
                settings=settings_of(swath_width, merge_gap, max_gap),
                workers=workers,
                dask=dask,
                progress=progress,
            )
    except KeyboardInterrupt:
        note("Interrupted. What is done is kept: the same command does the rest.")
        raise
    _tell(dataset, out)
    if dataset.errors or dataset.damaged:
        raise Exit(DAMAGED)


def _tell(dataset: Dataset, out: str) -> None:
    for name, entry in dataset.entries.items():
        if entry.error:
            note(printable(f"Error: {entry.error}"))
        elif entry.damage and entry.damaged:
            short = sum(entry.damage["short"].values())
            lost = f"{entry.damage['bytes_lost']:,} bytes lost, {short:,} records too short"
            note(printable(f"{name}: damaged: {lost}"))
        for remark in entry.notes:
            note(printable(f"{name}: {remark}"))
    count, before = len(dataset.entries), len(dataset.entries) - dataset.written
    unread = len(dataset.errors)
    parts = [f"{before:,} done before"] if before else []
    parts += [f"{len(dataset.damaged):,} damaged"] if dataset.damaged else []
    parts += [f"{unread:,} not read"] if unread else []
    remarks = f" ({', '.join(parts)})" if parts else ""
    note(printable(f"{out}: {counted(count, 'log')}{remarks}; see manifest.json"))
