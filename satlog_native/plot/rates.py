"""The rate of each step, and its class against the target."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from satlog_native.export.rates import rate_classes

_SQUARE_METRES: Final = 10_000.0  # of a hectare


def with_rate(steps: pl.DataFrame) -> pl.DataFrame:
    """Steps with ``rate``: what was applied, L/ha (dry: kg/ha); null where unknown.

    It is the volume of the step over its area; where that is not known, the rate that the log
    itself tells.

    Parameters
    ----------
    steps : polars.DataFrame
        As :func:`satlog_native.flight.steps` gives them.
    """
    area = pl.col("distance") * pl.col("swath_width") / _SQUARE_METRES
    measured = pl.when(area > 0.0).then(pl.col("volume_step") / area)
    return steps.with_columns(
        rate=pl.when("sprayed").then(pl.coalesce(measured, pl.col("applied_rate")))
    )


def rate_class(rate: pl.Series, target: pl.Series) -> NDArray[np.intp]:
    """Index of each rate into :data:`satlog_native.export.rates.RATE_CLASSES`."""
    value = rate.cast(pl.Float64).fill_null(np.nan).to_numpy()
    wanted = target.cast(pl.Float64).fill_null(np.nan).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        error = (value - wanted) / wanted * 100.0
    known = np.isfinite(error) & (wanted > 0.0)
    return rate_classes(np.where(known, error, np.nan))
