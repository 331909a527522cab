"""Spray segments: compressed, and still where the aircraft flew."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely

from satlog_native.flight import FlightSettings, segments, to_geojson, track
from unit.flight.logs import positions, runs

METRE = 1.0 / 111_000.0  # in degrees, nearly


def lines(found: pl.DataFrame) -> list[Any]:
    return list(shapely.from_wkb(found["geometry"].to_numpy()))


def test_a_straight_pass_needs_two_points() -> None:
    table = positions(runs((2, False), (20, True), (5, False), (10, True), (2, False)))
    found = segments(track({"position": table}))
    assert found["pass"].to_list() == [1, 2]
    for line, first, last in zip(lines(found), (2, 27), (22, 37), strict=True):
        ends = [table[["longitude", "latitude"]].row(row) for row in (first, last)]
        assert np.asarray(line.coords) == pytest.approx(np.array(ends), abs=6e-8)


@pytest.mark.parametrize("tolerance", [0.1, 0.3, 5.0])
def test_no_position_is_further_from_its_line_than_the_tolerance(tolerance: float) -> None:
    turn = np.radians(np.arange(0.0, 180.0, 1.0))
    on = [True] * (len(turn) - 1) + [False]
    table = positions(on, x=400.0 * np.cos(turn), y=400.0 * np.sin(turn), at=(0.01, 0.01))
    (line,) = lines(
        segments(track({"position": table}), FlightSettings(simplify_tolerance=tolerance))
    )
    points: Any = shapely.points(table["longitude"].to_numpy(), table["latitude"].to_numpy())
    assert shapely.distance(points, line).max() < (tolerance + 0.02) * METRE
    assert len(line.coords) < len(points)


def test_coordinates_have_seven_digits() -> None:
    table = positions(runs((20, True), (1, False)), x=np.random.default_rng(1).normal(0, 9, 21))
    (line,) = lines(segments(track({"position": table})))
    coordinates = np.asarray(line.coords)
    assert (np.round(coordinates, 7) == coordinates).all()


def test_without_tolerance_every_corner_stays() -> None:
    table = positions([True, True, True, False], x=[0.0, 1.0, 0.0, 1.0])
    settings = FlightSettings(simplify_tolerance=0.0)
    (line,) = lines(segments(track({"position": table}), settings))
    assert np.asarray(line.coords) == pytest.approx(
        table.select("longitude", "latitude").to_numpy(), abs=6e-8
    )


def test_lines_are_cut_at_the_dateline() -> None:
    table = positions([True] * 4 + [False], x=np.linspace(-100, 100, 5), at=(-16.5, 180.0))
    (line,) = lines(segments(track({"position": table})))
    assert line.geom_type == "MultiLineString"
    for part in line.geoms:
        west, _, east, _ = part.bounds
        assert -180.0 <= west <= east <= 180.0
        assert east - west < 0.01


def test_geojson_is_one_multi_line_string() -> None:
    found = segments(
        track({"position": positions(runs((5, True), (3, False), (5, True), (1, False)))})
    )
    geometry = to_geojson(found)
    assert geometry["type"] == "MultiLineString"
    assert [len(line) for line in geometry["coordinates"]] == [2, 2]
    assert geometry["coordinates"][0][0] == pytest.approx([-90.9, 35.2])


def test_no_spray_no_lines() -> None:
    found = segments(track({"position": positions([False] * 4)}))
    assert found.schema == {"pass": pl.UInt32, "geometry": pl.Binary}
    assert to_geojson(found) == {"type": "MultiLineString", "coordinates": []}


def test_standing_still_is_a_line_without_length() -> None:
    table = positions([True] * 3, y=np.zeros(3))
    (line,) = lines(segments(track({"position": table})))
    assert line.length == 0.0
