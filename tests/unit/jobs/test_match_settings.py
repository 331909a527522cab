"""Settings of matching that would break its promises are refused."""

from __future__ import annotations

import pytest

from satlog_native.jobs import MatchSettings


@pytest.mark.parametrize(
    "values",
    [{"ambiguity": 0.15}, {"ambiguity": -0.1}, {"min_overlap": 1.1}, {"window_margin": -1.0},
     {"min_overlap": float("nan")}],
)  # fmt: skip
def test_settings_are_checked(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(values))):
        MatchSettings(**values)  # type: ignore[arg-type]
