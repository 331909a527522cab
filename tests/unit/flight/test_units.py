"""Units: every measured column has one, and conversions agree with the definitions."""

from __future__ import annotations

import polars as pl
import pytest

from satlog_native.flight import (
    UNITS,
    convert_units,
    passes,
    steps,
    summary,
    to_arrow,
    track,
    unit_of,
)
from unit.flight.logs import positions, records, runs

#: Columns that count or name something.
WITHOUT = {"frame", "pass", "passes", "swath_number", "marker", "sprayed", "spray_on", "frames"}
WITHOUT |= {"bad_checksums", "impossible_times", "damaged", "job_id"}


def test_every_measured_column_has_a_unit() -> None:
    flown = track({"position": positions(runs((5, True), (2, False)))})
    found = passes(flown)
    for table in (steps(flown), found, summary(flown, found)):
        for name, dtype in table.schema.items():
            if dtype.is_numeric() and name not in WITHOUT:
                assert name in UNITS, name
            elif name in WITHOUT or not dtype.is_numeric():
                assert name not in UNITS, name


def test_arrow_fields_carry_their_unit() -> None:
    tables = {
        "position": positions(runs((5, True), (2, False))),
        "wind": records([0], wind_speed=[3.0]),
    }
    table = to_arrow(track(tables))
    assert table.schema.field("wind_speed").metadata == {b"unit": b"m/s"}
    assert table.schema.field("distance").metadata == {b"unit": b"m"}
    assert table.schema.field("sprayed").metadata is None
    assert table.column("distance").to_pylist() == track(tables)["distance"].to_list()
    assert str(table.schema.field("time").type) == "timestamp[us, tz=UTC]"
    us = to_arrow(convert_units(track(tables), "us"), "us", dry=True)
    assert us.schema.field("flow_rate").metadata == {b"unit": b"lb/min"}


@pytest.mark.parametrize(
    ("column", "value", "wanted", "unit"),
    [
        ("length", 100.0, 328.0839895013123, "ft"),
        ("area", 1.0, 2.471053814671653, "ac"),
        ("volume", 3.785411784, 1.0, "gal"),
        ("applied_rate", 9.353957, 1.0, "gal/ac"),
        ("mean_ground_speed", 44.704, 100.0, "mph"),
        ("air_temperature", -40.0, -40.0, "°F"),
        ("air_temperature", 100.0, 212.0, "°F"),
        ("pressure", 6.894757293168, 1.0, "psi"),
        ("heading", 270.0, 270.0, "deg"),
        ("duration", 60.0, 60.0, "s"),
    ],
)
def test_us_customary(column: str, value: float, wanted: float, unit: str) -> None:
    frame = pl.DataFrame({column: [value, None]})
    assert convert_units(frame, "us")[column].to_list() == [pytest.approx(wanted, rel=1e-6), None]
    assert convert_units(frame, "si").equals(frame)
    assert unit_of(column, "us") == unit


def test_dry_material_is_in_kilograms_and_pounds() -> None:
    assert unit_of("volume", dry=True) == "kg"
    assert unit_of("target_rate", dry=True) == "kg/ha"
    assert unit_of("target_rate", "us", dry=True) == "lb/ac"
    assert unit_of("length", dry=True) == "m"
    assert unit_of("pilot") is None
    frame = pl.DataFrame({"applied_rate": [112.085116]})
    assert convert_units(frame, "us", dry=True)["applied_rate"][0] == pytest.approx(100.0, rel=1e-6)
