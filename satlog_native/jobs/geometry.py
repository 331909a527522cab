"""Job polygons as shapely geometries (extra ``geo``)."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from satlog_native.errors import SatlogError
from satlog_native.jobs.model import JobPolygon, Ring

__all__ = ["shapely_module", "to_geometry", "to_wkb"]


def shapely_module() -> Any:
    """Import shapely, or say which extra is missing."""
    try:
        return importlib.import_module("shapely")
    except ImportError as error:
        raise SatlogError("polygons need shapely: pip install 'satlog[geo]'") from error


def to_geometry(polygons: Sequence[JobPolygon]) -> Any:
    """Make one shapely MultiPolygon of job polygons, degrees, longitude first."""
    shapely = shapely_module()
    return shapely.MultiPolygon(
        [(_xy(polygon.exterior), [_xy(hole) for hole in polygon.holes]) for polygon in polygons]
    )


def to_wkb(polygons: Sequence[JobPolygon]) -> bytes:
    """Make the WKB of `to_geometry`, as tables of assignments hold it in column ``field``."""
    wkb: bytes = shapely_module().to_wkb(to_geometry(polygons))
    return wkb


def _xy(ring: Ring) -> list[tuple[float, float]]:
    return [(longitude, latitude) for latitude, longitude in ring]
