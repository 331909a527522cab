"""A plane for one flight: degrees to metres and back, equal in area (extra ``geo``).

Lambert's azimuthal equal-area projection about the flight's middle. Areas are exact everywhere.
Lengths and right angles are off by some (distance / earth's diameter)² / 2: 2e-6 at 25 km from the
middle, 8e-5 at 160 km. It has no seam at the antimeridian and none at the poles.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from satlog_native.errors import AnalysisError, SatlogError
from satlog_native.jobs.geometry import shapely_module

Array = NDArray[np.float64]

#: Farthest from the middle (m) that a flight or its field may reach: there, lengths are 0.3 % off.
REACH: Final = 1_000_000.0

#: Longest edge (degrees) of a boundary that is projected as a straight line.
_LONGEST_EDGE: Final = 0.005


class LocalPlane:
    """The equal-area plane about the middle of some points.

    Parameters
    ----------
    latitude, longitude : ndarray, shape (n,)
        Degrees; at least one point.
    turn : float
        Angle of the y axis, degrees from north, anticlockwise.

    Raises
    ------
    AnalysisError
        If the points lie too far apart for one plane.
    SatlogError
        If shapely or pyproj is not installed.
    """

    def __init__(self, latitude: Array, longitude: Array, *, turn: float = 0.0) -> None:
        self._shapely = shapely_module()
        self.latitude, self.longitude = _middle(latitude, longitude)
        self._transformer = _pyproj().Transformer.from_pipeline(self._pipeline(turn))
        self._require_near(
            "the sprayed track", np.column_stack(self.to_metres(latitude, longitude))
        )

    def _pipeline(self, turn: float) -> str:
        """What leads from degrees, longitude first, to the plane, as PROJ writes it."""
        sine, cosine = np.sin(np.radians(turn)), np.cos(np.radians(turn))
        return (
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
            f"+step +proj=laea +lat_0={self.latitude!r} +lon_0={self.longitude!r} +ellps=WGS84 "
            f"+step +proj=affine +s11={cosine} +s12={sine} +s21={-sine} +s22={cosine}"
        )

    def to_metres(self, latitude: Array, longitude: Array) -> tuple[Array, Array]:
        """X and y (m) of points (degrees)."""
        x, y = self._transformer.transform(longitude, latitude)
        return np.asarray(x), np.asarray(y)

    def project(self, geometry: Any) -> Any:
        """A polygon in degrees, longitude first, as it lies in the plane; repaired if need be.

        Edges are straight in degrees, as GeoJSON has them. Polygons wider than 180° are taken to
        cross the antimeridian: their negative longitudes continue beyond 180°.

        Raises
        ------
        AnalysisError
            If the polygon has no area, or lies too far from the middle.
        """
        shapely = self._shapely
        west, _, east, _ = shapely.bounds(geometry)
        if east - west > 180.0:
            geometry = shapely.transform(geometry, _continue_eastwards)
        # Before more points come in: a crossing that falls on one would lose a side.
        geometry = shapely.segmentize(_repaired(geometry), _LONGEST_EDGE)
        if shapely.is_empty(geometry):
            raise AnalysisError(
                "projecting the field's boundary: it has no area; give its corners in order, "
                "degrees, longitude first"
            )
        projected = shapely.transform(geometry, self._forward)
        self._require_near("the field's boundary", shapely.get_coordinates(projected))
        return _repaired(projected)

    def to_degrees(self, geometry: Any) -> Any:
        """A geometry of the plane in degrees, longitude first; cut where it crosses ±180°."""
        shapely = self._shapely
        geometry = shapely.transform(geometry, self._inverse)
        west, _, east, _ = shapely.bounds(geometry)
        if shapely.is_empty(geometry) or (west >= -180.0 and east <= 180.0):
            return geometry
        whole = shapely.make_valid(geometry)
        parts = []
        for turn in (-360.0, 0.0, 360.0):
            part = shapely.intersection(whole, shapely.box(turn - 180.0, -90.0, turn + 180.0, 90.0))
            parts.append(shapely.transform(part, lambda xy, by=turn: xy - np.array([by, 0.0])))
        return shapely.union_all(parts)

    def _require_near(self, what: str, points: Array) -> None:
        farthest = float(np.hypot(*points.T).max())
        if not farthest <= REACH:
            raise AnalysisError(
                f"projecting {what}: it reaches {farthest / 1e3:,.0f} km from the flight's middle "
                f"({self.latitude:.3f}°, {self.longitude:.3f}°), more than the "
                f"{REACH / 1e3:,.0f} km of one flight; look for broken coordinates, or another "
                "flight's field"
            )

    def _forward(self, points: Array) -> Array:
        return np.column_stack(self.to_metres(points[:, 1], points[:, 0]))

    def _inverse(self, points: Array) -> Array:
        longitude, latitude = self._transformer.transform(
            points[:, 0], points[:, 1], direction="INVERSE"
        )
        # Continuous about the middle, so that no edge runs around the earth.
        offset = (np.asarray(longitude) - self.longitude + 180.0) % 360.0 - 180.0
        return np.column_stack([self.longitude + offset, latitude])


def _middle(latitude: Array, longitude: Array) -> tuple[float, float]:
    """Latitude and longitude of the mean of the points' directions from the earth's centre."""
    lat, lon = np.radians(latitude), np.radians(longitude)
    x, y, z = (
        float(part.mean())
        for part in (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
    )
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))


def _repaired(polygon: Any) -> Any:
    return shapely_module().make_valid(polygon, method="structure", keep_collapsed=False)


def _continue_eastwards(points: Array) -> Array:
    return np.column_stack([points[:, 0] % 360.0, points[:, 1]])


def _pyproj() -> Any:
    try:
        return importlib.import_module("pyproj")
    except ImportError as error:
        raise SatlogError("areas need pyproj: pip install 'satlog[geo]'") from error
