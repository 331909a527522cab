"""Between jobs and the features of map formats: what every conversion has in common.

A feature is one polygon or several with attributes. Written, each job polygon is one feature with
the attributes ``job`` (the job's number), ``job_name``, ``number`` and ``name`` (the polygon's).
Read, the same attributes are taken where a file has them; a foreign file gets its job number from
its file name, polygon numbers by counting, and names from ``name`` or ``label`` in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from satlog_native.errors import JobFileError
from satlog_native.jobs.model import JobFile, JobPolygon, Point, Ring, Tolerated, clean_label, ring

__all__ = ["Coordinates", "Feature", "features_of", "job_of", "job_polygons"]

Coordinates = Sequence[Sequence[Sequence[tuple[float, float]]]]
"""Polygons, their rings (the first is the boundary), their points: longitude, latitude."""

_NOT_IN_NUMBER = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a map file.

    Attributes
    ----------
    coordinates : Coordinates
        Longitude first, degrees WGS 84.
    attributes : mapping of str to object
        Names as in the file.
    """

    coordinates: Coordinates
    attributes: Mapping[str, object]


def features_of(job: JobFile) -> list[Feature]:
    """One feature a polygon, in the job's order."""
    return [
        Feature(
            coordinates=[[_turned(one) for one in (polygon.exterior, *polygon.holes)]],
            attributes={
                "job": job.number,
                "job_name": clean_label(job.name),
                "number": polygon.number,
                "name": clean_label(polygon.label),
            },
        )
        for polygon in job.polygons
    ]


def _turned(points: Ring) -> list[Point]:
    return [(longitude, latitude) for latitude, longitude in points]


def job_of(
    features: Iterable[Feature], report: Iterable[Tolerated], source: Path, number: str | None
) -> JobFile:
    """Make a job of a map file's features.

    Parameters
    ----------
    features : iterable of Feature
        The file's polygons.
    report : iterable of Tolerated
        What its reader accepted.
    source : pathlib.Path
        The file; its name gives the job number where no feature does.
    number : str or None
        The job number to use whatever the file says.

    Raises
    ------
    JobFileError
        No polygon at all, a bad coordinate or a ring of too few points.
    """
    polygons: list[JobPolygon] = []
    found: Mapping[str, object] = {}
    for ordinal, feature in enumerate(features, start=1):
        attributes = {key.lower(): value for key, value in feature.attributes.items()}
        found = found or attributes
        label = attributes.get("name") or attributes.get("label") or ""
        polygons += job_polygons(
            feature.coordinates,
            source=f"{source}, feature {ordinal}",
            number=_polygon_number(attributes.get("number"), ordinal),
            label=clean_label(str(label)),
        )
    if not polygons:
        raise JobFileError("no polygon in the file; a job needs at least one", source=str(source))
    job = found.get("job")
    return JobFile(
        number=number or str(job or "") or _NOT_IN_NUMBER.sub("_", source.stem).strip("._-"),
        name=clean_label(str(found.get("job_name") or "")),
        polygons=tuple(polygons),
        report=tuple(report),
    )


def _polygon_number(value: object, ordinal: int) -> int:
    return value if isinstance(value, int) and 0 <= value <= 999_999_999 else ordinal


def job_polygons(
    coordinates: Coordinates, *, source: str, number: int = 1, label: str = ""
) -> list[JobPolygon]:
    """Make job polygons of map coordinates; `JobFileError` where a ring cannot be used."""
    polygons = []
    for rings in coordinates:
        try:
            closed = [ring([(lat, lon) for lon, lat in points]) for points in rings]
        except ValueError as error:
            raise JobFileError(str(error), source=source) from error
        if closed:
            polygons.append(JobPolygon(closed[0], tuple(closed[1:]), number, label))
    return polygons
