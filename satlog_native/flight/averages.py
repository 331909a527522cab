"""Averages over time, as polars aggregations.

Each value holds for its step, so it weighs with the step's ``dt``. A mean is null where nothing is
known or no time passes. Directions are degrees, clockwise from north.
"""

from __future__ import annotations

from typing import Final

import polars as pl

#: Part of all that cancels out below which directions have no mean.
_NO_DIRECTION: Final = 1e-9

_DT: Final = pl.col("dt")


def _ratio(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0.0).then(part / whole)


def mean(value: pl.Expr) -> pl.Expr:
    """Mean over time."""
    value = value.cast(pl.Float64)
    weight = pl.when(value.is_not_null()).then(_DT).sum()
    return _ratio((value * _DT).sum(), weight)


def rms(value: pl.Expr) -> pl.Expr:
    """Root of the mean square over time."""
    return mean(value.cast(pl.Float64) ** 2).sqrt()


def mean_direction(direction: pl.Expr, length: pl.Expr | float = 1.0) -> pl.Expr:
    """Direction of the mean vector over time: the circular mean if all are of one length."""
    east, north = mean_vector(direction, length)
    none = mean(pl.lit(length) if isinstance(length, float) else length) * _NO_DIRECTION
    degrees = pl.arctan2(east, north).degrees() % 360.0
    # The remainder of a tiny negative angle rounds up to the full circle.
    degrees = pl.when(degrees < 360.0).then(degrees).otherwise(0.0)
    return pl.when((east**2 + north**2).sqrt() > none).then(degrees)


def mean_vector(direction: pl.Expr, length: pl.Expr | float = 1.0) -> tuple[pl.Expr, pl.Expr]:
    """East and north part of the mean vector over time."""
    angle = direction.cast(pl.Float64).radians()
    return mean(angle.sin() * length), mean(angle.cos() * length)
