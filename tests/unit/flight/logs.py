"""Hand-made tables of logs, as the decoder gives them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pyproj import Geod, Transformer

Array = NDArray[np.float64]

GEOD = Geod(ellps="WGS84")
START = np.datetime64("2025-07-14T13:00:00", "us")

#: Frames from one position to the next, so that other records fit in between.
FRAMES = 10


def to_degrees(x: Array, y: Array, latitude: float, longitude: float) -> tuple[Array, Array]:
    """Latitude and longitude of points x metres east and y metres north of a place."""
    lon, lat = _to_degrees(latitude, longitude).transform(x, y)
    return np.asarray(lat), np.asarray(lon)


@cache
def _to_degrees(latitude: float, longitude: float) -> Transformer:
    plane = f"+proj=aeqd +lat_0={latitude} +lon_0={longitude} +datum=WGS84"
    return Transformer.from_crs(plane, "EPSG:4326", always_xy=True)


def total(frame: pl.DataFrame, column: str) -> float:
    """The sum of a column; nulls add nothing."""
    return float(frame[column].sum())


def positions(
    spray_on: Sequence[bool | None],
    *,
    seconds: Sequence[float] | Array | None = None,
    x: Sequence[float] | Array | None = None,
    y: Sequence[float] | Array | None = None,
    at: tuple[float, float] = (35.2, -90.9),
    **columns: Any,
) -> pl.DataFrame:
    """A table ``position``; by default one a second, 50 m further north each."""
    count = len(spray_on)
    steps = np.arange(count, dtype=float)
    seconds = steps if seconds is None else np.asarray(seconds, dtype=float)
    east = np.zeros(count) if x is None else np.asarray(x, dtype=float)
    north = 50.0 * steps if y is None else np.asarray(y, dtype=float)
    latitude, longitude = to_degrees(east, north, *at)
    table = {
        "frame": pl.Series(np.arange(count, dtype=np.uint32) * FRAMES + 5),
        "offset": pl.Series(np.arange(count, dtype=np.uint64) * 430),
        "time": pl.Series(START + np.rint(seconds * 1e6).astype("m8[us]")).dt.replace_time_zone(
            "UTC"
        ),
        "latitude": latitude,
        "longitude": longitude,
        "altitude": np.full(count, 80.0, np.float32),
        "ground_speed": np.full(count, 50.0, np.float32),
        "track": np.zeros(count, np.float32),
        "cross_track": np.zeros(count, np.float32),
        "spray_on": pl.Series(list(spray_on), dtype=pl.Boolean),
    }
    return pl.DataFrame(table | columns)


def records(rows: Sequence[int | float] | Array, **columns: Any) -> pl.DataFrame:
    """A table of another kind; ``rows`` are the positions that each record comes just before."""
    frame = [round(row * FRAMES) for row in rows]
    return pl.DataFrame({"frame": pl.Series(frame, dtype=pl.UInt32), **columns})


def runs(*parts: tuple[int, bool]) -> list[bool]:
    """(3, True), (2, False) → [True, True, True, False, False]."""
    return [on for count, on in parts for _ in range(count)]
