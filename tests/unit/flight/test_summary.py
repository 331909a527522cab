"""The summary against cases worked out by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
import shapely

from satlog_native.flight import (
    FlightSettings,
    coverage,
    flight_facts,
    passes,
    summary,
    track,
)
from unit.flight.logs import positions, records, runs

FACTS = {
    "aircraft": "N1SA",
    "pilot": "Ann",
    "controller": "C",
    "job_id": 7,
    "job_label": "seven",
    "material": "wet",
    "damaged": True,
    "bytes_lost": 120,
    "lost": (1, 2),
}

#: Two passes of 200 s, 100 s apart, and 300 s before and after; 50 m/s; one position a second.
SPRAY = runs((300, False), (200, True), (100, False), (200, True), (301, False))


def tables(**more: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {
        "position": positions(SPRAY),
        "flow_monitor": records([0, 700], flow_rate=[60.0, 120.0]),
        "swathing_setup": records([0], swath_width=[20.0]),
        "target_application_rate": records([0], target_rate=[12.0]),
        **more,
    }


def summed(
    made_of: dict[str, pl.DataFrame], settings: FlightSettings | None = None, **more: Any
) -> dict[str, Any]:
    flown = track(made_of, settings)
    found = summary(flown, passes(flown, settings), settings=settings, **more)
    assert found.height == 1
    return found.row(0, named=True)


def test_times_and_distances() -> None:
    found = summed(tables())
    assert found["end_time"] - found["start_time"] == timedelta(seconds=1100)
    assert found["flight_time"] == 1100.0
    assert found["spray_time"] == 400.0
    assert found["turn_time"] == 100.0
    assert found["ferry_time"] == 600.0
    assert found["distance"] == pytest.approx(55_000.0, rel=1e-4)
    assert found["sprayed_distance"] == pytest.approx(20_000.0, rel=1e-4)
    assert found["mean_speed"] == pytest.approx(50.0, rel=1e-4)
    assert found["passes"] == 2


def test_times_add_up_to_whole_microseconds() -> None:
    # Five positions a second, of which none is a binary fraction.
    flown = positions(SPRAY, seconds=[0.2 * place for place in range(len(SPRAY))])
    found = summed(tables(position=flown))
    names = ("flight_time", "spray_time", "turn_time", "ferry_time")
    assert [found[name] for name in names] == [220.0, 80.0, 20.0, 120.0]
    assert found["target_rate"] == 12.0


def test_a_turn_that_takes_too_long_is_ferrying() -> None:
    found = summed(tables(), FlightSettings(turn_limit=99.0))
    assert (found["turn_time"], found["ferry_time"]) == (0.0, 700.0)
    assert summed(tables(), FlightSettings(turn_limit=100.0))["turn_time"] == 100.0


def test_areas_volume_and_rates() -> None:
    found = summed(tables())
    assert found["gross_area"] == pytest.approx(40.0, rel=1e-4)
    assert found["volume"] == pytest.approx(300.0 * 1.0 + 100.0 * 2.0)
    assert found["applied_rate"] == pytest.approx(12.5, rel=1e-4)
    assert found["target_rate"] == 12.0
    assert found["swath_width"] == pytest.approx(20.0)
    # Three quarters at 10 L/ha, one at 20: deviations of -2.5 and 7.5 from 12.5.
    assert found["rate_cv"] == pytest.approx(100.0 * 18.75**0.5 / 12.5, rel=1e-4)
    for name in ("net_area", "overlap_area", "skip_area", "off_target_area", "productivity"):
        assert found[name] is None


def test_coverage_fills_in_the_areas() -> None:
    covered = coverage(track(tables()))
    found = summed(tables(), coverage=covered)
    assert found["net_area"] == covered.net_area == pytest.approx(40.0, rel=1e-3)
    assert found["productivity"] == pytest.approx(covered.net_area / (1100.0 / 3600.0))
    assert found["skip_area"] is found["coverage"] is None
    field = shapely.box(-91.0, 35.0, -90.8, 35.9)
    found = summed(tables(), coverage=coverage(track(tables()), boundary=field))
    assert found["off_target_area"] == pytest.approx(0.0, abs=1e-9)
    assert 0.0 < found["coverage"] < 100.0


def test_weather_is_that_of_the_sprayed_time() -> None:
    wind = records(
        [0, 300, 400, 500, 600],
        wind_speed=[30.0, 4.0, 2.0, 30.0, 3.0],
        wind_direction=[10.0, 0.0, 90.0, 10.0, 180.0],
        air_temperature=[-5.0, 21.0, 22.0, 99.0, 23.0],
        relative_humidity=[0, 60, 55, 100, 50],
    )
    found = summed(tables(wind=wind), FlightSettings(wind_limit=2.9))
    north, east = (4.0 * 100 - 3.0 * 200) / 400, 2.0 * 100 / 400
    assert found["wind_speed"] == pytest.approx((north**2 + east**2) ** 0.5)
    assert found["wind_direction"] == pytest.approx(135.0)
    assert found["max_wind_speed"] == 4.0
    assert found["wind_above_limit"] == pytest.approx(300.0 / 60.0)
    assert (found["min_air_temperature"], found["max_air_temperature"]) == (21.0, 23.0)
    assert (found["min_relative_humidity"], found["max_relative_humidity"]) == (50.0, 60.0)


def test_facts_are_passed_through_and_missing_ones_are_null() -> None:
    found = summed(tables(), facts=FACTS)
    assert {name: found[name] for name in FACTS if name != "lost"} == {
        name: value for name, value in FACTS.items() if name != "lost"
    }
    assert found["bad_checksums"] is None
    assert "lost" not in found


def test_the_schema_does_not_depend_on_what_is_known() -> None:
    flown = track({"position": positions([])})
    bare = summary(flown, passes(flown))
    full = track(tables())
    rich = summary(full, passes(full), coverage(full), FACTS, FlightSettings(units="us"))
    assert bare.schema == rich.schema


def test_a_flight_without_spray() -> None:
    found = summed({"position": positions([False] * 11)})
    assert (found["flight_time"], found["ferry_time"], found["passes"]) == (10.0, 10.0, 0)
    assert (found["gross_area"], found["volume"], found["sprayed_distance"]) == (0.0, 0.0, 0.0)
    for name in ("rate_cv", "applied_rate", "mean_speed", "swath_width", "wind_direction"):
        assert found[name] is None


def test_unknown_areas_are_not_summed_up_as_nothing() -> None:
    early = records([500], swath_width=[20.0])
    found = summed(tables(swathing_setup=early))
    assert found["gross_area"] is None
    assert found["applied_rate"] is None


def test_a_gap_belongs_to_no_sum() -> None:
    seconds = [0.0, 1.0, 2.0, 102.0, 103.0]
    found = summed({"position": positions([False] * 5, seconds=seconds)})
    assert found["flight_time"] == 3.0
    assert found["end_time"] - found["start_time"] == timedelta(seconds=103)


def test_us_customary_units() -> None:
    si = summed(tables(), facts=FACTS)
    us = summed(tables(), FlightSettings(units="us"), facts=FACTS)
    assert us["gross_area"] == pytest.approx(si["gross_area"] / 0.40468564224)
    assert us["volume"] == pytest.approx(si["volume"] / 3.785411784)
    assert us["applied_rate"] == pytest.approx(us["volume"] / us["gross_area"])
    assert us["mean_speed"] == pytest.approx(si["mean_speed"] * 3600.0 / 1609.344)
    assert us["distance"] == pytest.approx(si["distance"] / 0.3048)
    assert us["flight_time"] == si["flight_time"]
    assert us["rate_cv"] == si["rate_cv"]


def test_dry_material_is_weighed() -> None:
    facts = {"material": "dry"}
    si, us = (
        summed(tables(), facts=facts),
        summed(tables(), FlightSettings(units="us"), facts=facts),
    )
    assert us["volume"] == pytest.approx(si["volume"] / 0.45359237)
    assert us["applied_rate"] == pytest.approx(us["volume"] / us["gross_area"])


def test_facts_from_set_up_records() -> None:
    found = flight_facts(
        {
            "system_setup": records([0, 1], aircraft_id=["N1SA", ""], pilot_name=["Ann", "Bob"]),
            "swathing_setup": records([0], job_id=[7], job_label=["seven"]),
            "flow_setup": records([0], dry_material=[False]),
        }
    )
    assert found == {
        "aircraft": "N1SA",
        "pilot": "Bob",
        "controller": None,
        "job_id": 7,
        "job_label": "seven",
        "material": "wet",
    }


@pytest.mark.parametrize(
    ("made_of", "material"),
    [
        ({"flow_setup": records([0], dry_material=[True])}, "dry"),
        ({"target_application_rate": records([0], material=["dry"])}, "dry"),
        ({"target_application_rate": records([0], material=["liquid"])}, "wet"),
        ({"target_application_rate": records([0], material=["7"])}, None),
        ({}, None),
    ],
)
def test_the_material(made_of: dict[str, pl.DataFrame], material: str | None) -> None:
    assert flight_facts(made_of)["material"] == material
