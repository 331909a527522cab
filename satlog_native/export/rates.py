"""Classes of applied rate against target rate, and their colours on a map.

The colours are told apart by people who cannot tell red from green, and stand out on aerial images.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray


class RateClass(NamedTuple):
    """Passes of a range of rate errors.

    Attributes
    ----------
    name : str
        A word for programs.
    text : str
        What people read in a legend.
    colour : str
        ``rrggbb``.
    """

    name: str
    text: str
    colour: str


#: From far below the target to far above it, then what is not known. Errors in %, the ends of a
#: range included towards the target: exactly 10 % over is still on target.
RATE_CLASSES: Final = (
    RateClass("far_under", "more than 20 % under target", "313695"),
    RateClass("under", "10 to 20 % under target", "74add1"),
    RateClass("on_target", "within 10 % of target", "ffffbf"),
    RateClass("over", "10 to 20 % over target", "f46d43"),
    RateClass("far_over", "more than 20 % over target", "a50026"),
    RateClass("unknown", "rate or target not known", "969696"),
)

_NEAR: Final = 10.0  # %
_FAR: Final = 20.0  # %


def rate_classes(rate_error: NDArray[np.float64]) -> NDArray[np.intp]:
    """The class of each rate error (%), as its number in ``RATE_CLASSES``; NaN is unknown."""
    with np.errstate(invalid="ignore"):
        number = np.select(
            [
                rate_error < -_FAR,
                rate_error < -_NEAR,
                rate_error <= _NEAR,
                rate_error <= _FAR,
                rate_error > _FAR,
            ],
            [0, 1, 2, 3, 4],
            default=5,
        )
    return number.astype(np.intp)
