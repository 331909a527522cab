"""``satlog plot``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from satlog_native.cli.common import layout_option, log_argument
from satlog_native.cli.flight import settings_of, settings_options, units_option
from satlog_native.cli.group import examples
from satlog_native.cli.pictures import (
    analyse,
    end,
    form_of,
    overwrite_option,
    time_zone_option,
    written,
)

if TYPE_CHECKING:
    from satlog_native.flight.settings import Units

_ALL = "speed,flow,rate,wind,cross_track"


@click.command(
    epilog=examples(
        "satlog plot flight.LOG",
        "satlog plot flight.LOG wind.svg --what wind,speed --units us",
    )
)
@log_argument
@click.argument("out", type=click.Path(path_type=Path), required=False)
@click.option(
    "--what",
    default=_ALL,
    show_default=True,
    metavar="LIST",
    help="What to draw, from the top.",
)
@layout_option
@settings_options
@units_option
@time_zone_option
@overwrite_option
def command(
    *,
    log: str,
    out: Path | None,
    what: str,
    layout: str,
    swath_width: float | None,
    merge_gap: float,
    max_gap: float,
    units: Units,
    time_zone: str,
    overwrite: bool,
) -> None:
    """Draw a flight over time: speed, flow, rate, wind.

    And how far off the guidance line it was. OUT ends in .png or .svg; without it the picture is
    <name of the log>.png in the current folder. The exit status is 1 if the log is damaged.
    """
    out = out or Path(f"{Path(log).stem}.png")
    form = form_of(out, ("png", "svg"))
    with written(out, log, overwrite=overwrite) as file:
        settings = settings_of(swath_width, merge_gap, max_gap, units=units)
        flight = analyse(log, layout, settings, areas=False)
        from satlog_native import plot

        figure = plot.timeline(
            flight.track,
            [name.strip() for name in what.split(",")],
            settings,
            dry=flight.dry,
            zone=time_zone,
            words=plot.caption(flight.summary, settings, zone=time_zone),
        )
        file.write(plot.picture(figure, "png" if form == "png" else "svg"))
    end(flight)
