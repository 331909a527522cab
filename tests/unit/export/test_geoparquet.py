"""GeoParquet against the rules of its specification, version 1.1.0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from jsonschema import validate

from satlog_native.export.features import Features
from satlog_native.export.maps import export
from unit.export.samples import Flown

#: The specification's own words, as a schema: required keys, and what may stand there.
COLUMN = {
    "type": "object",
    "required": ["encoding", "geometry_types"],
    "additionalProperties": False,
    "properties": {
        "encoding": {"const": "WKB"},
        "geometry_types": {
            "type": "array",
            "uniqueItems": True,
            "items": {"pattern": "^(GeometryCollection|(Multi)?(Point|LineString|Polygon))( Z)?$"},
        },
        "orientation": {"const": "counterclockwise"},
        "edges": {"enum": ["planar", "spherical"]},
        "bbox": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
    },
}
GEO = {
    "type": "object",
    "required": ["version", "primary_column", "columns"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "1.1.0"},
        "primary_column": {"const": "geometry"},
        "columns": {
            "type": "object",
            "required": ["geometry"],
            "additionalProperties": False,
            "properties": {"geometry": COLUMN},
        },
    },
}


def geo(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pq.read_metadata(path).metadata[b"geo"])
    validate(found, GEO)
    column: dict[str, Any] = found["columns"]["geometry"]
    return column


@pytest.mark.parametrize("what", ["flown", "across", "nothing"])
@pytest.mark.parametrize("kind", ["points", "lines", "polygons"])
def test_metadata_says_what_is_there(
    what: str, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    features: Features = getattr(request.getfixturevalue(what), kind)
    path = export(features, tmp_path / "a.parquet")
    column = geo(path)
    shapes = [shape for shape in features.shapes if shape is not None]
    assert set(column["geometry_types"]) == {shape.geom_type for shape in shapes}
    if shapes:
        assert column["bbox"] == shapely.total_bounds(shapes).tolist()
    else:
        assert "bbox" not in column
    assert ("orientation" in column) == (kind == "polygons")


def test_the_geometry_is_a_plain_binary_column_at_the_root(flown: Flown, tmp_path: Path) -> None:
    schema = pq.ParquetFile(export(flown.lines, tmp_path / "a.parquet")).schema
    column = schema.column(len(schema) - 1)
    assert (column.path, column.physical_type) == ("geometry", "BYTE_ARRAY")
    assert column.max_repetition_level == 0


def test_geometries_are_little_endian_and_flat(flown: Flown, tmp_path: Path) -> None:
    table = pq.read_table(export(flown.points, tmp_path / "a.parquet"))
    known = table["geometry"].drop_null().to_pylist()
    assert {wkb[:5] for wkb in known} == {b"\x01\x01\x00\x00\x00"}


def test_large_tables_come_in_row_groups(tmp_path: Path) -> None:
    count = 70_000
    wkb = shapely.to_wkb(shapely.points(np.linspace(-180, 180, count), 0.0))
    many = Features("point", pa.table({"n": range(count)}), pa.array(wkb, pa.binary()))
    file = pq.ParquetFile(export(many, tmp_path / "a.parquet"))
    assert [file.metadata.row_group(i).num_rows for i in range(2)] == [65_536, count - 65_536]
