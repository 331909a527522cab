"""The oracle against what people worked out by hand, and against its own encoder."""

from __future__ import annotations

import binascii
import math
import tomllib
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from oracle import times
from oracle.checksums import checksum
from oracle.decode import Lost, NotALog, decode, table_types
from oracle.encode import Record, encode
from oracle.rows import bit_columns
from oracle.walk import number_size
from strategies import damaged, damages, layouts, records, to_toml
from strategies.fields import FLOATS

CHECK = b"123456789"

#: Check values of the CRC catalogue (reveng): the checksum of "123456789".
CRC_CHECKS = [
    ("crc8", 0x07, 0x00, False, 0x00, 0xF4),  # SMBUS
    ("crc8", 0x31, 0x00, True, 0x00, 0xA1),  # MAXIM-DOW
    ("crc8", 0x1D, 0xFF, False, 0xFF, 0x4B),  # SAE-J1850
    ("crc8", 0x07, 0x00, False, 0x55, 0xA1),  # I-432-1
    ("crc16", 0x1021, 0xFFFF, False, 0x0000, 0x29B1),  # CCITT-FALSE
    ("crc16", 0x8005, 0x0000, True, 0x0000, 0xBB3D),  # ARC
    ("crc16", 0x1021, 0x0000, False, 0x0000, 0x31C3),  # XMODEM
    ("crc16", 0x1021, 0x0000, True, 0x0000, 0x2189),  # KERMIT
    ("crc16", 0x8005, 0xFFFF, True, 0x0000, 0x4B37),  # MODBUS
    ("crc16", 0x1021, 0xFFFF, True, 0xFFFF, 0x906E),
    ("crc32", 0x04C11DB7, 0xFFFFFFFF, True, 0xFFFFFFFF, 0xCBF43926),  # ISO-HDLC
    ("crc32", 0x04C11DB7, 0xFFFFFFFF, False, 0xFFFFFFFF, 0xFC891918),  # BZIP2
    ("crc32", 0x1EDC6F41, 0xFFFFFFFF, True, 0xFFFFFFFF, 0xE3069283),  # ISCSI
    ("crc32", 0x04C11DB7, 0xFFFFFFFF, False, 0x00000000, 0x0376E6E7),  # MPEG-2
]


@pytest.mark.parametrize("case", CRC_CHECKS)
def test_crc_check_values(case: tuple[str, int, int, bool, int, int]) -> None:
    *parameters, check = case
    keys = ("algorithm", "polynomial", "initial", "reflect", "final_xor")
    assert checksum(dict(zip(keys, parameters, strict=True)), CHECK) == check


@pytest.mark.parametrize(
    ("algorithm", "data", "expected"),
    [
        ("xor8", b"\x0f\xf0\x01", 0xFE),
        ("sum8", b"\xff\x02", 0x01),
        ("sum8_neg", b"\xff\x02", 0xFF),
        ("sum8_neg", b"", 0x00),
        ("sum16", b"\xff" * 258, 0x00FE),
        ("fletcher16", b"abcde", 0xC8F0),
        ("fletcher16", b"abcdef", 0x2057),
        ("fletcher16", b"abcdefgh", 0x0627),
        ("crc8", CHECK, 0xF4),
        ("crc16", CHECK, 0x29B1),
        ("crc32", CHECK, 0xCBF43926),
    ],
)
def test_checksums_by_hand(algorithm: str, data: bytes, expected: int) -> None:
    assert checksum({"algorithm": algorithm}, data) == expected


@given(st.binary(max_size=40))
def test_crcs_agree_with_the_standard_library(data: bytes) -> None:
    assert checksum({"algorithm": "crc32"}, data) == zlib.crc32(data)
    assert checksum({"algorithm": "crc16"}, data) == binascii.crc_hqx(data, 0xFFFF)


TS40 = {
    "hundredth": [0, 7],
    "second": [7, 6],
    "minute": [13, 6],
    "hour": [19, 5],
    "day": [24, 5],
    "month": [29, 4],
    "year": [33, 7],
}


def test_ts40_by_hand() -> None:
    # 2004-02-29 13:37:59.42, each part shifted to where log-format.md section 3 says it stands.
    wire = 42 | 59 << 7 | 37 << 13 | 13 << 19 | 29 << 24 | 2 << 29 | (2004 - 1993) << 33
    assert wire == 0x165D6CBDAA
    expected = datetime(2004, 2, 29, 13, 37, 59, 420_000, tzinfo=UTC)
    assert times.packed(TS40, 1993, wire) == expected


@pytest.mark.parametrize(
    ("part", "value"),
    [("hundredth", 100), ("second", 60), ("minute", 60), ("hour", 24), ("day", 31), ("month", 13)],
)
def test_ts40_impossible_parts(part: str, value: int) -> None:
    parts = {"hundredth": 0, "second": 0, "minute": 0, "hour": 0, "day": 1, "month": 4, "year": 3}
    wires = [
        sum(number << TS40[name][0] for name, number in (parts | change).items())
        for change in ({}, {part: value})
    ]
    assert times.packed(TS40, 1993, wires[0]) == datetime(1996, 4, 1, tzinfo=UTC)
    assert times.packed(TS40, 1993, wires[1]) is None


def test_msdos_by_hand() -> None:
    # The date and time words of MS-DOS: 1996-07-21 is 0x16F5, 17:43:22 is 0x8D6B.
    day = (1996 - 1980) << 9 | 7 << 5 | 21
    clock = 17 << 11 | 43 << 5 | 22 // 2
    assert (day, clock) == (0x20F5, 0x8D6B)
    assert times.msdos(day << 16 | clock) == datetime(1996, 7, 21, 17, 43, 22, tzinfo=UTC)
    assert times.msdos(day << 16 | 30) is None
    assert times.msdos(0) is None


@pytest.mark.parametrize(
    ("week", "second", "expected"),
    [
        (0, 0, datetime(1980, 1, 6, tzinfo=UTC)),
        (1024, 0, datetime(1999, 8, 21, 23, 59, 47, tzinfo=UTC)),  # first week rollover
        (2048, 0, datetime(2019, 4, 6, 23, 59, 42, tzinfo=UTC)),  # second week rollover
        # Around the leap second at the end of 2016: offset 17 s before, 18 s after.
        (1930, 16, datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (1930, 17, datetime(2017, 1, 1, 0, 0, 0, tzinfo=UTC)),
        (1930, 18, datetime(2017, 1, 1, 0, 0, 0, tzinfo=UTC)),
        (1930, 19, datetime(2017, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (0, 604799.5, datetime(1980, 1, 12, 23, 59, 59, 500_000, tzinfo=UTC)),
        (0, 604800, None),
        (0, -0.001, None),
        (0, math.nan, None),
        (1 << 30, 0, None),
    ],
)
def test_gps_leap_seconds(week: int, second: float, expected: datetime | None) -> None:
    assert times.gps(week, second, 1.0) == expected


def test_unix_by_hand() -> None:
    assert times.unix(1_000_000_000, 0, 1.0) == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
    assert times.unix(-1, 999, 0.001) == datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    assert times.unix(253402300800, 0, 1.0) is None
    assert times.unix(math.inf, 0, 1.0) is None


LAYOUT = tomllib.loads("""
[layout]
name = "hand"
version = "1"

[framing]
sync = [0xA5]
length = { at = 1, type = "u8", counts = "frame" }
type = { at = 2, type = "u8" }
payload_at = 3
checksum = { algorithm = "sum8", from = 1 }

[[record]]
type = 1
name = "fix"
size = 3
  [[record.field]]
  name = "height"
  at = 0
  type = "i16"
  scale = 0.5
  [[record.field]]
  name = "flags"
  at = 2
  type = "u8"
  bits = { on = 0, count = [4, 4] }

[[record]]
type = 1
name = "fix"
size = 4
  [[record.field]]
  name = "height"
  at = 0
  type = "i16"
  scale = 0.5
  [[record.field]]
  name = "mode"
  at = 3
  type = "u8"
  null = 255
  enum = { "0" = "off" }

[[record]]
type = 2
name = "note"
  [[record.field]]
  name = "text"
  at = 0
  type = "text"
  size = "rest"
""")

FIX = bytes.fromhex("a5 07 01 fe ff 31 36")  # height -1.0, on, count 3
LONG = bytes.fromhex("a5 08 01 04 00 00 07 14")  # height 2.0, mode 7
NOTE = bytes.fromhex("a5 07 02 48 69 20 da")  # "Hi "


def test_frames_by_hand() -> None:
    decoded = decode(LAYOUT, FIX + LONG + NOTE)
    empty = {"height": None, "on": None, "count": None, "mode": None}
    assert decoded.rows["fix"] == [
        empty | {"frame": 0, "offset": 0, "height": -1.0, "on": True, "count": 3},
        empty | {"frame": 1, "offset": 7, "height": 2.0, "mode": "7"},
    ]
    assert decoded.rows["note"] == [{"frame": 2, "offset": 15, "text": "Hi"}]
    assert decoded.report.bytes_in_frames == 22
    assert decoded.report.lost == []
    assert table_types(LAYOUT, "fix") == {
        "frame": "uint32",
        "offset": "uint64",
        "height": "double",
        "on": "bool",
        "count": "uint8",
        "mode": "enum",
    }


@pytest.mark.parametrize(
    ("log", "lost"),
    [
        (b"\x00" + FIX, [Lost(0, 1, "sync")]),
        (FIX[:-1] + b"\x00" + FIX, [Lost(0, 7, "checksum")]),
        (b"\xa5\x03\x01" + FIX, [Lost(0, 3, "length")]),
        (FIX + NOTE[:4], [Lost(7, 4, "end")]),
        (FIX + b"\xa5", [Lost(7, 1, "end")]),
        # In a search a note is believed only in front of another good frame, or of the end.
        (b"\x00" + NOTE, [Lost(0, 1, "sync")]),
        (b"\x00" + NOTE + FIX, [Lost(0, 1, "sync")]),
        (b"\x00" + NOTE + b"\x00" + FIX, [Lost(0, 9, "sync")]),
        # A cut record loses its own bytes alone.
        (LONG[:5] + FIX, [Lost(0, 5, "checksum")]),
    ],
)
def test_damage_by_hand(log: bytes, lost: list[Lost]) -> None:
    assert decode(LAYOUT, log).report.lost == lost


@pytest.mark.parametrize("log", [b"", b"\x00" * 50, FIX[:-1]])
def test_not_a_log(log: bytes) -> None:
    with pytest.raises(NotALog):
        decode(LAYOUT, log)


def test_short_extended_unknown() -> None:
    odd = [
        Record("fix", 3, {"height": 2}, cut=1),
        Record("fix", 4, {"height": 2, "mode": 255}, extra=b"\x01\x02"),
        Record(9, payload=b"?"),
    ]
    decoded = decode(LAYOUT, encode(LAYOUT, odd)[0])
    assert decoded.report.short == {"fix": 1}
    assert decoded.report.extended == {"fix": 1}
    assert decoded.report.unknown_types == {9: 1}
    assert [row["mode"] for row in decoded.rows["fix"]] == [None]
    assert [ordinal for ordinal, _, _ in decoded.raw["fix"]] == [0, 1]
    assert decoded.first_damage == 0


@given(layouts())
def test_rendered_toml_reads_back(layout: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(layout)) == layout


@given(st.data())
def test_every_frame_written_is_found(data: st.DataObject) -> None:
    layout = data.draw(layouts())
    log, truth = encode(layout, data.draw(records(layout)), data.draw(st.integers(0, 255)))
    decoded = decode(layout, log)
    assert decoded.report.lost == []
    assert [(f.offset, len(f.data), f.type) for f in decoded.frames] == [
        (frame.offset, frame.size, frame.type) for frame in truth
    ]


@given(st.data())
def test_every_byte_is_accounted_for(data: st.DataObject) -> None:
    layout = data.draw(layouts())
    log, _ = encode(layout, data.draw(records(layout)))
    log = damaged(log, data.draw(damages(layout, log)))
    try:
        decoded = decode(layout, log)
    except NotALog:
        return
    spans = [(frame.offset, frame.end) for frame in decoded.frames]
    spans += [(run.offset, run.offset + run.size) for run in decoded.report.lost]
    position = layout["framing"].get("header_size", len(layout["framing"].get("magic", "")))
    for start, end in sorted(spans):
        assert start == position
        position = end
    assert position == len(log)


@given(st.data())
def test_values_written_are_read(data: st.DataObject) -> None:
    layout = data.draw(layouts())
    variant = data.draw(st.sampled_from(layout["record"]))
    specs = [spec for spec in variant.get("field", ()) if spec["type"] != "timestamp"]
    # What is open to the end of a record of a fixed size is filled up or cut off.
    assume("size" not in variant or not any(is_open(spec) for spec in specs))
    values = {spec["name"]: data.draw(natural(spec)) for spec in specs}
    for spec in specs:
        if isinstance(spec.get("count"), str) and spec["count"] in values:
            values[spec["count"]] = len(values[spec["name"]])
    record = Record(variant["name"], variant.get("size"), values)
    decoded = decode(layout, encode(layout, [record])[0])
    others = {r.get("size") for r in layout["record"] if r["name"] == variant["name"]}
    # A variable record of just the size of another variant is that variant.
    assume("size" in variant or len(decoded.frames[0].payload) not in others)
    (row,) = decoded.rows[variant["name"]]
    for spec in specs:
        for column, value in expected(spec, values[spec["name"]]).items():
            assert row[column] == value


def is_open(spec: Mapping[str, Any]) -> bool:
    return spec.get("size") == "rest" or isinstance(spec.get("count"), str)


def natural(spec: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values as a person would write them."""
    if spec["type"] == "bytes":
        size = spec["size"]
        return st.binary(max_size=9) if size == "rest" else st.binary(min_size=size, max_size=size)
    if spec["type"] == "text":
        encoding = spec.get("encoding", "ascii")
        letters = st.text(st.characters(codec=encoding), max_size=9).map(lambda t: t.rstrip("\0 "))
        most = 99 if spec["size"] == "rest" else spec["size"]
        return letters.filter(lambda t: len(t.encode(encoding)) <= most)
    if "count" in spec:
        fewest, most = (spec["count"],) * 2 if isinstance(spec["count"], int) else (0, 5)
        return st.lists(natural_number(spec), min_size=fewest, max_size=most)
    if "bits" in spec:
        columns = {name: width for name, (_, width) in bit_columns(spec).items()}
        parts = {name: st.integers(0, (1 << width) - 1) for name, width in columns.items()}
        return st.fixed_dictionaries(parts)
    return natural_number(spec)


def natural_number(spec: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Small numbers that are no sentinel."""
    whole = st.integers(0, 127).filter(lambda n: n != spec.get("null"))
    return whole.map(float) if spec["type"] in FLOATS else whole


def expected(spec: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """The columns of a natural value, worked out from what was written."""
    name = spec["name"]
    if "bits" in spec:
        mask = (1 << 8 * number_size(spec["type"])) - 1
        wire = sum(value[n] << first for n, (first, _) in bit_columns(spec).items())
        if "null" in spec and wire == spec["null"] & mask:
            return dict.fromkeys(value)
        return dict(value)
    if value == spec.get("null"):  # a counter, whose value its array dictates
        return {name: None}
    if "enum" in spec:
        return {name: spec["enum"].get(str(value), str(value))}
    if "scale" in spec or "bias" in spec:
        scale, bias = Fraction(spec.get("scale", 1)), Fraction(spec.get("bias", 0))
        values = [float(Fraction(v) * scale + bias) for v in as_list(value)]
        close: list[Any] = [pytest.approx(v, rel=1e-12, abs=1e-9) for v in values]
        return {name: close if isinstance(value, list) else close[0]}
    return {name: value}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


TS32 = {"day": [0, 5], "month": [5, 4], "year": [9, 14]}
MILLIS = {"type": "u32", "scale": 0.001}

#: Codecs, and the microseconds that they resolve.
CODECS: list[tuple[dict[str, Any], int]] = [
    ({"codec": "packed", "size": 5, "bits": TS40, "year_base": 1993}, 10_000),
    ({"codec": "packed", "size": 4, "bits": TS32}, 86_400_000_000),
    ({"codec": "unix", "seconds": "u32"}, 1_000_000),
    ({"codec": "unix", "seconds": "i64", "fraction": MILLIS}, 1000),
    ({"codec": "unix", "seconds": "f64"}, 15_625),
    ({"codec": "unix", "seconds": "u32", "fraction": {"type": "u32", "scale": 2.0**-32}}, 1),
    ({"codec": "gps", "week": "u16", "time_of_week": MILLIS}, 1000),
    ({"codec": "gps", "week": "u24", "time_of_week": {"type": "f64"}}, 1_000_000),
    ({"codec": "msdos"}, 2_000_000),
]


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize(("codec", "resolution"), CODECS)
@given(day=st.integers(0, 30 * 365), microsecond=st.integers(0, 86_399_999_999))
def test_times_written_are_read(
    codec: dict[str, Any], resolution: int, order: str, day: int, microsecond: int
) -> None:
    time = datetime(1994, 1, 1, tzinfo=UTC) + timedelta(
        days=day, microseconds=microsecond // resolution * resolution
    )
    field = {"name": "time", "at": 0, "type": "timestamp", "byte_order": order, **codec}
    layout = {
        "layout": {},
        "framing": {"type": {"at": 0, "type": "u8"}, "payload_at": 1},
        "record": [{"type": 1, "name": "clock", "size": 16, "field": [field]}],
    }
    log, _ = encode(layout, [Record("clock", 16, {"time": time})])
    assert decode(layout, log).rows["clock"][0]["time"] == time
