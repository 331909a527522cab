"""Scale bars of round lengths."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10
from typing import Final

from satlog_native.flight.settings import Units

_FOOT: Final = 0.3048  # m
_MILE: Final = 1609.344  # m


@dataclass(frozen=True)
class ScaleBar:
    """A scale bar: its length on the ground (m), and what it says."""

    metres: float
    label: str


def scale_bar(longest: float, units: Units = "si") -> ScaleBar:
    """The longest scale bar of 1, 2 or 5 times a power of ten.

    Parameters
    ----------
    longest : float
        m on the ground; above zero.
    units : {"si", "us"}
        Metres and kilometres, or feet and miles.
    """
    small, large = (("m", 1.0), ("km", 1000.0)) if units == "si" else (("ft", _FOOT), ("mi", _MILE))
    name, unit = large if longest >= large[1] else small
    power = 10.0 ** floor(log10(longest / unit))
    count = max(step * power for step in (1, 2, 5) if step * power * unit <= longest)
    return ScaleBar(count * unit, f"{count:,.10g} {name}")
