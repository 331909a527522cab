"""Geometries as KML has them: longitude and latitude alone, so that they lie on the ground."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from satlog_native.jobs.geometry import shapely_module


def placed(shapes: NDArray[np.object_]) -> pa.Array:
    """The XML of every geometry; empty where there is none."""
    shapely = shapely_module()
    texts = ["" if shape is None else _geometry(shapely, shape) for shape in shapes]
    return pa.array(texts, pa.large_string())


def decimal(degrees: float) -> str:
    """Degrees to 9 decimals (0.1 mm), never with an exponent, which XML's decimals do not have."""
    text = f"{degrees:.9f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _geometry(shapely: Any, shape: Any) -> str:
    if shape.geom_type == "Point":
        return f"<Point><coordinates>{decimal(shape.x)},{decimal(shape.y)}</coordinates></Point>"
    if shape.geom_type == "LineString":
        line = f"<coordinates>{_coordinates(shapely, shape)}</coordinates>"
        return f"<LineString><tessellate>1</tessellate>{line}</LineString>"
    if shape.geom_type == "Polygon":
        outer = _ring(shapely, "outerBoundaryIs", shape.exterior)
        inner = [_ring(shapely, "innerBoundaryIs", ring) for ring in shape.interiors]
        return f"<Polygon><tessellate>1</tessellate>{outer}{''.join(inner)}</Polygon>"
    parts = [_geometry(shapely, part) for part in shapely.get_parts(shape)]
    return f"<MultiGeometry>{''.join(parts)}</MultiGeometry>"


def _ring(shapely: Any, side: str, ring: Any) -> str:
    line = f"<coordinates>{_coordinates(shapely, ring)}</coordinates>"
    return f"<{side}><LinearRing>{line}</LinearRing></{side}>"


def _coordinates(shapely: Any, line: Any) -> str:
    points = shapely.get_coordinates(line).tolist()
    return " ".join(f"{decimal(x)},{decimal(y)}" for x, y in points)
