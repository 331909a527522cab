"""Jobs to map formats and back; foreign and hostile map files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw  # type: ignore[import-untyped,unused-ignore]
import pytest
import shapely

from satlog_native.errors import JobFileError
from satlog_native.jobs import JobFile, JobPolygon, convert_job, load_job, save_job, write_job
from satlog_native.jobs.convert import saved_files
from satlog_native.jobs.geometry import to_geometry

SQUARE = ((33.0, -98.0), (33.1, -98.0), (33.1, -97.9), (33.0, -97.9), (33.0, -98.0))
HOLE = ((33.04, -97.96), (33.06, -97.96), (33.06, -97.94), (33.04, -97.96))
FAR = tuple((lat + 1.0, lon + 0.123456) for lat, lon in SQUARE)
JOB = JobFile(
    "789_field1",
    "Peña & <Sons>",
    2,
    (
        JobPolygon(SQUARE, (HOLE,), 1, "North 'A' \"B\""),
        JobPolygon(FAR, (), 1, "North 'A' \"B\""),
        JobPolygon(SQUARE, (), 7, ""),
    ),
)
RING = [[-98.0, 33.0], [-97.9, 33.0], [-97.9, 33.1], [-98.0, 33.1], [-98.0, 33.0]]


def same(one: JobFile, other: JobFile) -> None:
    """Same job; rings may begin elsewhere or run the other way."""
    assert (one.number, one.name) == (other.number, other.name)
    assert [(p.number, p.label) for p in one.polygons] == [
        (p.number, p.label) for p in other.polygons
    ]
    for a, b in zip(one.polygons, other.polygons, strict=True):
        assert to_geometry([a]).normalize().equals_exact(to_geometry([b]).normalize(), 1e-9)


@pytest.mark.parametrize(
    "suffix", [".job", ".geojson", ".json", ".kml", ".KML", ".shp", ".SHP", ".gpkg"]
)
def test_a_job_survives_every_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"field{suffix}"
    assert save_job(JOB, path) == path
    same(load_job(path), JOB)
    assert sorted(tmp_path.iterdir()) == sorted(saved_files(path))
    assert not [part for part in tmp_path.iterdir() if part.name.startswith(".")]


@pytest.mark.parametrize("suffix", [".geojson", ".kml", ".shp", ".gpkg"])
def test_job_to_map_and_back_is_the_same_job_file(suffix: str, tmp_path: Path) -> None:
    source = write_job(JOB, tmp_path)
    convert_job(source, tmp_path / f"map{suffix}")
    convert_job(tmp_path / f"map{suffix}", tmp_path / "again.job")
    same(load_job(tmp_path / "again.job"), load_job(source))


@pytest.mark.parametrize("suffix", [".geojson", ".kml", ".shp", ".gpkg"])
def test_an_older_file_is_replaced(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"field{suffix}"
    save_job(JOB, path)
    smaller = JobFile("1", polygons=JOB.polygons[:1])
    save_job(smaller, path)
    same(load_job(path), smaller)


def test_geojson_is_as_the_rfc_has_it(tmp_path: Path) -> None:
    path = save_job(JOB, tmp_path / "f.geojson")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["type"] == "FeatureCollection"
    first = document["features"][0]
    assert first["properties"] == {
        "job": "789_field1",
        "job_name": "Peña & <Sons>",
        "number": 1,
        "name": "North 'A' \"B\"",
    }
    exterior, hole = first["geometry"]["coordinates"]
    assert exterior[0] == [-98.0, 33.0]
    assert shapely.is_ccw(shapely.LinearRing(exterior))
    assert not shapely.is_ccw(shapely.LinearRing(hole))


def test_a_foreign_geojson(tmp_path: Path) -> None:
    path = tmp_path / "North field (2).geojson"
    shapes = {
        "type": "GeometryCollection",
        "geometries": [
            {"type": "Point", "coordinates": [0, 0]},
            {"type": "MultiPolygon", "coordinates": [[[[*at, 120.5] for at in RING]], [RING]]},
        ],
    }
    features = [
        {"type": "Feature", "properties": {"NAME": "East\n40"}, "geometry": shapes},
        {"type": "Feature", "properties": None, "geometry": None},
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    job = load_job(path)
    assert job.number == "North_field_2"
    assert [(one.number, one.label) for one in job.polygons] == [(1, "East 40")] * 2
    assert job.polygons[0].exterior[0] == (33.0, -98.0)
    assert ["Point" in entry.what for entry in job.report] == [True]
    assert load_job(path, number="146").number == "146"


@pytest.mark.parametrize(
    "document",
    [
        "[]",
        "{}",
        '{"type": "FeatureCollection", "features": 5}',
        '{"type": "FeatureCollection", "features": []}',
        '{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [NaN, 2]]]}',
        '{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1e999, 2]]]}',
        '{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [true, 2]]]}',
        '{"type": "Polygon", "coordinates": [[[500000, 4000000], [500001, 4000000], [5e5, 4e6]]]}',
        '{"type": "Polygon", "coordinates": [[0, 0]]}',
        '{"type": "Polygon", "coordinates": [[]]}',
        '{"type": "Feature", "geometry": 5}',
        json.dumps(
            {
                "type": "Polygon",
                "coordinates": [RING],
                "crs": {"type": "name", "properties": {"name": "EPSG:3857"}},
            }
        ),
        '{"a":' * 100_000,
    ],
)
def test_geojson_that_cannot_be_used(document: str, tmp_path: Path) -> None:
    path = tmp_path / "x.geojson"
    path.write_text(document)
    with pytest.raises(JobFileError, match=r"x\.geojson"):
        load_job(path)


def test_a_foreign_kml(tmp_path: Path) -> None:
    path = tmp_path / "f.kml"
    path.write_text(
        """<?xml version="1.0"?><k:kml xmlns:k="http://earth.google.com/kml/2.1"><k:Folder>
        <k:Placemark><k:name> Pond </k:name><k:Point><k:coordinates>1,2</k:coordinates></k:Point>
        </k:Placemark><k:Placemark><k:name> East </k:name><k:MultiGeometry><k:Polygon>
        <k:innerBoundaryIs><k:LinearRing><k:coordinates>-97.96,33.04 -97.96,33.06 -97.94,33.06
        </k:coordinates></k:LinearRing></k:innerBoundaryIs>
        <k:outerBoundaryIs><k:LinearRing><k:coordinates>
        -98,33,0 -97.9,33,0
        -97.9,33.1,0 -98,33.1,0</k:coordinates></k:LinearRing></k:outerBoundaryIs>
        </k:Polygon></k:MultiGeometry></k:Placemark></k:Folder></k:kml>"""
    )
    job = load_job(path)
    assert job.number == "f"
    (polygon,) = job.polygons
    assert polygon.label == "East"
    assert polygon.exterior == (
        (33.0, -98.0), (33.0, -97.9), (33.1, -97.9), (33.1, -98.0), (33.0, -98.0),
    )  # fmt: skip
    assert len(polygon.holes) == 1
    assert [entry.what for entry in job.report] == ["a Point, left out"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_kml_with_a_document_type_is_refused(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "x.kml"
    text = (
        '<?xml version="1.0"?><!DOCTYPE k [<!ENTITY a SYSTEM "file:///etc/passwd">]><kml>&a;</kml>'
    )
    path.write_bytes(text.encode(encoding))
    with pytest.raises(JobFileError, match="document type"):
        load_job(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<kml>",
        "<kml/>",
        "no xml",
        "<kml><Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>1 2 3</coordinates>"
        "</LinearRing></outerBoundaryIs></Polygon></Placemark></kml>",
        "<kml><Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>1,2 nan,3 4,5"
        "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>",
        "<a>" * 200_000,
    ],
)
def test_kml_that_cannot_be_used(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.kml"
    path.write_text(text)
    with pytest.raises(JobFileError, match=r"x\.kml"):
        load_job(path)


def write_foreign(path: Path, shapes: list[Any], crs: str | None, kind: str) -> None:
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array(shapes, dtype=object)),
        [np.array(["East"] * len(shapes), dtype=object)],
        ["NAME"],
        geometry_type=kind,
        crs=crs,
        driver={".shp": "ESRI Shapefile", ".gpkg": "GPKG"}[path.suffix],
    )


@pytest.mark.parametrize("suffix", [".shp", ".gpkg"])
def test_other_coordinate_systems_are_brought_to_wgs_84(suffix: str, tmp_path: Path) -> None:
    # UTM zone 14 north: the central meridian, 99° W, is easting 500 km; the equator northing 0.
    path = tmp_path / f"utm{suffix}"
    write_foreign(path, [shapely.box(500_000, 0, 501_000, 1_000)], "EPSG:32614", "Polygon")
    polygon = load_job(path).polygons[0]
    assert polygon.label == "East"
    latitudes, longitudes = zip(*polygon.exterior, strict=True)
    assert (min(latitudes), min(longitudes)) == pytest.approx((0.0, -99.0), abs=1e-7)
    # one kilometre at the equator, with UTM's scale of 0.9996
    assert max(longitudes) + 99.0 == pytest.approx(1000 / 0.9996 / 111_319.4908, abs=1e-7)


def test_points_in_a_geopackage_are_left_out_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "f.gpkg"
    shapes = [shapely.box(0, 0, 1, 1), shapely.Point(3, 3)]
    write_foreign(path, shapes, "EPSG:4326", "Unknown")
    job = load_job(path)
    assert len(job.polygons) == 1
    assert [entry.what for entry in job.report] == [
        "feature 2 is not only polygons, the rest left out"
    ]


@pytest.mark.parametrize("suffix", [".shp", ".gpkg"])
def test_vector_files_that_are_something_else(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    evil = "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/x</SrcDataSource>"
    path.write_text(evil)
    with pytest.raises(JobFileError, match="expected a"):
        load_job(path)
    magic = {".shp": b"\x00\x00\x27\x0a", ".gpkg": b"SQLite format 3\x00"}[suffix]
    path.write_bytes(magic + bytes(200))
    with pytest.raises(JobFileError, match="x"):
        load_job(path)
    with pytest.raises(JobFileError, match="cannot be read"):
        load_job(tmp_path / f"none{suffix}")


@pytest.mark.parametrize("name", ["x.txt", "x", "x.job.zip"])
def test_unknown_endings(name: str, tmp_path: Path) -> None:
    with pytest.raises(JobFileError, match="ending"):
        load_job(tmp_path / name)
    with pytest.raises(JobFileError, match="ending"):
        save_job(JOB, tmp_path / name)


@pytest.mark.parametrize("suffix", [".geojson", ".kml", ".shp", ".gpkg"])
def test_a_job_without_polygons_has_no_map(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(JobFileError, match="no polygon"):
        save_job(JobFile("1"), tmp_path / f"x{suffix}")


@pytest.mark.parametrize("suffix", [".geojson", ".kml", ".shp", ".gpkg", ".job"])
def test_a_folder_that_is_not_there(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(JobFileError, match="cannot be written"):
        save_job(JOB, tmp_path / "none" / f"x{suffix}")
