"""Passes: what was sprayed run by run."""

from __future__ import annotations

from typing import Final

import polars as pl

from satlog_native.flight.averages import mean, mean_direction, rms
from satlog_native.flight.settings import FlightSettings
from satlog_native.flight.steps import steps

_SQUARE_METRES: Final = 10_000.0  # of a hectare

_FIRST_AND_LAST: Final = (
    pl.col("latitude").first().alias("first_latitude"),
    pl.col("longitude").first().alias("first_longitude"),
    pl.col("next_latitude").last().alias("last_latitude"),
    pl.col("next_longitude").last().alias("last_longitude"),
)

_COLUMNS: Final = (
    *("pass", "swath_number", "start_time", "end_time", "duration", "spray_off_time", "length"),
    *("mean_ground_speed", "min_ground_speed", "max_ground_speed", "mean_altitude", "heading"),
    *("cross_track_rms", "swath_width", "area", "volume", "applied_rate", "target_rate"),
    *("rate_error", "mean_wind_speed", "mean_wind_direction", "headwind", "crosswind"),
    *("mean_height", "first_latitude", "first_longitude", "last_latitude", "last_longitude"),
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
        pass
            Number, from 1.
        swath_number
        start_time, end_time
        duration, spray_off_time
            From start to end, and the part of it without spray (flickers of up to ``merge_gap``);
            s.
        length
            Flown with spray on, m.
        mean_ground_speed, min_ground_speed, max_ground_speed
            m/s.
        mean_altitude
            m.
        heading
            Circular mean of the track over ground, degrees.
        cross_track_rms
            m.
        swath_width
            Mean over the length, m; null if unknown.
        area
            length × swath_width, ha.
        volume
            ∫ flow rate dt over the sprayed steps, L; steps without a flow rate add nothing, and it
            is null if none has one.
        applied_rate
            volume / area, L/ha.
        target_rate
            L/ha.
        rate_error
            (applied_rate - target_rate) / target_rate, %.
        mean_wind_speed
            m/s.
        mean_wind_direction
            From which the mean wind vector comes, degrees.
        headwind, crosswind
            Mean parts of the wind against the track (negative: from behind) and from its right
            (negative: from its left), m/s: speed × cos and × sin of (wind direction - track).
        mean_height
            By the laser altimeter, m.
        first_latitude, first_longitude, last_latitude, last_longitude
            Where the pass starts and ends, degrees.

    Raises
    ------
    AnalysisError
        If columns of a track are missing.
    """
    return passes_of(steps(track, settings))


def passes_of(flown: pl.DataFrame) -> pl.DataFrame:
    """The passes of a flight's steps; see :func:`passes`."""
    inside = flown.filter(pl.col("pass").is_not_null())
    flickers = inside.filter(~pl.col("sprayed")).group_by("pass").agg(spray_off_time=pl.sum("dt"))
    sprayed = inside.filter("sprayed").group_by("pass", maintain_order=True).agg(*_aggregates())
    width, target = pl.col("swath_width"), pl.col("target_rate")
    return (
        sprayed.join(flickers, on="pass", how="left", maintain_order="left")
        .with_columns(
            pl.col("spray_off_time").fill_null(0.0),
            duration=(pl.col("end_time") - pl.col("start_time")).dt.total_microseconds() / 1e6,
            area=pl.col("length") * width / _SQUARE_METRES,
        )
        .with_columns(
            applied_rate=pl.when(pl.col("area") > 0.0).then(pl.col("volume") / pl.col("area"))
        )
        .with_columns(
            rate_error=pl.when(target > 0.0).then(
                (pl.col("applied_rate") - target) / target * 100.0
            )
        )
        .select(_COLUMNS)
    )


def _aggregates() -> list[pl.Expr]:
    speed, wind, origin = pl.col("ground_speed"), pl.col("wind_speed"), pl.col("wind_direction")
    off_nose = (origin - pl.col("track").cast(pl.Float64)).radians()
    step = pl.duration(microseconds=(pl.col("dt") * 1e6).round().cast(pl.Int64))
    distance, width = pl.col("distance"), pl.col("swath_width")
    with_width = pl.when(width.is_not_null()).then(distance).sum()
    return [
        pl.col("swath_number").first(),
        pl.col("time").first().alias("start_time"),
        (pl.col("time") + step).last().alias("end_time"),
        distance.sum().alias("length"),
        mean(speed).alias("mean_ground_speed"),
        speed.min().cast(pl.Float64).alias("min_ground_speed"),
        speed.max().cast(pl.Float64).alias("max_ground_speed"),
        mean(pl.col("altitude")).alias("mean_altitude"),
        mean_direction(pl.col("track")).alias("heading"),
        rms(pl.col("cross_track")).alias("cross_track_rms"),
        pl.when(with_width > 0.0)
        .then((distance * width).sum() / with_width)
        .otherwise(width.mean())
        .alias("swath_width"),
        pl.when(pl.col("volume_step").count() > 0)
        .then(pl.col("volume_step").sum())
        .alias("volume"),
        mean(pl.col("target_rate")).alias("target_rate"),
        mean(wind).alias("mean_wind_speed"),
        mean_direction(origin, wind).alias("mean_wind_direction"),
        mean(wind * off_nose.cos()).alias("headwind"),
        mean(wind * off_nose.sin()).alias("crosswind"),
        mean(pl.col("laser_height")).alias("mean_height"),
        *_FIRST_AND_LAST,
    ]
