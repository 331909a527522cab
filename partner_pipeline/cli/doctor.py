"""``partner-pipeline doctor``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click
from click.exceptions import Exit

from partner_pipeline.cli.common import command_settings, table_lines, unlogged, width
from partner_pipeline.cli.group import FAILED
from satlog_native.cli.common import json_option, to_json
from satlog_native.cli.group import examples

if TYPE_CHECKING:
    from partner_pipeline.work.checkup import Check

_COLOURS: Final = {"ok": "green", "warn": "yellow", "FAIL": "red"}
#: Columns of state and name: lines come one by one, and are to stand one below the other.
_STATE, _NAME = 4, 8


@click.command(epilog=examples("partner-pipeline doctor", "partner-pipeline doctor --json"))
@json_option
def command(*, as_json: bool) -> None:
    """Check everything that is configured, and say what to do.

    Store, broker, Redis, partners, keys, folders, disks, clock and mail server are tried out; tasks
    and logs are not touched. Each line is ok, warn or FAIL. The exit status is 1 if one is FAIL.
    """
    from partner_pipeline.work.checkup import check_up

    settings = command_settings()
    checks = []
    with unlogged():
        for check in check_up(settings):
            checks.append(check)
            if not as_json:
                _show(check)
    if as_json:
        click.echo(to_json([asdict(check) for check in checks]))
    if any(check.state == "FAIL" for check in checks):
        raise Exit(FAILED)


def _show(check: Check) -> None:
    text = check.found if not check.advice else f"{check.found}. To do: {check.advice}"
    cells = [check.state.ljust(_STATE), check.name.ljust(_NAME), text]
    first, *more = table_lines([cells], (), {}, width())
    state = click.style(first[:_STATE], fg=_COLOURS[check.state], bold=True)
    click.echo("\n".join([state + first[_STATE:], *more]))
