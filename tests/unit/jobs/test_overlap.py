"""The share of the sprayed area inside a field, against areas worked out by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from satlog_native.jobs.overlap import Fields, geometries, overlap_shares


def share(sprayed: shapely.Geometry, field: shapely.Geometry) -> float:
    def column(geometry: shapely.Geometry) -> pl.Series:
        return pl.Series("area", [shapely.to_wkb(geometry)], dtype=pl.Binary)

    ids = pl.Series("id", ["x"])
    shares = overlap_shares(
        geometries(column(sprayed), ids), Fields(column(field), ids), np.zeros((1, 1), dtype=bool)
    )
    return float(shares[0, 0])


SPRAY = box(0.0, 45.0, 0.02, 45.01)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (box(-1, 44, 1, 46), 1.0),
        (box(0.0, 45.0, 0.005, 45.01), 0.25),
        (box(0.02, 45.0, 0.03, 45.01), 0.0),
        (box(10, 10, 11, 11), 0.0),
        # a hole over the right half
        (Polygon(box(-1, 44, 1, 46).exterior, [box(0.01, 45.0, 0.02, 45.01).exterior]), 0.5),
        # two overlapping polygons of one job cover what either covers
        (MultiPolygon([box(0, 45, 0.01, 45.01), box(0.005, 45, 0.015, 45.01)]), 0.75),
        # a hole that sticks out of its boundary takes away, and adds nothing outside
        (
            Polygon(
                box(0, 45, 0.01, 45.01).exterior, [box(0.005, 45.0025, 0.015, 45.0075).exterior]
            ),
            0.375,
        ),
        # a boundary that crosses itself (a bow tie): two triangles, half of the spray
        (Polygon([(0, 45), (0.02, 45.01), (0.02, 45), (0, 45.01)]), 0.5),
    ],
)
def test_share_of_the_spray_in_a_field(field: shapely.Geometry, expected: float) -> None:
    assert share(SPRAY, field) == pytest.approx(expected, abs=1e-9)


def test_overlapping_passes_do_not_count_twice() -> None:
    passes = MultiPolygon([box(0, 45, 0.012, 45.01), box(0.008, 45, 0.02, 45.01)])
    assert share(passes, box(0, 45, 0.01, 45.01)) == pytest.approx(0.5)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("sprayed", "field", "expected"),
    [
        # spray across ±180°, the field on both sides in one ring
        ((179.99, 180.01), (179.98, 180.02), 1.0),
        # spray across, the field on one side only
        ((179.99, 180.01), (179.98, 180.0), 0.5),
        ((179.99, 180.01), (-180.0, -179.98), 0.5),
        # spray on one side, the field across
        ((179.99, 180.0), (179.98, 180.02), 1.0),
        ((-180.0, -179.99), (179.98, 180.02), 1.0),
        ((-179.99, -179.98), (179.98, 179.99), 0.0),
    ],
)
def test_across_the_antimeridian(
    sprayed: tuple[float, float], field: tuple[float, float], expected: float, turned: bool
) -> None:
    def written(west: float, east: float) -> Polygon:
        """As files hold it: longitudes within ±180°, the ring jumping across."""
        points = np.array(box(west, -17.0, east, -16.99).exterior.coords)
        points[points[:, 0] > 180, 0] -= 360
        return Polygon(points[::-1] if turned else points)

    assert share(written(*sprayed), written(*field)) == pytest.approx(expected, abs=1e-9)


def test_unknown_on_either_side_is_unknown() -> None:
    ids = pl.Series("id", ["x"])
    nothing = pl.Series("area", [None], dtype=pl.Binary)
    something = pl.Series("area", [shapely.to_wkb(SPRAY)], dtype=pl.Binary)
    empty = pl.Series("area", [shapely.to_wkb(Polygon())], dtype=pl.Binary)
    no_area = pl.Series("area", [shapely.to_wkb(box(0, 0, 0, 1))], dtype=pl.Binary)
    pair = np.zeros((1, 1), dtype=bool)
    for sprayed, field in (
        (nothing, something), (something, nothing), (empty, something), (something, empty),
        (no_area, something),
    ):  # fmt: skip
        shares = overlap_shares(geometries(sprayed, ids), Fields(field, ids), pair)
        assert np.isnan(shares).all()
