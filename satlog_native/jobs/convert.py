"""Convert jobs between ``.JOB``, GeoJSON, KML, Shapefile and GeoPackage, chosen by file ending.

Polygons with holes, their numbers and names and the job's number and name survive every way; other
attributes do not. Coordinates keep their digits except in ``.JOB``, which has 6 decimals.
Shapefile and GeoPackage need the extra ``geo``.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

from satlog_native.errors import JobFileError
from satlog_native.jobs import geojson, kml
from satlog_native.jobs.features import features_of, job_of
from satlog_native.jobs.jobfile import read_job, write_job
from satlog_native.jobs.model import JobFile

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["SUFFIXES", "convert_job", "load_job", "save_job", "saved_files"]

SUFFIXES = (".job", ".geojson", ".json", ".kml", ".shp", ".gpkg")
"""File endings that can be read and written, in any case."""


def load_job(path: str | os.PathLike[str], *, number: str | None = None) -> JobFile:
    """Read a job from a file of any format in `SUFFIXES`.

    Parameters
    ----------
    path : path
        The file; its ending tells the format.
    number : str, optional
        The job's number whatever the file says. Files made elsewhere say nothing; without this
        their name becomes the number.

    Raises
    ------
    JobFileError
        An unknown ending, a file that cannot be read, or one without a polygon.
    """
    file = Path(path)
    if file.suffix.lower() == ".job":
        job = read_job(file)
        return dataclasses.replace(job, number=number) if number else job
    features, report = _format(file).read(file)
    return job_of(features, report, file, number)


_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def saved_files(path: str | os.PathLike[str]) -> list[Path]:
    """The files that `save_job` writes: one, or the several of a Shapefile."""
    file = Path(path)
    if file.suffix.lower() == ".shp":
        return [file, *(file.with_suffix(suffix) for suffix in _SHAPEFILE[1:])]
    return [file]


def save_job(job: JobFile, path: str | os.PathLike[str]) -> Path:
    """Write a job to a file of any format in `SUFFIXES`; return the file.

    A file appears whole or not at all, and replaces an older one.

    Raises
    ------
    JobFileError
        An unknown ending, a job without polygons in a map format, or a file that cannot be written.
    """
    file = Path(path)
    if file.suffix.lower() == ".job":
        return write_job(job, file)
    writer = _format(file)
    if not job.polygons:
        raise JobFileError("the job has no polygon to write", source=f"job {job.number}")
    writer.write(features_of(job), file)
    return file


def convert_job(
    source: str | os.PathLike[str], target: str | os.PathLike[str], *, number: str | None = None
) -> JobFile:
    """Read a job from `source` and write it to `target`; return the job with its report."""
    job = load_job(source, number=number)
    save_job(job, target)
    return job


def _format(path: Path) -> ModuleType:
    suffix = path.suffix.lower()
    if suffix in (".geojson", ".json"):
        return geojson
    if suffix == ".kml":
        return kml
    if suffix in (".shp", ".gpkg"):
        from satlog_native.jobs import vector

        return vector
    raise JobFileError(
        f"expected a file ending in {', '.join(SUFFIXES)}", source=str(path), text=path.suffix
    )
