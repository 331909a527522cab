"""A flight, and features with everything that a format may stumble over."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl
import pyarrow as pa
import shapely

from satlog_native import flight
from satlog_native.export.features import (
    Features,
    coverage_polygons,
    pass_lines,
    track_points,
)

#: Positions on a straight way east across the antimeridian, sprayed all along.
ACROSS = [179.9985, 179.9990, 179.9995, -179.9999, -179.9994, -179.9989]


class Flown:
    """A flight's tables and features."""

    def __init__(self, track: pl.DataFrame, settings: flight.FlightSettings | None = None) -> None:
        self.track = track
        self.passes = flight.passes(track, settings)
        self.segments = flight.segments(track, settings)
        self.coverage = flight.coverage(track, settings)
        known = {"aircraft": "N123", "pilot": 'Ann <"&"> Peña\x07'}
        self.points = track_points(track, settings, name="Flight & <1>", metadata=known)
        self.lines = pass_lines(self.passes, self.segments, name="Flight & <1>", metadata=known)
        self.polygons = coverage_polygons(self.coverage, name="Flight & <1>", metadata=known)


def settings() -> flight.FlightSettings:
    return flight.FlightSettings(swath_width=20.0)


def track_of(longitude: list[float]) -> pl.DataFrame:
    start = dt.datetime(2025, 7, 9, 6, 0, tzinfo=dt.UTC)
    rows = range(len(longitude))
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "frame": pl.UInt32,
        "offset": pl.UInt64,
        "time": pl.Datetime("us", "UTC"),
        "latitude": pl.Float64,
        "longitude": pl.Float64,
        "altitude": pl.Float64,
        "spray_on": pl.Boolean,
    }
    columns = {
        "frame": list(rows),
        "offset": [40 * row for row in rows],
        "time": [start + dt.timedelta(milliseconds=500 * row) for row in rows],
        "latitude": [-17.5] * len(longitude),
        "longitude": longitude,
        "altitude": [None if row == len(longitude) - 1 else 12.5 for row in rows],
        "spray_on": [True] * len(longitude),
    }
    return flight.track({"position": pl.DataFrame(columns, schema=schema)})


HOSTILE = 'a "quoted" <b>&amp;</b>, line\nend ]]> \x00\x1b[31m 水 \u2028 =1+1'


def odd_points() -> Features:
    """Points with a row of extremes, an ordinary one, and one of nulls and without a place."""
    time = dt.datetime(2025, 7, 9, 6, 0, 0, 250_000, tzinfo=dt.UTC)
    values = {
        "latitude": pa.array([-89.999_999_9, 45.123_456_789, None]),
        "speed": pa.array([math.nan, 1.5, None]),
        "huge": pa.array([math.inf, -1e300, None]),
        "single": pa.array([0.1, -2.5, None], pa.float32()),
        "offset": pa.array([2**64 - 1, 1, None], pa.uint64()),
        "count": pa.array([255, 0, None], pa.uint8()),
        "on": pa.array([True, False, None]),
        "time": pa.array([time, time, None], pa.timestamp("us", "UTC")),
        "state": pa.array([HOSTILE, "idle", None]).dictionary_encode(),
        "text": pa.array(["=1+1", "", None], pa.large_string()),
        "list": pa.array([[1, None], [], None], pa.list_(pa.int32())),
        "data": pa.array([b"\x00\xff", b"", None], pa.binary()),
    }
    fields = [
        pa.field(name, column.type, metadata={"unit": "m/s"} if name == "speed" else None)
        for name, column in values.items()
    ]
    shapes = np.array([shapely.Point(180.0, -89.9999999), shapely.Point(1e-9, 45.123456789), None])
    return Features(
        "point",
        pa.table(list(values.values()), schema=pa.schema(fields)),
        pa.array(shapely.to_wkb(shapes), pa.binary()),
        name="odd",
    )
