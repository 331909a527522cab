"""The data of a log in the forms that other programs read."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

import polars as pl

from partner_pipeline.errors import NotFoundError
from partner_pipeline.model.applications import DETAIL_FIELDS, ApplicationFile
from partner_pipeline.model.jobs import Job
from partner_pipeline.store.base import Document
from partner_pipeline.work.context import Context

#: Points of a track on a map: more are not seen.
_MOST_POINTS: Final = 5000

_TYPES: Final[dict[str, Any]] = {
    "frame": pl.Int64,
    "gpsTime": pl.Datetime("ms", "UTC"),
    "sprayStat": pl.Boolean,
    "swath": pl.Int64,
    **dict.fromkeys(("fileId", *DETAIL_FIELDS[-5:]), pl.String),
}
_SCHEMA: Final = {name: _TYPES.get(name, pl.Float64) for name in DETAIL_FIELDS}


def track_parquet(context: Context, file: ApplicationFile) -> bytes:
    """The positions of a log as Parquet, one row each, columns as the platform names them.

    Raises
    ------
    NotFoundError
        None are stored.
    """
    positions = context.repositories.details.of_file(file.id)
    if not positions:
        raise NotFoundError(f"reading the positions of log {file.id}: none are stored")
    written = io.BytesIO()
    _table(positions).write_parquet(written, compression="zstd")
    return written.getvalue()


def _table(positions: Sequence[Document]) -> pl.DataFrame:
    columns = {name: [each.get(name) for each in positions] for name in DETAIL_FIELDS}
    return pl.DataFrame(columns, schema=_SCHEMA, strict=False)


def map_geojson(context: Context, file: ApplicationFile) -> dict[str, Any]:
    """A log on the map: its job's field, its track, and what of it was sprayed.

    Returns
    -------
    dict
        A GeoJSON FeatureCollection with a ``bbox``; ``properties.kind`` is ``field``, ``track`` or
        ``spray``. Tracks of many positions are thinned out.
    """
    job_id = file.job_match.job_id
    job = None if job_id is None else context.repositories.jobs.get(job_id)
    positions = _known(context.repositories.details.of_file(file.id, fields=("lon", "lat")))
    track = _thinned(positions)
    features = [
        *(_feature("field", polygon, jobId=job_id) for polygon in _polygons(job)),
        *([_feature("track", {"type": "LineString", "coordinates": track})] if track else []),
        *([_feature("spray", file.segments)] if file.segments.get("coordinates") else []),
    ]
    collection: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    points = [
        *positions,
        *_points(file.segments),
        *(p for each in _polygons(job) for p in _points(each)),
    ]
    if points:
        longitudes, latitudes = zip(*(point[:2] for point in points), strict=True)
        collection["bbox"] = [
            *(min(longitudes), min(latitudes)),
            *(max(longitudes), max(latitudes)),
        ]
    return collection


def _polygons(job: Job | None) -> list[dict[str, Any]]:
    return [] if job is None else job.polygons


def _known(positions: Sequence[Document]) -> list[list[float]]:
    told: Iterable[list[Any]] = ([each.get("lon"), each.get("lat")] for each in positions)
    return [place for place in told if all(map(_is_number, place))]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _thinned(positions: list[list[float]]) -> list[list[float]]:
    """A line of at most so many points, from the first to the last position."""
    if len(positions) < 2:
        return []
    step = -(-len(positions) // _MOST_POINTS)
    thinned = positions[::step]
    return thinned if thinned[-1] == positions[-1] else [*thinned, positions[-1]]


def _feature(kind: str, geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"kind": kind, **properties},
        "geometry": geometry,
    }


def _points(geometry: dict[str, Any]) -> list[list[float]]:
    """The positions of a geometry, however deep they are."""
    found: list[list[float]] = []
    left: list[Any] = [geometry.get("coordinates") or []]
    while left:
        node = left.pop()
        if isinstance(node, list) and len(node) >= 2 and isinstance(node[0], int | float):
            found.append(node)
        elif isinstance(node, list):
            left += node
    return found
