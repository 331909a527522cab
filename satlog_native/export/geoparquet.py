"""GeoParquet 1.1: WKB in a column of a Parquet file, and what it is in the key ``geo``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from satlog_native.export import parquet
from satlog_native.export.features import GEOMETRY
from satlog_native.export.geoarrow import write_table
from satlog_native.jobs.geometry import shapely_module

if TYPE_CHECKING:
    from satlog_native.export.features import Features

_COMPRESSION: Final = "zstd"

_TYPES: Final = ("Point", "LineString", "Polygon", "MultiLineString", "MultiPolygon")


def write_geoparquet(layers: Sequence[Features], file: BinaryIO) -> None:
    """Write the one layer, in row groups of 65,536 rows."""
    (features,) = layers
    table = features.whole_table()
    metadata = {**features.schema_metadata(), "geo": json.dumps(_geo(features))}
    table = table.replace_schema_metadata(metadata)
    write_table(table, parquet.open_writer(file, table.schema, _COMPRESSION))


def _geo(features: Features) -> dict[str, Any]:
    """The file's metadata as the specification has it.

    The coordinate reference system is left out, and so is its default, OGC:CRS84; edges are planar.
    """
    shapely = shapely_module()
    shapes = features.shapes
    shapes = shapes[~shapely.is_missing(shapes)]
    numbers = set(np.unique(shapely.get_type_id(shapes)).tolist())
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [
            name for name in _TYPES if shapely.GeometryType[name.upper()].value in numbers
        ],
    }
    if features.kind == "coverage":
        column["orientation"] = "counterclockwise"
    if len(shapes):
        column["bbox"] = shapely.total_bounds(shapes).tolist()
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
