"""GPX against the rules of its schema, version 1.1."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from satlog_native.errors import SatlogError
from satlog_native.export.features import Features, pass_lines, track_points
from satlog_native.export.maps import export
from unit.export.samples import ACROSS, Flown, settings, track_of

GPX = "{http://www.topografix.com/GPX/1/1}"
LOSS = 1e-7

#: Children of each element, in the only order that the schema allows, and its attributes.
ORDER = {
    "gpx": (("metadata", "trk"), {"version", "creator"}),
    "metadata": (("name", "desc", "bounds"), set()),
    "bounds": ((), {"minlat", "minlon", "maxlat", "maxlon"}),
    "trk": (("name", "number", "trkseg"), set()),
    "trkseg": (("trkpt",), set()),
    "trkpt": (("ele", "time"), {"lat", "lon"}),
}
#: xsd:decimal has no exponents, and no NaN.
DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def check(element: ElementTree.Element) -> None:
    name = element.tag.removeprefix(GPX)
    if name in ORDER:
        children, attributes = ORDER[name]
        places = [children.index(child.tag.removeprefix(GPX)) for child in element]
        assert places == sorted(places)
        assert set(element.attrib) == attributes
    else:
        assert not len(element)
        assert not element.attrib
    for attribute, value in element.attrib.items():
        if attribute[-3:] in ("lat", "lon"):
            assert DECIMAL.fullmatch(value)
            limit = 90 if attribute[-3:] == "lat" else 180
            assert -limit <= float(value) <= limit
            assert float(value) != 180  # the schema excludes it
    if name == "ele":
        assert DECIMAL.fullmatch(element.text or "")
    if name == "time":
        assert dt.datetime.fromisoformat(element.text or "").tzinfo is not None
    for child in element:
        check(child)


def parse(path: Path) -> ElementTree.Element:
    root = ElementTree.parse(path).getroot()
    check(root)
    return root


def segments(root: ElementTree.Element) -> dict[str, list[list[tuple[float, float]]]]:
    """Longitude and latitude by track and segment."""
    return {
        track.findtext(f"{GPX}name", ""): [
            [(float(p.get("lon", "")), float(p.get("lat", ""))) for p in segment]
            for segment in track.iterfind(f"{GPX}trkseg")
        ]
        for track in root.iterfind(f"{GPX}trk")
    }


def test_each_pass_is_a_track_with_time_and_elevation(flown: Flown, tmp_path: Path) -> None:
    root = parse(export(flown.points, tmp_path / "a.gpx"))
    tracks = segments(root)
    numbers = flown.passes["pass"].to_list()
    assert list(tracks) == [*(f"Pass {number}" for number in numbers), "Not sprayed"]
    ends = flown.passes.select(
        "first_longitude", "first_latitude", "last_longitude", "last_latitude"
    ).rows()
    for number, (x0, y0, x1, y1) in zip(numbers, ends, strict=True):
        (points,) = tracks[f"Pass {number}"]
        assert points[0] == pytest.approx((x0, y0), abs=LOSS)
        assert points[-1] == pytest.approx((x1, y1), abs=LOSS)
    first = next(root.iter(f"{GPX}trkpt"))
    start = flown.passes["start_time"][0]
    assert dt.datetime.fromisoformat(first.findtext(f"{GPX}time", "")) == start
    row = flown.track.filter(pl.col("time") == start)
    assert float(first.findtext(f"{GPX}ele", "")) == pytest.approx(row["altitude"][0], abs=1e-3)


def test_no_position_is_lost(flown: Flown, tmp_path: Path) -> None:
    tracks = segments(parse(export(flown.points, tmp_path / "a.gpx")))
    written = {point for parts in tracks.values() for part in parts for point in part}
    known = shapely.get_coordinates(flown.points.shapes)
    assert len(written) == len(np.unique(np.round(known, 9), axis=0))
    assert np.array(sorted(written)) == pytest.approx(np.unique(known, axis=0), abs=LOSS)


def test_the_antimeridian_ends_a_segment(across: Flown, tmp_path: Path) -> None:
    root = parse(export(across.points, tmp_path / "a.gpx"))
    assert [x for part in segments(root)["Pass 1"] for x, _ in part] == pytest.approx(ACROSS)
    assert [len(part) for part in segments(root)["Pass 1"]] == [3, 3]
    parts = segments(parse(export(across.lines, tmp_path / "b.gpx")))["Pass 1"]
    assert [part[-1][0] > 0 for part in parts] == [part[0][0] > 0 for part in parts]


def test_an_unknown_elevation_is_left_out(across: Flown, tmp_path: Path) -> None:
    root = parse(export(across.points, tmp_path / "a.gpx"))
    assert [len(point) for point in root.iter(f"{GPX}trkpt")] == [2, 2, 2, 2, 2, 1]


def test_a_gap_ends_a_segment(tmp_path: Path) -> None:
    track = track_of([10.0, 10.001, 10.002, 10.003])
    late = pl.col("time") + pl.when(pl.col("frame") > 1).then(pl.duration(seconds=60)).otherwise(
        pl.duration(seconds=0)
    )
    base = track.select("frame", "offset", late, "latitude", "longitude", "altitude", "spray_on")
    from satlog_native import flight

    points = track_points(flight.track({"position": base}), settings())
    tracks = segments(parse(export(points, tmp_path / "a.gpx")))
    assert [len(part) for parts in tracks.values() for part in parts] == [2, 2]


def test_pass_lines_are_tracks_too(flown: Flown, tmp_path: Path) -> None:
    tracks = segments(parse(export(flown.lines, tmp_path / "a.gpx")))
    assert list(tracks) == [f"Pass {number}" for number in flown.passes["pass"]]
    for parts, shape in zip(tracks.values(), flown.lines.shapes, strict=True):
        assert parts[0] == pytest.approx(shapely.get_coordinates(shape), abs=LOSS)


def test_a_pass_without_a_line_is_a_track_without_segments(flown: Flown, tmp_path: Path) -> None:
    lines = pass_lines(flown.passes.head(2), flown.segments.head(1))
    tracks = segments(parse(export(lines, tmp_path / "a.gpx")))
    assert [len(parts) for parts in tracks.values()] == [1, 0]


def test_elevation_is_in_metres_whatever_the_units(flown: Flown, tmp_path: Path) -> None:
    feet = track_points(flown.track, units="us")
    assert feet.table.schema.field("altitude").metadata == {b"unit": b"ft"}
    heights = [
        [float(ele.text or "") for ele in parse(export(points, path)).iter(f"{GPX}ele")]
        for points, path in ((feet, tmp_path / "a.gpx"), (flown.points, tmp_path / "b.gpx"))
    ]
    assert heights[0] == pytest.approx(heights[1], abs=2e-3)


def test_a_map_program_reads_it(flown: Flown, tmp_path: Path) -> None:
    path = export(flown.points, tmp_path / "a.gpx")
    info = pyogrio.read_info(
        path, layer="tracks", force_feature_count=True, force_total_bounds=True
    )
    assert info["features"] == flown.passes.height + 1
    assert info["total_bounds"] == pytest.approx(shapely.total_bounds(flown.points.shapes))


def test_nothing_flown_is_a_file_without_tracks(nothing: Flown, tmp_path: Path) -> None:
    assert segments(parse(export(nothing.points, tmp_path / "a.gpx"))) == {}
    assert segments(parse(export(nothing.lines, tmp_path / "b.gpx"))) == {}


def test_it_has_no_polygons(flown: Flown, tmp_path: Path) -> None:
    with pytest.raises(SatlogError, match="no polygons; export points or passes"):
        export(flown.polygons, tmp_path / "a.gpx")
    assert not list(tmp_path.iterdir())


def test_what_is_odd_is_valid(odd: Features, tmp_path: Path) -> None:
    tracks = segments(parse(export(odd, tmp_path / "a.gpx")))
    points = [point for part in tracks["Not sprayed"] for point in part]
    assert points == pytest.approx(shapely.get_coordinates(odd.shapes), abs=LOSS)


@given(
    places=st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=10)
)
def test_no_coordinate_loses_more_than_allowed(
    places: list[tuple[float, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    track = track_of([longitude for longitude, _ in places])
    track = track.with_columns(latitude=pl.Series([latitude for _, latitude in places]))
    path = export(track_points(track), tmp_path_factory.mktemp("gpx") / "a.gpx")
    found = {point for parts in segments(parse(path)).values() for part in parts for point in part}
    for place in places:
        assert min(max(abs(x - place[0]), abs(y - place[1])) for x, y in found) <= LOSS
