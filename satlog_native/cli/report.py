"""``satlog report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from satlog_native.cli.common import layout_option, log_argument
from satlog_native.cli.flight import (
    boundary_of,
    field_option,
    job_of,
    settings_of,
    settings_options,
    units_option,
)
from satlog_native.cli.group import examples
from satlog_native.cli.pictures import Analysed, analyse, end, form_of, overwrite_option, written
from satlog_native.errors import SatlogError

if TYPE_CHECKING:
    from satlog_native.flight.settings import Units
    from satlog_native.jobs import JobFile
    from satlog_native.plot import WorkRecord


@click.command(
    epilog=examples(
        "satlog report flight.LOG flight.pdf --job 4711.job --customer 'Rice Farms'",
        "satlog report flight.LOG flight.html --record record.yaml --units us",
        "satlog report flight.LOG flight.pdf --product 'Propanil 4 EC' --set dose='3 qt/ac'",
    )
)
@log_argument
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--job",
    type=click.Path(),
    metavar="FILE",
    help="The job that was flown, with its field: a .JOB, GeoJSON, KML, Shapefile or GeoPackage "
    "file.",
)
@field_option
@click.option(
    "--record",
    type=click.Path(),
    metavar="FILE",
    help="What the log cannot know, a YAML file: customer, field, products, licence and so on.",
)
@click.option("--customer", help="For whom.")
@click.option("--field-name", help="What the field is called.")
@click.option(
    "--product", "products", multiple=True, help="What was applied. May be given several times."
)
@click.option(
    "--set",
    "others",
    multiple=True,
    metavar="KEY=VALUE",
    help="Any other field of the record. May be given several times.",
)
@layout_option
@settings_options
@units_option
@overwrite_option
def command(
    *,
    log: str,
    out: Path,
    job: str | None,
    field: str | None,
    record: str | None,
    customer: str | None,
    field_name: str | None,
    products: tuple[str, ...],
    others: tuple[str, ...],
    layout: str,
    swath_width: float | None,
    merge_gap: float,
    max_gap: float,
    units: Units,
    overwrite: bool,
) -> None:
    """Write the work record of a flight.

    Who applied what, where and when; areas, amounts, rates, weather, every pass, a map, and what
    is known of the log itself. OUT ends in .pdf or .html; both print on A4.

    The fields of a record: operator, customer, address, field, location, crop, growth_stage,
    target, job, products (in YAML a list of name, registration, dose, batch; of one product:
    product, registration, dose, batch), carrier, nozzles, droplets, re_entry, pre_harvest, pilot,
    licence, aircraft, remarks, time_zone. Options stand before the file. The exit status is 1 if
    the log is damaged.
    """
    form = form_of(out, ("pdf", "html"))
    with written(out, log, job, field, record, overwrite=overwrite) as file:
        told = job_of(job) if job is not None else None
        given = _given(others, customer=customer, field=field_name, products=products)
        facts = _record(record, given, told)
        settings = settings_of(swath_width, merge_gap, max_gap, units=units)
        flight = analyse(log, layout, settings, _boundary(field, told))
        file.write(_written(flight, facts, form))
    end(flight)


def _given(
    others: tuple[str, ...],
    *,
    customer: str | None,
    field: str | None,
    products: tuple[str, ...],
) -> dict[str, Any]:
    """The record's fields that the command line tells."""
    given: dict[str, Any] = {}
    for pair in others:
        key, equals, value = pair.partition("=")
        if not equals:
            raise SatlogError(f"work record: --set needs KEY=VALUE, found {pair!r}")
        given[key.strip()] = value
    if customer is not None:
        given["customer"] = customer
    if field is not None:
        given["field"] = field
    if len(products) == 1:
        given["product"] = products[0]
    elif products:
        given["products"] = [{"name": name} for name in products]
    return given


def _record(record: str | None, given: dict[str, Any], job: JobFile | None) -> WorkRecord:
    """What the job says, over that the file, over that the command line."""
    from satlog_native.plot import read_work_record, work_record_from

    fields: dict[str, Any] = {}
    if job is not None:
        fields["job"] = f"{job.number} {job.name}".strip()
    if record is not None:
        fields |= read_work_record(record)
    return work_record_from(fields | given)


def _boundary(field: str | None, job: JobFile | None) -> Any:
    """The field's polygons: those of its own file, or the job's."""
    if field is not None or job is None:
        return boundary_of(field)
    from satlog_native.jobs.geometry import to_geometry

    return to_geometry(job.polygons)


def _written(flight: Analysed, record: WorkRecord, form: str) -> bytes:
    from satlog_native import plot

    told = plot.report(
        flight.track,
        flight.passes,
        flight.summary,
        flight.coverage,
        record=record,
        damage=flight.damage,
        layout=flight.layout,
        boundary=flight.boundary,
        settings=flight.settings,
        source=flight.name,
    )
    return plot.report_pdf(told) if form == "pdf" else plot.report_html(told).encode()
