"""Settings that make no sense are refused, with a sentence."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from satlog_native.errors import AnalysisError, SatlogError
from satlog_native.flight import FlightSettings


def test_the_defaults() -> None:
    settings = FlightSettings()
    assert (settings.max_gap, settings.merge_gap, settings.turn_limit) == (10.0, 1.0, 120.0)
    assert (settings.simplify_tolerance, settings.units, settings.swath_width) == (0.3, "si", None)
    with pytest.raises(FrozenInstanceError):
        settings.max_gap = 5.0  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_gap": -1.0},
        {"merge_gap": float("nan")},
        {"turn_limit": float("inf")},
        {"swath_width": 0.0},
        {"swath_width": float("nan")},
        {"units": "metric"},
    ],
)
def test_nonsense_is_named(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(AnalysisError, match=f"{name} is .* must be") as caught:
        FlightSettings(**wrong)
    assert isinstance(caught.value, SatlogError)
    assert isinstance(caught.value, ValueError)
