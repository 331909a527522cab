"""Distances on the WGS 84 ellipsoid."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: WGS 84: semi-major axis (m) and square of the first eccentricity (NIMA TR8350.2).
_AXIS: Final = 6_378_137.0
_ECCENTRICITY_2: Final = 6.694_379_990_141_33e-3

_DEGREE: Final = np.pi / 180.0

#: Steps worked on at once: all that is between input and result stays in the processor's cache.
_BLOCK: Final = 8192


def step_distances(latitude: Array, longitude: Array, out: Array | None = None) -> Array:
    """Distance from each point to the next.

    With the radii of curvature M (meridian) and N (prime vertical) at the mean latitude,
    ``s² = (M Δφ)² + (2 N sin(Δλ/2))² cos φ₁ cos φ₂``: the haversine form, which unlike
    ``N cos φ Δλ`` holds beside and across a pole, and across the antimeridian by the sine's period.
    The relative error is below 3e-8 for steps under 1 km, wherever they are.

    Parameters
    ----------
    latitude, longitude : ndarray, shape (n,)
        Degrees.
    out : ndarray, shape (n - 1,), optional
        Where the distances are written to, and returned.

    Returns
    -------
    ndarray, shape (n - 1,)
        Metres.
    """
    metres = np.empty(max(len(latitude) - 1, 0)) if out is None else out
    for start in range(0, len(metres), _BLOCK):
        points = slice(start, start + _BLOCK + 1)
        metres[start : start + _BLOCK] = _distances(latitude[points], longitude[points])
    return metres


def _distances(latitude: Array, longitude: Array) -> Array:
    phi = latitude * _DEGREE
    cosine = np.cos(phi)
    cosines = cosine[1:] * cosine[:-1]
    # 1 - cos φ₁ cos φ₂ is the mean latitude's sin², but for sin²(Δφ/2): below 1e-8 here.
    flattening = 1.0 - _ECCENTRICITY_2 * (1.0 - cosines)
    prime_vertical = _AXIS / np.sqrt(flattening)
    north = prime_vertical * (1.0 - _ECCENTRICITY_2) / flattening * np.diff(phi)
    east_2 = (2.0 * prime_vertical * np.sin(np.diff(longitude) * (_DEGREE / 2.0))) ** 2 * cosines
    return np.asarray(np.sqrt(north**2 + np.maximum(east_2, 0.0)))
