"""Jobs as they are sent to partners: the ``.JOB`` file, and what is told beside it."""

from __future__ import annotations

from typing import Any

from partner_pipeline.errors import StorageError, ValidationError
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.partners.base import JobUpload
from satlog_native.errors import JobFileError
from satlog_native.jobs.features import job_polygons
from satlog_native.jobs.geojson import read_geometry
from satlog_native.jobs.model import JobFile, JobPolygon, Tolerated, clean_label


def job_number(job: Job) -> str:
    """What a job is called in its ``.JOB`` file, and what logs of it name."""
    return job.number or job.id


def job_upload(job: Job) -> JobUpload:
    """The ``.JOB`` file of a job.

    Raises
    ------
    ValidationError
        A job without polygons, or with some that cannot be used, or a number that cannot be one.
    StorageError
        The file cannot be written for a moment.
    """
    what = f"making the .JOB file of job {job.id}"
    try:
        polygons = field_polygons(job)
        if not polygons:
            raise ValidationError(f"{what}: the job has no polygon; draw its field first")
        return JobUpload.of(JobFile(job_number(job), clean_label(job.name), polygons=polygons))
    except JobFileError as error:
        if isinstance(error.__cause__, OSError):
            raise StorageError(f"{what}: {error}") from error
        raise ValidationError(f"{what}: {error}; correct the job") from error
    except OSError as error:
        raise StorageError(f"{what}: {error}; is there room for temporary files?") from error


def field_polygons(job: Job) -> tuple[JobPolygon, ...]:
    """The polygons of a job's GeoJSON, numbered as they come.

    Raises
    ------
    satlog_native.errors.JobFileError
        Something that is no GeoJSON polygon.
    """
    left_out: list[Tolerated] = []
    polygons: list[JobPolygon] = []
    for ordinal, geometry in enumerate(job.polygons, start=1):
        source = f"polygon {ordinal} of job {job.id}"
        coordinates = read_geometry(geometry, source, left_out)
        polygons += job_polygons(coordinates, source=source, number=ordinal)
    return tuple(polygons)


def job_metadata(job: Job, assign: JobAssign) -> dict[str, Any]:
    """What a partner is told of a job beside its file: values that JSON can hold."""
    told = {
        "assignmentId": assign.id,
        "jobId": job.id,
        "jobNumber": job_number(job),
        "jobName": job.name,
        "rate": job.rate,
        "swathWidth": job.swath_width,
        "startDate": None if job.start_date is None else job.start_date.isoformat(),
        "endDate": None if job.end_date is None else job.end_date.isoformat(),
        "notes": assign.notes,
    }
    return {name: value for name, value in told.items() if value is not None}
