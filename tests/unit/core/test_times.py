"""Times that a layout can say and hardly a log will hold: none may turn into a wrong date."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest

from oracle.agree import assert_agrees
from oracle.decode import decode
from oracle.plain import plain_layout, plain_log
from satlog_native import open_log
from satlog_native.layouts import loads
from strategies import to_toml


def times_of(values: list[Any], **codec: Any) -> tuple[list[Any], int]:
    """The times that satlog and the oracle read alike, and how many are impossible."""
    layout = plain_layout({"name": "time", "type": "timestamp", **codec})
    content = plain_log(layout, [{"time": value} for value in values])
    with open_log(content, layout=loads(to_toml(layout))) as log:
        assert_agrees(log, layout, decode(layout, content))
        return log["thing"]["time"].to_pylist(), log.report.impossible_times


@pytest.mark.parametrize("week", ["i32", "i64"])
def test_weeks_before_all_time(week: str) -> None:
    lowest = -(1 << (int(week[1:]) - 1))
    # 2**64 / (604800 * 10**6): products with these weeks come round to where dates are.
    weeks = [lowest, lowest + 1, -(1 << 31), -30500569, -30500570, -103260, -103259, -1, 0]
    found, impossible = times_of(
        [(week_number, 0) for week_number in weeks],
        codec="gps",
        week=week,
        time_of_week={"type": "u32"},
    )
    # 1980-01-06 less 103,259 weeks is in the year 1; one week more is before it.
    assert [time is None for time in found] == [True] * 6 + [False] * 3
    assert impossible == 6


def test_fractions_that_count_down() -> None:
    for type_, fraction in (("u32", 500), ("f64", 500.0), ("i16", 500), ("f32", 0.5)):
        found, impossible = times_of(
            [(100, fraction)],
            codec="unix",
            seconds="u32",
            fraction={"type": type_, "scale": -0.001},
        )
        assert found[0] is not None
        assert found[0].timestamp() == 100 - fraction / 1000
        assert impossible == 0


@pytest.mark.parametrize("scale", [1e12, 1e13, 1e30, -1e30, 1e300])
@pytest.mark.parametrize("type_", ["u8", "i64", "f64"])
def test_fractions_that_reach_past_all_time(scale: float, type_: str) -> None:
    """Worked out by hand: the oracle's arithmetic knows no bound for a double's error here."""
    field = {"name": "time", "type": "timestamp", "codec": "unix", "seconds": "u32"}
    layout = plain_layout({**field, "fraction": {"type": type_, "scale": scale}})
    content = plain_log(layout, [{"time": (100, unit)} for unit in (0, 1, 2, 127)])
    with open_log(content, layout=loads(to_toml(layout))) as log:
        assert log["thing"]["time"].cast("int64").to_pylist() == [100_000_000, None, None, None]
        assert log.report.impossible_times == 3


def test_any_nan_is_the_null_that_is_nan() -> None:
    other_nan = struct.unpack("<d", b"\x01\0\0\0\0\0\xf4\xff")[0]
    values = [(math.nan,), (other_nan,), (math.inf,), (0.0,)]
    found, impossible = times_of(values, codec="unix", seconds="f64", null="nan")
    assert [time is None for time in found] == [True, True, True, False]
    assert impossible == 1


def test_a_null_of_zero_has_no_sign() -> None:
    found, impossible = times_of([(0.0,), (-0.0,), (1.0,)], codec="unix", seconds="f32", null=0.0)
    assert [time is None for time in found] == [True, True, False]
    assert impossible == 0


def test_packed_parts_that_fill_the_integer() -> None:
    bits = {"day": [0, 1], "month": [1, 1], "year": [2, 62]}
    values = [3, 7, (1 << 64) - 1, 2 << 2 | 3]
    found, impossible = times_of(values, codec="packed", size=8, bits=bits, year_base=1999)
    assert [time and time.year for time in found] == [1999, 2000, None, 2001]
    assert impossible == 1
