"""Rate against target: the classes that colour a map, and the rate of each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

_SQUARE_METRES: Final = 10_000.0  # of a hectare


@dataclass(frozen=True)
class RateClass:
    """A span of rate errors and the colour it is shown in.

    Attributes
    ----------
    name : str
        As the legend says it.
    below : float
        Upper bound of the error in % (exclusive; the lower one is the class before it).
    colour : str
        ``#rrggbb``.
    """

    name: str
    below: float
    colour: str


#: From far under to far over; blue to vermilion by way of bluish green, after the colours that
#: Okabe and Ito chose for every kind of colour vision.
RATE_CLASSES: Final = (
    RateClass("over 10 % under target", -10.0, "#0066a8"),
    RateClass("5 to 10 % under", -5.0, "#6bbcec"),
    RateClass("within 5 % of target", 5.0, "#7fc9a9"),
    RateClass("5 to 10 % over", 10.0, "#f2b632"),
    RateClass("over 10 % over target", np.inf, "#cc4f00"),
)

#: Stands for a step whose rate or target is not known.
UNKNOWN: Final = RateClass("rate or target not recorded", np.nan, "#9a93a8")

#: Index of :data:`UNKNOWN` among the classes of steps.
UNKNOWN_INDEX: Final = len(RATE_CLASSES)


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
    """Index into :data:`RATE_CLASSES` of each rate, or :data:`UNKNOWN_INDEX`."""
    value = rate.cast(pl.Float64).fill_null(np.nan).to_numpy()
    wanted = target.cast(pl.Float64).fill_null(np.nan).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        error = (value - wanted) / wanted * 100.0
    found = np.digitize(error, [c.below for c in RATE_CLASSES])
    known = np.isfinite(error) & (wanted > 0.0)
    return np.where(known, found, UNKNOWN_INDEX).astype(np.intp)
