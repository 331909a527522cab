"""The passes of a flight as a table of a report."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from satlog_native.flight import FlightSettings, convert_units, unit_of
from satlog_native.plot.report_facts import rate_error
from satlog_native.plot.tables import Table
from satlog_native.plot.text import clock, digits_of, number, zone_of

#: Title and column, and the summary's column with its total.
_COLUMNS: Final = (
    ("Time", "duration", None),
    ("Length", "length", "sprayed_distance"),
    ("Speed", "mean_ground_speed", "mean_speed"),
    ("Heading", "heading", None),
    ("Area", "area", "gross_area"),
    ("Volume", "volume", "volume"),
    ("Rate", "applied_rate", "applied_rate"),
    ("Rate error", "rate_error", None),
    ("Off line", "cross_track_rms", None),
    ("Head wind", "headwind", None),
    ("Cross wind", "crosswind", None),
)

_DIGITS: Final = {"duration": 1, "cross_track_rms": 1}


def pass_table(
    passes: pl.DataFrame, summary: dict[str, Any], settings: FlightSettings, zone: str
) -> Table:
    """The passes of a flight, and their totals as the summary has them.

    Parameters
    ----------
    passes : polars.DataFrame
        As :func:`satlog_native.flight.passes` gives it.
    summary : dict
        The one row of the summary, in the settings' units.
    settings : FlightSettings
        ``units``.
    zone : str
        IANA name.
    """
    dry, where = summary["material"] == "dry", zone_of(zone)
    units = {name: unit_of(name, settings.units, dry=dry) for _, name, _ in _COLUMNS}

    def cell(column: str, value: float | None) -> str:
        if column == "heading" and value is not None:
            value = round(value) % 360
        return number(value, _DIGITS.get(column, digits_of(units[column]))) or "–"

    rows = tuple(
        (
            str(row["pass"]),
            "–" if row["swath_number"] is None else str(row["swath_number"]),
            clock(row["start_time"], where),
            *(cell(name, row[name]) for _, name, _ in _COLUMNS),
        )
        for row in convert_units(passes, settings.units, dry=dry).iter_rows(named=True)
    )
    known = {
        "duration": cell("duration", passes.select("duration").sum().item()),
        "rate_error": rate_error(summary).strip("+ %") or "–",
    }
    totals = (
        known.get(name) or (cell(name, summary[total]) if total else "")
        for _, name, total in _COLUMNS
    )
    return Table(
        heading="Passes",
        columns=(
            *(("Pass", ""), ("Swath", ""), ("Start", "")),
            *((title, (units[name] or "").replace("deg", "°")) for title, name, _ in _COLUMNS),
        ),
        rows=rows,
        total=("All", "", "", *totals) if rows else None,
        empty="Nothing was sprayed.",
        numeric=0,
    )
