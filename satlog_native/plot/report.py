"""The work record of a flight: what it says, before it becomes a page or a PDF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from satlog_native.flight import Coverage, FlightSettings
from satlog_native.layouts.model import Layout
from satlog_native.plot.caption import caption
from satlog_native.plot.map_figure import draw_map
from satlog_native.plot.pass_table import pass_table
from satlog_native.plot.record import WorkRecord
from satlog_native.plot.report_facts import Facts, key_figures, report_facts
from satlog_native.plot.scene import scene
from satlog_native.plot.statements import (
    NOTHING_SPRAYED,
    Statement,
    damage_statement,
    layout_statement,
)
from satlog_native.plot.tables import Table, product_table
from satlog_native.plot.text import NOT_RECORDED, day, first_row, local, place, shown, zone_of
from satlog_native.plot.timeline import timeline
from satlog_native.plot.weather import weather_table
from satlog_native.report import DamageReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE: Final = "Aerial application record"

#: Inches between the margins of an A4 page, and the heights of map and timeline, which share one.
WIDTH: Final = 7.09
_MAP_HEIGHT: Final = 4.85
_TIMELINE_HEIGHT: Final = 4.7


@dataclass(frozen=True)
class Report:
    """A work record, every value in it ready to be shown.

    Attributes
    ----------
    title, subtitle, footer : str
    language : str
        Of its words, as HTML and PDF name it.
    key_figures : tuple of (str, str, str)
        Label, value and a remark on it.
    facts : tuple of Facts
    statements : tuple of Statement
    products, weather, passes : Table
    remarks : tuple of str
        Lines.
    map, timeline : matplotlib.figure.Figure
    method : str
        How the figures were found.
    """

    title: str
    subtitle: str
    footer: str
    language: str
    key_figures: tuple[tuple[str, str, str], ...]
    facts: tuple[Facts, ...]
    statements: tuple[Statement, ...]
    products: Table
    weather: Table
    passes: Table
    remarks: tuple[str, ...]
    map: Figure
    timeline: Figure
    method: str


def report(
    track: pl.DataFrame,
    passes: pl.DataFrame,
    summary: pl.DataFrame,
    coverage: Coverage | None,
    *,
    record: WorkRecord,
    damage: DamageReport,
    layout: Layout,
    boundary: Any = None,
    settings: FlightSettings | None = None,
    source: str | None = None,
    made: datetime | None = None,
) -> Report:
    """The work record of a flight.

    Parameters
    ----------
    track, passes, summary : polars.DataFrame
        As the functions of :mod:`satlog_native.flight` of those names give them.
    coverage : Coverage or None
        Without it, areas that need geometry are not in the record.
    record : WorkRecord
        What the log cannot know.
    damage : DamageReport
        Of the log.
    layout : Layout
        That the log was read with.
    boundary : shapely Polygon or MultiPolygon, or bytes (WKB), optional
        The field, as it was given to :func:`satlog_native.flight.coverage`.
    settings : FlightSettings, optional
        Those that the tables were made with; ``units`` are the record's.
    source : str, optional
        Name of the log.
    made : datetime, optional
        When the record was made. Without it nothing in the record depends on the clock.

    Raises
    ------
    AnalysisError
        If tables are not as expected, or the flight does not fit a map.
    SatlogError
        If matplotlib, shapely or pyproj is not installed.
    """
    settings = settings or FlightSettings()
    row = first_row(summary)
    dry = row["material"] == "dry"
    zone = record.time_zone
    seen = scene(track, coverage, boundary, settings)
    words = caption(summary, settings, title=record.job or None, zone=zone)
    return Report(
        title=TITLE,
        subtitle=_subtitle(record, row),
        footer=_footer(source, made, record),
        language="en",
        key_figures=key_figures(row, settings),
        facts=report_facts(
            row, passes, record, settings, middle=place(seen.latitude, seen.longitude)
        ),
        statements=(
            *(() if passes.height else (NOTHING_SPRAYED,)),
            damage_statement(damage),
            layout_statement(layout),
        ),
        products=product_table(record.products),
        weather=weather_table(track, passes, settings, zone),
        passes=pass_table(passes, row, settings, zone),
        remarks=tuple(record.remarks.splitlines()),
        map=draw_map(seen, words, settings, (WIDTH, _MAP_HEIGHT), bare=True),
        timeline=timeline(
            track, settings=settings, dry=dry, zone=zone, size=(WIDTH, _TIMELINE_HEIGHT)
        ),
        method=_method(settings),
    )


def _subtitle(record: WorkRecord, row: dict[str, Any]) -> str:
    date = day(row["start_time"], zone_of(record.time_zone))
    job = record.job or row["job_label"] or ""
    named = [record.customer, record.field] if record.customer or record.field else [shown(job)]
    parts = [*filter(None, named), date if date != NOT_RECORDED else "date not recorded"]
    return " · ".join(parts)


def _footer(source: str | None, made: datetime | None, record: WorkRecord) -> str:
    from satlog_native import __version__

    parts = [f"satlog {__version__}"]
    if source:
        parts.insert(0, f"Log {shown(source, 60)}")
    if made is not None:
        zone = zone_of(record.time_zone)
        when = made if made.tzinfo is None else local(made, zone)
        parts.append(f"made {when:%Y-%m-%d %H:%M}")
    return " · ".join(parts)


def _method(settings: FlightSettings) -> str:
    return (
        "A pass is one sprayed run; spray off for up to "
        f"{settings.merge_gap:g} s does not end it. Area sprayed is the passes' length times swath "
        "width; area treated counts ground sprayed twice once. Volume is the recorded flow over "
        "the time sprayed; rate is volume by area sprayed. Rate, wind, temperature and humidity of "
        "the flight are those while spraying. Across gaps in the log of more than "
        f"{settings.max_gap:g} s, nothing is assumed."
    )
