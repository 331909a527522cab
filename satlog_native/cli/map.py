"""``satlog map``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from satlog_native.cli.common import layout_option, log_argument
from satlog_native.cli.flight import (
    boundary_of,
    field_option,
    settings_of,
    settings_options,
    units_option,
)
from satlog_native.cli.group import examples
from satlog_native.cli.pictures import (
    Analysed,
    analyse,
    end,
    form_of,
    overwrite_option,
    time_zone_option,
    written,
)

if TYPE_CHECKING:
    from satlog_native.flight.settings import Units


@click.command(
    epilog=examples(
        "satlog map flight.LOG flight.png",
        "satlog map flight.LOG flight.html --field north40.job --time-zone America/Chicago",
    )
)
@log_argument
@click.argument("out", type=click.Path(path_type=Path))
@field_option
@layout_option
@settings_options
@units_option
@click.option("--title", help="Title of the map.  [default: the job]")
@time_zone_option
@overwrite_option
def command(
    *,
    log: str,
    out: Path,
    field: str | None,
    layout: str,
    swath_width: float | None,
    merge_gap: float,
    max_gap: float,
    units: Units,
    title: str | None,
    time_zone: str,
    overwrite: bool,
) -> None:
    """Draw a map of a flight: what was sprayed, at which rate, and where.

    With the field: what of it was skipped, and what was sprayed outside it. OUT ends in .png, .svg
    or .html; the page is to zoom and pan, and needs no network. The exit status is 1 if the log is
    damaged.
    """
    form = form_of(out, ("png", "svg", "html"))
    with written(out, log, field, overwrite=overwrite) as file:
        settings = settings_of(swath_width, merge_gap, max_gap, units=units)
        flight = analyse(log, layout, settings, boundary_of(field))
        file.write(_drawn(flight, form, title, time_zone))
    end(flight)


def _drawn(flight: Analysed, form: str, title: str | None, zone: str) -> bytes:
    from satlog_native import plot

    if form == "html":
        page = plot.map_html(
            flight.track,
            flight.passes,
            flight.summary,
            flight.coverage,
            boundary=flight.boundary,
            settings=flight.settings,
            title=title,
            zone=zone,
        )
        return page.encode()
    figure = plot.map_figure(
        flight.track,
        flight.summary,
        flight.coverage,
        boundary=flight.boundary,
        settings=flight.settings,
        title=title,
        zone=zone,
    )
    return plot.picture(figure, "png" if form == "png" else "svg")
