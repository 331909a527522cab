"""Metres about a point, to degrees on the WGS 84 ellipsoid and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from satlog_native.synth.records import Array

#: WGS 84: semi-major axis (m) and square of the first eccentricity.
_AXIS: Final = 6_378_137.0
_ECCENTRICITY_2: Final = 6.694_379_990_141_33e-3


@dataclass(frozen=True)
class LocalFrame:
    """The plane that touches the ellipsoid at a point: x east and y north of it, in metres.

    A distance from the point is too long by its cube over three squares of the earth's radius:
    0.01 mm in 1 km, 13 cm in 25 km.

    Parameters
    ----------
    latitude, longitude : float
        The point, in degrees.
    """

    latitude: float
    longitude: float

    def to_metres(self, latitude: Array | float, longitude: Array | float) -> tuple[Array, Array]:
        """X and y (m) of points on the ellipsoid (degrees)."""
        east, north, _ = self._axes()
        vector = _ecef(latitude, longitude) - self._origin()
        return vector @ east, vector @ north

    def to_degrees(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Latitude and longitude (degrees) of the points of the ellipsoid at x and y (m)."""
        east, north, up = self._axes()
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        plane = self._origin() + x[..., None] * east + y[..., None] * north
        below = np.zeros(x.shape)
        for _ in range(3):  # each round shrinks the height left over some thousandfold
            latitude, longitude, height = _geodetic(plane - below[..., None] * up)
            below = below + height
        return latitude, longitude

    def _origin(self) -> Array:
        return _ecef(self.latitude, self.longitude)

    def _axes(self) -> tuple[Array, Array, Array]:
        lat, lon = np.radians(self.latitude), np.radians(self.longitude)
        east = np.array([-np.sin(lon), np.cos(lon), 0.0])
        north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
        return east, north, np.cross(east, north)


def _ecef(latitude: Array | float, longitude: Array | float) -> Array:
    lat, lon = np.radians(latitude), np.radians(longitude)
    normal = _AXIS / np.sqrt(1.0 - _ECCENTRICITY_2 * np.sin(lat) ** 2)
    return np.stack(
        [
            normal * np.cos(lat) * np.cos(lon),
            normal * np.cos(lat) * np.sin(lon),
            normal * (1.0 - _ECCENTRICITY_2) * np.sin(lat),
        ],
        axis=-1,
    )


def _geodetic(ecef: Array) -> tuple[Array, Array, Array]:
    """Latitude, longitude (degrees) and height (m), by Bowring's formula (1976)."""
    x, y, z = ecef[..., 0], ecef[..., 1], ecef[..., 2]
    polar = np.sqrt(1.0 - _ECCENTRICITY_2)  # semi-minor to semi-major axis
    distance = np.hypot(x, y)
    reduced = np.arctan2(z, distance * polar)
    latitude = np.arctan2(
        z + _ECCENTRICITY_2 / polar * _AXIS * np.sin(reduced) ** 3,
        distance - _ECCENTRICITY_2 * _AXIS * np.cos(reduced) ** 3,
    )
    sine = np.sin(latitude)
    normal = _AXIS / np.sqrt(1.0 - _ECCENTRICITY_2 * sine**2)
    height = distance * np.cos(latitude) + z * sine - _AXIS**2 / normal
    return np.degrees(latitude), np.degrees(np.arctan2(y, x)), height
