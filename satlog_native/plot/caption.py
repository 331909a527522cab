"""The words beside a map: title, key figures, wind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from satlog_native.flight import FlightSettings
from satlog_native.plot.text import (
    NOT_RECORDED,
    clock,
    day,
    direction,
    first_row,
    number,
    quantity,
    shown,
    zone_name,
    zone_of,
)

_FIGURES: Final = (
    ("Treated", "net_area"),
    ("Field treated", "coverage"),
    ("Overlap", "overlap_area"),
    ("Skipped", "skip_area"),
    ("Outside field", "off_target_area"),
    ("Applied", "volume"),
    ("Mean rate", "applied_rate"),
    ("Target rate", "target_rate"),
)


@dataclass(frozen=True)
class Caption:
    """The words beside a map, all of them ready to be shown.

    Attributes
    ----------
    title, subtitle : str
    figures : tuple of (str, str)
        Label and value, of what is known.
    wind : str
        Speed and where it comes from; ``not recorded`` if unknown.
    wind_from : float or None
        Degrees; None if unknown or there is none.
    """

    title: str
    subtitle: str
    figures: tuple[tuple[str, str], ...]
    wind: str
    wind_from: float | None


def caption(
    summary: pl.DataFrame,
    settings: FlightSettings | None = None,
    *,
    title: str | None = None,
    zone: str = "UTC",
) -> Caption:
    """The words beside a map of a flight.

    Parameters
    ----------
    summary : polars.DataFrame
        As :func:`satlog_native.flight.summary` gives it, with the same settings.
    settings : FlightSettings, optional
        ``units``.
    title : str, optional
        By default the job's label, or else its number.
    zone : str
        IANA name of the time zone that times are shown in.

    Raises
    ------
    AnalysisError
        If the summary has not one row, or there is no such time zone.
    """
    settings = settings or FlightSettings()
    row = first_row(summary)
    dry = row["material"] == "dry"
    figures = [
        (label, quantity(name, row[name], settings.units, dry=dry)) for label, name in _FIGURES
    ]
    passes = ("Passes", number(row["passes"]))
    known = [(label, value) for label, value in figures if value != NOT_RECORDED]
    return Caption(
        title=shown(title or _job(row), 70),
        subtitle=_subtitle(row, zone),
        figures=(passes, *known),
        wind=_wind(row, settings),
        wind_from=row["wind_direction"] if row["wind_speed"] else None,
    )


def _job(row: dict[str, Any]) -> str:
    if row["job_label"]:
        return f"Job {row['job_label']}"
    return "Flight" if row["job_id"] is None else f"Job {row['job_id']}"


def _subtitle(row: dict[str, Any], zone: str) -> str:
    where = zone_of(zone)
    start, end = row["start_time"], row["end_time"]
    parts = [] if row["aircraft"] is None else [f"Aircraft {shown(row['aircraft'], 30)}"]
    if row["pilot"] is not None:
        parts.append(f"Pilot {shown(row['pilot'], 40)}")
    if start is None:
        return " · ".join([*parts, f"time {NOT_RECORDED}"])
    times = f"{clock(start, where)} – {clock(end, where)} {zone_name(start, where)}"
    return " · ".join([*parts, day(start, where), times])


def _wind(row: dict[str, Any], settings: FlightSettings) -> str:
    speed = quantity("wind_speed", row["wind_speed"], settings.units)
    origin = direction(row["wind_direction"])
    return f"{speed} from {origin}" if origin and speed != NOT_RECORDED else speed
