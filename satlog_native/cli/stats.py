"""``satlog stats``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import click
from click.exceptions import Exit

from satlog_native.cli.common import (
    aligned,
    json_option,
    layout_option,
    logs_argument,
    note,
    printable,
    to_json,
)
from satlog_native.cli.flight import (
    boundary_of,
    field_option,
    note_damaged,
    settings_of,
    settings_options,
    units_option,
)
from satlog_native.cli.group import DAMAGED, UNUSABLE, examples
from satlog_native.errors import AnalysisError, LogError
from satlog_native.flight_tables import summarised
from satlog_native.layouts import load
from satlog_native.layouts.model import Layout
from satlog_native.log import open_log

if TYPE_CHECKING:
    from datetime import datetime

    from satlog_native.flight import FlightSettings
    from satlog_native.flight.settings import Units
    from satlog_native.report import DamageReport

#: A row of what is shown: label, value, and what else is to be said of it.
_Row = tuple[str, str, str]

_AREAS: Final = (
    ("gross", "gross_area"),
    ("net", "net_area"),
    ("overlap", "overlap_area"),
    ("field skipped", "skip_area"),
    ("outside field", "off_target_area"),
    ("field treated", "coverage"),
)


@click.command(
    epilog=examples(
        "satlog stats flight.LOG",
        "satlog stats flight.LOG --field north40.job --units us",
        "satlog stats *.LOG --json",
    )
)
@logs_argument
@layout_option
@field_option
@settings_options
@click.option(
    "--wind-limit",
    type=float,
    default=4.5,
    show_default=True,
    metavar="M/S",
    help="Wind above which the time is counted, in m/s.",
)
@units_option
@json_option
def command(
    *,
    logs: tuple[str, ...],
    layout: str,
    field: str | None,
    swath_width: float | None,
    merge_gap: float,
    max_gap: float,
    wind_limit: float,
    units: Units,
    as_json: bool,
) -> None:
    """Show the summary of flights: times, areas, rates, weather.

    Net area and what was sprayed twice need the extra geo (pip install 'satlog[geo]'). With the
    field: what of it was skipped, and what was sprayed outside it. Times are UTC. JSON has one
    object a line for each log, with all columns of the table summary. The exit status is 1 if a log
    is damaged, and 2 if one cannot be read at all.
    """
    settings = settings_of(swath_width, merge_gap, max_gap, wind_limit=wind_limit, units=units)
    used, boundary = load(layout), boundary_of(field)
    status = 0
    for number, log in enumerate(logs):
        try:
            flight, report = _flight(log, used, settings, boundary)
        except (LogError, AnalysisError) as error:
            status = UNUSABLE
            # What cannot be read names itself; what cannot be analysed does not.
            place = "" if isinstance(error, LogError) else f"{printable(log)}: "
            note(f"Error: {place}{error}")
            if as_json:
                click.echo(to_json({"log": log, "error": str(error)}))
            continue
        if report.damaged:
            status = max(status, DAMAGED)
        if as_json:
            click.echo(to_json({"log": log, "layout": used.name, "units": units, **flight}))
        else:
            lines = [printable(log), *_lines(flight, used, settings)]
            click.echo("\n".join(["", *lines] if number else lines))
        note_damaged(log, report)
    raise Exit(status)


def _flight(
    log: str, layout: Layout, settings: FlightSettings, boundary: Any
) -> tuple[dict[str, Any], DamageReport]:
    """The summary's one row; what is missing from it is noted."""
    with open_log(log, layout=layout) as opened:
        made = summarised(opened, settings, boundary)
        if made.missing:
            note(printable(f"{log}: {made.missing}"))
        return made.summary.row(0, named=True), opened.report


def _lines(flight: dict[str, Any], layout: Layout, settings: FlightSettings) -> list[str]:
    groups: tuple[tuple[str, Iterator[_Row]], ...] = (
        ("flight", _crew(flight)),
        ("time", _times(flight)),
        ("area", _areas(flight, settings.units)),
        ("product", _product(flight, settings.units)),
        ("weather while spraying", _weather(flight, settings)),
        ("log", _log(flight, layout)),
    )
    told = [(heading, list(members)) for heading, members in groups]
    rows = aligned(
        [
            (f"    {label}", f"{value} ({remark})" if remark else value)
            for _, members in told
            for label, value, remark in members
        ]
    )
    lines = []
    for heading, members in told:
        lines.append(f"  {heading}")
        lines += rows[: len(members)]
        del rows[: len(members)]
    return lines


def _crew(flight: dict[str, Any]) -> Iterator[_Row]:
    job, number = flight["job_label"], flight["job_id"]
    yield "aircraft", _told(flight["aircraft"]), ""
    yield "pilot", _told(flight["pilot"]), ""
    yield "controller", _told(flight["controller"]), ""
    yield "job", _told(job or number), f"no. {number}" if job and number is not None else ""


def _times(flight: dict[str, Any]) -> Iterator[_Row]:
    from satlog_native.plot.text import duration

    yield "start", _time(flight["start_time"]), ""
    yield "end", _time(flight["end_time"]), ""
    whole = flight["flight_time"]
    yield "flight time", duration(whole), ""
    for label, column in (("spraying", "spray_time"), ("turns", "turn_time")):
        yield label, duration(flight[column]), _share(flight[column], whole)
    yield "ferry", duration(flight["ferry_time"]), _share(flight["ferry_time"], whole)


def _areas(flight: dict[str, Any], units: Units) -> Iterator[_Row]:
    from satlog_native.plot.text import NOT_RECORDED, number, quantity

    yield "passes", number(flight["passes"]), ""
    for label, column in _AREAS:
        value = quantity(column, flight[column], units)
        if value != NOT_RECORDED or column == "gross_area":
            remark = _share(flight[column], flight["net_area"]) if column == "overlap_area" else ""
            yield label, value, remark
    yield "swath width", quantity("swath_width", flight["swath_width"], units, digits=1), ""
    yield "distance flown", _distance(flight["distance"], units), ""
    yield "distance sprayed", _distance(flight["sprayed_distance"], units), ""
    yield "speed spraying", quantity("mean_speed", flight["mean_speed"], units), ""
    if flight["productivity"] is not None:
        yield "productivity", quantity("productivity", flight["productivity"], units), ""


def _product(flight: dict[str, Any], units: Units) -> Iterator[_Row]:
    from satlog_native.plot.report_facts import rate_error
    from satlog_native.plot.text import quantity

    dry = flight["material"] == "dry"
    yield "material", {"wet": "liquid", "dry": "dry"}.get(flight["material"], _told(None)), ""
    yield "volume", quantity("volume", flight["volume"], units, dry=dry), ""
    error = rate_error(flight)
    against = f"{error} against target" if error else ""
    yield "rate", quantity("applied_rate", flight["applied_rate"], units, dry=dry), against
    yield "target", quantity("target_rate", flight["target_rate"], units, dry=dry), ""
    yield "variation (CV)", quantity("rate_cv", flight["rate_cv"], units), ""


def _weather(flight: dict[str, Any], settings: FlightSettings) -> Iterator[_Row]:
    import polars as pl

    from satlog_native.flight import convert_units
    from satlog_native.plot.text import direction, duration, quantity

    units, above = settings.units, flight["wind_above_limit"]
    origin = direction(flight["wind_direction"])
    limit = convert_units(pl.DataFrame({"wind_speed": [settings.wind_limit]}), units).item()
    wind = quantity("wind_speed", flight["wind_speed"], units)
    yield "mean wind", f"{wind} from {origin}" if origin else wind, ""
    yield "highest wind", quantity("max_wind_speed", flight["max_wind_speed"], units), ""
    if above is not None:
        yield f"above {quantity('wind_speed', limit, units)}", duration(above * 60.0), ""
    for label in ("air_temperature", "relative_humidity"):
        low, high = (quantity(label, flight[f"{end}_{label}"], units) for end in ("min", "max"))
        text = low if low == high else f"{low.split(' ')[0]} – {high}"
        yield label.replace("air_", "").replace("relative_", ""), text, ""


def _log(flight: dict[str, Any], layout: Layout) -> Iterator[_Row]:
    status = "" if layout.status == "verified" else "not checked against real logs"
    yield "layout", f"{layout.name}, version {layout.version}", ""
    yield "layout status", layout.status, status
    lost = f"{flight['bytes_lost']:,} bytes lost" if flight["bytes_lost"] else "records too short"
    yield "damage", lost if flight["damaged"] else "none", ""


def _told(fact: object) -> str:
    from satlog_native.plot.text import NOT_RECORDED

    return NOT_RECORDED if fact is None else printable(str(fact))


def _time(time: datetime | None) -> str:
    return _told(None) if time is None else f"{time:%Y-%m-%d %H:%M:%S} UTC"


def _distance(length: float, units: Units) -> str:
    """A length in km, or of feet in miles."""
    return f"{length / 5280:,.1f} mi" if units == "us" else f"{length / 1000:,.1f} km"


def _share(part: float | None, whole: float | None) -> str:
    return f"{part / whole:.1%}".replace("%", " %") if part is not None and whole else ""
