"""What matching is told of a log; and a season of simulated flights, whose truth is known."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self, get_args

import numpy as np
import polars as pl
import pytest
import shapely
from shapely.affinity import translate

from satlog_native import open_log, synth
from satlog_native.flight import FlightSettings
from satlog_native.jobs import job_identity, match_logs
from satlog_native.jobs.assignments import SCHEMA
from satlog_native.layouts import load
from satlog_native.matching import log_match_row, match_row, match_table
from satlog_native.synth.plan import Pattern
from satlog_native.synth.simulate import flight_records

PLAN = synth.FlightPlan(
    field=synth.rectangle(35.2, -90.9, 100.0, 300.0), airstrip=(-90.905, 35.19), wind_speed=1.0
)


@pytest.fixture(scope="module")
def flight() -> synth.Flight:
    return synth.fly(PLAN, seed=3)


def test_all_that_a_log_tells(flight: synth.Flight) -> None:
    with open_log(flight.data) as log:
        row, missing = log_match_row(log, "/logs/JOB146 HK4704.log")
    assert missing is None
    time = flight.truth.tables["position"]["time"]
    assert {name: value for name, value in row.items() if name != "sprayed"} == {
        "filename_job_id": "146",
        "job_label": "4711_demo_field",
        "aircraft": "N4711S",
        "start_time": time[0].astype(datetime).replace(tzinfo=UTC),
        "end_time": time[-1].astype(datetime).replace(tzinfo=UTC),
    }
    # The truth's swaths, in degrees, cover what was found to be sprayed.
    truth = flight.truth
    true = shapely.union_all(
        [
            shapely.Polygon(
                np.column_stack(truth.frame.to_degrees(*np.array(one.rectangle).T))[:, ::-1]
            )
            for one in truth.passes
        ]
    )
    found = shapely.from_wkb(row["sprayed"])
    assert found.symmetric_difference(true).area / true.area < 0.05


def test_what_a_log_does_not_tell_is_unknown(flight: synth.Flight) -> None:
    bare = match_row(None, open_log(flight.data).track().clear())
    assert set(bare.values()) == {None}
    table = match_table({"a": bare, "b": bare})
    assert table["log_id"].to_list() == ["a", "b"]
    assignments = pl.DataFrame({"assignment_id": ["x"]}, schema={"assignment_id": pl.String})
    assignments = assignments.with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in list(SCHEMA.items())[1:]
    )
    assert match_logs(table, assignments).decisions["decision"].to_list() == ["unmatched"] * 2


def test_positions_without_time_or_place_tell_no_time(flight: synth.Flight) -> None:
    track = open_log(flight.data).track()
    broken = track.with_columns(
        pl.when(pl.int_range(pl.len()) >= 5).then("time").alias("time"),
        pl.when(pl.int_range(pl.len()) < pl.len() - 5).then("latitude").alias("latitude"),
    )
    row = match_row("x.log", broken)
    assert (row["start_time"], row["end_time"]) == (track["time"][5], track["time"][-6])


def without_width() -> bytes:
    """The same flight's log, without the records that tell the swath width."""
    layout = load("satloc_air")
    _, records = flight_records(PLAN, 3, layout)
    told = ("swathing_setup", "applied_rate")
    return synth.encode(layout, [each for each in records if each.kind not in told])


def test_ground_of_unknown_width_is_unknown(flight: synth.Flight) -> None:
    with open_log(without_width()) as log:
        row, missing = log_match_row(log, None)
        given, none_missing = log_match_row(log, None, FlightSettings(swath_width=20.0))
    assert row["sprayed"] is None
    assert missing is not None
    assert "swath width" in missing
    assert none_missing is None
    with open_log(flight.data) as log:
        whole, _ = log_match_row(log, None)
        unasked, nothing = log_match_row(log, None, ground=False)
    assert given["sprayed"] == whole["sprayed"]
    assert (unasked["sprayed"], nothing) == (None, None)


# -- a season -----------------------------------------------------------------------------------

#: Jobs are on a row of fields that touch; every flight of one sprays its field as simulated.
SHAPES = ((200.0, 400.0), (120.0, 300.0), (100.0, 500.0), (160.0, 350.0))
ROW, JOBS, FLIGHTS = 120, 200, 500
NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Simulated:
    """A field, and what the log of its flight tells."""

    field: shapely.Polygon
    row: dict[str, Any]

    @classmethod
    def of(cls, number: int) -> Self:
        """One of the shapes in one of the patterns, in some wind."""
        pattern = get_args(Pattern)[number // 4 % 4]
        plan = replace(
            PLAN,
            field=synth.rectangle(35.2, -90.9, *SHAPES[number % 4]),
            pattern=pattern,
            wind_speed=1.0 + number % 5,
        )
        with open_log(synth.fly(plan, seed=number).data) as log:
            row, _ = log_match_row(log, None)
        return cls(shapely.Polygon(plan.field), row)


@pytest.fixture(scope="module")
def flown() -> list[Simulated]:
    return [Simulated.of(number) for number in range(16)]


@pytest.mark.parametrize("seed", range(3))
def test_a_season_of_simulated_flights(seed: int, flown: list[Simulated]) -> None:
    draw = random.Random(seed)
    fields = [draw.randrange(len(flown)) for _ in range(ROW)]
    # How far each field lies from the first, so that its west side is its neighbour's east side.
    widths = [box[2] - box[0] for box in (flown[shape].field.bounds for shape in fields)]
    east = [sum(widths[:place]) + width / 2 for place, width in enumerate(widths)]
    jobs = [job(draw, number, flown, fields, east) for number in range(JOBS)]
    table = pl.DataFrame([{name: each[name] for name in SCHEMA} for each in jobs], schema=SCHEMA)
    truth = [draw.choice(jobs) for _ in range(FLIGHTS)]
    rows = {
        number: log(draw, one, flown[fields[one["place"]]], east[one["place"]])
        for number, one in enumerate(truth)
    }
    decisions = match_logs(match_table(rows), table).decisions
    right = [one["assignment_id"] for one in truth]
    matched = decisions.with_columns(pl.Series("right", right)).filter(
        pl.col("decision") == "matched"
    )
    assert matched.filter(pl.col("assignment_id") != pl.col("right")).is_empty()
    assert len(matched) >= 0.99 * FLIGHTS


def job(
    draw: random.Random,
    number: int,
    flown: list[Simulated],
    fields: list[int],
    east: list[float],
) -> dict[str, Any]:
    """A field is sprayed once, or twice with weeks between."""
    place = number % ROW
    start = NOON + timedelta(days=30 * (number // ROW) + draw.randrange(10))
    return {
        "place": place,
        "assignment_id": f"a{number}",
        "job_id": f"{1000 + number}",
        "partner_job_id": f"{number:x}f",
        "aircraft": f"N{draw.randrange(6)}",
        "date": start,
        "window_start": start,
        "window_end": start + timedelta(days=5),
        "open": True,
        "field": shapely.to_wkb(translate(flown[fields[place]].field, east[place])),
    }


def log(draw: random.Random, one: dict[str, Any], flown: Simulated, east: float) -> dict[str, Any]:
    """A log of a job, that tells it by its file's name, by its label, or by the ground alone."""
    start = one["window_start"] + timedelta(hours=draw.randrange(100))
    stamp, partner = f"{start:%y%m%d%H%M}", one["partner_job_id"]
    told = draw.choice(["name", "label", "ground"])
    name = draw.choice(
        [
            f"{start:%Y%m%d}_JOB{partner}.log",
            f"{stamp}SatlocG4_{partner}.log",
            f"JOB{one['job_id']} HK4704.log",
        ]
        if told == "name"
        else [f"{stamp}.log", f"flight{one['place']}.log"]
    )
    identity = job_identity(name, partner if told == "label" else draw.choice([None, "SPRAY"]))
    sprayed = shapely.to_wkb(translate(shapely.from_wkb(flown.row["sprayed"]), east))
    known = told == "ground" or draw.random() < 0.5
    return {
        "filename_job_id": identity.filename_job_id,
        "job_label": identity.job_label,
        "aircraft": one["aircraft"] if known else None,
        "start_time": start,
        "end_time": start + (flown.row["end_time"] - flown.row["start_time"]),
        "sprayed": sprayed if known else None,
    }
