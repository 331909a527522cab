"""Areas of a job's polygons, against the ellipsoid's own and against parts worked out by hand."""

from __future__ import annotations

import pytest
from pyproj import Geod

from satlog_native.jobs import JobPolygon
from satlog_native.jobs.geometry import area
from satlog_native.jobs.model import Ring, ring


def rectangle(west: float, south: float, east: float, north: float) -> Ring:
    def within(longitude: float) -> float:
        return longitude - 360 if longitude > 180 else longitude

    corners = ((west, south), (east, south), (east, north), (west, north))
    return ring([(latitude, within(longitude)) for longitude, latitude in corners])


def true_area(width: float, south: float, north: float) -> float:
    """Of a rectangle of degrees, ha."""
    lats, lons = [south, south, north, north], [0.0, width, width, 0.0]
    return abs(float(Geod(ellps="WGS84").polygon_area_perimeter(lons, lats)[0])) / 1e4


@pytest.mark.parametrize("west", [-90.0, 179.995, -180.0])
@pytest.mark.parametrize("turned", [False, True])
def test_a_hole_counts_not_and_neither_does_the_way_round(west: float, turned: bool) -> None:
    outer = rectangle(west, 45.0, west + 0.01, 45.01)
    hole = rectangle(west + 0.002, 45.002, west + 0.004, 45.004)
    holes = (hole[::-1] if turned else hole,)
    expected = true_area(0.01, 45.0, 45.01) - true_area(0.002, 45.002, 45.004)
    assert area(JobPolygon(outer, holes)) == pytest.approx(expected, rel=1e-9)
    assert area(JobPolygon(outer[::-1], holes)) == pytest.approx(expected, rel=1e-9)


def test_both_lobes_of_a_boundary_that_crosses_itself_count() -> None:
    bow_tie = ring([(45.0, 0.0), (45.01, 0.01), (45.0, 0.01), (45.01, 0.0)])
    assert area(JobPolygon(bow_tie)) == pytest.approx(true_area(0.01, 45.0, 45.01) / 2, rel=1e-4)
