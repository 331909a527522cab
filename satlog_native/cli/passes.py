"""``satlog passes``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click
from click.exceptions import Exit

from satlog_native.cli.common import (
    aligned,
    blocks,
    counted,
    json_option,
    layout_option,
    log_argument,
    note,
    printable,
)
from satlog_native.cli.flight import (
    note_damaged,
    note_unknown_areas,
    settings_of,
    settings_options,
    units_option,
)
from satlog_native.cli.group import DAMAGED, examples
from satlog_native.log import open_log

if TYPE_CHECKING:
    import polars as pl

    from satlog_native.flight.settings import Units

#: Title and column of what is shown, and the summary's column for all passes together.
_SHOWN: Final = (
    ("time", "duration", None),
    ("length", "length", "sprayed_distance"),
    ("speed", "mean_ground_speed", "mean_speed"),
    ("height", "mean_height", None),
    ("area", "area", "gross_area"),
    ("volume", "volume", "volume"),
    ("rate", "applied_rate", "applied_rate"),
    ("target", "target_rate", "target_rate"),
    ("error", "rate_error", None),
    ("wind", "mean_wind_speed", None),
    ("from", "mean_wind_direction", None),
)
#: Digits after the point, where they are others than those usual for the unit.
_DIGITS: Final = {"duration": 1, "mean_height": 1}
#: What stands where a log tells nothing.
_UNKNOWN: Final = "–"


@click.command(
    epilog=examples(
        "satlog passes flight.LOG", "satlog passes flight.LOG --units us --swath-width 20"
    )
)
@log_argument
@layout_option
@settings_options
@units_option
@json_option
def command(
    *,
    log: str,
    layout: str,
    swath_width: float | None,
    merge_gap: float,
    max_gap: float,
    units: Units,
    as_json: bool,
) -> None:
    """Show the passes of a flight, and what they sprayed.

    A line for each pass, and one for all: when it started (UTC), how long it took, how far it went,
    speed and height over ground, area, volume, rate against target, and the wind. On a terminal,
    columns that do not fit beside the others come below them. JSON has one object a line, with all
    columns of the table. The exit status is 1 if the log is damaged.
    """
    settings = settings_of(swath_width, merge_gap, max_gap, units=units)
    with open_log(log, layout=layout) as opened:
        passes, report = opened.passes(settings), opened.report
        flight = opened.summary(settings).row(0, named=True)
    if not passes.height:
        note(f"{printable(log)}: nothing was sprayed")
    elif as_json:
        _write_json(passes, units, dry=flight["material"] == "dry")
    else:
        click.echo("\n".join(_lines(passes, flight, units)))
    note_unknown_areas(log, passes)
    note_damaged(log, report)
    if report.damaged:
        raise Exit(DAMAGED)


def _write_json(passes: pl.DataFrame, units: Units, *, dry: bool) -> None:
    from satlog_native.export.ndjson import open_writer
    from satlog_native.flight import convert_units, to_arrow

    table = to_arrow(convert_units(passes, units, dry=dry))
    sys.stdout.flush()
    writer = open_writer(sys.stdout.buffer, table.schema, "none")
    for batch in table.to_batches():
        writer.write(batch)


def _lines(passes: pl.DataFrame, flight: dict[str, Any], units: Units) -> list[str]:
    """The table for people; ``flight`` is the summary in these units."""
    from satlog_native.flight import convert_units, unit_of

    dry = flight["material"] == "dry"
    unit = {name: unit_of(name, units, dry=dry) or "" for _, name, _ in _SHOWN}
    rows = [
        ["pass", "swath", "start", *(title for title, _, _ in _SHOWN)],
        ["", "", "UTC", *(unit[name].replace("deg", "°") for _, name, _ in _SHOWN)],
        *(
            [
                str(row["pass"]),
                _UNKNOWN if row["swath_number"] is None else str(row["swath_number"]),
                f"{row['start_time']:%H:%M:%S}",
                *(_cell(name, row[name], unit[name]) for _, name, _ in _SHOWN),
            ]
            for row in convert_units(passes, units, dry=dry).iter_rows(named=True)
        ),
        ["all", "", "", *_total(passes, flight, unit)],
    ]
    lines = [f"{passes['start_time'][0]:%Y-%m-%d}, {counted(passes.height, 'pass', 'passes')}"]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    # The pass's number stands before each block.
    for first, stop in blocks(widths[1:], widths[0] + 2):
        cells = [[row[0], *row[1 + first : 1 + stop]] for row in rows]
        lines += ["", *aligned(cells, [True] * len(cells[0]))]
    return lines


def _total(passes: pl.DataFrame, flight: dict[str, Any], unit: dict[str, str]) -> list[str]:
    """All passes together, where that means something."""
    from satlog_native.plot.report_facts import rate_error

    known = {
        "duration": _cell("duration", passes.select("duration").sum().item(), "s"),
        "rate_error": rate_error(flight).removesuffix(" %") or _UNKNOWN,
    }
    return [
        known.get(name) or (_cell(name, flight[total], unit[name]) if total else "")
        for _, name, total in _SHOWN
    ]


def _cell(column: str, value: float | None, unit: str) -> str:
    from satlog_native.plot.text import digits_of, number

    if unit == "deg" and value is not None:
        value = round(value) % 360
    text = number(value, _DIGITS.get(column, digits_of(unit))) or _UNKNOWN
    sign = "+" if column == "rate_error" and text[0] not in "−–" and text.strip("0.") else ""
    return sign + text
