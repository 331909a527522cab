"""Steps between usable positions, and the passes that they belong to."""

from __future__ import annotations

from dataclasses import dataclass
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
    rows = flown(track, settings)
    runs = Runs.of(rows, settings)
    edges = np.column_stack([runs.first, runs.stop]).ravel()
    numbers = np.zeros(len(edges) + 1, np.uint32)
    numbers[1::2] = np.arange(1, len(runs.starts) + 1)
    number = pl.Series("pass", np.repeat(numbers, np.diff(edges, prepend=0, append=rows.height)))
    return rows.with_columns(
        pl.col("latitude").shift(-1).alias("next_latitude"),
        pl.col("longitude").shift(-1).alias("next_longitude"),
        pl.when(number > 0).then(number).alias("pass"),
    )


def flown(track: pl.DataFrame, settings: FlightSettings | None = None) -> pl.DataFrame:
    """The usable positions of a track, ``swath_width`` replaced if the settings give one.

    Raises
    ------
    AnalysisError
        If columns of a track are missing.
    """
    missing = [name for name in _TRACK_COLUMNS if name not in track.columns]
    if missing:
        raise AnalysisError(
            f"analysing a flight: the track has no column {missing[0]!r}; make it with "
            "satlog_native.flight.track"
        )
    known = usable(track)
    rows = _without_open_end(track if known is None else track.filter(known))
    if settings is not None and settings.swath_width is not None:
        rows = rows.with_columns(swath_width=pl.lit(settings.swath_width))
    return rows


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


@dataclass(frozen=True)
class Runs:
    """The sprayed steps of a flight, pass by pass.

    Attributes
    ----------
    rows : ndarray
        Of the sprayed steps, among the usable positions.
    starts : ndarray
        For each pass, which of the sprayed steps is its first.
    """

    rows: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, flown: pl.DataFrame, settings: FlightSettings | None = None) -> Runs:
        """The passes among usable positions, as :func:`flown` gives them."""
        sprayed = flown["sprayed"].arg_true()
        rows = sprayed.to_numpy().astype(np.intp)
        if not len(rows):
            return cls(rows, rows)
        number = flown["swath_number"].gather(sprayed).fill_null(_NO_NUMBER).to_numpy()
        splits = np.append(True, number[1:] != number[:-1])
        longest = (settings or FlightSettings()).merge_gap * _MICROSECONDS
        apart = np.flatnonzero(np.diff(rows) > 1)
        before, after = rows[apart], rows[apart + 1]
        time = flown["time"].to_physical().to_numpy()
        unknown = flown["dt"].is_null().arg_true().to_numpy()
        splits[apart + 1] |= (
            # A sprayed step is a known one, so the row after it is where it ends.
            (time[after] - time[before + 1] > longest)
            | (np.searchsorted(unknown, after) != np.searchsorted(unknown, before))
        )
        return cls(rows, np.flatnonzero(splits))

    @property
    def first(self) -> NDArray[np.intp]:
        """The row where each pass's first sprayed step starts."""
        return np.asarray(self.rows[self.starts])

    @property
    def stop(self) -> NDArray[np.intp]:
        """The row where each pass's last sprayed step ends."""
        before_next = np.append(self.starts[1:], len(self.rows))[: len(self.starts)] - 1
        return np.asarray(self.rows[before_next] + 1)
