"""``satlog kinds``."""

from __future__ import annotations

import click
from click.exceptions import Exit

from satlog_native.cli.common import aligned, json_option, layout_option, log_argument, to_json
from satlog_native.cli.group import DAMAGED, examples
from satlog_native.log import open_log


@click.command(epilog=examples("satlog kinds flight.LOG"))
@log_argument
@layout_option
@json_option
def command(log: str, layout: str, as_json: bool) -> None:
    """Count the records of each kind in a log.

    Types that the layout does not know are counted too; their tables are named by the type number.
    The exit status is 1 if the log is damaged.
    """
    with open_log(log, layout=layout) as opened:
        kinds, report, names = opened.kinds, opened.report, opened.layout.by_name
    rows = []
    for kind, count in kinds.items():
        known = isinstance(kind, str)
        number = names[kind].type if isinstance(kind, str) else kind
        odd = {word: getattr(report, word).get(kind, 0) for word in ("short", "extended")}
        rows.append({"type": number, "name": str(kind), "known": known, "records": count, **odd})
    if as_json:
        click.echo(to_json(rows))
    else:
        header = ("type", "name", "records", "")
        lines = [
            (str(row["type"]), str(row["name"]), f"{row['records']:,}", _remark(row))
            for row in rows
        ]
        click.echo("\n".join(aligned([header, *lines], right=(True, False, True))))
    if report.damaged:
        raise Exit(DAMAGED)


def _remark(row: dict[str, object]) -> str:
    remarks = [] if row["known"] else ["unknown to the layout"]
    if row["short"]:
        remarks.append(f"{row['short']:,} too short for its fields")
    if row["extended"]:
        remarks.append(f"{row['extended']:,} longer than known")
    return ", ".join(remarks)
