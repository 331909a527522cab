"""A plan's field may be several rings: separate fields, and holes in them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from satlog_native.synth import FlightPlan, fly, one_boundary, rectangle
from satlog_native.synth.plan import Polygon
from satlog_native.synth.route import plan_route

OUTER = rectangle(35.2, -90.9, 395.0, 900.0)
POND = rectangle(35.2, -90.9, 90.0, 200.0)
NEIGHBOUR = rectangle(35.212, -90.892, 300.0, 500.0)


def plan(rings: list[Polygon], heading: float) -> FlightPlan:
    return FlightPlan(
        field=one_boundary(rings),
        heading=heading,
        pattern="back_to_back",
        airstrip=(-90.93, 35.2),
        noise=0.0,
    )


@pytest.mark.parametrize("heading", [0.0, 90.0, 37.0])
@pytest.mark.parametrize("closed", [False, True])
def test_sprayed_is_inside_every_field_and_no_hole(heading: float, closed: bool) -> None:
    rings = [OUTER, POND, NEIGHBOUR]
    if closed:
        rings = [(*ring, ring[0]) for ring in rings]
    flight = fly(plan(rings, heading))
    position = flight.truth.tables["position"]
    on = position["spray_on"].data
    points = shapely.points(position["longitude"].data[on], position["latitude"].data[on])
    outer, pond, neighbour = map(shapely.Polygon, (OUTER, POND, NEIGHBOUR))
    field = shapely.union(outer.difference(pond), neighbour)
    assert shapely.contains(field.buffer(1e-7), points).all()
    # Half a swath beyond the outermost lines, and all of the ground is reached.
    reached = shapely.union_all(shapely.buffer(points, 1.4e-4)).intersection(field).area
    assert reached > 0.95 * field.area


def test_a_way_between_rings_is_no_gap() -> None:
    """The same two rings, joined across the field: passes are those of the rings alone."""
    route = plan_route(plan([OUTER, POND], 0.0))
    sprays = [run.sprays for run in route.runs]
    # 20 swaths of 900 m; the four over the pond are cut in two by its 200 m.
    assert [len(each) for each in sprays] == [1] * 8 + [2] * 4 + [1] * 8
    for each in sprays:
        total = sum(end - start for start, end in each)
        assert total == pytest.approx(900.0 if len(each) == 1 else 700.0, abs=0.5)


def test_one_ring_is_itself() -> None:
    route = plan_route(plan([OUTER], 0.0))
    plain = plan_route(FlightPlan(field=OUTER, pattern="back_to_back", airstrip=(-90.93, 35.2)))
    for each, alone in zip(route.runs, plain.runs, strict=True):
        assert np.ravel(each.sprays) - each.start == pytest.approx(
            np.ravel(alone.sprays) - alone.start, abs=0.1
        )
