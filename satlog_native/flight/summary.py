"""The summary of a flight: one row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from satlog_native.flight.averages import Array, Groups, direction_of, vectors
from satlog_native.flight.coverage import Coverage
from satlog_native.flight.settings import FlightSettings
from satlog_native.flight.steps import Runs, flown
from satlog_native.flight.units import convert_units

_SQUARE_METRES: Final = 10_000.0  # of a hectare
_HOUR: Final = 3600.0
_MICROSECONDS: Final = 1_000_000

#: Columns taken from the facts, with their types.
_FACTS: Final[dict[str, pl.DataType]] = {
    "aircraft": pl.String(),
    "pilot": pl.String(),
    "controller": pl.String(),
    "job_id": pl.Int64(),
    "job_label": pl.String(),
    "material": pl.String(),
    "damaged": pl.Boolean(),
    "frames": pl.Int64(),
    "bytes_lost": pl.Int64(),
    "bad_checksums": pl.Int64(),
    "impossible_times": pl.Int64(),
    "cut_tail": pl.Int64(),
}

_TIMES: Final = ("start_time", "end_time")
_COVERAGE: Final = ("net_area", "overlap_area", "skip_area", "off_target_area", "coverage")

#: What is summed and averaged over sprayed steps.
_MEASURED: Final = (
    *("dt", "distance", "volume_step", "swath_width", "target_rate", "wind_speed"),
    *("wind_direction", "air_temperature", "relative_humidity"),
)

_COLUMNS: Final = (
    *(*_TIMES, "flight_time", "spray_time", "turn_time", "ferry_time"),
    *("distance", "sprayed_distance", "passes", "gross_area", *_COVERAGE, "volume"),
    *("applied_rate", "target_rate", "rate_cv", "swath_width", "mean_speed", "productivity"),
    *("wind_speed", "wind_direction", "max_wind_speed", "wind_above_limit"),
    *("min_air_temperature", "max_air_temperature"),
    *("min_relative_humidity", "max_relative_humidity", *_FACTS),
)


def summary(
    track: pl.DataFrame,
    passes: pl.DataFrame,
    coverage: Coverage | None = None,
    facts: Mapping[str, Any] | None = None,
    settings: FlightSettings | None = None,
) -> pl.DataFrame:
    """A flight in one row.

    Weather, like rates, is that of the sprayed time. Sums leave out steps that are unknown.

    Parameters
    ----------
    track, passes : polars.DataFrame
        As :func:`~satlog_native.flight.track` and :func:`~satlog_native.flight.passes` give them,
        with the same settings.
    coverage : Coverage, optional
        Without it, areas that need geometry are null, and productivity is.
    facts : mapping, optional
        What the log says of itself: any of ``aircraft, pilot, controller, job_id, job_label,
        material`` (``wet`` or ``dry``), as :func:`~satlog_native.flight.flight_facts` gives them;
        and the damage figures ``damaged, frames, bytes_lost, bad_checksums, impossible_times,
        cut_tail``, as ``DamageReport.to_dict()`` gives them. Others are ignored.
    settings : FlightSettings, optional
        ``merge_gap``, ``turn_limit``, ``wind_limit``, ``swath_width``, ``units``.

    Returns
    -------
    polars.DataFrame
        Columns as ``DOCS["summary"]`` tells. What is not known is null.

        With ``units="us"``: ft, mph, ac, gal, gal/ac (lb, lb/ac), ac/h, °F; time stays.

    Raises
    ------
    AnalysisError
        If columns of a track are missing.
    """
    settings = settings or FlightSettings()
    facts = facts or {}
    rows = flown(track, settings)
    runs = Runs.of(rows, settings)
    figures = {
        **_of_flight(rows, runs, settings.turn_limit),
        **_of_sprayed(rows.select(_MEASURED).filter(rows["sprayed"]), settings.wind_limit),
        **_of_passes(passes),
        **{name: getattr(coverage, name, None) for name in _COVERAGE},
        **{name: facts.get(name) for name in _FACTS},
    }
    figures["applied_rate"] = _per(figures, "volume", "gross_area")
    figures["swath_width"] = _per(figures, "gross_area", "sprayed_distance", _SQUARE_METRES)
    figures["mean_speed"] = _per(figures, "sprayed_distance", "spray_time")
    figures["productivity"] = _per(figures, "net_area", "flight_time", _HOUR)
    other = {**_FACTS, "passes": pl.Int64(), **dict.fromkeys(_TIMES, rows.schema["time"])}
    types = {name: other.get(name, pl.Float64()) for name in _COLUMNS}
    row = pl.DataFrame({name: [figures[name]] for name in _COLUMNS}, schema=types)
    return convert_units(row, settings.units, dry=facts.get("material") == "dry")


def _of_flight(rows: pl.DataFrame, runs: Runs, turn_limit: float) -> dict[str, Any]:
    """Times and distance of all known steps."""
    turn_time, ferry_time = _between_passes(rows, runs, turn_limit)
    return {
        "start_time": rows["time"].min(),
        "end_time": rows["time"].max(),
        "flight_time": _seconds(float(rows["dt"].sum())),
        "turn_time": _seconds(turn_time),
        "ferry_time": _seconds(ferry_time),
        "distance": rows["distance"].sum(),
    }


def _seconds(sum_of_steps: float) -> float:
    """Without what adding up leaves below the microseconds that time comes in."""
    return round(sum_of_steps, 6)


def _between_passes(rows: pl.DataFrame, runs: Runs, turn_limit: float) -> tuple[float, float]:
    """Seconds of turns and of ferrying."""
    dt = rows["dt"].fill_null(0.0).to_numpy()
    if not len(runs.starts):
        return 0.0, float(dt.sum())
    time = rows["time"].to_physical().to_numpy()
    last, following = runs.stop[:-1], runs.first[1:]
    # Every other stretch lies between two passes; one of no step at all gives its first's time.
    flown = np.add.reduceat(dt, np.column_stack([last, following]).ravel())[::2]
    flown[last == following] = 0.0
    pause = time[following] - time[last]
    turns = (pause >= 0) & (pause <= turn_limit * _MICROSECONDS)
    before, after = dt[: runs.first[0]].sum(), dt[runs.stop[-1] :].sum()
    return float(flown[turns].sum()), float(flown[~turns].sum() + before + after)


def _of_sprayed(sprayed: pl.DataFrame, wind_limit: float) -> dict[str, Any]:
    """What the sprayed steps tell of the flight."""
    values = {name: sprayed[name].to_numpy() for name in _MEASURED}
    dt, wind = values["dt"], values["wind_speed"]
    whole = Groups(np.zeros(1, np.intp), dt)
    east, north = (whole.mean(part) for part in vectors(values["wind_direction"], wind))
    target = values["target_rate"]
    means = {
        "target_rate": whole.within(whole.mean(target), target),
        "wind_speed": np.hypot(east, north),
        "wind_direction": direction_of(east, north, whole.mean(wind)),
    }
    return {
        "spray_time": _seconds(float(sprayed["dt"].sum())),
        "sprayed_distance": sprayed["distance"].sum(),
        "rate_cv": _rate_variation(values),
        **{name: None if np.isnan(mean[0]) else mean[0] for name, mean in means.items()},
        "max_wind_speed": sprayed["wind_speed"].max(),
        "wind_above_limit": dt[wind > wind_limit].sum() / 60.0 if whole.known(wind)[0] else None,
        **{
            f"{which}_{name}": getattr(sprayed[name], which)()
            for name in ("air_temperature", "relative_humidity")
            for which in ("min", "max")
        },
    }


def _rate_variation(values: dict[str, Array]) -> float | None:
    """Coefficient of variation (%) of the steps' rates, each with the weight of its area."""
    area, volume = values["distance"] * values["swath_width"], values["volume_step"]
    known = (area > 0.0) & ~np.isnan(volume)
    area, volume = area[known], volume[known]
    if not volume.sum() > 0.0:
        return None
    rate = volume.sum() / area.sum()
    variance = (area * (volume / area - rate) ** 2).sum() / area.sum()
    return float(np.sqrt(variance) / rate * 100.0)


def _of_passes(passes: pl.DataFrame) -> dict[str, Any]:
    area, volume = passes["area"], passes["volume"]
    return {
        "passes": passes.height,
        "gross_area": None if area.null_count() else area.sum(),
        "volume": None if volume.null_count() else volume.sum(),
    }


def _per(figures: dict[str, Any], part: str, whole: str, scale: float = 1.0) -> float | None:
    if figures[part] is None or not figures[whole]:
        return None
    return float(figures[part] / figures[whole] * scale)
