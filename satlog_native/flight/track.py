"""The track: one row a position, with all that was known at it, and the step to the next."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from satlog_native.errors import AnalysisError
from satlog_native.flight.geodesy import Array, step_distances
from satlog_native.flight.settings import FlightSettings
from satlog_native.flight.sources import Tables, as_frame, finite, join_latest

#: Columns of the position record that analysis needs; those that a log lacks are null.
_MEASURED: Final = ("altitude", "ground_speed", "track", "cross_track")
_NEEDED: Final = ("time", "latitude", "longitude")

_MICROSECONDS: Final = 1_000_000


def track(tables: Tables, settings: FlightSettings | None = None) -> pl.DataFrame:
    """The flight position by position.

    Each position gets the values of the latest record before it of every other kind, by ``frame``,
    never by clock; :data:`~satlog_native.flight.sources.SOURCES` says which record tells what.

    A position is *usable* if it has a time, a latitude within ±90° and a longitude within ±180°.
    0°, 0° exactly is what a receiver without a fix writes, and not usable. Others keep their row,
    with nulls. A step goes from a usable position to the next usable one, so that a position that
    came broken is bridged just as one whose whole frame was lost. Steps longer than ``max_gap`` and
    steps backwards in time are unknown: all that is derived from them is null.

    Parameters
    ----------
    tables : mapping of str to table
        As ``Log.tables()`` gives them: ``position`` (with ``frame``, ``time``, ``latitude`` and
        ``longitude``), and what the log has of
        :data:`~satlog_native.flight.sources.TRACK_KINDS`; others are ignored.
    settings : FlightSettings, optional
        ``max_gap``.

    Returns
    -------
    polars.DataFrame
        The position's columns; then ``swath_number, flow_rate`` (L/min), ``target_flow_rate``
        (L/min), ``cumulative_volume`` (L), ``pressure`` (kPa), ``target_rate`` (L/ha),
        ``applied_rate`` (L/ha), ``swath_width`` (m), ``wind_speed`` (m/s), ``wind_direction``
        (degrees, from), ``air_temperature`` (°C), ``relative_humidity`` (%), ``laser_height`` (m),
        ``boom_pressure`` (kPa), ``valve_position`` (%), ``marker``, ``spray_on``; and of the step
        to the next position ``dt`` (s), ``distance`` (m), ``sprayed`` and ``volume_step`` (L;
        flow rate / 60 × dt). Of dry material, kg stands for L.

    Raises
    ------
    AnalysisError
        If there are no positions with time and place, or rows are not in file order.
    """
    settings = settings or FlightSettings()
    positions = _positions(tables)
    measured = [_measured(name, positions.schema) for name in _MEASURED]
    return (
        join_latest(positions.lazy().with_columns(measured), tables)
        .with_columns(_steps(positions, settings.max_gap))
        .with_columns(
            sprayed=(pl.col("spray_on") & pl.col("dt").is_not_null()).fill_null(value=False),
            volume_step=pl.col("flow_rate") / 60.0 * pl.col("dt"),
        )
        .collect()
    )


def usable(frame: pl.DataFrame) -> pl.Series | None:
    """Which rows of a track have a time and a place; None if all have."""
    if not any(frame[name].null_count() for name in _NEEDED):
        return None
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in _NEEDED)
    return frame.select(known.alias("usable")).to_series()


def _positions(tables: Tables) -> pl.DataFrame:
    table = tables.get("position")
    if table is None:
        raise AnalysisError(
            "analysing a flight: there is no table 'position'; the log or its layout has none"
        )
    frame = as_frame(table, "position")
    for name in _NEEDED:
        if name not in frame.columns:
            raise AnalysisError(
                f"analysing a flight: table 'position' has no column {name!r}; decode it too, or "
                "name it so in the layout"
            )
        holds = frame.schema[name]
        if not (isinstance(holds, pl.Datetime) if name == "time" else holds.is_numeric()):
            wanted = "a timestamp" if name == "time" else "degrees"
            raise AnalysisError(
                f"analysing a flight: column {name!r} of table 'position' is {holds}, expected "
                f"{wanted}; make it so in the layout"
            )
    latitude, longitude = (frame[name].cast(pl.Float64) for name in _NEEDED[1:])
    impossible = ~_possible(latitude.to_numpy(), longitude.to_numpy())
    if impossible.any():
        at = pl.Series(impossible)
        latitude, longitude = latitude.set(at, None), longitude.set(at, None)
    return frame.with_columns(frame["time"].dt.cast_time_unit("us"), latitude, longitude)


def _possible(latitude: Array, longitude: Array) -> NDArray[np.bool_]:
    """Which places (degrees, NaN where unknown) can be a receiver's."""
    possible = (latitude >= -90.0) & (latitude <= 90.0)
    possible &= (longitude >= -180.0) & (longitude <= 180.0)
    possible &= (latitude != 0.0) | (longitude != 0.0)
    return possible


def _measured(name: str, schema: pl.Schema) -> pl.Expr:
    if name not in schema or not schema[name].is_numeric():
        return pl.lit(None, pl.Float64).alias(name)
    value = pl.col(name) if schema[name].is_float() else pl.col(name).cast(pl.Float64)
    return finite(value).alias(name)


def _steps(positions: pl.DataFrame, max_gap: float) -> list[pl.Series]:
    """``dt`` (s) and ``distance`` (m) from each usable position to the next; null where unknown."""
    known = usable(positions)
    places = positions.select(_NEEDED)
    if known is not None:
        places = places.filter(known)
    time, latitude, longitude = (places[name].to_physical().to_numpy() for name in _NEEDED)
    steps = np.full((2, len(time)), np.nan)  # the last usable position has none
    dt, distance = steps[:, :-1]
    np.subtract(time[1:], time[:-1], out=dt)
    dt /= _MICROSECONDS
    step_distances(latitude, longitude, out=distance)
    steps[:, :-1][:, (dt < 0.0) | (dt > max_gap)] = np.nan
    if known is not None:
        steps, bridged = np.full((2, positions.height), np.nan), steps
        steps[:, known.to_numpy()] = bridged
    return [
        pl.Series(name, column, nan_to_null=True)
        for name, column in zip(("dt", "distance"), steps, strict=True)
    ]
