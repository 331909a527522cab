"""``partner-pipeline config``."""

from __future__ import annotations

import click

from partner_pipeline.cli.common import show_table
from satlog_native.cli.common import json_option, to_json
from satlog_native.cli.group import examples


@click.command(
    epilog=examples("partner-pipeline config", "SATLOC_RATE_LIMIT=30 partner-pipeline config")
)
@json_option
def command(*, as_json: bool) -> None:
    """Show the settings in force, secrets masked.

    Each is a variable of the environment or of a file .env in the current folder; the environment
    comes first. What differs from its default is marked with *.
    """
    from partner_pipeline.settings import Settings, variables

    in_force = Settings.load().masked()
    rows = [
        {
            "variable": variable.name,
            "value": in_force[variable.name],
            "default": variable.default,
            "unit": variable.unit,
            "meaning": variable.meaning,
        }
        for variable in variables()
    ]
    if as_json:
        click.echo(to_json(rows))
        return
    head = ("", "variable", "value, unit", "meaning")
    show_table([head, *map(_row, rows)], narrow={2: 30})


def _row(row: dict[str, str]) -> tuple[str, ...]:
    mark = "" if row["value"] == row["default"] else "*"
    value = f"{row['value']} {row['unit']}" if row["value"] else ""
    return mark, row["variable"], value, row["meaning"]
