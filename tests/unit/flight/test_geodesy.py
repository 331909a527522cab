"""Distances against PROJ's geodesic, anywhere on earth."""

from __future__ import annotations

import numpy as np
import pytest

from satlog_native.flight.geodesy import step_distances
from unit.flight.logs import GEOD


@pytest.mark.parametrize(
    ("south", "north"),
    [(-89.0, 89.0), (0.0, 0.01), (85.0, 90.0), (89.9, 90.0), (89.999, 90.0), (-90.0, -89.99)],
)
def test_steps_up_to_a_kilometre_agree_with_the_geodesic(south: float, north: float) -> None:
    rng = np.random.default_rng(20250714)
    count = 20_000
    latitude, longitude = rng.uniform(south, north, count), rng.uniform(-180.0, 180.0, count)
    wanted = 10.0 ** rng.uniform(0.0, 3.0, count)
    lon, lat, _ = GEOD.fwd(longitude, latitude, rng.uniform(0.0, 360.0, count), wanted)
    found = step_distances(
        np.column_stack([latitude, lat]).ravel(), np.column_stack([longitude, lon]).ravel()
    )[::2]
    assert np.abs(found / wanted - 1.0).max() < 1e-6


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((-16.5, 179.9999), (-16.5, -179.9999)),
        ((51.9, -179.999), (51.901, 179.999)),
        ((10.0, 180.0), (10.001, -180.0)),
        ((89.999, 0.0), (89.999, 180.0)),
        ((89.9999, 90.0), (89.997, -90.0)),
        ((-90.0, 12.0), (-89.995, 77.0)),
    ],
    ids=[
        "dateline",
        "aleutians",
        "180 and -180",
        "over the pole",
        "past the pole",
        "from the pole",
    ],
)
def test_dateline_and_poles(a: tuple[float, float], b: tuple[float, float]) -> None:
    found = step_distances(np.array([a[0], b[0]]), np.array([a[1], b[1]]))
    _, _, wanted = GEOD.inv(a[1], a[0], b[1], b[0])
    assert found[0] == pytest.approx(wanted, rel=1e-6)


def test_no_step_between_none_or_one() -> None:
    assert len(step_distances(np.empty(0), np.empty(0))) == 0
    assert len(step_distances(np.ones(1), np.ones(1))) == 0
    assert step_distances(np.array([1.0, 1.0]), np.array([2.0, 2.0]))[0] == 0.0
