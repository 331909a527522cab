"""Share of a log's sprayed area that lies inside each job's polygons.

Geometry by shapely 2 (extra ``geo``), in degrees, longitude first, as shapely has it.

Only a *ratio* of areas is needed, and both areas lie within one flight, so plain areas in square
degrees serve: the scale of a square degree falls with the cosine of the latitude, which cancels.
What is left is the change of that cosine over the flight: at latitude 60°, over 10 km, 0.3 % of
the area between its northern and southern end, and less in the share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from satlog_native.errors import TableError
from satlog_native.jobs.geometry import continued, repaired, shapely_module

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Fields", "geometries", "overlap_shares"]

_POLYGON_TYPES = (3, 6)  # GEOS: Polygon, MultiPolygon


def geometries(column: pl.Series, ids: pl.Series) -> NDArray[np.object_]:
    """Take shapely geometries out of a column of WKB or of shapely objects.

    Parameters
    ----------
    column : polars.Series
        Binary (WKB) or Object (shapely geometries), longitude first; null where unknown.
    ids : polars.Series
        What to call the rows in a message.

    Returns
    -------
    numpy.ndarray of object
        One polygon or multipolygon a row, None where unknown or empty. Geometries wider than 180°
        are taken to cross the antimeridian: their negative longitudes continue beyond 180°.

    Raises
    ------
    TableError
        A column of another type, values that are no geometry, or coordinates that are not finite.
    """
    values = np.full(len(column), None, dtype=object)
    if column.null_count() == len(column):
        return values
    shapely = shapely_module()
    values[:] = column.to_list()
    given = column.is_not_null().to_numpy()
    if column.dtype == pl.Binary:
        values = shapely.from_wkb(values, on_invalid="ignore")
    elif column.dtype != pl.Object:
        raise TableError(
            f"column {column.name} is {column.dtype}, expected Binary (WKB) or shapely geometries"
        )
    broken = given & ~shapely.is_geometry(values)
    if not broken.any():
        broken = given & ~np.isin(shapely.get_type_id(values), _POLYGON_TYPES)
    if not broken.any():
        values[shapely.is_empty(values)] = None
        bounds = shapely.bounds(values)
        broken = shapely.is_geometry(values) & ~np.isfinite(bounds).all(axis=1)
    if broken.any():
        raise TableError(
            f"column {column.name} of {ids.name} {ids[int(broken.argmax())]}: expected polygons "
            "with finite coordinates, as WKB or shapely geometries"
        )
    for row in np.flatnonzero(bounds[:, 2] - bounds[:, 0] > 180):
        values[row] = continued(values[row])
    return values


class Fields:
    """The polygons of many jobs, each read and repaired only when a log may lie in it.

    Parameters
    ----------
    column, ids : polars.Series
        As for `geometries`.
    """

    def __init__(self, column: pl.Series, ids: pl.Series) -> None:
        self._column = column
        self._ids = ids
        self._values = np.full(len(column), None, dtype=object)
        self._read = np.zeros(len(column), dtype=bool)
        self._repaired = np.zeros(len(column), dtype=bool)

    def take(self, rows: NDArray[np.intp]) -> NDArray[np.object_]:
        """Return the fields of `rows`, as `geometries` gives them."""
        fresh = rows[~self._read[rows]]
        self._values[fresh] = geometries(self._column.gather(fresh), self._ids.gather(fresh))
        self._read[fresh] = True
        return self._values[rows]

    def repaired(self, rows: NDArray[np.intp]) -> NDArray[np.object_]:
        """Return the fields of `rows` that `take` has returned before, repaired."""
        fresh = np.unique(rows[~self._repaired[rows]])
        self._values[fresh] = valid(self._values[fresh])
        self._repaired[fresh] = True
        return self._values[rows]


def valid(values: NDArray[np.object_]) -> NDArray[np.object_]:
    """Repair self-crossing or overlapping polygons; what is inside any of them stays inside."""
    shapely = shapely_module()
    broken = shapely.is_geometry(values) & ~shapely.is_valid(values)
    if broken.any():
        values = values.copy()
        values[broken] = repaired(values[broken])
    return values


def overlap_shares(
    sprayed: NDArray[np.object_], fields: Fields, excluded: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Share of each log's sprayed area inside each job's polygons.

    Parameters
    ----------
    sprayed : numpy.ndarray of object, shape (logs,)
        As `geometries` gives them.
    fields : Fields
        The jobs.
    excluded : numpy.ndarray of bool, shape (logs, jobs)
        Pairs that are not worth the work; their share stays unknown.

    Returns
    -------
    numpy.ndarray of float64, shape (logs, jobs)
        0 to 1; NaN where the sprayed area or the field is unknown or has no area.
    """
    shares = np.full(excluded.shape, np.nan)
    jobs = np.flatnonzero(~excluded.all(axis=0))
    if all(area is None for area in sprayed) or not len(jobs):
        return shares
    values = fields.take(jobs)
    if all(field is None for field in values):
        return shares
    shapely = shapely_module()
    sprayed = valid(sprayed)
    area = shapely.area(sprayed)
    has_field = np.zeros(excluded.shape[1], dtype=bool)
    has_field[jobs] = shapely.is_geometry(values)
    shares[(area > 0)[:, None] & has_field & ~excluded] = 0.0
    log_of, moved = _both_sides_of_the_antimeridian(sprayed)
    hit, near = shapely.STRtree(values).query(moved)
    log, job = log_of[hit], jobs[near]
    wanted = ~np.isnan(shares[log, job])
    hit, log, job = hit[wanted], log[wanted], job[wanted]
    inside = shapely.area(shapely.intersection(moved[hit], fields.repaired(job)))
    # A field is less than half a turn wide, so it meets a log in one of its places at most.
    shares[log, job] = inside / area[log]
    np.minimum(shares, 1.0, out=shares)
    return shares


def _both_sides_of_the_antimeridian(
    sprayed: NDArray[np.object_],
) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Repeat logs near ±180° one turn further east or west, where a field may be written."""
    shapely = shapely_module()
    bounds = shapely.bounds(sprayed)
    rows, places = [np.arange(len(sprayed))], [sprayed]
    for near, turn in ((bounds[:, 0] < -170, 360.0), (bounds[:, 2] > 170, -360.0)):
        found = np.flatnonzero(near)
        if len(found):
            rows.append(found)
            places.append(
                shapely.transform(sprayed[found], lambda xy, t=turn: xy + np.array([t, 0.0]))
            )
    return np.concatenate(rows), np.concatenate(places)
