"""``satlog check``."""

from __future__ import annotations

import click
from click.exceptions import Exit

from satlog_native.cli.common import (
    json_option,
    layout_option,
    logs_argument,
    note,
    printable,
    report_lines,
    to_json,
)
from satlog_native.cli.group import DAMAGED, UNUSABLE, examples
from satlog_native.errors import LogError
from satlog_native.layouts import load
from satlog_native.layouts.model import Layout
from satlog_native.log import open_log
from satlog_native.report import DamageReport


@click.command(epilog=examples("satlog check flight.LOG", "satlog check *.LOG --json"))
@logs_argument
@layout_option
@json_option
def command(logs: tuple[str, ...], layout: str, as_json: bool) -> None:
    """Report the damage of logs.

    Which bytes are frames of the layout, which are lost, where and why. JSON has one object a line
    for each log. The exit status is 1 if a log is damaged, and 2 if one cannot be read at all.
    """
    used = load(layout)
    status = 0
    for number, log in enumerate(logs):
        try:
            report = _report(log, used)
        except LogError as error:
            status = UNUSABLE
            note(f"Error: {error}")
            if as_json:
                click.echo(to_json({"log": log, "error": str(error)}))
            continue
        if report.damaged:
            status = max(status, DAMAGED)
        if as_json:
            click.echo(to_json({"log": log, **report.to_dict()}))
            continue
        if len(logs) > 1:
            click.echo(f"{'' if number == 0 else chr(10)}{printable(log)}")
        click.echo("\n".join(report_lines(report)))
    raise Exit(status)


def _report(log: str, layout: Layout) -> DamageReport:
    with open_log(log, layout=layout) as opened:
        return opened.report
