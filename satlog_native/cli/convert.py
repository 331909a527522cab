"""``satlog convert``."""

from __future__ import annotations

import click
from click.exceptions import Exit

from satlog_native.cli.common import (
    LOG,
    Progress,
    counted,
    layout_option,
    note,
    note_damage,
    printable,
)
from satlog_native.cli.flight import settings_of, settings_options
from satlog_native.cli.group import DAMAGED, examples
from satlog_native.convert import Conversion, convert
from satlog_native.export import FORMATS
from satlog_native.export.target import ALL
from satlog_native.flight_tables import FLIGHT_TABLES
from satlog_native.log import Errors

_COMPRESSIONS = list(dict.fromkeys(c for f in FORMATS.values() for c in f.compressions))


@click.command(
    epilog=examples(
        "satlog convert flight.LOG flight.parquet",
        "satlog convert flight.LOG tables/ --table all",
        "satlog convert monday.LOG tuesday.LOG passes.csv --table passes",
        "satlog convert flight.LOG wind.arrow --table wind",
    )
)
@click.argument("logs", metavar="LOG...", type=LOG, nargs=-1, required=True)
@click.argument("out", type=click.Path())
@layout_option
@click.option(
    "--table",
    "tables",
    metavar="NAME",
    multiple=True,
    default=["track"],
    help="Table to write: track, passes or summary of the flight, a record's name or type number, "
    "or all. May be given several times.  [default: track]",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    help="Format of the files in a folder.  [default: parquet]",
)
@click.option(
    "--errors",
    type=click.Choice(["skip", "raise"]),
    default="skip",
    show_default=True,
    help="skip: keep all that is readable of a damaged log. raise: stop at the first damage.",
)
@click.option(
    "--compression",
    type=click.Choice(_COMPRESSIONS),
    help="Of Parquet or Arrow files.  [default: zstd for Parquet, none for Arrow]",
)
@settings_options
@click.option("--threads", type=click.IntRange(min=1), help="Threads that decode a log.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
def command(
    *,
    logs: tuple[str, ...],
    out: str,
    layout: str,
    tables: tuple[str, ...],
    format_name: str | None,
    errors: Errors,
    compression: str | None,
    swath_width: float | None,
    merge_gap: float,
    max_gap: float,
    threads: int | None,
    overwrite: bool,
) -> None:
    """Write the tables of logs to Parquet, Arrow, CSV or NDJSON.

    OUT that ends in .parquet, .arrow, .csv or .ndjson holds one table. OUT that ends in a slash,
    exists as a folder, or has to hold more than one table is a folder with a file for each, and
    report.json. Tables of several logs have a column log. Nothing is written if a log cannot be
    read; of a damaged log all that is readable is written, and the exit status is 1.

    The track has a row for each position, with flow, rates, wind and the like as of then; passes a
    row for each pass; the summary one for each log. What makes a pass is told by --max-gap and
    --merge-gap. A flight is read into memory as a whole; records are not, and may be larger.
    """
    # Of records alone, nothing is analysed, and nothing loaded that analyses.
    flights = {ALL, *FLIGHT_TABLES} & set(tables)
    settings = settings_of(swath_width, merge_gap, max_gap) if flights else None
    with Progress("converting") as progress:
        done = convert(
            logs,
            out,
            layout=layout,
            tables=tables,
            format=format_name,
            settings=settings,
            errors=errors,
            compression=compression,
            threads=threads,
            overwrite=overwrite,
            progress=progress,
        )
    _tell(done)
    if done.damaged:
        raise Exit(DAMAGED)


def _tell(done: Conversion) -> None:
    for name, path in done.files.items():
        note(f"{path}: {name}, {counted(done.rows[name], 'row')}")
    for told in done.notes:
        note(printable(told))
    for name, report in done.reports.items():
        note_damage(name, report)
