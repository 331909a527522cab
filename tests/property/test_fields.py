"""Every wire type, conversion, encoding and codec by itself, at the ends of its range."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from oracle.agree import assert_agrees, same
from oracle.decode import decode
from oracle.encode import Record, encode
from oracle.plain import plain_layout, plain_log
from oracle.walk import number_size
from satlog_native import Log, open_log
from satlog_native.layouts import loads
from strategies import to_toml
from strategies.fields import FLOATS, SIGNED, UNSIGNED

ORDERS = ("little", "big")
INTEGERS = (*UNSIGNED, *SIGNED)


def read(layout: dict[str, Any], rows: Sequence[dict[str, Any]]) -> Log:
    """A log of these rows, which satlog and the oracle read alike."""
    content = plain_log(layout, rows)
    log = open_log(content, layout=loads(to_toml(layout)))
    assert_agrees(log, layout, decode(layout, content))
    return log


def values_of(wire_type: str) -> list[Any]:
    """The ends of a type's range, what lies around zero, and some in between."""
    chance = random.Random(wire_type)
    if wire_type in FLOATS:
        tiny, huge = (2.0**-149, 3.4028234663852886e38) if wire_type == "f32" else (5e-324, 1.7e308)
        return [0.0, -0.0, 1.0, -1.5, tiny, huge, -huge, math.inf, -math.inf, math.nan]
    bits = 8 * number_size(wire_type)
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if wire_type[0] == "i" else (0, 1 << bits)
    some = [chance.randrange(low, high) for _ in range(10)]
    return [low, low + 1, 0, 1, high // 2, high - 2, high - 1, *some]


def columns_of(*names: str, size: int, **specs: dict[str, Any]) -> list[dict[str, Any]]:
    """Fields of `size` bytes each, one after the other."""
    return [{"name": name, "at": n * size, **specs[name]} for n, name in enumerate(names)]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("wire_type", [*INTEGERS, *FLOATS])
def test_numbers(wire_type: str, order: str) -> None:
    values = values_of(wire_type)
    size = number_size(wire_type)
    specs: dict[str, dict[str, Any]] = {
        "plain": {},
        "scaled": {"scale": 0.01},
        "shifted": {"bias": -273.15},
        "both": {"scale": -3, "bias": 40},
        "missing": {"null": values[1]},
        "scaled_missing": {"null": values[0], "scale": 0.1},
    }
    fields = columns_of(*specs, size=size, **specs)
    layout = plain_layout(
        *({**field, "type": wire_type} for field in fields), size=6 * size, byte_order=order
    )
    log = read(layout, [dict.fromkeys(specs, value) for value in values])
    plain = log["thing"]["plain"].to_pylist()
    assert same(values, plain)
    assert log["thing"]["missing"].null_count >= 1


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("wire_type", [*INTEGERS, *FLOATS])
@pytest.mark.parametrize("spec", [{}, {"scale": 0.5}, {"null": 1}], ids=str)
def test_arrays(wire_type: str, order: str, spec: dict[str, Any]) -> None:
    values = values_of(wire_type)
    size = number_size(wire_type)
    many = {"name": "many", "type": wire_type, "count": 3, **spec}
    rest = {"name": "rest", "type": wire_type, "count": "rest", "at": 3 * size, **spec}
    layout = plain_layout(many, rest, size=None, byte_order=order)
    log = read(layout, [{"many": values[i : i + 3], "rest": values[:i]} for i in range(7)])
    assert [len(v) for v in log["thing"]["rest"].to_pylist()] == list(range(7))


@pytest.mark.parametrize("wire_type", FLOATS)
def test_nan_is_null_where_the_layout_says_so(wire_type: str) -> None:
    size = number_size(wire_type)
    plain = {"name": "plain", "type": wire_type}
    missing = {"name": "missing", "type": wire_type, "at": size, "null": "nan"}
    values = [math.nan, -math.nan, 1.0, math.inf]
    log = read(plain_layout(plain, missing), [{"plain": v, "missing": v} for v in values])
    assert log["thing"]["plain"].null_count == 0
    assert log["thing"]["missing"].null_count == 2


def test_a_float_sentinel_is_what_the_wire_can_hold_of_it() -> None:
    field = {"name": "height", "type": "f32", "null": -9999.9}
    log = read(plain_layout(field), [{"height": -9999.9}, {"height": -9999.0}])
    assert log["thing"]["height"].to_pylist() == [None, -9999.0]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("wire_type", INTEGERS)
@pytest.mark.parametrize("null", [None, -1], ids=["", "null"])
def test_bits(wire_type: str, order: str, null: int | None) -> None:
    total = 8 * number_size(wire_type)
    bits = {"low": 0, "one": [1, 1], "some": [2, 3], "most": [5, total - 6], "top": total - 1}
    field: dict[str, Any] = {"name": "word", "type": wire_type, "bits": bits}
    values = values_of(wire_type)
    if null is not None:
        field["null"] = -1 if wire_type[0] == "i" else (1 << total) - 1
        values.append(field["null"])
    log = read(plain_layout(field, byte_order=order), [{"word": value} for value in values])
    assert (log["thing"]["most"].null_count > 0) == (null is not None)


def test_all_bits_of_the_widest_integer() -> None:
    field = {"name": "word", "type": "u64", "bits": {"all": [0, 64]}}
    log = read(plain_layout(field), [{"word": (1 << 64) - 1}])
    assert log["thing"]["all"].to_pylist() == [(1 << 64) - 1]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("wire_type", INTEGERS)
def test_enums(wire_type: str, order: str) -> None:
    values = values_of(wire_type)
    names = {str(values[0]): "lowest", "7": "seven", str(values[6]): "höchste"}
    field = {"name": "mode", "type": wire_type, "enum": names, "null": 3}
    log = read(plain_layout(field, byte_order=order), [{"mode": v} for v in [*values, 7, 3]])
    expected = [None if v == 3 else names.get(str(v), str(v)) for v in values]
    assert log["thing"]["mode"].to_pylist() == [*expected, "seven", None]


NASTY = [
    b"",
    b"\0",
    b" ",
    b"plain",
    b"padded  \0 \0\0",
    b"in\0side",
    b" leads",
    b"\0\0x",
    b"\xff",
    b"\x80\x80",
    b"\xc3\xa9",
    b"\xc3",
    b"\xc3 ",
    b"\xc3\0",
    b"\xe2\x82",
    b"\xe2\x82\xac",
    b"\xe2\x28\xa1",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xed\xa0\x80",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xf0\x9f\x98\x80",
    b"\xf0\x9f\x98",
    b"\xf0\x80\x80\x80",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xfe\xfe\xff\xff",
    b"\xef\xbb\xbfbom",
    b"\xef\xbf\xbd",
    "\ufeffA".encode("utf-16-le"),
    "\ufeffA".encode("utf-16-be"),
    "A\U0001f600".encode("utf-16-le"),
    "A\U0001f600".encode("utf-16-be"),
    b"A\0B",
    b"\0A\0",
    b"\x00\xd8",
    b"\xd8\x00",
    b"\x00\xd8\x00\x00",
    b"\x00\xd8A\x00",
    b"\x00\xdcA\x00",
    b"\x00\xd8\x00\xd8\x00\xdc",
    b"\x00\xd8\x41",
    b"\xd8\x00\xdc\x00",
    b"\xd8\x00\xd8\x00\xdc",
    b" \0 \0",
    b"\0 \0 ",
    b"\x20\x20",
]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "utf-16-le", "utf-16-be"])
def test_text(encoding: str) -> None:
    fixed = {"name": "fixed", "type": "text", "size": 14, "encoding": encoding}
    rest = {**fixed, "name": "rest", "size": "rest", "at": 14}
    log = read(plain_layout(fixed, rest, size=None), [{"fixed": t, "rest": t} for t in NASTY])
    expected = [text.decode(encoding, "replace").rstrip("\0 ") for text in NASTY]
    assert log["thing"]["rest"].to_pylist() == expected
    assert (log.report.undecodable_text > 0) == (encoding != "latin-1")


def test_bytes_keep_their_padding() -> None:
    fixed = {"name": "fixed", "type": "bytes", "size": 4}
    rest = {"name": "rest", "type": "bytes", "size": "rest", "at": 4}
    rows = [{"fixed": b"ab", "rest": b" \0"}, {"fixed": b"\0\0\0\0", "rest": b""}]
    log = read(plain_layout(fixed, rest, size=None), rows)
    assert log["thing"]["fixed"].to_pylist() == [b"ab\0\0", b"\0\0\0\0"]
    assert log["thing"]["rest"].to_pylist() == [b" \0", b""]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("wire_type", INTEGERS)
@pytest.mark.parametrize("item", ["u8", "i24", "f64"])
def test_counted_arrays_never_reach_past_the_payload(wire_type: str, order: str, item: str) -> None:
    counter = {"name": "number", "type": wire_type, "byte_order": order}
    items = {"name": "items", "type": item, "count": "number", "at": number_size(wire_type)}
    layout = plain_layout(counter, items, size=None)
    # Counts whose bytes, times the item's size, would be 0 or small modulo 2**64.
    counts = [*values_of(wire_type), 2, 3, 4, 1 << 61, (1 << 61) + 1, (1 << 64) // 3 + 1]
    fitting = [n for n in counts if n in range_of(wire_type)]
    log = read(layout, [{"number": n, "items": [1, 2, 3]} for n in fitting])
    good = [n for n in fitting if 0 <= n <= 3]
    assert [len(v) for v in log["thing"]["items"].to_pylist()] == good
    assert log.report.short == {"thing": len(fitting) - len(good)}
    assert log.raw("thing").num_rows == len(fitting)


def range_of(wire_type: str) -> range:
    values = values_of(wire_type)
    return range(values[0], values[6] + 1)


def test_a_counted_array_in_a_record_of_fixed_size() -> None:
    counter = {"name": "number", "type": "u8"}
    items = {"name": "items", "type": "u16", "count": "number", "at": 1}
    log = read(
        plain_layout(counter, items, size=7),
        [{"number": n, "items": [1, 2, 3]} for n in (0, 2, 3, 4, 255)],
    )
    assert log["thing"]["items"].to_pylist() == [[], [1, 2], [1, 2, 3]]
    assert log.report.short == {"thing": 2}


def test_bytes_too_few_for_an_item_are_no_item() -> None:
    layout = plain_layout({"name": "items", "type": "u32", "count": "rest"}, size=None)
    payloads = [bytes(range(size)) for size in range(10)]
    content, _ = encode(layout, [Record("thing", None, payload=payload) for payload in payloads])
    log = open_log(content, layout=loads(to_toml(layout)))
    assert_agrees(log, layout, decode(layout, content))
    assert [len(v) for v in log["thing"]["items"].to_pylist()] == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


DATE = {"day": [0, 5], "month": [5, 4], "year": [9, 14]}
CLOCK = {"hour": [23, 5], "minute": [28, 6], "second": [34, 6]}
UNIX = {"codec": "unix"}
GPS = {"codec": "gps", "week": "u16"}
MILLISECONDS = {"type": "u32", "scale": 0.001}


def packed(**fraction: list[int]) -> dict[str, Any]:
    return {"codec": "packed", "size": 8, "bits": {**DATE, **CLOCK, **fraction}}


def wire(*parts: int, fraction: int = 0) -> int:
    """Year, month, day, hour, minute, second as `packed` has them."""
    places = [9, 5, 0, 23, 28, 34]
    return sum(p << at for p, at in zip(parts, places, strict=False)) | fraction << 40


#: Codec, and wire values with the times that they are.
TIMES: list[tuple[dict[str, Any], list[tuple[Any, datetime | None]]]] = [
    (
        packed(hundredth=[40, 7]),
        [
            (wire(2024, 2, 29, 23, 59, 59, fraction=99), utc(2024, 2, 29, 23, 59, 59, 990_000)),
            (wire(1, 1, 1), utc(1, 1, 1)),
            (wire(9999, 12, 31, 23, 59, 59), utc(9999, 12, 31, 23, 59, 59)),
            (wire(1969, 12, 31, 23, 59, 59, fraction=1), utc(1969, 12, 31, 23, 59, 59, 10_000)),
            (wire(1900, 2, 29), None),
            (wire(2000, 2, 29), utc(2000, 2, 29)),
            (wire(2100, 2, 29), None),
            (wire(2023, 2, 29), None),
            (wire(0, 1, 1), None),
            (wire(10000, 1, 1), None),
            (wire(2024, 0, 1), None),
            (wire(2024, 13, 1), None),
            (wire(2024, 4, 31), None),
            (wire(2024, 4, 0), None),
            (wire(2024, 4, 30, 24), None),
            (wire(2024, 4, 30, 0, 60), None),
            (wire(2024, 4, 30, 0, 0, 60), None),
            (wire(2024, 4, 30, 0, 0, 0, fraction=100), None),
        ],
    ),
    (packed(tenth=[40, 4]), [(wire(2024, 1, 2, fraction=9), utc(2024, 1, 2, 0, 0, 0, 900_000))]),
    (packed(tenth=[40, 4]), [(wire(2024, 1, 2, fraction=10), None)]),
    (
        packed(millisecond=[40, 10]),
        [(wire(2024, 1, 2, fraction=999), utc(2024, 1, 2, 0, 0, 0, 999_000))],
    ),
    (packed(millisecond=[40, 10]), [(wire(2024, 1, 2, fraction=1000), None)]),
    (
        packed(microsecond=[40, 20]),
        [(wire(2024, 1, 2, fraction=999_999), utc(2024, 1, 2, 0, 0, 0, 999_999))],
    ),
    (packed(microsecond=[40, 20]), [(wire(2024, 1, 2, fraction=1_000_000), None)]),
    (
        {"codec": "msdos"},
        [
            (0x20F58D6B, utc(1996, 7, 21, 17, 43, 22)),
            (0xFF9FBF7D, utc(2107, 12, 31, 23, 59, 58)),
            (0x00210000, utc(1980, 1, 1)),
            (0x0021001E, None),  # 60 seconds
            (0x00210780, None),  # 60 minutes
            (0x0021C000, None),  # 24 hours
            (0x00000000, None),  # no month, no day
        ],
    ),
    (
        {**UNIX, "seconds": "i64"},
        [
            (0, utc(1970, 1, 1)),
            (-1, utc(1969, 12, 31, 23, 59, 59)),
            (-62_135_596_800, utc(1, 1, 1)),
            (-62_135_596_801, None),
            (253_402_300_799, utc(9999, 12, 31, 23, 59, 59)),
            (253_402_300_800, None),
            (2**63 - 1, None),
            (-(2**63), None),
        ],
    ),
    ({**UNIX, "seconds": "u64"}, [(2**64 - 1, None), (2**63, None), (1, utc(1970, 1, 1, 0, 0, 1))]),
    ({**UNIX, "seconds": "u32"}, [(2**32 - 1, utc(2106, 2, 7, 6, 28, 15))]),
    (
        {**UNIX, "seconds": "f64"},
        [
            (1 / 128, utc(1970, 1, 1, 0, 0, 0, 7812)),  # 7812.5 us: to the even one
            (3 / 128, utc(1970, 1, 1, 0, 0, 0, 23438)),  # 23437.5 us
            (-1 / 128, utc(1969, 12, 31, 23, 59, 59, 992_188)),
            (1_700_000_000.1234567, utc(2023, 11, 14, 22, 13, 20, 123_457)),
            (math.nan, None),
            (math.inf, None),
            (-math.inf, None),
            (1e300, None),
        ],
    ),
    (
        {**UNIX, "seconds": "i32", "fraction": MILLISECONDS},
        [
            ((-1, 999), utc(1969, 12, 31, 23, 59, 59, 999_000)),
            ((0, 2500), utc(1970, 1, 1, 0, 0, 2, 500_000)),
        ],
    ),
    (
        {**UNIX, "seconds": "u32", "fraction": {"type": "u32", "scale": 2.0**-32}},
        [((5, 1 << 31), utc(1970, 1, 1, 0, 0, 5, 500_000)), ((5, 1), utc(1970, 1, 1, 0, 0, 5))],
    ),
    (
        {**UNIX, "seconds": "u32", "fraction": {"type": "u32", "scale": 1e-9}},
        [
            ((5, 999_999_499), utc(1970, 1, 1, 0, 0, 5, 999_999)),
            ((5, 999_999_501), utc(1970, 1, 1, 0, 0, 6)),
        ],
    ),
    (
        {**GPS, "time_of_week": MILLISECONDS},
        [
            ((0, 0), utc(1980, 1, 6)),
            ((2048, 0), utc(2019, 4, 6, 23, 59, 42)),
            ((1930, 17_000), utc(2017, 1, 1)),
            ((1930, 18_001), utc(2017, 1, 1, 0, 0, 0, 1000)),
            ((0, 604_799_999), utc(1980, 1, 12, 23, 59, 59, 999_000)),
            ((0, 604_800_000), None),
            ((0, 2**32 - 1), None),
        ],
    ),
    (
        {"codec": "gps", "week": "i16", "time_of_week": {"type": "f64"}},
        [
            ((-1, 0.0), utc(1979, 12, 30)),
            ((0, -0.0), utc(1980, 1, 6)),
            ((0, math.nan), None),
            ((0, 604_800.0), None),
        ],
    ),
    ({"codec": "gps", "week": "u64", "time_of_week": {"type": "u8"}}, [((2**64 - 1, 0), None)]),
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("codec", "cases"), TIMES, ids=lambda c: str(c) if isinstance(c, dict) else ""
)
def test_times(codec: dict[str, Any], cases: list[tuple[Any, datetime | None]], order: str) -> None:
    layout = plain_layout({"name": "time", "type": "timestamp", **codec}, byte_order=order)
    log = read(layout, [{"time": wire} for wire, _ in cases])
    assert log["thing"]["time"].to_pylist() == [time for _, time in cases]
    assert log.report.impossible_times == sum(time is None for _, time in cases)


def test_a_fraction_of_all_64_bits() -> None:
    codec = {**UNIX, "seconds": "u32", "fraction": {"type": "u64", "scale": 2.0**-64}}
    layout = plain_layout({"name": "time", "type": "timestamp", **codec})
    log = read(layout, [{"time": (5, part << 62)} for part in range(4)])
    quarters = [utc(1970, 1, 1, 0, 0, 5, part * 250_000) for part in range(4)]
    assert log["thing"]["time"].to_pylist() == quarters


def test_the_parts_of_a_time_are_added_before_they_are_rounded() -> None:
    codec = {**UNIX, "seconds": "f64", "fraction": {"type": "f64"}}
    log = read(
        plain_layout({"name": "time", "type": "timestamp", **codec}), [{"time": (4e-7, 4e-7)}]
    )
    assert log["thing"]["time"].to_pylist() == [utc(1970, 1, 1, 0, 0, 0, 1)]


def test_a_time_of_week_is_judged_before_it_is_rounded() -> None:
    codec = {**GPS, "time_of_week": {"type": "f64"}}
    layout = plain_layout({"name": "time", "type": "timestamp", **codec})
    log = read(layout, [{"time": (0, second)} for second in (-1e-7, 604_799.9999999)])
    assert log["thing"]["time"].to_pylist() == [None, utc(1980, 1, 13)]


LEAP_DAYS = [(1981, 7), (1985, 7), (1990, 1), (1999, 1), (2006, 1), (2009, 1), (2012, 7), (2017, 1)]


@pytest.mark.parametrize(("year", "month"), LEAP_DAYS)
def test_gps_seconds_around_every_leap_second(year: int, month: int) -> None:
    midnight = int((utc(year, month, 1) - utc(1980, 1, 6)).total_seconds())
    elapsed = [midnight + step for step in range(-1, 22)]
    layout = plain_layout(
        {"name": "time", "type": "timestamp", **GPS, "time_of_week": {"type": "u32"}}
    )
    read(layout, [{"time": divmod(seconds, 604_800)} for seconds in elapsed])


@pytest.mark.parametrize(
    ("codec", "null", "missing", "present"),
    [
        (packed(), 0, 0, wire(2024, 1, 1)),
        ({"codec": "msdos"}, 0xFFFFFFFF, 0xFFFFFFFF, 0x00210000),
        ({**UNIX, "seconds": "u32"}, 0, 0, 1),
        ({**UNIX, "seconds": "i64", "fraction": MILLISECONDS}, -1, (-1, 7), (1, 7)),
        ({**UNIX, "seconds": "f64"}, "nan", -math.nan, 1.0),
        ({**UNIX, "seconds": "f32"}, 0, -0.0, 1.0),
        ({**GPS, "time_of_week": MILLISECONDS}, 0xFFFF, (0xFFFF, 2**32 - 1), (1, 0)),
    ],
    ids=str,
)
def test_a_null_time_is_no_impossible_one(
    codec: dict[str, Any], null: Any, missing: Any, present: Any
) -> None:
    layout = plain_layout({"name": "time", "type": "timestamp", "null": null, **codec})
    log = read(layout, [{"time": missing}, {"time": present}])
    assert log["thing"]["time"].is_null().to_pylist() == [True, False]
    assert log.report.impossible_times == 0
