"""What a map shows, in metres: the one source of every kind of map.

The plane is that of :class:`satlog_native.flight.projection.LocalPlane`: equal in area about the
middle of what was sprayed, so that shapes are right; x runs east, y north.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from satlog_native.export.rates import RATE_CLASSES
from satlog_native.flight import Coverage, FlightSettings, steps
from satlog_native.flight.projection import LocalPlane
from satlog_native.jobs.geometry import shapely_module
from satlog_native.plot.rates import rate_class, with_rate

Array = NDArray[np.float64]
Bounds = tuple[float, float, float, float]

#: How far (m) a drawn line may be from the one flown, where nothing was sprayed.
_UNSPRAYED_TOLERANCE: Final = 1.0

#: Narrowest view, m: around a flight that never moved.
_LEAST_SPAN: Final = 100.0


@dataclass(frozen=True)
class Strip:
    """An unbroken run of one pass with one width and one class of rate.

    Attributes
    ----------
    number : int
        Of the pass.
    rate_class : int
        Index into ``RATE_CLASSES``.
    width : float or None
        Swath width, m; None if unknown.
    points : ndarray, shape (n, 2)
        m.
    """

    number: int
    rate_class: int
    width: float | None
    points: Array

    def before(self, metres: float) -> Array:
        """The point that far ahead of where the strip starts, as the aircraft came."""
        step = self.points[1] - self.points[0]
        point: Array = self.points[0] - step / max(float(np.hypot(*step)), 1e-9) * metres
        return point


@dataclass(frozen=True)
class Scene:
    """All that a map shows, in metres.

    Attributes
    ----------
    strips : tuple of Strip
        In the order flown.
    unsprayed : tuple of ndarray, shape (n, 2)
        Lines flown without spray.
    field, overlap, skip, off_target : shapely geometry or None
        None where not known.
    shares : tuple of float
        Of each of ``RATE_CLASSES``, its share of the sprayed distance, %.
    bounds : tuple of float, or None
        West, south, east, north of what was sprayed and the field; of the whole track where there
        is neither; None where no position is usable.
    latitude, longitude : float or None
        Of the plane's middle (0, 0), degrees.
    """

    strips: tuple[Strip, ...]
    unsprayed: tuple[Array, ...]
    field: Any
    overlap: Any
    skip: Any
    off_target: Any
    shares: tuple[float, ...]
    bounds: Bounds | None
    latitude: float | None
    longitude: float | None


def scene(
    track: pl.DataFrame,
    coverage: Coverage | None = None,
    boundary: Any = None,
    settings: FlightSettings | None = None,
) -> Scene:
    """What a map of a flight shows.

    Parameters
    ----------
    track : polars.DataFrame
        As :func:`satlog_native.flight.track` gives it.
    coverage : Coverage, optional
        Without it, neither overlap nor skips are shown.
    boundary : shapely Polygon or MultiPolygon, or bytes (WKB), optional
        The field, as it was given to :func:`satlog_native.flight.coverage`.
    settings : FlightSettings, optional
        ``merge_gap``, ``simplify_tolerance``, ``swath_width``.

    Raises
    ------
    AnalysisError
        If columns of a track are missing, or its positions lie too far apart for one map.
    SatlogError
        If shapely or pyproj is not installed.
    """
    settings = settings or FlightSettings()
    flown = with_rate(steps(track, settings))
    field = shapely_module().from_wkb(boundary) if isinstance(boundary, bytes) else boundary
    plane = _plane(flown, field)
    if plane is None:
        none = (0.0,) * len(RATE_CLASSES)
        return Scene((), (), None, None, None, None, none, None, None, None)
    classes = rate_class(flown["rate"], flown["target_rate"])
    strips = _strips(flown, classes, plane, settings.simplify_tolerance)
    unsprayed = _unsprayed(flown, plane)
    shown = None if field is None else plane.project(field)
    return Scene(
        strips=strips,
        unsprayed=unsprayed,
        field=shown,
        overlap=_projected(plane, coverage, "overlap"),
        skip=_projected(plane, coverage, "skip"),
        off_target=_projected(plane, coverage, "off_target"),
        shares=_shares(flown, classes),
        bounds=_bounds(strips, shown, unsprayed),
        latitude=plane.latitude,
        longitude=plane.longitude,
    )


def _plane(flown: pl.DataFrame, field: Any) -> LocalPlane | None:
    """About what was sprayed; else about the field; else about the middle of the track."""
    sprayed = flown.filter("sprayed")
    if sprayed.height:
        return LocalPlane(sprayed["latitude"].to_numpy(), sprayed["longitude"].to_numpy())
    if field is not None:
        points = shapely_module().get_coordinates(field)
        return LocalPlane(points[:, 1], points[:, 0])
    if flown.height:
        # A position halfway: that of a whole flight may lie nowhere near it, one far off be broken.
        middle = flown.sort("longitude", "latitude")[flown.height // 2]
        return LocalPlane(middle["latitude"].to_numpy(), middle["longitude"].to_numpy())
    return None


def _lines(flown: pl.DataFrame, rows: NDArray[np.bool_], key: Any, plane: LocalPlane) -> list[Any]:
    """Row numbers and points (m) of each unbroken run of rows over which the key stays the same."""
    index = np.flatnonzero(rows)
    if not len(index):
        return []
    x, y = plane.to_metres(flown["latitude"].to_numpy(), flown["longitude"].to_numpy())
    points = np.column_stack([x, y])
    new = (np.diff(index) != 1) | (np.diff(key[index], axis=0) != 0).any(axis=1)
    runs = np.split(index, np.flatnonzero(new) + 1)
    # Each step ends where the next usable position is; the last one has no step.
    return [(run[0], points[run[0] : run[-1] + 2]) for run in runs]


def _strips(
    flown: pl.DataFrame, classes: NDArray[np.intp], plane: LocalPlane, tolerance: float
) -> tuple[Strip, ...]:
    sprayed = flown["sprayed"].to_numpy()
    width = flown["swath_width"].cast(pl.Float64).fill_null(-1.0).to_numpy()
    number = flown["pass"].fill_null(0).to_numpy()
    key = np.column_stack([number, classes, width])
    return tuple(
        Strip(
            int(number[first]),
            int(classes[first]),
            float(width[first]) if width[first] > 0.0 else None,
            simplified,
        )
        for first, points in _lines(flown, sprayed, key, plane)
        if len(simplified := _simplified(points, tolerance)) > 1
    )


def _unsprayed(flown: pl.DataFrame, plane: LocalPlane) -> tuple[Array, ...]:
    rows = ~flown["sprayed"].to_numpy() & flown["dt"].is_not_null().to_numpy()
    key = np.zeros((len(rows), 1))
    lines = _lines(flown, rows, key, plane)
    return tuple(
        simplified
        for _, points in lines
        if len(simplified := _simplified(points, _UNSPRAYED_TOLERANCE)) > 1
    )


def _simplified(points: Array, tolerance: float) -> Array:
    shapely = shapely_module()
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) < 2:
        return points
    line = shapely.simplify(shapely.linestrings(points), tolerance, preserve_topology=False)
    return np.asarray(shapely.get_coordinates(line))


def _projected(plane: LocalPlane, coverage: Coverage | None, name: str) -> Any:
    geometry = None if coverage is None else getattr(coverage, name)
    if geometry is None or shapely_module().is_empty(geometry):
        return None
    return plane.project(geometry)


def _shares(flown: pl.DataFrame, classes: NDArray[np.intp]) -> tuple[float, ...]:
    sprayed = flown["sprayed"].to_numpy()
    metres = flown["distance"].fill_null(0.0).to_numpy()[sprayed]
    sums = np.bincount(classes[sprayed], weights=metres, minlength=len(RATE_CLASSES))
    total = float(sums.sum())
    return tuple((100.0 * sums / total if total else np.zeros_like(sums)).tolist())


def _bounds(strips: tuple[Strip, ...], field: Any, unsprayed: tuple[Array, ...]) -> Bounds | None:
    boxes = []
    for strip in strips:
        reach = (strip.width or 0.0) / 2.0
        boxes.append((*(strip.points.min(axis=0) - reach), *(strip.points.max(axis=0) + reach)))
    if field is not None:
        boxes.append(tuple(shapely_module().bounds(field)))
    if not boxes:
        boxes = [(*line.min(axis=0), *line.max(axis=0)) for line in unsprayed]
    if not boxes:
        return None
    low, high = np.min(boxes, axis=0)[:2], np.max(boxes, axis=0)[2:]
    middle, half = (low + high) / 2.0, np.maximum((high - low) / 2.0, _LEAST_SPAN / 2.0)
    (west, south), (east, north) = (middle - half).tolist(), (middle + half).tolist()
    return west, south, east, north
