"""``satlog job``: show and convert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from satlog_native.cli.common import aligned, counted, json_option, note, printable, to_json
from satlog_native.cli.group import examples
from satlog_native.errors import SatlogError

if TYPE_CHECKING:
    from satlog_native.jobs import JobFile, JobPolygon


@click.group(
    epilog=examples("satlog job show north40.job", "satlog job convert north40.job north40.geojson")
)
def command() -> None:
    """Show and convert job files.

    A job is the polygons to spray, with a number and a name: a .JOB file, as an aircraft gets it,
    or a GeoJSON, KML, Shapefile or GeoPackage file.
    """


@command.command(epilog=examples("satlog job show north40.job", "satlog job show field.kml --json"))
@click.argument("file", type=click.Path())
@json_option
def show(file: str, as_json: bool) -> None:
    """Show a job: number, name, polygons with their areas.

    And what its reader tolerated that a clean file would not hold. Areas need the extra geo.
    """
    from satlog_native.jobs import load_job

    job = load_job(file)
    facts = _facts(job)
    if as_json:
        click.echo(to_json({"file": file, **facts}))
    else:
        click.echo("\n".join(_lines(facts)))


def _facts(job: JobFile) -> dict[str, Any]:
    areas = _areas(job.polygons)
    return {
        "number": job.number,
        "name": job.name,
        "version": job.version,
        "area_ha": None if areas is None else sum(areas),
        "polygons": [
            {
                "number": polygon.number,
                "name": polygon.label,
                # A ring ends with its first point.
                "points": len(polygon.exterior) - 1,
                "holes": [len(hole) - 1 for hole in polygon.holes],
                "area_ha": None if areas is None else areas[place],
            }
            for place, polygon in enumerate(job.polygons)
        ],
        "other_directives": list(job.other_directives),
        "tolerated": [str(entry) for entry in job.report],
    }


def _areas(polygons: tuple[JobPolygon, ...]) -> list[float] | None:
    """Areas in ha, or None where what is needed for them is not installed."""
    from satlog_native.jobs.geometry import area

    try:
        return [area(polygon) for polygon in polygons]
    except SatlogError as error:
        note(str(error))
        return None


def _lines(facts: dict[str, Any]) -> list[str]:
    polygons = facts["polygons"]
    rows = [
        ("job", printable(facts["number"])),
        ("name", printable(facts["name"])),
        ("version", str(facts["version"])),
        ("polygons", f"{len(polygons):,}"),
        *([] if facts["area_ha"] is None else [("area", f"{_hectares(facts['area_ha'])} ha")]),
        *(("directive", printable(text)) for text in facts["other_directives"]),
        *(("tolerated", printable(text)) for text in facts["tolerated"]),
    ]
    lines = aligned([row for row in rows if row[1]])
    if polygons:
        table = [("polygon", "points", "holes", "area, ha", "name"), *map(_polygon_row, polygons)]
        lines += ["", *aligned(table, right=(True, True, True, True))]
    return lines


def _polygon_row(polygon: dict[str, Any]) -> tuple[str, ...]:
    return (
        str(polygon["number"]),
        f"{polygon['points']:,}",
        f"{len(polygon['holes']):,}",
        "" if polygon["area_ha"] is None else _hectares(polygon["area_ha"]),
        printable(polygon["name"]),
    )


def _hectares(area: float) -> str:
    return f"{area:,.2f}"


@command.command(
    epilog=examples(
        "satlog job convert north40.job north40.geojson",
        "satlog job convert field.shp 4711.job --number 4711",
    )
)
@click.argument("source", metavar="IN", type=click.Path())
@click.argument("out", type=click.Path())
@click.option(
    "--number",
    help="The job's number.  [default: as IN says; where it does not, its file name]",
)
@click.option("--overwrite", is_flag=True, help="Replace OUT if it exists.")
def convert(source: str, out: str, number: str | None, overwrite: bool) -> None:
    """Convert a job between .JOB, GeoJSON, KML, Shapefile and GeoPackage.

    The files' endings tell the formats: .job, .geojson, .json, .kml, .shp, .gpkg. A .JOB file holds
    six decimals of a degree, 0.1 m.
    """
    from satlog_native.export.atomic import Drafts
    from satlog_native.jobs import load_job, save_job
    from satlog_native.jobs.convert import saved_files

    drafts = Drafts(overwrite=overwrite)
    for file in saved_files(out):
        drafts.check(file)
    job = load_job(source, number=number)
    for tolerated in job.report:
        note(printable(f"{source}: {tolerated}"))
    save_job(job, out)
    count = len(job.polygons)
    note(printable(f"{out}: job {job.number}, {counted(count, 'polygon')}"))
