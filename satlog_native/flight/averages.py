"""Sums and averages over time, of steps that follow each other, group by group.

Each value holds for its step, so it weighs with the step's duration. Values are arrays of float64,
one a step, with NaN where a value is unknown; results are arrays, one value a group, with NaN where
nothing is known or no time passes. Directions are degrees, clockwise from north.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Part of all that cancels out below which directions have no mean.
_NO_DIRECTION: Final = 1e-9


def ratio(part: Array, whole: Array) -> Array:
    """Part by whole; NaN where the whole is not above zero."""
    result = np.full(len(part), np.nan)
    np.divide(part, whole, out=result, where=whole > 0.0)
    return result


def vectors(direction: Array, length: Array | float = 1.0) -> tuple[Array, Array]:
    """East and north parts of vectors."""
    angle = np.radians(direction)
    return np.sin(angle) * length, np.cos(angle) * length


def direction_of(east: Array, north: Array, length: Array | float = 1.0) -> Array:
    """Direction of mean vectors; NaN where vectors of that mean length cancel out."""
    degrees = np.degrees(np.arctan2(east, north)) % 360.0
    # The remainder of a tiny negative angle rounds up to the full circle.
    degrees = np.where(degrees < 360.0, degrees, 0.0)
    return np.where(np.hypot(east, north) > _NO_DIRECTION * length, degrees, np.nan)


@dataclass(frozen=True)
class Groups:
    """Groups of steps that follow each other.

    Parameters
    ----------
    starts : ndarray
        The first step of each group. No group is empty, except if there is no step at all.
    dt : ndarray
        Duration of each step, s; never NaN.
    """

    starts: NDArray[np.intp]
    dt: Array

    def sum(self, values: Array) -> Array:
        """Sum of what is known."""
        total = self._reduced(np.add, values, 0.0)
        if np.isnan(total).any():
            total = self._reduced(np.add, np.where(np.isnan(values), 0.0, values), 0.0)
        return total

    def known(self, values: Array) -> NDArray[np.bool_]:
        """Whether any value is known."""
        return self.sum(np.where(np.isnan(values), 0.0, 1.0)) > 0.0

    def least(self, values: Array) -> Array:
        """Smallest value that is known."""
        return self._reduced(np.fmin, values, np.nan)

    def greatest(self, values: Array) -> Array:
        """Largest value that is known."""
        return self._reduced(np.fmax, values, np.nan)

    def mean(self, values: Array) -> Array:
        """Mean over time."""
        parts = values * self.dt
        total = self._reduced(np.add, parts, 0.0)
        if not np.isnan(total).any():
            return ratio(total, self._time)
        return ratio(self.sum(parts), self.sum(np.where(np.isnan(parts), 0.0, self.dt)))

    def within(self, mean: Array, values: Array) -> Array:
        """A mean of these values, not beyond them by rounding: of 20.0 it is 20.0."""
        return np.clip(mean, self.least(values), self.greatest(values))

    def rms(self, values: Array) -> Array:
        """Root of the mean square over time."""
        return np.sqrt(self.mean(values**2))

    @cached_property
    def _time(self) -> Array:
        return self.sum(self.dt)

    def _reduced(self, how: np.ufunc, values: Array, nothing: float) -> Array:
        if not len(values):
            return np.full(len(self.starts), nothing)
        return np.asarray(how.reduceat(values, self.starts))
