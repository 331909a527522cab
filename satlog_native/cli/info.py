"""``satlog info``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
from click.exceptions import Exit

from satlog_native.cli.common import (
    aligned,
    json_option,
    layout_option,
    log_argument,
    printable,
    report_lines,
    to_json,
)
from satlog_native.cli.group import DAMAGED, examples
from satlog_native.log import open_log

#: What a layout's status means for what is read with it.
_STATUS = {
    "assumed": "assumed: nobody has checked it against the vendor's document or real logs",
    "documented": "documented: written from the vendor's document, not checked against real logs",
    "verified": "verified against real logs",
}


@click.command(epilog=examples("satlog info flight.LOG", "satlog info flight.LOG --json"))
@log_argument
@layout_option
@json_option
def command(log: str, layout: str, as_json: bool) -> None:
    """Show what a log says of itself.

    Layout, times, aircraft, pilot, job, counts and damage. The exit status is 1 if the log is
    damaged.
    """
    with open_log(log, layout=layout) as opened:
        facts = opened.info()
        report = opened.report
    if as_json:
        click.echo(to_json(facts))
    else:
        rows = [
            ("log", printable(facts["source"])),
            ("layout", f"{facts['layout']}, version {facts['layout_version']}"),
            ("status", _STATUS[facts["layout_status"]]),
            *_rows(facts),
            *(
                ("" if number else "damage", line)
                for number, line in enumerate(report_lines(report))
            ),
        ]
        click.echo("\n".join(aligned(rows)))
    if report.damaged:
        raise Exit(DAMAGED)


def _rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    shown = {"source", "layout", "layout_version", "layout_status", "damaged", "bytes_lost"}
    rows = []
    for name, value in facts.items():
        if value is not None and name not in shown:
            label, unit = _label(name)
            # Of counts the thousands are marked; a job's number is a name.
            text = f"{value:,}" if name in ("size", "frames") else _text(value)
            rows.append((label, f"{text}{unit}"))
    return rows


def _label(name: str) -> tuple[str, str]:
    """The fact's name for people, and its unit."""
    units = {"_m": " m", "_s": " s"}
    for ending, unit in units.items():
        if name.endswith(ending):
            return name.removesuffix(ending).replace("_", " "), unit
    return name.replace("_", " "), " bytes" if name == "size" else ""


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{kind} {count:,}" for kind, count in value.items())
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").replace("+00:00", " UTC")
    return printable(str(value))
