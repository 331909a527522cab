"""Steps between usable positions, and the passes that they belong to."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from satlog_native.errors import AnalysisError
from satlog_native.flight.settings import FlightSettings
from satlog_native.flight.track import usable

_MICROSECONDS: Final = 1_000_000

#: Stands for an unknown swath number.
_NO_NUMBER: Final = -(2**31)

_TRACK_COLUMNS: Final = ("time", "latitude", "longitude", "dt", "distance", "sprayed")


def steps(track: pl.DataFrame, settings: FlightSettings | None = None) -> pl.DataFrame:
    """The usable positions of a track, each with its step's end and its pass.

    A pass is one continuous sprayed run. It starts where spray goes on. It ends where spray is off
    for longer than ``merge_gap``, where a step is unknown, or where the swath number changes from
    one sprayed step to the next.

    Parameters
    ----------
    track : polars.DataFrame
        As :func:`~satlog_native.flight.track` gives it.
    settings : FlightSettings, optional
        ``merge_gap``, ``swath_width``.

    Returns
    -------
    polars.DataFrame
        The track's columns, ``swath_width`` replaced if the settings give one; ``next_latitude``,
        ``next_longitude``: where the step ends; ``pass``: number of the pass from 1, null
        elsewhere. Steps without spray that a pass bridges belong to it too.

    Raises
    ------
    AnalysisError
        If columns of a track are missing.
    """
    settings = settings or FlightSettings()
    missing = [name for name in _TRACK_COLUMNS if name not in track.columns]
    if missing:
        raise AnalysisError(
            f"analysing a flight: the track has no column {missing[0]!r}; make it with "
            "satlog_native.flight.track"
        )
    known = usable(track)
    rows = track if known.all() else track.filter(known)
    rows = _without_open_end(rows)
    if settings.swath_width is not None:
        rows = rows.with_columns(swath_width=pl.lit(settings.swath_width))
    number = _pass_numbers(
        rows["time"].to_physical().to_numpy(),
        rows["dt"].is_null().to_numpy(),
        rows["sprayed"].to_numpy(),
        rows["swath_number"].fill_null(_NO_NUMBER).to_numpy(),
        settings.merge_gap,
    )
    return rows.with_columns(
        pl.col("latitude").shift(-1).alias("next_latitude"),
        pl.col("longitude").shift(-1).alias("next_longitude"),
        pl.Series("pass", number).replace(0, None),
    )


def _without_open_end(rows: pl.DataFrame) -> pl.DataFrame:
    """The last step of a track that was cut leads to a position that is not there: it is none."""
    if not rows.height or rows["dt"][-1] is None:
        return rows
    last = pl.int_range(pl.len()) == pl.len() - 1
    unknown = [name for name in ("dt", "distance", "volume_step") if name in rows.columns]
    return rows.with_columns(
        *(pl.when(~last).then(pl.col(name)).alias(name) for name in unknown),
        sprayed=pl.col("sprayed") & ~last,
    )


def _pass_numbers(
    time: NDArray[np.int64],
    unknown: NDArray[np.bool_],
    sprayed: NDArray[np.bool_],
    swath_number: NDArray[np.int32],
    merge_gap: float,
) -> NDArray[np.uint32]:
    """The pass that each step belongs to, from 1; 0 for none."""
    on = np.flatnonzero(sprayed)
    number = np.zeros(len(time), np.uint32)
    if not len(on):
        return number
    before, after = on[:-1], on[1:]
    breaks = np.cumsum(unknown)
    splits = (
        # A sprayed step is a known one, so the row after it is where it ends.
        (time[after] - time[before + 1] > merge_gap * _MICROSECONDS)
        | (breaks[after] != breaks[before])
        | (swath_number[after] != swath_number[before])
    )
    first = on[np.concatenate([[True], splits])]
    last = on[np.concatenate([splits, [True]])]
    number[first] = 1
    begun = np.cumsum(number, dtype=np.uint32)
    inside = np.arange(len(time)) <= np.concatenate([[-1], last])[begun]
    return np.where(inside, begun, 0).astype(np.uint32)
