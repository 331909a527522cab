"""What is asked of flight analysis and of matching, and who answers.

An analyst's pandas and geopandas answer too, where they can. Both start from the decoded tables,
each in its own library's form, or from the track that they have made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks import season
from benchmarks.rivals import pandas_flight
from benchmarks.subjects import Call
from satlog_native import flight, open_log
from satlog_native.jobs import match_logs
from satlog_native.synth import FlightPlan, bulk, fly, rectangle


@dataclass(frozen=True)
class Sizes:
    """How much is asked about; the field's sides are in metres."""

    records: int
    positions: int
    field: tuple[float, float]
    assignments: int
    logs: int


#: The field is flown in two hours.
FULL: Final = Sizes(21_601, 1_000_000, (2000.0, 2500.0), 10_000, 1_000)
QUICK: Final = Sizes(8_000, 5_000, (60.0, 500.0), 100, 10)


@dataclass(frozen=True)
class Question:
    """A question, the seconds that an answer may take, and who can answer it."""

    what: str
    most: float
    satlog: Call
    rival: Call | None = None


def _of_a_log(sizes: Sizes) -> Question:
    data = bulk(sizes.records, seed=1)

    def call() -> object:
        with open_log(data) as log:
            return log.summary()  # of the track and the passes that it makes

    return Question(f"decoding, track, passes, summary, {sizes.records:,} records", 0.040, call)


def _of_records(sizes: Sizes) -> Question:
    return _figures(f"{sizes.records:,} records", 0.040, _tables(bulk(sizes.records, seed=1)))


def _of_positions(sizes: Sizes) -> Question:
    # Of these flights' records, 64 % are positions.
    tables = _tables(bulk(sizes.positions * 8 // 5, seed=1))
    tables["position"] = tables["position"].slice(0, sizes.positions)
    return _figures(f"{sizes.positions:,} positions", 1.0, tables)


def _figures(size: str, most: float, tables: dict[str | int, Any]) -> Question:
    frames = pandas_flight.to_pandas(tables)

    def satlog() -> object:
        track = flight.track(tables)
        passes = flight.passes(track)
        return track, passes, flight.summary(track, passes)

    return Question(
        f"track, passes, summary, {size}", most, satlog, lambda: pandas_flight.analyse(frames)
    )


def _of_ground(sizes: Sizes) -> Question:
    plan = FlightPlan(field=rectangle(35.2, -90.9, *sizes.field), rate_hz=10, positions="mixed")
    tables = _tables(fly(plan, seed=1).data)
    track, steps = flight.track(tables), pandas_flight.analyse(pandas_flight.to_pandas(tables))[1]
    hours = (track["time"][-1] - track["time"][0]).total_seconds() / 3600.0
    return Question(
        f"coverage, {hours:.1f} hours' flight",
        1.5,
        lambda: flight.coverage(track),
        lambda: pandas_flight.coverage(steps),
    )


def _of_one_job(sizes: Sizes) -> Question:
    return _matching(1, sizes.assignments, 0.050)


def _of_all_jobs(sizes: Sizes) -> Question:
    return _matching(sizes.logs, sizes.assignments, 10.0)


def _matching(logs: int, assignments: int, most: float) -> Question:
    jobs = season.assignments(assignments)
    flown = season.logs(logs, jobs)
    return Question(
        f"matching, {logs:,} × {assignments:,} assignments", most, lambda: match_logs(flown, jobs)
    )


def _tables(data: bytes) -> dict[str | int, Any]:
    with open_log(data) as log:
        return log.tables()


#: Each prepares its question; only then is there anything in memory.
QUESTIONS: Final[Mapping[str, Callable[[Sizes], Question]]] = {
    "log": _of_a_log,
    "records": _of_records,
    "positions": _of_positions,
    "ground": _of_ground,
    "job": _of_one_job,
    "jobs": _of_all_jobs,
}

#: The questions that pandas and geopandas answer too.
BOTH_ANSWER: Final = ("records", "positions", "ground")
