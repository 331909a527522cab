"""``satlog head``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from satlog_native.cli.common import (
    aligned,
    blocks,
    json_option,
    layout_option,
    log_argument,
    note,
    printable,
)
from satlog_native.cli.group import examples
from satlog_native.flight_tables import flight_table, is_flight_table
from satlog_native.log import Log, open_log

if TYPE_CHECKING:
    import pyarrow as pa


@click.command(
    epilog=examples("satlog head flight.LOG", "satlog head flight.LOG --table wind -n 3 --json")
)
@log_argument
@layout_option
@click.option(
    "--table",
    default="position",
    show_default=True,
    metavar="NAME",
    help="Table: a record's name or type number, or track, passes or summary.",
)
@click.option(
    "-n",
    "--rows",
    type=click.IntRange(min=1, max=1_000_000),
    default=10,
    show_default=True,
    help="Number of rows.",
)
@json_option
def command(log: str, layout: str, table: str, rows: int, as_json: bool) -> None:
    """Show the first rows of a table.

    With units below the columns' names. On a terminal, columns that do not fit beside the others
    come below them. JSON has one object a line.
    """
    with open_log(log, layout=layout) as opened:
        batch = _first(opened, table, rows)
    if batch is None:
        note(f"{printable(log)} has no rows of table {table}")
    elif as_json:
        from satlog_native.export.ndjson import open_writer

        sys.stdout.flush()
        open_writer(sys.stdout.buffer, batch.schema, "none").write(batch)
    else:
        click.echo("\n".join(_lines(batch)))


def _first(log: Log, table: str, rows: int) -> pa.RecordBatch | None:
    """The first rows of a table; of records, no more of the log is read than they need."""
    if not is_flight_table(log.layout, table):
        return next(log.iter_batches(rows, table), None)
    made = flight_table(log, table)
    if made.note:
        note(printable(f"{log.source}: {made.note}"))
    return next(made.batches(rows), None)


def _lines(batch: pa.RecordBatch) -> list[str]:
    import pyarrow as pa

    from satlog_native.export.text import cells

    columns, right = [], []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        unit = (field.metadata or {}).get(b"unit", b"").decode()
        text = cells(column, printable).to_pylist()
        columns.append([field.name, unit, *("null" if t is None else t for t in text)])
        right.append(pa.types.is_integer(field.type) or pa.types.is_floating(field.type))
    lines: list[str] = []
    for first, stop in blocks([max(map(len, column)) for column in columns]):
        if lines:
            lines.append("")
        rows = list(zip(*columns[first:stop], strict=True))
        lines += aligned(rows, right[first:stop])
    return lines
