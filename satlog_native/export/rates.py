"""Classes of applied rate against target rate, and their colours: the same on every kind of map.

The colours are told apart by every kind of colour vision. There are two sets: areas on white paper,
and thin lines that have to stand out on aerial images.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray


class RateClass(NamedTuple):
    """A range of rate errors.

    Attributes
    ----------
    name : str
        A word for programs.
    text : str
        What people read in a legend.
    colour : str
        ``rrggbb`` of areas on white; after those that Okabe and Ito chose.
    bright : str
        ``rrggbb`` of lines on aerial images.
    """

    name: str
    text: str
    colour: str
    bright: str


#: From far below the target to far above it, then what is not known. Errors in %, the ends of a
#: range included towards the target: exactly 5 % over is still on target.
RATE_CLASSES: Final = (
    RateClass("far_under", "over 10 % under target", "0066a8", "313695"),
    RateClass("under", "5 to 10 % under", "6bbcec", "74add1"),
    RateClass("on_target", "within 5 % of target", "7fc9a9", "ffffbf"),
    RateClass("over", "5 to 10 % over", "f2b632", "f46d43"),
    RateClass("far_over", "over 10 % over target", "cc4f00", "a50026"),
    RateClass("unknown", "rate or target not recorded", "9a93a8", "969696"),
)

#: Number of the class of what is not known.
UNKNOWN: Final = len(RATE_CLASSES) - 1

_NEAR: Final = 5.0  # %
_FAR: Final = 10.0  # %


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
            default=UNKNOWN,
        )
    return number.astype(np.intp)
