"""Job polygons as shapely geometries (extra ``geo``)."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from satlog_native.errors import SatlogError
from satlog_native.jobs.model import JobPolygon, Ring

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["area", "continued", "repaired", "shapely_module", "to_geometry", "to_wkb"]

_SQUARE_METRES = 10_000.0  # of a hectare


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


def area(polygon: JobPolygon) -> float:
    """Area inside the boundary and outside the holes, ha, on the WGS 84 ellipsoid.

    Where a boundary crosses itself, every part counts.

    Raises
    ------
    SatlogError
        If shapely or pyproj is not installed.
    """
    shapely = shapely_module()
    try:
        pyproj = importlib.import_module("pyproj")
    except ImportError as error:
        raise SatlogError("areas need pyproj: pip install 'satlog[geo]'") from error
    whole = continued(to_geometry([polygon]))
    if not whole.is_valid:
        whole = repaired(whole)
    # A geodesic area has a sign: holes must run the other way round.
    turned = shapely.orient_polygons(whole)
    square_metres, _ = pyproj.Geod(ellps="WGS84").geometry_area_perimeter(turned)
    return abs(float(square_metres)) / _SQUARE_METRES


def repaired(polygons: Any) -> Any:
    """One geometry or an array of them without crossings; what is inside any ring stays inside."""
    # "linework" would leave out what two polygons of a job share.
    return shapely_module().make_valid(polygons, method="structure", keep_collapsed=False)


def continued(geometry: Any) -> Any:
    """A geometry in one piece: wider than 180°, its negative longitudes continue beyond 180°."""
    shapely = shapely_module()
    west, _, east, _ = shapely.bounds(geometry)
    return shapely.transform(geometry, _continue_eastwards) if east - west > 180 else geometry


def _continue_eastwards(points: NDArray[np.float64]) -> NDArray[np.float64]:
    points[points[:, 0] < 0, 0] += 360
    return points


def _xy(ring: Ring) -> list[tuple[float, float]]:
    return [(longitude, latitude) for latitude, longitude in ring]
