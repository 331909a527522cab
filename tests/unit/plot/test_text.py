from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from satlog_native.plot.text import direction, duration, local, number, place, quantity, shown


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234.56, 1, "1,234.6"),
        (-0.04, 1, "0.0"),
        (-2.25, 2, "−2.25"),
        (None, 1, ""),
        (float("nan"), 1, ""),
        (float("inf"), 0, ""),
    ],
)
def test_numbers(value: float | None, digits: int, text: str) -> None:
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "none"),
        (12.6, "12.6 s"),
        (59.97, "1 min 00 s"),
        (323.0, "5 min 23 s"),
        (3599.6, "1 h 00 min"),
        (7380.0, "2 h 03 min"),
        (None, "not recorded"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("degrees", "text"),
    [(0.0, "0° (N)"), (224.6, "225° (SW)"), (359.8, "0° (N)"), (348.0, "348° (NNW)"), (None, "")],
)
def test_directions(degrees: float | None, text: str) -> None:
    assert direction(degrees) == text


def test_quantities_have_the_unit_of_their_column() -> None:
    assert quantity("net_area", 39.5688, "si") == "39.57 ha"
    assert quantity("volume", 1175.31, "si", dry=True) == "1,175.3 kg"
    assert quantity("wind_speed", None, "us") == "not recorded"


def test_places() -> None:
    assert place(-17.5, 179.25) == "17.50000° S, 179.25000° E"
    assert place(None, None) == ""


def test_shown_text_is_one_line_without_what_cannot_be_seen() -> None:
    assert shown("a\r\nb\u202ec\ud800 d") == "a b c d"
    assert shown("x" * 100, 10) == "x" * 9 + "…"


def test_local_time_at_the_end_of_the_calendar() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    assert local(first, ZoneInfo("America/Chicago")) == first
