"""What commands that analyse flights share: the settings' options, and the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from satlog_native.cli.common import note, printable

if TYPE_CHECKING:
    import polars as pl

    from satlog_native.flight import FlightSettings
    from satlog_native.jobs import JobFile
    from satlog_native.report import DamageReport

_Command = TypeVar("_Command", bound=Callable[..., Any])


def settings_options(command: _Command) -> _Command:
    """How a flight is analysed; the values go to :func:`settings_of`."""
    for option in (
        click.option(
            "--max-gap",
            type=float,
            default=10.0,
            show_default=True,
            metavar="SECONDS",
            help="Longest time between two positions that counts as flown.",
        ),
        click.option(
            "--merge-gap",
            type=float,
            default=1.0,
            show_default=True,
            metavar="SECONDS",
            help="Longest time that spray may be off within one pass.",
        ),
        click.option(
            "--swath-width",
            type=float,
            metavar="METRES",
            help="Swath width in place of what the log says.",
        ),
    ):
        command = option(command)
    return command


def units_option(command: _Command) -> _Command:
    """Units of what is shown."""
    return click.option(
        "--units",
        type=click.Choice(["si", "us"]),
        default="si",
        show_default=True,
        help="si: m, m/s, ha, L, L/ha. us: ft, mph, ac, gal, gal/ac.",
    )(command)


def field_option(command: _Command) -> _Command:
    """The field that was to be sprayed; the value goes to :func:`boundary_of`."""
    return click.option(
        "--field",
        type=click.Path(),
        metavar="FILE",
        help="The field: a .JOB, GeoJSON, KML, Shapefile or GeoPackage file.",
    )(command)


def settings_of(
    swath_width: float | None, merge_gap: float, max_gap: float, **others: Any
) -> FlightSettings:
    """The settings as typed."""
    from satlog_native.flight import FlightSettings

    return FlightSettings(swath_width=swath_width, merge_gap=merge_gap, max_gap=max_gap, **others)


def note_damaged(log: str, report: DamageReport) -> None:
    """Tell that what is shown of a flight may not be all of it."""
    if report.damaged:
        note(
            f"{printable(log)}: damaged, {report.bytes_lost:,} bytes lost, so parts of the flight "
            "may be missing; see satlog check"
        )


def note_unknown_areas(log: str, passes: pl.DataFrame) -> None:
    """Tell that areas and rates of passes are missing, and how to have them."""
    if unknown := passes["area"].null_count():
        note(
            f"{printable(log)}: {unknown} of {passes.height} passes have no swath width, so their "
            "area and rate are not known; give --swath-width"
        )


def boundary_of(field: str | None) -> Any:
    """The field's polygons as shapely has them, or None; what its reader tolerated is noted."""
    if field is None:
        return None
    from satlog_native.jobs.geometry import to_geometry

    return to_geometry(job_of(field).polygons)


def job_of(path: str) -> JobFile:
    """A job with its field, of any format; what its reader tolerated is noted."""
    from satlog_native.jobs import load_job

    job = load_job(path)
    for tolerated in job.report:
        note(printable(f"{path}: {tolerated}"))
    return job
