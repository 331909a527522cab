"""The sprayed track, compressed: what is stored of a flight and drawn on maps.

Needs shapely and pyproj (extra ``geo``), which are loaded when first used.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from satlog_native.flight.projection import LocalPlane
from satlog_native.flight.settings import FlightSettings
from satlog_native.flight.steps import steps
from satlog_native.jobs.geometry import shapely_module

#: Digits of a stored degree: 1e-7° is 11 mm.
_DIGITS: Final = 7

_SCHEMA: Final = {"pass": pl.UInt32, "geometry": pl.Binary}


def segments(track: pl.DataFrame, settings: FlightSettings | None = None) -> pl.DataFrame:
    """The sprayed track as one line a pass.

    Parameters
    ----------
    track : polars.DataFrame
        As :func:`~satlog_native.flight.track` gives it.
    settings : FlightSettings, optional
        ``merge_gap``, ``simplify_tolerance``.

    Returns
    -------
    polars.DataFrame
        ``pass``; ``geometry``: WKB of a LineString from where the pass starts to where it ends,
        degrees, longitude first, rounded to 7 digits; simplified, but nowhere further than
        ``simplify_tolerance`` from the track. One that crosses the antimeridian is cut there: a
        MultiLineString.

    Raises
    ------
    AnalysisError
        If columns of a track are missing, or the sprayed positions lie too far apart.
    SatlogError
        If shapely or pyproj is not installed.
    """
    shapely = shapely_module()
    settings = settings or FlightSettings()
    inside = steps(track, settings).filter(pl.col("pass").is_not_null())
    if not inside.height:
        return pl.DataFrame(schema=_SCHEMA)
    # Each position of a pass, and where its last step ends.
    ends = inside.group_by("pass", maintain_order=True).agg(
        pl.col("next_latitude", "next_longitude").last().name.replace("next_", "")
    )
    columns = ("pass", "latitude", "longitude")
    points = pl.concat([inside.select(columns), ends.select(columns)]).sort(
        "pass", maintain_order=True
    )
    latitude, longitude = points["latitude"].to_numpy(), points["longitude"].to_numpy()
    plane = LocalPlane(latitude, longitude)
    lines = shapely.linestrings(
        np.column_stack(plane.to_metres(latitude, longitude)),
        indices=points["pass"].to_numpy().astype(np.intp) - 1,
    )
    lines = shapely.simplify(lines, settings.simplify_tolerance, preserve_topology=False)
    stored = [shapely.transform(plane.to_degrees(line), _rounded) for line in lines]
    return pl.DataFrame({"pass": ends["pass"], "geometry": shapely.to_wkb(stored)}, schema=_SCHEMA)


def to_geojson(lines: pl.DataFrame) -> dict[str, Any]:
    """The lines of :func:`segments` as one GeoJSON geometry, a MultiLineString."""
    shapely = shapely_module()
    parts = shapely.get_parts(shapely.from_wkb(lines["geometry"].to_numpy()))
    return {
        "type": "MultiLineString",
        "coordinates": [shapely.get_coordinates(part).tolist() for part in parts],
    }


def _rounded(points: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    return np.round(points, _DIGITS)
