"""``satlog export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from satlog_native.cli.common import counted, layout_option, log_argument, note, printable
from satlog_native.cli.flight import (
    boundary_of,
    field_option,
    note_unknown_areas,
    settings_of,
    settings_options,
    units_option,
)
from satlog_native.cli.group import examples
from satlog_native.cli.pictures import Analysed, analyse, end, overwrite_option, spare
from satlog_native.errors import SatlogError
from satlog_native.export.maps import MAP_FORMATS, export, map_format

if TYPE_CHECKING:
    from satlog_native.export.features import Features, Geometry
    from satlog_native.flight.settings import Units

_GEOMETRIES = ("point", "pass", "coverage")


@click.command(
    epilog=examples(
        "satlog export flight.LOG flight.kmz",
        "satlog export flight.LOG passes.parquet --geometry pass",
        "satlog export flight.LOG skips.geojson --geometry coverage --field north40.job",
    )
)
@log_argument
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--geometry",
    "geometries",
    type=click.Choice(_GEOMETRIES),
    multiple=True,
    help="point: every position. pass: a line each pass. coverage: what was sprayed, sprayed "
    "twice, skipped, and sprayed outside the field, as polygons. May be given several times for "
    "KML, KMZ, GeoPackage and DuckDB.  [default: all for these, else pass]",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(MAP_FORMATS)),
    help="Format of OUT, where its ending does not tell.",
)
@field_option
@layout_option
@settings_options
@units_option
@overwrite_option
def command(
    *,
    log: str,
    out: Path,
    geometries: tuple[Geometry, ...],
    format_name: str | None,
    field: str | None,
    layout: str,
    swath_width: float | None,
    merge_gap: float,
    max_gap: float,
    units: Units,
    overwrite: bool,
) -> None:
    """Write points, passes or coverage of a flight for maps.

    And for spreadsheets. OUT ends in .parquet (GeoParquet), .arrow, .csv (units in the header),
    .geojson, .geojsons, .kml, .kmz, .gpx, .shp, .gpkg or .duckdb. The exit status is 1 if the log
    is damaged.
    """
    name = map_format(out, format_name)
    spare(out, log, field)
    settings = settings_of(swath_width, merge_gap, max_gap, units=units)
    areas = "coverage" in geometries or (not geometries and MAP_FORMATS[name].layers)
    flight = analyse(log, layout, settings, boundary_of(field), areas=areas)
    layers = [_layer(flight, each) for each in _wanted(flight, geometries, name)]
    export(layers, out, name, overwrite=overwrite)
    for layer in layers:
        count = len(layer.geometry) - layer.geometry.null_count
        held = counted(count, "feature") if count else "nothing to show on a map"
        note(f"{printable(str(out))}: {layer.layer}, {held}")
    if not areas:
        note_unknown_areas(log, flight.passes)
    end(flight)


def _wanted(flight: Analysed, geometries: tuple[Geometry, ...], name: str) -> tuple[Geometry, ...]:
    """The geometries asked for, or all that there are and the format holds."""
    if geometries:
        return tuple(dict.fromkeys(geometries))
    if not MAP_FORMATS[name].layers:
        return ("pass",)
    return ("point", "pass") if flight.coverage is None else ("point", "pass", "coverage")


def _layer(flight: Analysed, geometry: Geometry) -> Features:
    from satlog_native.export.features import coverage_polygons, pass_lines, track_points
    from satlog_native.flight import segments

    told: dict[str, Any] = {
        "units": flight.settings.units,
        "name": flight.name,
        "metadata": _metadata(flight),
    }
    if geometry == "point":
        return track_points(flight.track, flight.settings, dry=flight.dry, **told)
    if geometry == "pass":
        lines = segments(flight.track, flight.settings)
        return pass_lines(flight.passes, lines, dry=flight.dry, **told)
    if flight.coverage is None:
        raise SatlogError(f"exporting the coverage of {flight.log}: {flight.missing}")
    return coverage_polygons(flight.coverage, **told)


def _metadata(flight: Analysed) -> dict[str, str]:
    """What is worth keeping beside the features."""
    row = flight.summary.row(0, named=True)
    known = {name: row[name] for name in ("aircraft", "pilot", "job_id", "job_label")}
    known["layout"] = f"{flight.layout.name} {flight.layout.version} ({flight.layout.status})"
    if flight.damage.damaged:
        known["damage"] = f"{flight.damage.bytes_lost:,} of {flight.damage.size:,} bytes lost"
    return {name: str(value) for name, value in known.items() if value not in (None, "")}
