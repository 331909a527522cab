"""Every format read back by a reader that satlog has no part in."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from satlog_native.export.features import Features
from satlog_native.export.maps import export
from satlog_native.export.vector import short_names
from unit.export.samples import HOSTILE, Flown

#: What no format may lose of a coordinate, degrees.
LOSS = 1e-7
TIME = dt.datetime(2025, 7, 9, 6, 0, 0, 250_000, tzinfo=dt.UTC)

Rows = list[dict[str, Any]]
Read = tuple[Rows, list[Any]]


def of_wkb(table: pa.Table, column: str) -> Read:
    shapes = shapely.from_wkb(table[column].to_numpy(zero_copy_only=False))
    return table.drop_columns([column]).to_pylist(), list(shapes)


def read_geoparquet(path: Path) -> Read:
    return of_wkb(pq.read_table(path), "geometry")


def read_arrow(path: Path) -> Read:
    with pa.ipc.open_file(path) as file:
        return of_wkb(file.read_all(), "geometry")


def read_json(path: Path) -> Read:
    return features_of(json.loads(path.read_text(encoding="utf-8"))["features"])


def read_sequence(path: Path) -> Read:
    separator, *texts = path.read_text(encoding="utf-8").split("\x1e")
    assert separator == ""
    assert all(text.endswith("}\n") for text in texts)
    return features_of([json.loads(text) for text in texts])


def features_of(features: list[Any]) -> Read:
    assert {feature["type"] for feature in features} <= {"Feature"}
    shapes = [
        None if feature["geometry"] is None else shapely.geometry.shape(feature["geometry"])
        for feature in features
    ]
    return [feature["properties"] for feature in features], shapes


def read_gdal(path: Path) -> Read:
    meta, table = pyogrio.read_arrow(path)
    assert meta["crs"] == "EPSG:4326"
    return of_wkb(table, meta["geometry_name"] or "wkb_geometry")


def read_duckdb(path: Path) -> Read:
    with duckdb.connect(str(path), read_only=True) as connection:
        ((name,),) = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        table = connection.sql(f"SELECT * FROM {name}").to_arrow_table()
    return of_wkb(table, "geometry")


READERS: dict[str, Callable[[Path], Read]] = {
    ".parquet": read_geoparquet,
    ".arrow": read_arrow,
    ".geojson": read_json,
    ".geojsons": read_sequence,
    ".gpkg": read_gdal,
    ".shp": read_gdal,
    ".duckdb": read_duckdb,
}
EXACT = [".parquet", ".arrow", ".duckdb"]


def parts_of(shape: Any) -> list[Any]:
    return [] if shape is None else list(shapely.get_parts(shape))


def same_shapes(found: list[Any], expected: Any) -> None:
    """The same parts in the same order; a format may give a single part as one of several."""
    assert [shape is None for shape in found] == [shape is None for shape in expected]
    for one, other in zip(found, expected, strict=True):
        pairs = list(zip(parts_of(one), parts_of(other), strict=True))
        for a, b in pairs:
            if a.geom_type == "Polygon":
                # A format may begin rings elsewhere or wind them its own way.
                a, b = a.normalize(), b.normalize()  # noqa: PLW2901
            assert a.equals_exact(b, LOSS)


@pytest.mark.parametrize("ending", READERS)
@pytest.mark.parametrize("kind", ["points", "lines", "polygons"])
@pytest.mark.parametrize("what", ["flown", "across", "nothing"])
def test_a_flight_survives(
    what: str, kind: str, ending: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    features: Features = getattr(request.getfixturevalue(what), kind)
    rows, shapes = READERS[ending](export(features, tmp_path / f"a{ending}"))
    same_shapes(shapes, features.shapes)
    expected = features.table.to_pylist()
    if ending == ".shp":
        names = dict(
            zip(
                short_names(features.table.column_names),
                expected[0] if expected else (),
                strict=False,
            )
        )
        rows = [{names[short]: value for short, value in row.items()} for row in rows]
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        assert list(row) == list(wanted)
        for name, value in wanted.items():
            assert same_value(row[name], value), name


def same_value(found: Any, wanted: Any) -> Any:
    if isinstance(wanted, dt.datetime):
        if isinstance(found, str):
            found = dt.datetime.fromisoformat(found)
        return abs(found - wanted) <= dt.timedelta(milliseconds=1)
    if isinstance(wanted, float):
        return found == pytest.approx(wanted, rel=1e-6, abs=1e-12)
    return found == wanted


@pytest.mark.parametrize("ending", EXACT)
def test_binary_formats_keep_every_value(ending: str, odd: Features, tmp_path: Path) -> None:
    rows, shapes = READERS[ending](export(odd, tmp_path / f"a{ending}"))
    assert [None if s is None else s.coords[0] for s in shapes] == [
        (180.0, -89.9999999),
        (1e-9, 45.123456789),
        None,
    ]
    wanted = odd.table.to_pylist()
    assert rows[1:] == wanted[1:]
    assert math.isnan(rows[0].pop("speed"))
    wanted[0].pop("speed")
    assert rows[0] == wanted[0]
    assert rows[0]["state"] == HOSTILE


@pytest.mark.parametrize("ending", [".geojson", ".geojsons"])
def test_json_holds_extremes(ending: str, odd: Features, tmp_path: Path) -> None:
    rows, shapes = READERS[ending](export(odd, tmp_path / f"a{ending}"))
    same_shapes(shapes, odd.shapes)
    assert rows[0] == {
        "latitude": -89.9999999,
        "speed": None,
        "huge": None,
        "single": 0.1,
        "offset": 2**64 - 1,
        "count": 255,
        "on": True,
        "time": "2025-07-09T06:00:00.250000Z",
        "state": HOSTILE,
        "text": "=1+1",
        "list": [1, None],
        "data": "00ff",
    }
    assert rows[1]["huge"] == -1e300
    assert (rows[1]["text"], rows[1]["list"]) == ("", [])
    assert set(rows[2].values()) == {None}


def test_a_geopackage_holds_extremes(odd: Features, tmp_path: Path) -> None:
    rows, shapes = read_gdal(export(odd, tmp_path / "a.gpkg"))
    same_shapes(shapes, odd.shapes)
    assert rows[0]["time"] == TIME
    assert rows[0]["offset"] == str(2**64 - 1)
    assert rows[0]["speed"] is None
    assert rows[0]["state"] == HOSTILE.replace("\x00", " ")
    assert (rows[0]["list"], rows[0]["data"]) == ("[1,null]", b"\x00\xff")
    assert rows[1]["huge"] == -1e300
    assert set(rows[2].values()) == {None}


def test_a_shapefile_holds_extremes(odd: Features, tmp_path: Path) -> None:
    rows, shapes = read_gdal(export(odd, tmp_path / "a.shp"))
    same_shapes(shapes, odd.shapes)
    assert rows[0]["time"] == "2025-07-09T06:00:00.250000Z"
    assert rows[0]["state"] == HOSTILE.replace("\x00", " ")
    assert (rows[0]["speed"], rows[0]["huge"], rows[1]["huge"]) == (None, None, None)
    assert rows[0]["single"] == pytest.approx(0.1)
    assert (rows[0]["list"], rows[0]["data"]) == ("[1,null]", "00ff")
    assert set(rows[2].values()) == {None}


def test_long_text_of_a_shapefile_ends_with_a_whole_sign(tmp_path: Path) -> None:
    point = pa.array([shapely.to_wkb(shapely.Point(1, 2))], pa.binary())
    long = Features("point", pa.table({"a": ["水" * 90]}), point)
    rows, _ = read_gdal(export(long, tmp_path / "a.shp"))
    assert rows == [{"a": "水" * 84}]


def test_names_of_a_shapefile_are_short_and_differ(flown: Flown) -> None:
    names = flown.points.table.column_names + flown.passes.columns + ["水" * 9] * 12
    short = short_names([*dict.fromkeys(names), *["abcdefghijkl"] * 12])
    assert len({name.lower() for name in short}) == len(short)
    assert max(len(name.encode()) for name in short) <= 10
    assert short_names(["time", "last_latitude", "Time"]) == ["time", "last_lat", "Time1"]


def test_a_geopackage_tells_units_and_what_it_is(flown: Flown, tmp_path: Path) -> None:
    path = export([flown.points, flown.lines, flown.polygons], tmp_path / "a.gpkg")
    assert pyogrio.list_layers(path).tolist() == [
        ["track", "Point"],
        ["passes", "MultiLineString"],
        ["coverage", "MultiPolygon"],
    ]
    meta, table = pyogrio.read_arrow(path, layer="passes")
    assert meta["fields"].tolist() == flown.passes.columns
    comment = table.schema.field("applied_rate").metadata[b"GDAL:OGR:comment"]
    assert comment == b"L/ha"
    known = pyogrio.read_info(path, layer="track")["layer_metadata"]["satlog"]
    assert json.loads(known)["aircraft"] == "N123"


def test_a_duckdb_file_tells_units_and_what_it_is(flown: Flown, tmp_path: Path) -> None:
    path = export([flown.points, flown.lines, flown.polygons], tmp_path / "a.duckdb")
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall()
        assert {name for name, _ in tables} == {"track", "passes", "coverage"}
        assert all(json.loads(comment)["aircraft"] == "N123" for _, comment in tables)
        units = dict(
            connection.execute(
                "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'passes'"
            ).fetchall()
        )
        assert (units["applied_rate"], units["pass"]) == ("L/ha", None)
        ((area,),) = connection.execute("SELECT sum(area) FROM passes").fetchall()
    assert area == pytest.approx(flown.passes["area"].sum())


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_arrow_and_parquet_keep_units_and_what_it_is(
    ending: str, flown: Flown, tmp_path: Path
) -> None:
    path = export(flown.points, tmp_path / f"a{ending}")
    schema = pq.read_schema(path) if ending == ".parquet" else pa.ipc.open_file(path).schema
    assert schema.field("ground_speed").metadata[b"unit"] == b"m/s"
    assert schema.metadata[b"satlog.aircraft"] == b"N123"
    assert schema.metadata[b"satlog.table"] == b"track"


def test_arrow_marks_its_geometry(flown: Flown, tmp_path: Path) -> None:
    path = export(flown.lines, tmp_path / "a.arrow")
    metadata = pa.ipc.open_file(path).schema.field("geometry").metadata
    assert metadata[b"ARROW:extension:name"] == b"geoarrow.wkb"
    assert json.loads(metadata[b"ARROW:extension:metadata"])["crs"] == "OGC:CRS84"


def test_a_collection_tells_units_and_what_it_is(flown: Flown, tmp_path: Path) -> None:
    document = json.loads(export(flown.lines, tmp_path / "a.geojson").read_bytes())
    assert document["type"] == "FeatureCollection"
    assert document["name"] == "passes"
    assert document["title"] == "Flight & <1>"
    assert document["units"]["applied_rate"] == "L/ha"
    assert document["metadata"] == {"aircraft": "N123", "pilot": 'Ann <"&"> Peña\x07'}
    assert "crs" not in document
    assert pyogrio.read_info(tmp_path / "a.geojson")["features"] == flown.passes.height


@pytest.mark.parametrize("ending", [".geojson", ".geojsons"])
def test_more_rows_than_are_written_at_once(ending: str, tmp_path: Path) -> None:
    count = 20_000
    wkb = shapely.to_wkb(shapely.points(np.linspace(-180, 180, count), 0.0))
    many = Features("point", pa.table({"n": range(count)}), pa.array(wkb, pa.binary()))
    rows, shapes = READERS[ending](export(many, tmp_path / f"a{ending}"))
    assert [row["n"] for row in rows] == list(range(count))
    same_shapes(shapes, many.shapes)


#: Anything on earth, with all the digits of a double.
DEGREES = st.tuples(
    st.floats(-180.0, 180.0, allow_nan=False), st.floats(-90.0, 90.0, allow_nan=False)
)


@pytest.mark.parametrize("ending", READERS)
@settings(max_examples=30)
@given(line=st.lists(DEGREES, min_size=2, max_size=20))
def test_no_coordinate_loses_more_than_allowed(
    ending: str, line: list[tuple[float, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    wkb = pa.array([shapely.to_wkb(shapely.LineString(line))], pa.binary())
    features = Features("pass", pa.table({"pass": [1]}), wkb)
    path = export(features, tmp_path_factory.mktemp("line") / f"a{ending}")
    _, shapes = READERS[ending](path)
    found = shapely.get_coordinates(shapes)
    assert found == pytest.approx(np.array(line), rel=0, abs=0 if ending in EXACT else LOSS)
