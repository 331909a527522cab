"""Features of a flight's tables."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import shapely

from satlog_native import flight
from satlog_native.errors import AnalysisError, SatlogError
from satlog_native.export.features import Features, coverage_polygons, pass_lines, track_points
from unit.export.samples import Flown, settings


def test_every_position_is_a_point_with_its_pass(flown: Flown) -> None:
    track, points = flown.track, flown.points
    known = track["latitude"].is_not_null().to_numpy()
    xy = shapely.get_coordinates(points.shapes[known])
    assert xy.tolist() == track.select("longitude", "latitude").filter(known).to_numpy().tolist()
    assert points.table["frame"].to_pylist() == track["frame"].to_list()
    numbers = points.table["pass"].drop_null().unique().to_pylist()
    assert numbers == flown.passes["pass"].to_list()
    assert points.table.schema.field("ground_speed").metadata == {b"unit": b"m/s"}


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 180.1, None])
def test_a_position_without_a_place_has_no_geometry(bad: float | None, across: Flown) -> None:
    track = across.track.with_columns(
        longitude=pl.when(pl.col("frame") == 1).then(pl.lit(bad, pl.Float64)).otherwise("longitude")
    )
    points = track_points(track)
    missing = [number for number, shape in enumerate(points.shapes) if shape is None]
    assert missing == [1, 3]
    assert points.table.num_rows == track.height


def test_passes_are_lines_from_their_start_to_their_end(flown: Flown) -> None:
    ends = flown.passes.select(
        "first_longitude", "first_latitude", "last_longitude", "last_latitude"
    ).rows()
    for shape, (x0, y0, x1, y1) in zip(flown.lines.shapes, ends, strict=True):
        points = shapely.get_coordinates(shape)
        assert points[0] == pytest.approx((x0, y0), abs=1e-7)
        assert points[-1] == pytest.approx((x1, y1), abs=1e-7)
    assert flown.lines.table.column_names == flown.passes.columns


def test_a_pass_without_a_line_keeps_its_row(flown: Flown) -> None:
    lines = pass_lines(flown.passes, flown.segments.filter(pl.col("pass") != 2))
    assert [shape is None for shape in lines.shapes[:3]] == [False, True, False]
    assert lines.table["pass"].to_pylist() == flown.passes["pass"].to_list()


def test_lines_need_their_tables(flown: Flown) -> None:
    with pytest.raises(AnalysisError, match="'pass' and 'geometry'"):
        pass_lines(flown.passes, flown.passes)
    with pytest.raises(AnalysisError, match="table of passes"):
        pass_lines(flown.segments.drop("pass"), flown.segments)


def test_coverage_is_a_polygon_of_each_kind(flown: Flown) -> None:
    west, south, east, north = shapely.bounds(flown.coverage.treated)
    field = shapely.box(west, south, (west + east) / 2, north + 0.001)
    found = flight.coverage(flown.track, boundary=field)
    table = coverage_polygons(found).table
    assert table["kind"].to_pylist() == ["net", "overlap", "skip", "off_target"]
    assert table["area"].to_pylist() == [
        found.net_area,
        found.overlap_area,
        found.skip_area,
        found.off_target_area,
    ]
    assert table.schema.field("area").metadata == {b"unit": b"ha"}
    assert flown.polygons.table["kind"].to_pylist() == ["net", "overlap"]


def test_rings_run_as_the_rfc_has_them(flown: Flown) -> None:
    polygons = shapely.get_parts(flown.polygons.shapes[:1])
    assert len(polygons)
    for polygon in polygons:
        assert polygon.exterior.is_ccw
        assert not any(ring.is_ccw for ring in polygon.interiors)


def test_an_area_of_nothing_has_no_geometry(across: Flown) -> None:
    assert across.polygons.table["area"].to_pylist()[1] == pytest.approx(0.0, abs=1e-9)
    assert across.polygons.shapes[1] is None


def test_the_antimeridian_cuts_lines_and_polygons(across: Flown) -> None:
    (line,) = across.lines.shapes
    assert line.geom_type == "MultiLineString"
    for shape in (*line.geoms, *across.polygons.shapes[0].geoms):
        west, _, east, _ = shape.bounds
        assert east - west < 0.01
        assert 180.0 in (abs(west), abs(east))


def test_nothing_flown_gives_nothing(nothing: Flown) -> None:
    assert [f.table.num_rows for f in (nothing.points, nothing.lines)] == [0, 0]
    assert nothing.polygons.shapes.tolist() == [None, None]


def test_us_units_are_told_and_converted(flown: Flown) -> None:
    lines = pass_lines(flown.passes, flown.segments, units="us")
    assert lines.table.schema.field("length").metadata == {b"unit": b"ft"}
    feet = np.array(lines.table["length"])
    assert feet == pytest.approx(flown.passes["length"].to_numpy() / 0.3048)
    acres = coverage_polygons(flown.coverage, units="us").table["area"][0].as_py()
    assert acres == pytest.approx(flown.coverage.net_area * 2.4710538)


def test_dry_material_is_told_in_kilograms(flown: Flown) -> None:
    lines = pass_lines(flown.passes, flown.segments, dry=True)
    assert lines.table.schema.field("applied_rate").metadata == {b"unit": b"kg/ha"}


def test_attributes_and_geometries_must_go_together() -> None:
    point = pa.array([shapely.to_wkb(shapely.Point(1, 2))], pa.binary())
    with pytest.raises(SatlogError, match="2 rows of attributes, but 1 geometries"):
        Features("point", pa.table({"a": [1, 2]}), point)
    with pytest.raises(SatlogError, match="named 'geometry'"):
        Features("point", pa.table({"geometry": [1]}), point)


def test_a_track_without_its_columns_is_refused(across: Flown) -> None:
    with pytest.raises(AnalysisError, match="sprayed"):
        track_points(across.track.drop("sprayed"), settings())
