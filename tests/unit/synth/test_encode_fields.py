"""Every field type and timestamp codec, against bytes written by hand."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from satlog_native.errors import EncodeError
from satlog_native.layouts import Layout
from satlog_native.synth import Records, encode, readback

MakeLayout = Callable[..., Layout]


def written(layout: Layout, **columns: Any) -> bytes:
    """The payload of one record."""
    log = encode(layout, [Records("thing", {n: [v] for n, v in columns.items()}, frames=[0])])
    assert log[:2] == bytes([len(log) - 2, 7])
    return log[2:]


def read(layout: Layout, **columns: Any) -> Any:
    """What a decoder reads back from the one column ``x``."""
    records = [Records("thing", {name: [v] for name, v in columns.items()})]
    return readback(layout, records)["thing"]["x"].tolist()[0]


def field(spec: str) -> str:
    return "\n".join(['name = "x"', "at = 0", *spec.split("; ")])


@pytest.mark.parametrize(
    ("spec", "value", "payload"),
    [
        ('type = "u8"', 255, b"\xff"),
        ('type = "i8"', -1, b"\xff"),
        ('type = "u16"; byte_order = "big"', 0x1234, b"\x12\x34"),
        ('type = "i16"', -2, b"\xfe\xff"),
        ('type = "u24"', 0x123456, b"\x56\x34\x12"),
        ('type = "u24"; byte_order = "big"', 0x123456, b"\x12\x34\x56"),
        ('type = "i24"', -8_388_608, b"\0\0\x80"),
        ('type = "i24"; byte_order = "big"', -2, b"\xff\xff\xfe"),
        ('type = "u32"', 0x89ABCDEF, b"\xef\xcd\xab\x89"),
        ('type = "i32"; byte_order = "big"', -2, b"\xff\xff\xff\xfe"),
        ('type = "u64"', 2**64 - 1, b"\xff" * 8),
        ('type = "i64"', -(2**63), b"\0" * 7 + b"\x80"),
        ('type = "f32"; byte_order = "big"', 1.5, struct.pack(">f", 1.5)),
        ('type = "f64"', -0.1, struct.pack("<d", -0.1)),
        ('type = "i16"; scale = 0.01; bias = -40.0', -39.5, b"\x32\0"),
        ('type = "f32"; scale = 0.5', 3.0, struct.pack("<f", 6.0)),
        ('type = "f32"; null = "nan"', None, struct.pack("<f", float("nan"))),
        ('type = "i16"; null = -1', None, b"\xff\xff"),
        ('type = "u8"; enum = { "0" = "off", "1" = "on" }', "on", b"\x01"),
        ('type = "u8"; enum = { "0" = "off" }; null = 9', None, b"\x09"),
        ('type = "u8"; enum = { "0" = "off" }', "200", b"\xc8"),
        ('type = "text"; size = 5', "abc", b"abc\0\0"),
        ('type = "text"; size = 4; encoding = "utf-16-be"', "ä", b"\0\xe4\0\0"),
        ('type = "text"; size = "rest"; encoding = "utf-8"', "äb", b"\xc3\xa4b"),
        ('type = "bytes"; size = 3', b"\x01", b"\x01\0\0"),
        ('type = "bytes"; size = "rest"', b"\0\x01\0", b"\0\x01\0"),
        ('type = "i24"; count = 2', [1, -1], b"\x01\0\0\xff\xff\xff"),
        ('type = "u16"; count = "rest"; byte_order = "big"', [1, 2, 3], b"\0\x01\0\x02\0\x03"),
        ('type = "u8"; count = 3; scale = 0.5; null = 0', [1.0, None, 2.0], b"\x02\0\x04"),
    ],
)
def test_values_and_their_bytes(tiny: MakeLayout, spec: str, value: Any, payload: bytes) -> None:
    layout = tiny(field(spec))
    assert written(layout, x=value) == payload
    expected = value.ljust(3, b"\0") if spec == 'type = "bytes"; size = 3' else value
    assert read(layout, x=value) == expected


def test_values_are_rounded_to_the_nearest(tiny: MakeLayout) -> None:
    layout = tiny(field('type = "u16"; scale = 0.1'))
    assert written(layout, x=1.27) == b"\x0d\0"
    assert read(layout, x=1.27) == 13 * 0.1
    assert read(tiny(field('type = "u16"')), x=2.6) == 3


@pytest.mark.parametrize("value", [2**64, -1, float("inf")])
def test_64_bits_do_not_pass_through_a_float(tiny: MakeLayout, value: Any) -> None:
    layout = tiny(field('type = "u64"'))
    for integer in (2**53 + 1, 2**64 - 1):
        assert read(layout, x=integer) == integer
    with pytest.raises(EncodeError, match=r"u64 cannot hold|whole number"):
        written(layout, x=value)
    with pytest.raises(EncodeError, match="u64 cannot hold"):
        encode(layout, [Records("thing", {"x": np.array([float(value)])})])


def test_bits(tiny: MakeLayout) -> None:
    layout = tiny(
        'name = "flags"\nat = 0\ntype = "i16"\nbyte_order = "big"\nnull = -1\n'
        "bits = { low = 0, mid = [3, 10], top = 15 }"
    )
    assert written(layout, low=True, mid=0x2AA, top=False) == b"\x15\x51"
    assert written(layout, top=1) == b"\x80\0"
    assert written(layout, low=None, mid=None, top=None) == b"\xff\xff"
    assert written(layout) == b"\xff\xff"
    table = readback(layout, [Records("thing", {"mid": [0x2AA, None], "top": [True, None]})])
    assert table["thing"]["mid"].tolist() == [0x2AA, None]
    assert table["thing"]["mid"].dtype == np.uint16
    assert table["thing"]["top"].tolist() == [True, None]
    assert table["thing"]["low"].dtype == np.bool_


PACKED = (
    'type = "timestamp"; codec = "packed"; size = 5; year_base = 1993; '
    "bits = { hundredth = [0, 7], second = [7, 6], minute = [13, 6], hour = [19, 5], "
    "day = [24, 5], month = [29, 4], year = [33, 7] }"
)
DATE = 'type = "timestamp"; codec = "packed"; size = 2; year_base = 1980; byte_order = "big"; '
DATE += "bits = { day = [0, 5], month = [5, 4], year = [9, 7] }"
UNIX = 'type = "timestamp"; codec = "unix"; seconds = '
GPS = 'type = "timestamp"; codec = "gps"; week = "u16"; time_of_week = '
DOS = 'type = "timestamp"; codec = "msdos"'


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("spec", "time", "payload", "back"),
    [
        (
            PACKED,
            at(2025, 12, 31, 23, 59, 59, 996_000),
            (1 << 24 | 1 << 29 | 33 << 33).to_bytes(5, "little"),
            at(2026, 1, 1),
        ),
        (DATE, at(2024, 2, 29, 11), struct.pack(">H", 29 | 2 << 5 | 44 << 9), at(2024, 2, 29)),
        (UNIX + '"u32"', at(1970, 1, 2, 0, 0, 1), struct.pack("<I", 86401), None),
        (UNIX + '"u32"', at(1970, 1, 1, 0, 0, 0, 600_000), b"\x01\0\0\0", at(1970, 1, 1, 0, 0, 1)),
        (UNIX + '"i32"', at(1969, 12, 31, 23, 59, 58), struct.pack("<i", -2), None),
        (UNIX + '"f64"', at(2025, 7, 14, 1, 2, 3, 250_000), struct.pack("<d", 1752454923.25), None),
        (
            UNIX + '"u32"; fraction = { type = "u16", scale = 0.001 }',
            at(1970, 1, 1, 0, 0, 5, 123_000),
            struct.pack("<IH", 5, 123),
            None,
        ),
        (  # a fraction that rounds up to a whole second carries
            UNIX + '"u32"; fraction = { type = "u16", scale = 0.001 }',
            at(1970, 1, 1, 0, 0, 5, 999_700),
            struct.pack("<IH", 6, 0),
            at(1970, 1, 1, 0, 0, 6),
        ),
        (
            UNIX + '"i32"; fraction = { type = "f32", scale = 1.0 }; byte_order = "big"',
            at(1969, 12, 31, 23, 59, 59, 750_000),
            struct.pack(">if", -1, 0.75),
            None,
        ),
        # 18 leap seconds since 2017, 17 just before; none in 1980.
        (
            GPS + '{ type = "u32", scale = 0.001 }',
            at(2017, 1, 1),
            struct.pack("<HI", 1930, 18_000),
            None,
        ),
        (
            GPS + '{ type = "u32", scale = 0.001 }',
            at(2016, 12, 31, 23, 59, 59),
            struct.pack("<HI", 1930, 16_000),
            None,
        ),
        (GPS + '{ type = "f64" }', at(1980, 1, 13), struct.pack("<Hd", 1, 0.0), None),
        (  # the week's last millisecond rounds up into the next week
            GPS + '{ type = "u32", scale = 0.001 }',
            at(1980, 1, 12, 23, 59, 59, 999_800),
            struct.pack("<HI", 1, 0),
            at(1980, 1, 13),
        ),
        (
            DOS,
            at(2025, 7, 14, 13, 5, 9),
            struct.pack("<I", 45 << 25 | 7 << 21 | 14 << 16 | 13 << 11 | 5 << 5 | 5),
            at(2025, 7, 14, 13, 5, 10),
        ),
    ],
)
def test_times_and_their_bytes(
    tiny: MakeLayout, spec: str, time: datetime, payload: bytes, back: datetime | None
) -> None:
    layout = tiny(field(spec))
    assert written(layout, x=time) == payload
    assert read(layout, x=time) == (back or time).replace(tzinfo=None)
    micros = (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert written(layout, x=micros) == payload
    assert written(layout, x=np.datetime64(micros, "us")) == payload
    assert written(layout, x=time.astimezone(timezone(timedelta(hours=-5)))) == payload


@pytest.mark.parametrize(
    ("spec", "payload"),
    [
        (PACKED, bytes(5)),
        (PACKED + "; null = 1", b"\x01\0\0\0\0"),
        (DOS, bytes(4)),
        (UNIX + '"u32"; null = 4294967295', b"\xff" * 4),
        (UNIX + '"f64"; null = "nan"', struct.pack("<d", float("nan"))),
        (GPS + '{ type = "u32", scale = 0.001 }; null = 65535', b"\xff\xff\0\0\0\0"),
    ],
)
def test_null_times(tiny: MakeLayout, spec: str, payload: bytes) -> None:
    layout = tiny(field(spec))
    assert written(layout, x=None) == payload
    assert encode(layout, [Records("thing", {"x": np.array(["NaT"], "M8[us]")})])[2:] == payload
    assert read(layout, x=None) is None


@pytest.mark.parametrize(
    ("spec", "value", "message"),
    [
        (UNIX + '"u32"', None, "the time is null"),
        (UNIX + '"u16"', at(1970, 1, 2), "86400 on the wire, which u16 cannot hold"),
        (UNIX + '"u32"; null = 0', at(1970, 1, 1), "means null"),
        (GPS + '{ type = "u32" }', at(1979, 1, 1), "u16 cannot hold"),
        (DOS, at(1979, 12, 31), "its year is -1 on the wire, in 7 bits"),
        (PACKED, at(2121, 1, 1), "its year is 128 on the wire, in 7 bits"),
        ('type = "u8"; count = 2', [1, 2, 3], "has 3 elements, but the layout says 2"),
        ('type = "u8"; count = 2', [1, 256], "u8 cannot hold"),
        ('type = "bytes"; size = 2', "text", "bytes expected"),
    ],
)
def test_what_a_field_cannot_hold(tiny: MakeLayout, spec: str, value: Any, message: str) -> None:
    with pytest.raises(EncodeError, match=message):
        written(tiny(field(spec)), x=value)


def test_a_list_to_the_end_of_a_record_of_fixed_size_must_fill_it(tiny: MakeLayout) -> None:
    layout = tiny(field('type = "u16"; count = "rest"'), size=5)
    assert written(layout, x=[1, 2]) == b"\x01\0\x02\0\0"
    for wrong in ([1], [1, 2, 3]):
        with pytest.raises(EncodeError, match="do not fit the 5 bytes"):
            written(layout, x=wrong)


def test_text_to_the_end_of_a_record_of_fixed_size_is_padded(tiny: MakeLayout) -> None:
    layout = tiny(field('type = "text"; size = "rest"'), size=5)
    assert written(layout, x="abc") == b"abc\0\0"
    with pytest.raises(EncodeError, match="do not fit the 5 bytes"):
        written(layout, x="abcdef")


@pytest.mark.parametrize(
    ("spec", "payload"),
    [
        ('type = "u8"; count = 3', bytes(3)),
        ('type = "u8"; count = "rest"', b""),
        ('type = "text"; size = 2', bytes(2)),
        ('type = "bytes"; size = "rest"', b""),
        ('type = "u8"; null = 9', b"\x09"),
        ('type = "i16"; bias = -40.0', b"\x28\0"),
        (UNIX + '"u32"', bytes(4)),
        (GPS + '{ type = "u32" }', bytes(6)),
        (PACKED, bytes(5)),
    ],
)
def test_a_column_left_out_is_null_or_zero_or_empty(
    tiny: MakeLayout, spec: str, payload: bytes
) -> None:
    assert written(tiny(field(spec))) == payload


def test_scaled_columns_are_numbers(tiny: MakeLayout) -> None:
    layout = tiny(field('type = "u16"; scale = 0.1; null = 65535'))
    assert written(layout, x=None) == b"\xff\xff"
    assert encode(layout, [Records("thing", {"x": np.array([np.nan])})])[2:] == b"\xff\xff"
    with pytest.raises(EncodeError, match="numbers are expected"):
        written(layout, x="ten")


def test_whole_numbers_may_be_null_among_others(tiny: MakeLayout) -> None:
    layout = tiny(field('type = "u64"; null = 0'))
    log = encode(layout, [Records("thing", {"x": [2**64 - 1, None, 1]})])
    assert log == b"".join(
        b"\x08\x07" + number.to_bytes(8, "little") for number in (2**64 - 1, 0, 1)
    )


def test_a_variable_record_may_not_pass_for_one_of_fixed_size(tiny: MakeLayout) -> None:
    fixed = """
        [framing]
        length = { at = 0, type = "u8", counts = "payload" }
        type = { at = 1, type = "u8" }
        payload_at = 2

        [[record]]
        type = 7
        name = "thing"
        size = 3

    """
    layout = tiny(field('type = "text"; size = "rest"'), framing=fixed)
    assert written(layout, x="four") == b"four"
    with pytest.raises(EncodeError, match="3 payload bytes, which a decoder takes for"):
        written(layout, x="two")
