"""Passes: what was sprayed run by run."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from satlog_native.flight.averages import Array, Groups, direction_of, ratio, vectors
from satlog_native.flight.settings import FlightSettings
from satlog_native.flight.steps import Runs, flown

_SQUARE_METRES: Final = 10_000.0  # of a hectare
_MICROSECONDS: Final = 1_000_000

_COLUMNS: Final = (
    *("pass", "swath_number", "start_time", "end_time", "duration", "spray_off_time", "length"),
    *("mean_ground_speed", "min_ground_speed", "max_ground_speed", "mean_altitude", "heading"),
    *("cross_track_rms", "swath_width", "area", "volume", "applied_rate", "target_rate"),
    *("rate_error", "mean_wind_speed", "mean_wind_direction", "headwind", "crosswind"),
    *("mean_height", "first_latitude", "first_longitude", "last_latitude", "last_longitude"),
)

#: What is summed and averaged over sprayed steps.
_MEASURED: Final = (
    *("dt", "distance", "volume_step", "ground_speed", "altitude", "track", "cross_track"),
    *("swath_width", "target_rate", "wind_speed", "wind_direction", "laser_height"),
)


def passes(track: pl.DataFrame, settings: FlightSettings | None = None) -> pl.DataFrame:
    """The passes of a flight, one row each, in the order flown.

    A pass runs from its first sprayed position to the end of its last sprayed step. Sums and means
    are over its sprayed steps only, means weighted with time.

    Parameters
    ----------
    track : polars.DataFrame
        As :func:`~satlog_native.flight.track` gives it.
    settings : FlightSettings, optional
        ``merge_gap``, ``swath_width``.

    Returns
    -------
    polars.DataFrame
        Columns as ``DOCS["passes"]`` tells. What the log does not tell is null.

    Raises
    ------
    AnalysisError
        If columns of a track are missing.
    """
    rows = flown(track, settings)
    runs = Runs.of(rows, settings)
    sprayed = rows.select(_MEASURED).filter(rows["sprayed"])
    values = {name: sprayed[name].cast(pl.Float64).to_numpy() for name in _MEASURED}
    time, zone = rows["time"].to_physical().to_numpy(), rows.schema["time"]
    start, end = time[runs.first], time[runs.stop]
    places = {name: rows[name].to_numpy() for name in ("latitude", "longitude")}
    figures = {
        "duration": (end - start) / _MICROSECONDS,
        "spray_off_time": _off_time(time, runs),
        **_figures(values, Groups(runs.starts, values["dt"])),
        **{f"first_{name}": degrees[runs.first] for name, degrees in places.items()},
        **{f"last_{name}": degrees[runs.stop] for name, degrees in places.items()},
    }
    columns = [
        pl.Series("pass", np.arange(1, len(start) + 1, dtype=np.uint32)),
        rows["swath_number"].gather(runs.first),
        pl.Series("start_time", start).cast(zone),
        pl.Series("end_time", end).cast(zone),
        *(pl.Series(name, column, nan_to_null=True) for name, column in figures.items()),
    ]
    return pl.DataFrame(columns).select(_COLUMNS)


def _figures(values: dict[str, Array], groups: Groups) -> dict[str, Array]:
    """What sums and means over the sprayed steps tell of each pass."""
    speed, wind = values["ground_speed"], values["wind_speed"]
    east, north = vectors(values["track"])
    wind_east, wind_north = vectors(values["wind_direction"], wind)
    length, target = groups.sum(values["distance"]), values["target_rate"]
    target = groups.within(groups.mean(target), target)
    width = _mean_width(values["swath_width"], values["distance"], groups)
    area, volume = length * width / _SQUARE_METRES, values["volume_step"]
    volume = np.where(groups.known(volume), groups.sum(volume), np.nan)
    rate, mean_wind = ratio(volume, area), groups.mean(wind)
    return {
        "length": length,
        "mean_ground_speed": groups.mean(speed),
        "min_ground_speed": groups.least(speed),
        "max_ground_speed": groups.greatest(speed),
        "mean_altitude": groups.mean(values["altitude"]),
        "heading": direction_of(groups.mean(east), groups.mean(north)),
        "cross_track_rms": groups.rms(values["cross_track"]),
        "swath_width": width,
        "area": area,
        "volume": volume,
        "applied_rate": rate,
        "target_rate": target,
        "rate_error": ratio((rate - target) * 100.0, target),
        "mean_wind_speed": mean_wind,
        "mean_wind_direction": direction_of(
            groups.mean(wind_east), groups.mean(wind_north), mean_wind
        ),
        "headwind": groups.mean(wind_east * east + wind_north * north),
        "crosswind": groups.mean(wind_east * north - wind_north * east),
        "mean_height": groups.mean(values["laser_height"]),
    }


def _mean_width(width: Array, distance: Array, groups: Groups) -> Array:
    """Mean over the length; over the steps where nothing was flown."""
    known = np.where(np.isnan(width), 0.0, 1.0)
    length = groups.sum(known * distance)
    mean = np.where(
        length > 0.0,
        ratio(groups.sum(distance * width), length),
        ratio(groups.sum(width), groups.sum(known)),
    )
    return groups.within(mean, width)


def _off_time(time: NDArray[np.int64], runs: Runs) -> Array:
    """Seconds without spray within each pass: between sprayed steps that do not touch."""
    apart = np.flatnonzero(np.diff(runs.rows) > 1)
    number = np.searchsorted(runs.starts, apart + 1, side="right") - 1
    within = runs.starts[number] != apart + 1
    before, after = runs.rows[apart], runs.rows[apart + 1]
    off = np.where(within, time[after] - time[before + 1], 0) / _MICROSECONDS
    return np.bincount(number, off, len(runs.starts)).astype(np.float64)
