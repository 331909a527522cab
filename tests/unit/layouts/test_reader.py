"""What the TOML says is what the layout holds, and what it leaves out has its default."""

from __future__ import annotations

from pathlib import Path

import pytest

from satlog_native.layouts import (
    WIRE_TYPES,
    Bit,
    Checksum,
    DosTime,
    Field,
    Framing,
    GpsTime,
    LengthField,
    PackedTime,
    UnixTime,
    load,
    loads,
)
from unit.layouts.pieces import FRAMING, HEAD, PLACES, RECORD, one

LAYOUTS = Path(__file__).parents[2] / "layouts"
U8, U16, U32 = WIRE_TYPES["u8"], WIRE_TYPES["u16"], WIRE_TYPES["u32"]


def field(lines: str) -> Field:
    """The only field of a layout."""
    return loads(HEAD + FRAMING + RECORD + one("x", 2, lines)).variants[0].fields[0]


def framing(lines: str) -> Framing:
    """The framing of a layout with one small record."""
    return loads(f"{HEAD}[framing]\n{PLACES}{lines}{RECORD}size = 4").framing


def checksum(rule: str) -> Checksum:
    """The checksum of a layout."""
    checksum = framing(f"checksum = {{ {rule} }}").checksum
    assert checksum is not None
    return checksum


def test_defaults_of_a_layout() -> None:
    layout = loads(
        f'{HEAD}[framing]\ntype = {{ at = 0, type = "u8" }}\npayload_at = 1\n{RECORD}size=0'
    )

    assert (layout.status, layout.title, layout.byte_order) == ("assumed", "", "little")
    framing = layout.framing
    assert (framing.header_size, framing.magic, framing.sync) == (0, b"", b"")
    assert framing.length is None
    assert framing.checksum is None


def test_a_record_without_fields_is_opaque() -> None:
    layout = loads(HEAD + FRAMING + RECORD + 'doc = "Unknown."')

    assert layout.variants[0].fields == ()
    assert layout.by_type[1].opaque
    assert layout.by_type[1].doc == "Unknown."


def test_defaults_of_a_field() -> None:
    assert field('type = "i24"') == Field("x", 2, "i24", "little", WIRE_TYPES["i24"])


@pytest.mark.parametrize(
    ("magic", "expected"),
    [('"LOG\\u00e9"', b"LOG\xe9"), ("[0x4C, 0, 255]", b"L\x00\xff"), ('""', b"")],
)
def test_magic_is_text_or_bytes_and_sets_the_header_size(magic: str, expected: bytes) -> None:
    read = framing(f"magic = {magic}")

    assert (read.magic, read.header_size) == (expected, len(expected))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('type = "u8"', (U8, "frame", 0, 255, "little")),
        ('type = "u8", max = 100', (U8, "frame", 0, 100, "little")),
        ('type = "u16", counts = "after", bias = -3', (U16, "after", -3, 65535, "little")),
        ('type = "u24"', (WIRE_TYPES["u24"], "frame", 0, 1 << 20, "little")),
        ('type = "u32", byte_order = "big"', (U32, "frame", 0, 1 << 20, "big")),
        ('type = "u32", max = 4294967295', (U32, "frame", 0, 4294967295, "little")),
        ('type = "u64", counts = "payload"', (WIRE_TYPES["u64"], "payload", 0, 1 << 20, "little")),
    ],
)
def test_length(rule: str, expected: tuple[object, ...]) -> None:
    toml = (
        f'{HEAD}[framing]\ntype = {{ at = 0, type = "u8" }}\npayload_at = 12\n'
        f"length = {{ at = 4, {rule} }}\n{RECORD}"
    )

    length = loads(toml).framing.length

    assert isinstance(length, LengthField)
    assert (
        length.wire, length.counts, length.bias, length.maximum, length.byte_order,
    ) == expected  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('algorithm = "xor8"', Checksum("xor8", U8, 0, None, "little")),
        ('algorithm = "fletcher16"', Checksum("fletcher16", U16, 0, None, "little")),
        ('algorithm = "sum8_neg", type = "u32"', Checksum("sum8_neg", U32, 0, None, "little")),
        (
            'algorithm = "sum16", from = 3, byte_order = "big"',
            Checksum("sum16", U16, 3, None, "big"),
        ),
        ('algorithm = "crc8"', Checksum("crc8", U8, 0, None, "little", 0x07, 0, False, 0)),
        (
            'algorithm = "crc16"',
            Checksum("crc16", U16, 0, None, "little", 0x1021, 0xFFFF, False, 0),
        ),
        (
            'algorithm = "crc32"',
            Checksum("crc32", U32, 0, None, "little", 0x04C11DB7, 0xFFFFFFFF, True, 0xFFFFFFFF),
        ),
        (
            'algorithm = "crc16", polynomial = 0x8005, initial = 0, reflect = true, final_xor = 1',
            Checksum("crc16", U16, 0, None, "little", 0x8005, 0, True, 1),
        ),
    ],
)
def test_checksum(rule: str, expected: Checksum) -> None:
    assert checksum(rule) == expected


def test_a_checksum_of_none_is_none() -> None:
    assert framing('checksum = { algorithm = "none" }').checksum is None


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('type = "u8"\nnull = 255', 255),
        ('type = "i64"\nnull = -9223372036854775808', -(1 << 63)),
        ('type = "u64"\nnull = 0xFFFFFFFFFFFFFFFF', (1 << 64) - 1),
        ('type = "f32"\nnull = "nan"', "nan"),
        ('type = "f32"\nnull = nan', "nan"),
        ('type = "f64"\nnull = -9999', -9999.0),
        ('type = "f64"\nnull = inf', float("inf")),
        ('type = "u8"', None),
    ],
)
def test_null(lines: str, expected: object) -> None:
    null = field(lines).null

    assert null == expected
    assert type(null) is type(expected)


@pytest.mark.parametrize(
    ("lines", "scale", "bias"),
    [
        ("scale = 1e-2", 0.01, None),
        ("scale = 2\nbias = -40", 2.0, -40.0),
        ("bias = 0", None, 0.0),
        ("", None, None),
    ],
)
def test_scale_and_bias(lines: str, scale: float | None, bias: float | None) -> None:
    read = field(f'type = "u16"\n{lines}')

    assert (read.scale, read.bias) == (scale, bias)
    assert read.scaled == (scale is not None or bias is not None)


def test_bits_may_be_written_in_three_ways_and_one_may_be_named_as_its_integer() -> None:
    read = field('type = "u8"\nbits = { x = 0, one = [1, 1], some = [4, 4] }')

    assert read.bits == (Bit("x", 0, 1), Bit("one", 1, 1), Bit("some", 4, 4))


def test_enum_keys_are_numbers_also_negative_ones() -> None:
    assert field('type = "i8"\nenum = { "-1" = "back", 0 = "stop" }').enum == (
        (-1, "back"),
        (0, "stop"),
    )


@pytest.mark.parametrize(
    ("lines", "codec"),
    [
        (
            'codec = "packed"\nsize = 3\nbits = { day = [0, 5], month = [5, 4], year = [9, 12] }',
            PackedTime(3, (("day", 0, 5), ("month", 5, 4), ("year", 9, 12)), 0),
        ),
        ('codec = "unix"\nseconds = "u32"', UnixTime(U32, None, 1.0)),
        (
            'codec = "unix"\nseconds = "u32"\nfraction = { type = "u16", scale = 1e-3 }',
            UnixTime(U32, U16, 0.001),
        ),
        (
            'codec = "gps"\nweek = "u16"\ntime_of_week = { type = "u32" }',
            GpsTime(U16, U32, 1.0),
        ),
        ('codec = "msdos"', DosTime()),
    ],
)
def test_codecs(lines: str, codec: object) -> None:
    assert field(f'type = "timestamp"\n{lines}').codec == codec


def test_text_is_ascii_unless_it_says_otherwise() -> None:
    assert field('type = "text"\nsize = 4').encoding == "ascii"


def test_byte_order_of_the_layout_holds_until_a_field_overrides_it() -> None:
    layout = load(LAYOUTS / "dune.toml")

    orders = {f.name: f.byte_order for v in layout.variants for f in v.fields}

    assert orders["latitude"] == "big"
    assert orders["heading"] == orders["values"] == "little"
    assert layout.framing.type.byte_order == "big"
    assert layout.framing.length is not None
    assert layout.framing.length.byte_order == "little"


def test_a_count_may_be_scaled_and_declared_in_any_order() -> None:
    fields = {
        f.name: f for f in load(LAYOUTS / "gorge.toml").by_name["spectrum"].variants[0].fields
    }

    assert fields["power"].count == "bins"
    assert fields["bins"].scaled


def test_variants_are_one_kind_with_the_variable_one_last() -> None:
    kind = load(LAYOUTS / "cedar.toml").by_name["position"]

    assert (kind.type, [variant.size for variant in kind.variants]) == (0x0101, [20, 32, None])


def test_the_layouts_of_the_tests_use_all_that_a_layout_can_express() -> None:
    layouts = [load(path) for path in sorted(LAYOUTS.glob("*.toml"))] + [load("satloc_air")]
    framings = [layout.framing for layout in layouts]
    checksums = [f.checksum for f in framings]
    lengths = [f.length for f in framings]
    fields = [f for layout in layouts for variant in layout.variants for f in variant.fields]

    assert {c.algorithm if c else "none" for c in checksums} == {
        "none", "xor8", "sum8", "sum8_neg", "sum16", "fletcher16", "crc8", "crc16", "crc32",
    }  # fmt: skip
    heads = [c for c in checksums if c is not None and c.at is not None]
    assert {c.start > (c.at or 0) for c in heads} == {True, False}
    assert {n.counts if n else None for n in lengths} == {None, "frame", "payload", "after"}
    assert {n.wire.name for n in lengths if n} == {"u8", "u16", "u24", "u32", "u64"}
    assert {len(f.sync) for f in framings} >= {0, 1, 2, 8}
    assert {f.type.wire.name for f in framings} == {"u8", "u16"}
    assert any(f.magic for f in framings)
    assert any(f.header_size > len(f.magic) for f in framings)
    assert {layout.byte_order for layout in layouts} == {"little", "big"}
    assert {f.wire.name for f in fields if f.wire} == set(WIRE_TYPES)
    assert {type(f.codec) for f in fields if f.codec} == {PackedTime, UnixTime, GpsTime, DosTime}
    assert {f.encoding for f in fields if f.encoding} == {
        "ascii", "latin-1", "utf-8", "utf-16-le", "utf-16-be",
    }  # fmt: skip
    assert {f.size == "rest" for f in fields if f.type == "bytes"} == {True, False}
    assert {type(f.count) for f in fields if f.count not in (None, "rest")} == {int, str}
    assert any(f.count == "rest" for f in fields)
    assert any(f.enum for f in fields)
    assert any(f.bits and f.null is not None for f in fields)
    assert any(f.bias for f in fields)
