"""The facts of a report, group by group."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from satlog_native.flight import FlightSettings, convert_units
from satlog_native.plot.record import WorkRecord
from satlog_native.plot.text import (
    NOT_RECORDED,
    clock,
    day,
    direction,
    duration,
    number,
    quantity,
    shown,
    zone_name,
    zone_of,
)

#: What stands for a fact that belongs into every record but was not told, and for one of the
#: sprayed time where there is none.
_NOT_GIVEN: Final = "not given"
_NOTHING_SPRAYED: Final = "nothing sprayed"

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Facts:
    """A group of facts: labels and values."""

    heading: str
    rows: Rows


def key_figures(row: dict[str, Any], settings: FlightSettings) -> tuple[tuple[str, str, str], ...]:
    """The few figures that matter most: label, value, remark.

    Parameters
    ----------
    row : dict
        The one row of the summary, in the settings' units.
    settings : FlightSettings
        ``units``.
    """

    def told(column: str) -> str:
        return quantity(column, row[column], settings.units, dry=row["material"] == "dry")

    area = "net_area" if row["net_area"] is not None else "gross_area"
    of_field = "" if row["coverage"] is None else f"{number(row['coverage'], 1)} % of the field"
    error = rate_error(row)
    target = f"target {told('target_rate')}" + (f", {error}" if error else "")
    passes = "1 pass" if row["passes"] == 1 else f"{number(row['passes'])} passes"
    if not row["passes"]:
        return (("Area treated", told("gross_area"), _NOTHING_SPRAYED),)
    return (
        ("Area treated" if area == "net_area" else "Area sprayed", told(area), of_field),
        ("Applied", told("volume"), f"in {passes}"),
        ("Mean rate", told("applied_rate"), target),
        ("Wind", told("wind_speed"), _from(row["wind_direction"])),
    )


def rate_error(row: dict[str, Any]) -> str:
    """Mean rate against target, ``+1.2 %``; empty if unknown."""
    applied, target = row["applied_rate"], row["target_rate"]
    if applied is None or not target:
        return ""
    error = (applied - target) / target * 100.0
    return ("+" if error >= 0.05 else "") + number(error, 1) + " %"


def report_facts(
    row: dict[str, Any],
    passes: pl.DataFrame,
    record: WorkRecord,
    settings: FlightSettings,
    *,
    middle: str,
) -> tuple[Facts, ...]:
    """All facts of a report.

    Parameters
    ----------
    row : dict
        The one row of the summary, in the settings' units.
    passes : polars.DataFrame
        As :func:`satlog_native.flight.passes` gives it.
    record : WorkRecord
    settings : FlightSettings
        ``units``, ``wind_limit``.
    middle : str
        Where the middle of what was sprayed is.
    """
    return (
        Facts("Work", _work(row, record, middle)),
        Facts("Aircraft and crew", _crew(row, record)),
        Facts("Time", _time(row, passes, record)),
        Facts("Areas", _of_spraying(_quantities(_AREAS, row, settings), row)),
        Facts("Amount and rate", _of_spraying(_amounts(row, record, settings), row)),
        Facts("Weather while spraying", _of_spraying(_weather(row, settings), row)),
    )


def _of_spraying(rows: Rows, row: dict[str, Any]) -> Rows:
    """Facts of the sprayed time: what is not known where there is none was not left unrecorded."""
    if row["passes"]:
        return rows
    return tuple(
        (label, _NOTHING_SPRAYED if value == NOT_RECORDED else value) for label, value in rows
    )


def _work(row: dict[str, Any], record: WorkRecord, middle: str) -> Rows:
    logged = row["job_label"] or (None if row["job_id"] is None else f"no. {row['job_id']}")
    optional = (
        ("Address", record.address),
        ("Location", record.location),
        ("Middle of the map", middle),
        ("Crop", record.crop),
        ("Growth stage", record.growth_stage),
        ("Target", record.target),
        ("Re-entry interval", record.re_entry),
        ("Pre-harvest interval", record.pre_harvest),
    )
    return (
        ("Customer", record.customer or _NOT_GIVEN),
        ("Field", record.field or _NOT_GIVEN),
        ("Job", _told(record.job, logged)),
        *((label, value) for label, value in optional if value),
    )


def _crew(row: dict[str, Any], record: WorkRecord) -> Rows:
    optional = (
        ("Nozzles", record.nozzles),
        ("Droplets", record.droplets),
    )
    return (
        *((("Operator", record.operator),) if record.operator else ()),
        ("Pilot", _told(record.pilot, row["pilot"])),
        ("Licence no.", record.licence or _NOT_GIVEN),
        ("Aircraft", _told(record.aircraft, row["aircraft"])),
        ("Rate controller", _told("", row["controller"])),
        *((label, value) for label, value in optional if value),
    )


def _time(row: dict[str, Any], passes: pl.DataFrame, record: WorkRecord) -> Rows:
    where = zone_of(record.time_zone)
    start, end = row["start_time"], row["end_time"]
    first, last = passes["start_time"].min(), passes["end_time"].max()
    sprayed: Rows = (("Spraying", "none"),)
    if passes.height:
        sprayed = (
            ("Spraying started", clock(first, where)),  # type: ignore[arg-type]
            ("Spraying stopped", clock(last, where)),  # type: ignore[arg-type]
        )
    return (
        ("Date", day(start, where)),
        ("Time zone", zone_name(start, where)),
        *sprayed,
        ("Log from – to", f"{clock(start, where)} – {clock(end, where)}"),
        ("Flight time", duration(row["flight_time"])),
        ("Spray time", duration(row["spray_time"])),
        ("Turns", duration(row["turn_time"])),
        ("Ferry", duration(row["ferry_time"])),
    )


_AREAS: Final = (
    ("Sprayed", "gross_area"),
    ("Treated", "net_area"),
    ("Sprayed twice", "overlap_area"),
    ("Field skipped", "skip_area"),
    ("Sprayed outside field", "off_target_area"),
    ("Field treated", "coverage"),
    ("Swath width", "swath_width"),
    ("Sprayed distance", "sprayed_distance"),
    ("Mean speed spraying", "mean_speed"),
    ("Productivity", "productivity"),
)

_NEEDS_FIELD: Final = frozenset({"skip_area", "off_target_area", "coverage"})
_NEEDS_GEOMETRY: Final = frozenset({"net_area", "overlap_area", "productivity"})


def _quantities(
    wanted: tuple[tuple[str, str], ...], row: dict[str, Any], settings: FlightSettings
) -> Rows:
    rows = []
    for label, column in wanted:
        value = quantity(column, row[column], settings.units, dry=row["material"] == "dry")
        if value == NOT_RECORDED and column in _NEEDS_FIELD:
            value = "no field boundary"
        elif value == NOT_RECORDED and column in _NEEDS_GEOMETRY:
            value = "not computed"
        rows.append((label, value))
    return tuple(rows)


def _amounts(row: dict[str, Any], record: WorkRecord, settings: FlightSettings) -> Rows:
    told = (
        ("Applied", "volume"),
        ("Mean rate", "applied_rate"),
        ("Target rate", "target_rate"),
    )
    return (
        ("Material", {"wet": "liquid"}.get(row["material"], row["material"]) or NOT_RECORDED),
        *((("Carrier", record.carrier),) if record.carrier else ()),
        *_quantities(told, row, settings),
        ("Mean rate against target", rate_error(row) or NOT_RECORDED),
        *_quantities((("Variation of rate (CV)", "rate_cv"),), row, settings),
    )


def _weather(row: dict[str, Any], settings: FlightSettings) -> Rows:
    units = settings.units
    above = row["wind_above_limit"]
    limit = convert_units(pl.DataFrame({"wind_speed": [settings.wind_limit]}), units).item()
    mean = quantity("wind_speed", row["wind_speed"], units)
    return (
        ("Mean wind", " ".join(filter(None, (mean, _from(row["wind_direction"]))))),
        ("Highest wind", quantity("max_wind_speed", row["max_wind_speed"], units)),
        (
            f"Above {quantity('wind_speed', limit, units)}",
            NOT_RECORDED if above is None else duration(above * 60.0),
        ),
        ("Temperature", _range(row, "air_temperature", settings)),
        ("Relative humidity", _range(row, "relative_humidity", settings)),
    )


def _range(row: dict[str, Any], column: str, settings: FlightSettings) -> str:
    low, high = (
        quantity(column, row[f"{which}_{column}"], settings.units) for which in ("min", "max")
    )
    return low if low == high else f"{low.split(' ')[0]} – {high}"


def _from(degrees: float | None) -> str:
    text = direction(degrees)
    return f"from {text}" if text else ""


def _told(given: str, logged: object) -> str:
    """What a person said, and what the log says if that differs."""
    told = "" if logged is None else shown(logged)
    if not given:
        return told or NOT_RECORDED
    return f"{given} (log: {told})" if told and _plain(told) != _plain(given) else given


def _plain(text: str) -> str:
    """Text without what units and people write in their own ways: case, blanks, dashes."""
    return re.sub(r"[\W_]+", "", text).casefold()
