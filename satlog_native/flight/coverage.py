"""Coverage: the ground that was sprayed, sprayed twice, left out, and hit outside the field.

Needs shapely and pyproj (extra ``geo``), which are loaded when first used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from satlog_native.errors import AnalysisError
from satlog_native.flight.projection import LocalPlane
from satlog_native.flight.settings import FlightSettings
from satlog_native.flight.steps import steps
from satlog_native.jobs.geometry import shapely_module

_SQUARE_METRES: Final = 10_000.0  # of a hectare

#: Degrees by which the plane is turned, so that swaths from south to north or from west to east lie
#: askew: where long edges wander about an axis, GEOS takes three times as long.
_TURN: Final = 2.0

#: Strips whose directions differ by more than some 80° are not drawn out to a point.
_MITRE_LIMIT: Final = 1.3


@dataclass(frozen=True)
class Coverage:
    """The ground that a flight treated; areas in ha, geometries in degrees, longitude first.

    A geometry that crosses the antimeridian is cut there. Around a pole itself, degrees cannot
    show one; the areas hold there too.

    Attributes
    ----------
    net_area : float
        Of all that was sprayed.
    overlap_area : float
        Sum of the passes' areas less the net area: ground sprayed three times counts twice.
    skip_area, off_target_area : float or None
        Of the field not sprayed, and of the sprayed outside it; None without a field.
    coverage : float or None
        Share of the field sprayed, %; None without a field.
    """

    net_area: float
    overlap_area: float
    skip_area: float | None
    off_target_area: float | None
    coverage: float | None
    _passes: NDArray[np.object_] = field(repr=False)
    _treated: Any = field(repr=False)
    _field: Any = field(repr=False)
    _plane: LocalPlane | None = field(repr=False)

    @cached_property
    def treated(self) -> Any:
        """All that was sprayed: shapely Polygon or MultiPolygon."""
        return self._shown(self._treated)

    @cached_property
    def passes(self) -> NDArray[np.object_]:
        """What each pass sprayed: shapely geometries, in the order of the passes."""
        shown = np.empty(len(self._passes), dtype=object)
        shown[:] = [self._shown(geometry) for geometry in self._passes]
        return shown

    @cached_property
    def field(self) -> Any:
        """The field that was to be sprayed, repaired if need be; None without one."""
        return None if self._field is None else self._shown(self._field)

    @cached_property
    def overlap(self) -> Any:
        """What two passes or more sprayed: shapely geometry."""
        shapely = shapely_module()
        one, other = shapely.STRtree(self._passes).query(self._passes, predicate="intersects")
        pairs = one < other
        twice = shapely.intersection(self._passes[one[pairs]], self._passes[other[pairs]])
        return self._shown(shapely.union_all(twice[shapely.get_dimensions(twice) == 2]))

    @cached_property
    def skip(self) -> Any:
        """What of the field was not sprayed: shapely geometry, or None without a field."""
        if self._field is None:
            return None
        return self._shown(shapely_module().difference(self._field, self._treated))

    @cached_property
    def off_target(self) -> Any:
        """What was sprayed outside the field: shapely geometry, or None without a field."""
        if self._field is None:
            return None
        return self._shown(shapely_module().difference(self._treated, self._field))

    def _shown(self, geometry: Any) -> Any:
        return geometry if self._plane is None else self._plane.to_degrees(geometry)


def coverage(
    track: pl.DataFrame,
    settings: FlightSettings | None = None,
    boundary: Any = None,
) -> Coverage:
    """Ground treated by a flight.

    The sprayed steps of a pass that follow each other are joined strips, half a swath width to
    either side, with square ends. A pass's strips count once however it bends, so that only
    passes overlap each other.

    Parameters
    ----------
    track : polars.DataFrame
        As :func:`~satlog_native.flight.track` gives it.
    settings : FlightSettings, optional
        ``merge_gap``, ``swath_width``.
    boundary : shapely Polygon or MultiPolygon, or bytes (WKB), optional
        The field, degrees, longitude first; may have holes. Edges are straight in degrees.

    Returns
    -------
    Coverage

    Raises
    ------
    AnalysisError
        If the swath width of a sprayed step is unknown, the boundary is no polygon, or the sprayed
        positions lie too far apart.
    SatlogError
        If shapely or pyproj is not installed.
    """
    shapely = shapely_module()
    sprayed = steps(track, settings).filter("sprayed")
    _require_width(sprayed)
    target = None if boundary is None else _field_of(boundary)
    plane = _plane_of(sprayed, target)
    passes = np.empty(0, dtype=object) if plane is None else _pass_polygons(sprayed, plane)
    # The same union, at a fraction of the work where passes do not all touch each other.
    treated = shapely.disjoint_subset_union_all(passes) if len(passes) else shapely.Polygon()
    if target is not None and plane is not None:
        target = plane.project(target)
    net = float(shapely.area(treated))
    overlap = float(shapely.area(passes).sum()) - net
    hit = None if target is None else float(shapely.area(shapely.intersection(treated, target)))
    whole = None if target is None else float(shapely.area(target))
    return Coverage(
        net_area=net / _SQUARE_METRES,
        overlap_area=max(overlap, 0.0) / _SQUARE_METRES,
        skip_area=None if hit is None or whole is None else (whole - hit) / _SQUARE_METRES,
        off_target_area=None if hit is None else (net - hit) / _SQUARE_METRES,
        coverage=None if hit is None or not whole else 100.0 * hit / whole,
        _passes=passes,
        _treated=treated,
        _field=target,
        _plane=plane,
    )


def _require_width(sprayed: pl.DataFrame) -> None:
    unknown = sprayed.filter(pl.col("swath_width").is_null())["pass"].n_unique()
    if unknown:
        raise AnalysisError(
            f"coverage: {unknown} of {sprayed['pass'].n_unique()} passes have no swath width, "
            "which the log tells in records swathing_setup and applied_rate; "
            "set FlightSettings(swath_width=...), or --swath-width"
        )


def _field_of(boundary: Any) -> Any:
    """The boundary as a shapely polygon, in degrees."""
    shapely = shapely_module()
    found = type(boundary).__name__
    if isinstance(boundary, bytes):
        boundary = shapely.from_wkb(boundary, on_invalid="ignore")
        found = "bytes that are no WKB" if boundary is None else f"WKB of a {boundary.geom_type}"
    if not shapely.is_geometry(boundary) or boundary.geom_type not in ("Polygon", "MultiPolygon"):
        raise AnalysisError(
            f"coverage: the field's boundary is {found}, expected a shapely Polygon or "
            "MultiPolygon, or its WKB"
        )
    points = shapely.get_coordinates(boundary)
    if not len(points) or not (np.abs(points[:, 1]) <= 90.0).all() or not np.isfinite(points).all():
        raise AnalysisError(
            "coverage: the field's boundary is empty or has impossible coordinates; expected "
            "degrees, longitude first"
        )
    return boundary


def _plane_of(sprayed: pl.DataFrame, target: Any) -> LocalPlane | None:
    """A plane about the sprayed steps, or else about the field."""
    if sprayed.height:
        return LocalPlane(
            sprayed["latitude"].to_numpy(), sprayed["longitude"].to_numpy(), turn=_TURN
        )
    if target is not None:
        points = shapely_module().get_coordinates(target)
        return LocalPlane(points[:, 1], points[:, 0], turn=_TURN)
    return None


def _pass_polygons(sprayed: pl.DataFrame, plane: LocalPlane) -> NDArray[np.object_]:
    """What each pass sprayed, in the plane."""
    shapely = shapely_module()
    moved = sprayed.filter(pl.col("distance") > 0.0)
    number, width = moved["pass"].to_numpy(), moved["swath_width"].to_numpy()
    starts = np.column_stack(
        plane.to_metres(moved["latitude"].to_numpy(), moved["longitude"].to_numpy())
    )
    ends = np.column_stack(
        plane.to_metres(moved["next_latitude"].to_numpy(), moved["next_longitude"].to_numpy())
    )
    # A run is unbroken and of one width; each becomes a line of its starts and its last end.
    new = np.ones(len(moved), bool)
    new[1:] = (
        (number[1:] != number[:-1])
        | (width[1:] != width[:-1])
        | (starts[1:] != ends[:-1]).any(axis=1)
    )
    run = np.cumsum(new) - 1
    last = np.flatnonzero(np.append(new[1:], True)) if len(moved) else np.empty(0, np.intp)
    order = np.argsort(np.concatenate([run, run[last]]), kind="stable")
    points = np.concatenate([starts, ends[last]])[order]
    lines = shapely.linestrings(points, indices=np.concatenate([run, run[last]])[order])
    polygons = shapely.buffer(
        lines,
        width[new] / 2.0,
        cap_style="flat",
        join_style="mitre",
        mitre_limit=_MITRE_LIMIT,
    )
    return _united(polygons, number[new], sprayed["pass"].n_unique())


def _united(
    polygons: NDArray[np.object_], number: NDArray[np.uint32], count: int
) -> NDArray[np.object_]:
    """The polygons of each pass (from 1) as one; empty where a pass has none."""
    shapely = shapely_module()
    united = np.full(count, shapely.Polygon(), dtype=object)
    found, first, runs = np.unique(number, return_index=True, return_counts=True)
    united[found - 1] = polygons[first]
    for index in np.flatnonzero(runs > 1):
        parts = polygons[first[index] : first[index] + runs[index]]
        united[found[index] - 1] = shapely.union_all(parts)
    return united
