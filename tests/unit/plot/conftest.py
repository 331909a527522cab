from __future__ import annotations

import pytest
import shapely

from satlog_native import flight, open_log
from satlog_native.synth import FlightPlan, fly, rectangle
from unit.plot.flights import Flown

FIELD = rectangle(35.2, -90.9, 120.0, 400.0, heading=30.0)


@pytest.fixture(scope="session")
def flown() -> Flown:
    plan = FlightPlan(
        field=FIELD, heading=30.0, swath_width=20.0, airstrip=(-90.91, 35.19), pattern="racetrack"
    )
    settings = flight.FlightSettings()
    boundary = shapely.Polygon(FIELD)
    with open_log(fly(plan, seed=7).data) as log:
        tables = log.tables()
        track = flight.track(tables, settings)
        facts = {**flight.flight_facts(tables), **log.report.to_dict()}
        damage, layout = log.report, log.layout
    passes = flight.passes(track, settings)
    coverage = flight.coverage(track, settings, boundary)
    summary = flight.summary(track, passes, coverage, facts, settings)
    return Flown(track, passes, summary, coverage, facts, boundary, damage, layout, settings)
