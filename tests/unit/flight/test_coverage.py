"""Coverage against analytic figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely
from pyproj import Geod

from satlog_native.errors import AnalysisError
from satlog_native.flight import FlightSettings, coverage, passes, track
from unit.flight.logs import positions, records, runs, to_degrees, total

WIDTH = 20.0
HERE = (35.2, -90.9)
LINE = 1000.0
#: 20 steps of 50 m with spray on, then four without.
SPRAY = runs((20, True), (4, False))


def swaths(offsets: list[float], *, at: tuple[float, float] = HERE, width: float = WIDTH) -> Any:
    """The track of straight passes of 1 km towards north, each so far (m) to the right."""
    y = np.tile(np.minimum(np.arange(24) * 50.0, LINE + 150.0), len(offsets))
    x = np.repeat(offsets, 24)
    tables = {
        "position": positions(SPRAY * len(offsets), x=x, y=y, at=at),
        "swathing_setup": records([0], swath_width=[width]),
    }
    return track(tables)


def box(
    west: float, south: float, east: float, north: float, at: tuple[float, float] = HERE
) -> Any:
    """A rectangle, metres from a place, in degrees; its edges are straight in metres."""
    ring = shapely.segmentize(shapely.box(west, south, east, north).exterior, 20.0)
    x, y = shapely.get_coordinates(ring).T
    latitude, longitude = to_degrees(x, y, *at)
    return shapely.Polygon(np.column_stack([longitude, latitude]))


# -- areas ------------------------------------------------------------------------------------


def test_one_pass_is_a_rectangle() -> None:
    found = coverage(swaths([0.0]))
    assert found.net_area == pytest.approx(LINE * WIDTH / 1e4, rel=1e-5)
    assert found.overlap_area == pytest.approx(0.0, abs=1e-9)
    assert found.skip_area is found.off_target_area is found.coverage is None
    assert found.skip is found.off_target is None


def test_the_ends_are_square() -> None:
    found = coverage(swaths([0.0]))
    assert box(-9.99, 0.1, 9.99, LINE - 0.1).within(found.treated)
    assert found.treated.within(box(-10.01, -0.1, 10.01, LINE + 0.1))


@pytest.mark.parametrize(
    ("offsets", "net", "overlap"),
    [
        ([0.0, 20.0, 40.0], 60.0, 0.0),
        ([0.0, 15.0], 35.0, 5.0),
        ([0.0, 30.0], 40.0, 0.0),
        ([0.0, 0.0, 0.0], 20.0, 40.0),
        ([0.0, 15.0, 10.0], 35.0, 25.0),
    ],
)
def test_overlap_is_the_sum_of_passes_less_the_net(
    offsets: list[float], net: float, overlap: float
) -> None:
    found = coverage(swaths(offsets))
    assert found.net_area == pytest.approx(net * LINE / 1e4, rel=1e-4)
    assert found.overlap_area == pytest.approx(overlap * LINE / 1e4, rel=1e-4, abs=1e-3)
    assert len(found.passes) == len(offsets)


def test_overlap_as_a_polygon_is_where_two_passes_were() -> None:
    found = coverage(swaths([0.0, 15.0, 60.0]))
    wanted = box(5.0, 0.0, 10.0, LINE)
    assert found.overlap.symmetric_difference(wanted).area < 0.001 * wanted.area
    assert coverage(swaths([0.0])).overlap.is_empty


def test_skip_and_off_target() -> None:
    # The field is 100 m wide and 800 m long; sprayed are its left 60 m and 200 m beyond its end.
    field = box(-10.0, 0.0, 90.0, 800.0)
    found = coverage(swaths([0.0, 20.0, 40.0]), boundary=field)
    assert found.skip_area == pytest.approx(40.0 * 800.0 / 1e4, rel=1e-3)
    assert found.off_target_area == pytest.approx(60.0 * 200.0 / 1e4, rel=1e-3)
    assert found.coverage == pytest.approx(60.0, rel=1e-3)
    assert found.skip.symmetric_difference(box(50.0, 0.0, 90.0, 800.0)).area < 1e-3 * field.area
    beyond = box(-10.0, 800.0, 50.0, LINE)
    assert found.off_target.symmetric_difference(beyond).area < 1e-3 * field.area


def test_a_hole_in_the_field_is_off_target() -> None:
    outer, hole = box(-10.0, 0.0, 10.0, LINE), box(-5.0, 400.0, 5.0, 500.0)
    field = shapely.Polygon(outer.exterior, [hole.exterior])
    found = coverage(swaths([0.0]), boundary=field)
    assert found.off_target_area == pytest.approx(10.0 * 100.0 / 1e4, rel=1e-3)
    assert found.skip_area == pytest.approx(0.0, abs=1e-4)
    assert found.coverage == pytest.approx(100.0, abs=0.01)


def test_the_boundary_may_be_wkb_of_several_parts() -> None:
    parts = shapely.MultiPolygon([box(-10, 0, 10, 300), box(-10, 700, 10, 1000)])
    found = coverage(swaths([0.0]), boundary=shapely.to_wkb(parts))
    assert found.off_target_area == pytest.approx(20.0 * 400.0 / 1e4, rel=1e-3)


def test_a_field_that_crosses_itself_is_repaired() -> None:
    west, south, east, north = box(-10.0, 0.0, 10.0, LINE).bounds
    bow_tie = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    found = coverage(swaths([0.0]), boundary=bow_tie)
    assert found.coverage == pytest.approx(100.0, abs=0.1)
    assert found.off_target_area == pytest.approx(1.0, rel=1e-3)


def test_curves_are_no_overlap_and_as_large_as_long_times_wide() -> None:
    turn = np.radians(np.arange(0.0, 181.0, 3.0))
    on = [True] * (len(turn) - 1) + [False]
    tables = {
        "position": positions(on, x=300.0 * np.cos(turn), y=300.0 * np.sin(turn)),
        "swathing_setup": records([0], swath_width=[WIDTH]),
    }
    flown = track(tables)
    found = coverage(flown)
    assert found.overlap_area == pytest.approx(0.0, abs=1e-9)
    assert found.net_area == pytest.approx(total(passes(flown), "area"), rel=1e-3)
    assert found.net_area == pytest.approx(np.pi * (310.0**2 - 290.0**2) / 2.0 / 1e4, rel=2e-3)


def test_a_pass_that_crosses_itself_counts_once() -> None:
    # A figure of eight without its closing: the crossing is sprayed twice by one pass.
    x = np.concatenate([np.linspace(-500, 500, 21), np.full(11, 500.0), np.linspace(500, -500, 21)])
    y = np.concatenate(
        [np.linspace(-250, 250, 21), np.linspace(250, -250, 11), np.linspace(-250, 250, 21)]
    )
    tables = {
        "position": positions([True] * 52 + [False], x=x, y=y),
        "swathing_setup": records([0], swath_width=[WIDTH]),
    }
    flown = track(tables)
    found = coverage(flown)
    assert found.overlap_area == pytest.approx(0.0, abs=1e-9)
    assert found.net_area < total(passes(flown), "area") - 0.04


def test_flickers_leave_a_hole_in_a_pass() -> None:
    flown = {
        "position": positions(runs((5, True), (1, False), (5, True), (1, False))),
        "swathing_setup": records([0], swath_width=[WIDTH]),
    }
    assert len(passes(track(flown))) == 1
    assert coverage(track(flown)).net_area == pytest.approx(10 * 50.0 * WIDTH / 1e4, rel=1e-4)


def test_a_swath_width_that_changes_in_a_pass() -> None:
    flown = {
        "position": positions(runs((8, True), (1, False))),
        "swathing_setup": records([0, 4], swath_width=[10.0, 30.0]),
    }
    found = coverage(track(flown))
    assert found.net_area == pytest.approx(200.0 * 40.0 / 1e4, rel=1e-4)
    assert len(found.passes) == 1


# -- anywhere on earth ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "at",
    [(0.0, 0.001), (-33.9, 151.2), (-16.5, 180.0), (51.9, -179.9995), (78.2, 15.6), (89.99, 40.0)],
    ids=["equator", "south", "dateline", "dateline west", "svalbard", "by the pole"],
)
def test_areas_hold_anywhere(at: tuple[float, float]) -> None:
    field = box(-10.0, 0.0, 30.0, LINE, at)
    found = coverage(swaths([0.0, 15.0], at=at), boundary=field)
    assert found.net_area == pytest.approx(3.5, rel=1e-4)
    assert found.overlap_area == pytest.approx(0.5, rel=1e-3)
    assert found.skip_area == pytest.approx(0.5, rel=1e-2)
    assert found.off_target_area == pytest.approx(0.0, abs=2e-3)
    assert found.coverage == pytest.approx(87.5, rel=1e-3)


def test_areas_hold_over_the_pole() -> None:
    found = coverage(swaths([0.0], at=(89.996, 0.0)))
    assert found.net_area == pytest.approx(2.0, rel=1e-4)


@pytest.mark.parametrize("longitude", [180.0, -179.9995, 179.9999])
def test_polygons_are_cut_at_the_dateline(longitude: float) -> None:
    found = coverage(swaths([0.0, 200.0], at=(-16.5, longitude)))
    west, _, east, _ = found.treated.bounds
    assert west >= -180.0
    assert east <= 180.0
    area = sum(
        abs(Geod(ellps="WGS84").geometry_area_perimeter(part)[0]) for part in found.treated.geoms
    )
    assert area / 1e4 == pytest.approx(found.net_area, rel=1e-4)


def test_polygons_have_the_areas_that_are_told() -> None:
    found = coverage(swaths([0.0, 15.0]))
    area, _ = Geod(ellps="WGS84").geometry_area_perimeter(
        shapely.geometry.polygon.orient(found.treated)
    )
    assert area / 1e4 == pytest.approx(found.net_area, rel=1e-5)


# -- nothing, and what is wrong ---------------------------------------------------------------


def test_nothing_sprayed() -> None:
    nothing = track({"position": positions([False] * 5)})
    found = coverage(nothing)
    assert (found.net_area, found.overlap_area, found.coverage) == (0.0, 0.0, None)
    assert found.treated.is_empty
    field = box(0.0, 0.0, 100.0, 100.0)
    found = coverage(nothing, boundary=field)
    assert found.skip_area == pytest.approx(1.0, rel=1e-3)
    assert (found.coverage, found.off_target_area) == (0.0, 0.0)
    assert found.skip.symmetric_difference(field).area < 1e-4 * field.area


def test_standing_still_sprays_no_ground() -> None:
    tables = {
        "position": positions([True] * 4, y=np.zeros(4)),
        "swathing_setup": records([0], swath_width=[WIDTH]),
    }
    found = coverage(track(tables))
    assert found.net_area == 0.0
    assert len(found.passes) == 1


def test_a_missing_swath_width_says_what_to_do() -> None:
    flown = track({"position": positions(runs((3, True), (3, False), (3, True)))})
    with pytest.raises(
        AnalysisError, match=r"2 of 2 passes have no swath width.*swath_width="
    ) as _:
        coverage(flown)
    assert coverage(flown, FlightSettings(swath_width=20.0)).net_area > 0


@pytest.mark.parametrize(
    ("boundary", "message"),
    [
        (shapely.Point(0, 0), "is Point"),
        (b"nonsense", "no WKB"),
        (shapely.to_wkb(shapely.LineString([(0, 0), (1, 1)])), "WKB of a LineString"),
        ("POLYGON EMPTY", "is str"),
        (shapely.Polygon(), "empty"),
        (shapely.box(0, 80, 1, 100), "impossible coordinates"),
        (shapely.box(10, 50, 10.1, 50.1), "another flight's field"),
        (shapely.box(-90, -90, 90, 90), "another flight's field"),
        (shapely.Polygon([(-91.0, 35.0), (-90.5, 35.0), (-90.0, 35.0)]), "no area"),
    ],
)
def test_a_boundary_that_is_none_is_named(boundary: object, message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        coverage(swaths([0.0]), boundary=boundary)


def test_a_flight_on_two_continents_is_named() -> None:
    flown = pl.concat([swaths([0.0]), swaths([0.0], at=(-33.9, 151.2))])
    with pytest.raises(AnalysisError, match="broken coordinates"):
        coverage(flown)
