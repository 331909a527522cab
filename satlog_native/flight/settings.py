"""What a flight is analysed with: one frozen object for all of this package."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final, Literal, get_args

from satlog_native.errors import AnalysisError

Units = Literal["si", "us"]

_NOT_NEGATIVE: Final = ("max_gap", "merge_gap", "turn_limit", "wind_limit", "simplify_tolerance")


@dataclass(frozen=True, kw_only=True)
class FlightSettings:
    """How a flight is analysed.

    Parameters
    ----------
    max_gap : float
        Longest time (s) between two positions that counts as flown; what is between positions
        further apart is unknown, and ends a pass.
    merge_gap : float
        Longest time (s) that spray may be off within one pass.
    turn_limit : float
        Longest time (s) between two passes that counts as a turn; longer ones are ferrying.
    wind_limit : float
        Wind speed (m/s) above which the minutes are counted.
    simplify_tolerance : float
        How far (m) a stored spray line may be from the one flown.
    swath_width : float, optional
        Swath width (m) in place of what the log says.
    units : {"si", "us"}
        Of the summary: SI-derived, or US customary (ac, gal, gal/ac, mph, ft). Every other table
        is SI-derived; :func:`~satlog_native.flight.convert_units` converts them.

    Raises
    ------
    AnalysisError
        For a value that makes no sense.
    """

    max_gap: float = 10.0
    merge_gap: float = 1.0
    turn_limit: float = 120.0
    wind_limit: float = 4.5
    simplify_tolerance: float = 0.3
    swath_width: float | None = None
    units: Units = "si"

    def __post_init__(self) -> None:
        for name in _NOT_NEGATIVE:
            value = getattr(self, name)
            if not (isfinite(value) and value >= 0):
                raise _unusable(name, value, "a finite number, zero or more")
        width = self.swath_width
        if width is not None and not (isfinite(width) and width > 0):
            raise _unusable("swath_width", width, "above zero")
        if self.units not in get_args(Units):
            raise _unusable("units", self.units, "'si' or 'us'")


def _unusable(name: str, value: object, wanted: str) -> AnalysisError:
    return AnalysisError(f"flight settings: {name} is {value!r}, but must be {wanted}")
