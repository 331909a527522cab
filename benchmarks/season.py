"""A season's job assignments, and logs of flights on them: tables as matching takes them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from satlog_native import open_log
from satlog_native.synth import FlightPlan, fly

_TIME: Final = pl.Datetime("us", "UTC")
_START: Final = np.datetime64("2025-04-01T06:00:00", "us")
_DAYS: Final = 150
_AIRCRAFT: Final = 20
#: Degrees from west to east and from south to north.
_REGION: Final = 1.5


def assignments(count: int, seed: int = 1) -> pl.DataFrame:
    """Jobs of 40 ha, strewn over a region so that some share ground, open for a week each."""
    draw = np.random.default_rng(seed)
    plan = FlightPlan()
    start = _START + draw.integers(0, _DAYS, count).astype("m8[D]")
    number = [f"{value:05d}" for value in range(count)]
    return pl.DataFrame(
        {
            "assignment_id": number,
            "job_id": number,
            "partner_job_id": [f"{value:x}f" for value in range(count)],
            "aircraft": [f"N{value}" for value in draw.integers(0, _AIRCRAFT, count)],
            "date": start,
            "window_start": start,
            "window_end": start + np.timedelta64(7, "D"),
            "open": np.ones(count, bool),
            "field": shapely.to_wkb(_moved(shapely.Polygon(plan.field), _places(count, draw))),
        }
    ).with_columns(pl.col("date", "window_start", "window_end").cast(_TIME))


def logs(count: int, jobs: pl.DataFrame, seed: int = 2) -> pl.DataFrame:
    """Flights on some of the jobs, as simulated: named by file, by label, or by the ground only."""
    draw = np.random.default_rng(seed)
    with open_log(fly(FlightPlan(), seed=seed).data) as log:
        sprayed = log.coverage().treated
    done = jobs[draw.integers(0, len(jobs), count)]
    places = shapely.get_coordinates(shapely.centroid(shapely.from_wkb(done["field"].to_numpy())))
    told = pl.Series(draw.integers(0, 3, count))
    start = done["window_start"] + pl.Series(
        draw.integers(0, 6, count).astype("m8[D]").astype("m8[us]")
    )
    return pl.DataFrame(
        {
            "log_id": range(count),
            "filename_job_id": done["partner_job_id"].set(told != 0, None),
            "job_label": done["job_id"].set(told != 1, None),
            "aircraft": done["aircraft"].set(pl.Series(draw.random(count) < 0.1), None),
            "start_time": start,
            "end_time": start.dt.offset_by("1h"),
            "sprayed": shapely.to_wkb(_moved(sprayed, places)),
        }
    )


def _places(count: int, draw: np.random.Generator) -> NDArray[np.float64]:
    middle = np.array([-90.9, 35.2])
    return middle + draw.uniform(-_REGION / 2, _REGION / 2, (count, 2))


def _moved(geometry: Any, places: NDArray[np.float64]) -> NDArray[np.object_]:
    """A geometry about each of some places (degrees, longitude first)."""
    points = shapely.get_coordinates(geometry)
    middle = shapely.get_coordinates(shapely.centroid(geometry))[0]
    copies = np.repeat(np.asarray(geometry), len(places))
    moved = np.concatenate([points - middle + place for place in places])
    return np.asarray(shapely.set_coordinates(copies, moved))
