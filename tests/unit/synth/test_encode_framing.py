"""Every way to cut a log into frames, against bytes written by hand."""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Callable

import pytest

from satlog_native.errors import EncodeError
from satlog_native.layouts import Layout
from satlog_native.synth import Records, encode

MakeLayout = Callable[..., Layout]

#: The message of the catalogue of CRC algorithms, whose check values stand below.
CHECK = b"123456789"

BYTES = 'name = "data"\nat = 0\ntype = "bytes"\nsize = "rest"'


def framed(tiny: MakeLayout, framing: str, *payloads: bytes) -> bytes:
    """A log of these payloads, type 7, after ``[framing]`` lines."""
    layout = tiny(BYTES, framing=f"[framing]\n{framing}\n")
    return encode(layout, [Records("thing", {"data": list(payloads)})])


@pytest.mark.parametrize(
    ("checksum", "expected"),
    [
        ('algorithm = "xor8"', b"\x31"),
        ('algorithm = "sum8"', b"\xdd"),
        ('algorithm = "sum8_neg"', b"\x23"),
        ('algorithm = "sum16"', b"\xdd\x01"),
        ('algorithm = "sum16", byte_order = "big"', b"\x01\xdd"),
        ('algorithm = "sum8", type = "u24"', b"\xdd\0\0"),
        ('algorithm = "sum8", type = "u64", byte_order = "big"', b"\0\0\0\0\0\0\0\xdd"),
        # Check values from the catalogue of parametrised CRC algorithms (G. Cook).
        ('algorithm = "crc8"', b"\xf4"),
        ('algorithm = "crc8", polynomial = 0x31, reflect = true', b"\xa1"),
        ('algorithm = "crc8", polynomial = 0x9B, initial = 0xFF', b"\xda"),
        ('algorithm = "crc16"', b"\xb1\x29"),
        ('algorithm = "crc16", polynomial = 0x8005, reflect = true', b"\x37\x4b"),
        ('algorithm = "crc16", initial = 0xB2AA, reflect = true', b"\xd0\x63"),
        (
            'algorithm = "crc16", initial = 0xFFFF, reflect = true, final_xor = 0xFFFF',
            b"\x6e\x90",
        ),
        ('algorithm = "crc32"', b"\x26\x39\xf4\xcb"),
        (
            'algorithm = "crc32", reflect = false, byte_order = "big"',
            b"\xfc\x89\x19\x18",
        ),
    ],
)
def test_checksums(tiny: MakeLayout, checksum: str, expected: bytes) -> None:
    if "polynomial = 0x8005" in checksum:
        checksum += ", initial = 0xFFFF"
    log = framed(
        tiny,
        'length = { at = 0, type = "u8", counts = "payload" }\n'
        'type = { at = 1, type = "u8" }\n'
        "payload_at = 2\n"
        f"checksum = {{ {checksum}, from = 2 }}",
        CHECK,
    )
    assert log == bytes([9, 7]) + CHECK + expected


def test_fletcher16(tiny: MakeLayout) -> None:
    framing = (
        'length = { at = 0, type = "u8", counts = "payload" }\ntype = { at = 1, type = "u8" }\n'
        'payload_at = 2\nchecksum = { algorithm = "fletcher16", from = 2 }'
    )
    # The examples of the algorithm's Wikipedia article.
    log = framed(tiny, framing, b"abcde", b"abcdef", b"abcdefgh")
    assert log == (
        b"\x05\x07abcde\xf0\xc8" + b"\x06\x07abcdef\x57\x20" + b"\x08\x07abcdefgh\x27\x06"
    )


def test_many_frames_are_summed_alike(tiny: MakeLayout) -> None:
    payloads = [number.to_bytes(4, "big") for number in range(20_000)]
    framing = (
        'length = { at = 0, type = "u8" }\ntype = { at = 1, type = "u8" }\n'
        'payload_at = 2\nchecksum = { algorithm = "crc32" }'
    )
    bodies = [b"\x0a\x07" + payload for payload in payloads]
    expected = [body + zlib.crc32(body).to_bytes(4, "little") for body in bodies]
    assert framed(tiny, framing, *payloads) == b"".join(expected)


def test_a_checksum_at_an_offset_sums_up_to_itself(tiny: MakeLayout) -> None:
    framing = (
        'sync = [0x10, 0x20]\nlength = { at = 2, type = "u8" }\ntype = { at = 3, type = "u8" }\n'
        'payload_at = 6\nchecksum = { algorithm = "sum8", from = 1, at = 5 }'
    )
    summed = 0x20 + 9 + 7
    assert framed(tiny, framing, b"abc") == bytes([0x10, 0x20, 9, 7, 0, summed]) + b"abc"


def test_a_checksum_before_its_range_sums_to_the_frames_end(tiny: MakeLayout) -> None:
    framing = (
        'length = { at = 0, type = "u8" }\ntype = { at = 1, type = "u8" }\n'
        'payload_at = 4\nchecksum = { algorithm = "crc16", from = 4, at = 2, byte_order = "big" }'
    )
    crc = binascii.crc_hqx(b"payload", 0xFFFF).to_bytes(2, "big")
    assert framed(tiny, framing, b"payload") == bytes([11, 7]) + crc + b"payload"


@pytest.mark.parametrize(
    ("length", "wire"),
    [
        ('type = "u16", counts = "frame"', b"\x0b\0"),
        ('type = "u16", counts = "frame", byte_order = "big"', b"\0\x0b"),
        ('type = "u16", counts = "payload", bias = -1', b"\x05\0"),
        ('type = "u16", counts = "after"', b"\x08\0"),
        ('type = "u24", counts = "after", bias = 3, max = 300', b"\x05\0\0"),
        ('type = "u64", counts = "payload", byte_order = "big"', b"\0\0\0\0\0\0\0\x04"),
    ],
)
def test_lengths(tiny: MakeLayout, length: str, wire: bytes) -> None:
    framing = (
        f"sync = [0xAA]\nlength = {{ at = 1, {length} }}\n"
        f'type = {{ at = {1 + len(wire)}, type = "u16", byte_order = "big" }}\n'
        f"payload_at = {3 + len(wire)}\n"
        'checksum = { algorithm = "sum16", from = 1 }'
    )
    body = wire + b"\0\x07" + b"data"
    expected = b"\xaa" + body + sum(body).to_bytes(2, "little")
    assert framed(tiny, framing, b"data") == expected


def test_a_header_with_a_magic(tiny: MakeLayout) -> None:
    framing = (
        'header_size = 8\nmagic = "DUNE1"\nlength = { at = 0, type = "u8" }\n'
        'type = { at = 1, type = "u8" }\npayload_at = 2'
    )
    assert framed(tiny, framing, b"x") == b"DUNE1\0\0\0" + b"\x03\x07x"
    assert framed(tiny, framing) == b"DUNE1\0\0\0"


def test_no_length_field(tiny: MakeLayout) -> None:
    framing = '[framing]\ntype = { at = 0, type = "u8" }\npayload_at = 1\n'
    layout = tiny('name = "value"\nat = 0\ntype = "u16"', size=2, framing=framing)
    assert encode(layout, [Records("thing", {"value": [1, 2]})]) == b"\x07\x01\0\x07\x02\0"
    assert encode(layout, [Records(7, {"payload": [b"ab"]})]) == b"\x07ab"
    for odd in (Records(7, {"payload": [b"abc"]}), Records(8, {"payload": [b"ab"]})):
        with pytest.raises(EncodeError, match="no length field"):
            encode(layout, [odd])


def test_a_frame_longer_than_is_believed_is_refused(tiny: MakeLayout) -> None:
    framing = (
        'length = { at = 0, type = "u16", counts = "payload", max = 100 }\n'
        'type = { at = 2, type = "u8" }\npayload_at = 3'
    )
    framed(tiny, framing, bytes(100))
    with pytest.raises(EncodeError, match=r"length field 101, but it holds 0 to 100"):
        framed(tiny, framing, bytes(101))
