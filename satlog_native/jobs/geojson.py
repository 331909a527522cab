"""GeoJSON (RFC 7946): read polygons from foreign files, write a job's.

Boundaries are written counter-clockwise and holes clockwise, as the RFC asks; read in any order.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from satlog_native.errors import JobFileError
from satlog_native.jobs.features import Coordinates, Feature
from satlog_native.jobs.jobfile import read_limited, replace_file
from satlog_native.jobs.model import Tolerated

__all__ = ["load_json", "read", "read_geometry", "write"]

_WGS84 = ("crs84", "4326")


def read(path: Path) -> tuple[list[Feature], list[Tolerated]]:
    """Read the polygons of a GeoJSON file; other geometries are reported and left out."""
    report: list[Tolerated] = []
    document = load_json(read_limited(path), source=str(path))
    if not isinstance(document, dict):
        raise JobFileError("expected a GeoJSON object", source=str(path))
    _check_crs(document.get("crs"), str(path))
    return list(_features(document, str(path), report)), report


def load_json(data: bytes, *, source: str) -> Any:
    """Parse foreign JSON; `JobFileError` where it is none, or holds NaN or infinity."""
    try:
        return json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise JobFileError(f"expected JSON: {error}", source=source) from error


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")


def _check_crs(crs: object, source: str) -> None:
    # RFC 7946 has no "crs" any more; files from before it may be in metres.
    if crs is not None and not any(name in json.dumps(crs).lower() for name in _WGS84):
        raise JobFileError(
            "another coordinate system than WGS 84; convert the file first", source=source
        )


def _features(node: dict[str, Any], source: str, report: list[Tolerated]) -> Iterator[Feature]:
    kind = node.get("type")
    if kind == "FeatureCollection":
        members = node.get("features")
        if not isinstance(members, list) or not all(isinstance(one, dict) for one in members):
            raise JobFileError("expected a list of features", source=source)
        for member in members:
            yield from _features(member, source, report)
        return
    geometry: object = node.get("geometry") if kind == "Feature" else node
    attributes = node.get("properties") if kind == "Feature" else None
    coordinates = [] if geometry is None else read_geometry(geometry, source, report)
    if coordinates:
        yield Feature(coordinates, attributes if isinstance(attributes, dict) else {})


def read_geometry(node: object, source: str, report: list[Tolerated]) -> Coordinates:
    """Collect the polygons of a GeoJSON geometry, Feature or FeatureCollection.

    Raises
    ------
    JobFileError
        Something that is no GeoJSON, or positions that are no numbers.
    """
    if not isinstance(node, dict):
        raise JobFileError("expected a GeoJSON geometry", source=source, text=repr(node)[:200])
    kind = node.get("type")
    try:
        if kind == "Polygon":
            return [_polygon(node["coordinates"])]
        if kind == "MultiPolygon":
            return [_polygon(rings) for rings in node["coordinates"]]
        if kind == "Feature":
            return read_geometry(node["geometry"], source, report)
        if kind in ("FeatureCollection", "GeometryCollection"):
            members = node["features" if kind == "FeatureCollection" else "geometries"]
            return [one for member in members for one in read_geometry(member, source, report)]
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, JobFileError):
            raise
        raise JobFileError(
            f"a {kind} that is not as GeoJSON has it: {error!r}", source=source
        ) from error
    if kind not in ("Point", "MultiPoint", "LineString", "MultiLineString"):
        raise JobFileError("expected a GeoJSON geometry", source=source, text=str(kind)[:200])
    report.append(Tolerated(f"a {kind}, left out"))
    return []


def _polygon(rings: Any) -> list[list[tuple[float, float]]]:
    return [[_position(position) for position in ring] for ring in rings]


def _position(position: Any) -> tuple[float, float]:
    longitude, latitude = position[:2]  # a third number is the altitude
    for value in (longitude, latitude):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{value!r} is no number")
    return float(longitude), float(latitude)


def write(features: list[Feature], path: Path) -> None:
    """Write features as a FeatureCollection of Polygons."""
    collection = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": dict(feature.attributes),
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [
                        _wound(ring, counter_clockwise=index == 0)
                        for index, ring in enumerate(polygon)
                    ],
                },
            }
            for feature in features
            for polygon in feature.coordinates
        ],
    }
    text = json.dumps(collection, ensure_ascii=False, allow_nan=False, indent=1)
    replace_file(path, text.encode("utf-8"))


def _wound(ring: Any, *, counter_clockwise: bool) -> list[tuple[float, float]]:
    # Twice the signed area, taken from the first point so that small fields keep their digits.
    x0, y0 = ring[0]
    area = sum(
        (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        for (x1, y1), (x2, y2) in itertools.pairwise(ring)
    )
    return list(ring) if (area >= 0) == counter_clockwise else list(ring)[::-1]
