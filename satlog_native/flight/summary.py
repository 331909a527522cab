"""The summary of a flight: one row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from satlog_native.flight.averages import mean, mean_direction, mean_vector
from satlog_native.flight.coverage import Coverage
from satlog_native.flight.settings import FlightSettings
from satlog_native.flight.steps import steps
from satlog_native.flight.units import convert_units

_SQUARE_METRES: Final = 10_000.0  # of a hectare
_HOUR: Final = 3600.0

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

_COVERAGE: Final = ("net_area", "overlap_area", "skip_area", "off_target_area", "coverage")

_COLUMNS: Final = (
    *("start_time", "end_time", "flight_time", "spray_time", "turn_time", "ferry_time"),
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
        start_time, end_time
            Of the earliest and the latest usable position.
        flight_time
            Of all known steps, s.
        spray_time
            Of the sprayed ones, s.
        turn_time
            Between passes that follow each other within ``turn_limit``, s.
        ferry_time
            Of all steps that belong to no pass and no turn, s. Flickers of spray within passes
            are in none of the three.
        distance, sprayed_distance
            Of all known steps, and of the sprayed ones, m.
        passes
            Number of passes.
        gross_area
            Sum of the passes' areas, ha; null if one of them is unknown.
        net_area, overlap_area, skip_area, off_target_area, coverage
            As in ``coverage``.
        volume
            Sum of the passes' volumes, L (kg of dry material); null if one of them is unknown.
        applied_rate
            volume / gross_area, L/ha.
        target_rate
            Mean over the sprayed time, L/ha.
        rate_cv
            Coefficient of variation of the sprayed steps' rates (volume / area of a step), each
            with the weight of its area, %.
        swath_width
            gross_area / sprayed_distance, m.
        mean_speed
            sprayed_distance / spray_time, m/s.
        productivity
            net_area / flight_time, ha/h.
        wind_speed, wind_direction
            Of the mean wind vector: m/s, degrees from which it comes.
        max_wind_speed
            m/s.
        wind_above_limit
            Sprayed time with wind above ``wind_limit``, min.
        min_air_temperature, max_air_temperature, min_relative_humidity, max_relative_humidity
            °C, %.
        aircraft, pilot, controller, job_id, job_label, material
        damaged, frames, bytes_lost, bad_checksums, impossible_times, cut_tail

        With ``units="us"``: ft, mph, ac, gal, gal/ac (lb, lb/ac), ac/h, °F; time stays.

    Raises
    ------
    AnalysisError
        If columns of a track are missing.
    """
    settings = settings or FlightSettings()
    facts = facts or {}
    flown = steps(track, settings)
    turn_time, ferry_time = _between_passes(flown, passes, settings.turn_limit)
    rows = pl.concat(
        [
            flown.select(_of_flight()),
            flown.filter("sprayed").select(_of_sprayed(settings.wind_limit)),
            passes.select(_of_passes()),
        ],
        how="horizontal",
    )
    areas = {name: getattr(coverage, name, None) for name in _COVERAGE}
    row = rows.with_columns(
        pl.lit(turn_time).alias("turn_time"),
        pl.lit(ferry_time).alias("ferry_time"),
        *(pl.lit(value, pl.Float64).alias(name) for name, value in areas.items()),
        *(pl.lit(facts.get(name), dtype).alias(name) for name, dtype in _FACTS.items()),
    ).with_columns(
        applied_rate=_per("volume", "gross_area"),
        swath_width=_per("gross_area", "sprayed_distance") * _SQUARE_METRES,
        mean_speed=_per("sprayed_distance", "spray_time"),
        productivity=_per("net_area", "flight_time") * _HOUR,
    )
    return convert_units(row.select(_COLUMNS), settings.units, dry=facts.get("material") == "dry")


def _of_flight() -> list[pl.Expr]:
    return [
        pl.col("time").min().alias("start_time"),
        pl.col("time").max().alias("end_time"),
        pl.col("dt").sum().alias("flight_time"),
        pl.col("distance").sum(),
    ]


def _of_sprayed(wind_limit: float) -> list[pl.Expr]:
    wind, origin = pl.col("wind_speed"), pl.col("wind_direction")
    east, north = mean_vector(origin, wind)
    area = pl.col("distance") * pl.col("swath_width") / _SQUARE_METRES
    known = (area > 0.0) & pl.col("volume_step").is_not_null()
    area, volume = area.filter(known), pl.col("volume_step").filter(known)
    rate = volume.sum() / area.sum()
    variance = (area * (volume / area - rate) ** 2).sum() / area.sum()
    return [
        pl.col("dt").sum().alias("spray_time"),
        pl.col("distance").sum().alias("sprayed_distance"),
        pl.when(volume.sum() > 0.0).then(variance.sqrt() / rate * 100.0).alias("rate_cv"),
        mean(pl.col("target_rate")).alias("target_rate"),
        (east**2 + north**2).sqrt().alias("wind_speed"),
        mean_direction(origin, wind).alias("wind_direction"),
        wind.max().alias("max_wind_speed"),
        pl.when(wind.count() > 0)
        .then(pl.col("dt").filter(wind > wind_limit).sum() / 60.0)
        .alias("wind_above_limit"),
        *(
            getattr(pl.col(name), which)().alias(f"{which}_{name}")
            for name in ("air_temperature", "relative_humidity")
            for which in ("min", "max")
        ),
    ]


def _of_passes() -> list[pl.Expr]:
    return [
        pl.len().cast(pl.Int64).alias("passes"),
        pl.when(pl.col("area").null_count() == 0).then(pl.col("area").sum()).alias("gross_area"),
        pl.when(pl.col("volume").null_count() == 0).then(pl.col("volume").sum()).alias("volume"),
    ]


def _per(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0.0).then(pl.col(part) / pl.col(whole))


def _between_passes(
    flown: pl.DataFrame, passes: pl.DataFrame, turn_limit: float
) -> tuple[float, float]:
    """Seconds of turns and of ferrying."""
    outside = flown.select(
        "dt", after=pl.col("pass").forward_fill(), idle=pl.col("pass").is_null()
    ).filter("idle")
    pause = (pl.col("start_time").shift(-1) - pl.col("end_time")).dt.total_microseconds() / 1e6
    turns = passes.filter(pause.is_between(0.0, turn_limit)).select(after="pass")
    turning = outside.join(turns, on="after", how="semi")["dt"].sum()
    ferrying = outside.join(turns, on="after", how="anti")["dt"].sum()
    return float(turning), float(ferrying)
