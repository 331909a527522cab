"""Jobs into the pipeline, from files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from partner_pipeline.errors import ValidationError
from partner_pipeline.model.ids import new_id
from partner_pipeline.model.jobs import Job
from partner_pipeline.model.people import Customer
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.context import Context
from satlog_native.errors import JobFileError
from satlog_native.jobs.convert import load_job
from satlog_native.jobs.model import JobFile, JobPolygon, Ring


def job_of_file(path: Path, *, number: str | None = None) -> JobFile:
    """The job in a .JOB, GeoJSON, KML, Shapefile or GeoPackage file.

    Raises
    ------
    ValidationError
        It cannot be read, or has no polygon.
    """
    try:
        job = load_job(path, number=number)
    except JobFileError as error:
        raise ValidationError(f"adding a job: {error}") from error
    if not job.polygons:
        raise ValidationError(f"adding a job: {path} has no polygon")
    return job


def add_job(
    context: Context,
    job: JobFile,
    customer_id: str,
    *,
    name: str | None = None,
    rate: float | None = None,
    swath_width: float | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    by: str,
) -> Job:
    """Store a job of a customer.

    Parameters
    ----------
    context : Context
    job : JobFile
        Its number is what its logs are told by, so a customer has each number once.
    customer_id : str
    name : str, optional
        By default as the file says, else its number.
    rate, swath_width : float, optional
        L/ha and m.
    start, end : datetime, optional
        When it may be flown.
    by : str
        Who says so.

    Raises
    ------
    NotFoundError
        There is no such customer.
    ValidationError
        The customer has a job of this number, or `end` is before `start`.
    """
    if start is not None and end is not None and end < start:
        raise ValidationError(f"adding job {job.number!r}: it would end before it starts")
    context.repositories.users.require_kind(customer_id, Customer)
    now = context.now()
    new = Job(
        id=new_id(),
        name=name or job.name or job.number,
        customer=customer_id,
        number=job.number,
        polygons=list(map(_geojson, job.polygons)),
        rate=rate,
        swath_width=swath_width,
        start_date=start,
        end_date=end,
        created_at=now,
        updated_at=now,
    )

    def add(repositories: Repositories) -> Job:
        known = repositories.jobs.with_number(job.number, customer_id)
        if known:
            raise ValidationError(
                f"adding job {job.number!r}: the customer has one of this number, "
                f"{known[0].name!r}; give it another number"
            )
        repositories.audit.record(by, "create", "jobs", new.id, {"name": new.name})
        return repositories.jobs.insert(new)

    return context.repositories.transact(add)


def _geojson(polygon: JobPolygon) -> dict[str, Any]:
    rings = (polygon.exterior, *polygon.holes)
    return {"type": "Polygon", "coordinates": list(map(_positions, rings))}


def _positions(ring: Ring) -> list[list[float]]:
    return [[longitude, latitude] for latitude, longitude in ring]
