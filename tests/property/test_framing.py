"""Every framing by itself: header, sync, length, type, order of the parts."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from oracle.agree import assert_agrees
from oracle.decode import decode
from oracle.encode import Record, encode
from oracle.plain import FRAMING, plain_layout, plain_log
from oracle.walk import number_size
from satlog_native import errors, open_log
from satlog_native.layouts import loads
from strategies import to_toml
from strategies.fields import UNSIGNED

VALUE = {"name": "value", "type": "u16"}
ROWS = [{"value": value} for value in (0, 0xA55A, 0xFFFF)]


def assert_frames(framing: dict[str, Any], records: list[Record] | None = None) -> None:
    """A log of this framing reads as the oracle reads it, whole and with a byte lost."""
    layout = plain_layout(VALUE, size=5, framing=framing)
    log, truth = encode(layout, records or [Record("thing", 5, row) for row in ROWS], 0x5A)
    compiled = loads(to_toml(layout))
    decoded = decode(layout, log)
    assert len(decoded.frames) == len(truth)
    assert_agrees(open_log(log, layout=compiled), layout, decoded)
    for at in range(truth[1].offset, truth[2].offset):
        harmed = log[:at] + log[at + 1 :]
        assert_agrees(open_log(harmed, layout=compiled), layout, decode(layout, harmed))


@pytest.mark.parametrize("size", range(9))
def test_sync_of_any_size(size: int) -> None:
    assert_frames(
        {
            "sync": [0xA5, 0x5A, 0xA5, 0x5A, 0x00, 0xFF, 0xA5, 0xA5][:size],
            "length": {"at": size, "type": "u8"},
            "type": {"at": size + 1, "type": "u8"},
            "payload_at": size + 2,
            "checksum": {"algorithm": "sum8"},
        }
    )


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("width", UNSIGNED)
@pytest.mark.parametrize("counts", ["frame", "payload", "after"])
@pytest.mark.parametrize("bias", [-7, 0, 3])
def test_length_of_any_kind(counts: str, width: str, order: str, bias: int) -> None:
    length = {"at": 1, "type": width, "counts": counts, "bias": bias, "byte_order": order}
    place = 1 + number_size(width)
    records = [
        Record("thing", 5, ROWS[0]),
        Record(9, payload=bytes(range(40))),
        Record("thing", 5, ROWS[1], extra=b"more"),
        Record(9, payload=b"\x5a" * 4),
        Record("thing", 5, ROWS[2]),
    ]
    assert_frames(
        {
            "sync": [0x5A],
            "length": length,
            "type": {"at": place, "type": "u8"},
            "payload_at": place + 1,
            "checksum": {"algorithm": "crc8"},
        },
        records,
    )


@pytest.mark.parametrize("width", UNSIGNED)
@pytest.mark.parametrize("most", [None, 8, 200])
def test_length_beyond_belief(width: str, most: int | None) -> None:
    length = {"at": 0, "type": width, "counts": "payload"}
    if most is not None:
        length["max"] = most
    place = number_size(width)
    framing = {"length": length, "type": {"at": place, "type": "u8"}, "payload_at": place + 1}
    layout = plain_layout(VALUE, size=5, framing=framing)
    compiled = loads(to_toml(layout))
    good = plain_log(layout, ROWS)
    top = (1 << 8 * place) - 1
    for wire in {5, 8, 9, 200, 201, 255, 65535, (1 << 20) + 1, top // 2 + 1, top - 7, top}:
        if wire <= top:
            log = good + wire.to_bytes(place, "little") + bytes(20) + good
            assert_agrees(open_log(log, layout=compiled), layout, decode(layout, log))


@pytest.mark.parametrize("order", ["little", "big"])
def test_type_of_two_bytes(order: str) -> None:
    framing = {**FRAMING, "type": {"at": 4, "type": "u16", "byte_order": order}, "payload_at": 6}
    layout = plain_layout(VALUE, size=5, framing=framing)
    layout["record"][0]["type"] = 0x0102
    log = encode(layout, [Record("thing", 5, ROWS[1]), Record(0x0201, payload=b"?")])[0]
    opened = open_log(log, layout=loads(to_toml(layout)))
    assert_agrees(opened, layout, decode(layout, log))
    assert opened.kinds == {"thing": 1, 0x0201: 1}


def test_size_by_type() -> None:
    framing = {"sync": [0xA5], "type": {"at": 1, "type": "u8"}, "payload_at": 2}
    assert_frames({**framing, "checksum": {"algorithm": "xor8"}})
    assert_frames(framing)


@pytest.mark.parametrize("parts", list(itertools.permutations(["length", "type", "checksum"])))
def test_parts_of_the_head_in_any_order(parts: tuple[str, ...]) -> None:
    framing: dict[str, Any] = {"sync": [0xA5], "payload_at": 14}
    for place, part in enumerate(parts):
        framing[part] = {"at": 2 + 4 * place, "type": "u16"}
    framing["checksum"]["algorithm"] = "fletcher16"
    for start in (0, 14):
        framing["checksum"] = {**framing["checksum"], "from": start}
        assert_frames(framing)


@pytest.mark.parametrize(
    ("header", "start"),
    [
        ({"magic": "LOGÿ"}, b"LOG\xff"),
        ({"magic": [0, 255]}, b"\x00\xff"),
        ({"magic": "LOG", "header_size": 9}, b"LOG"),
        ({"header_size": 4}, b""),
    ],
)
def test_headers(header: dict[str, Any], start: bytes) -> None:
    framing = {**header, **FRAMING}
    assert_frames(framing)
    layout = plain_layout(VALUE, size=5, framing=framing)
    log = plain_log(layout, ROWS)
    assert log.startswith(start)
    if start:
        with pytest.raises(errors.NotALog, match="starts with"):
            open_log(b"?" + log[1:], layout=loads(to_toml(layout)))


@pytest.mark.parametrize("size", [1, 3, 4, 9])
def test_a_file_that_is_all_header_is_no_log(size: int) -> None:
    layout = plain_layout(VALUE, framing={"magic": "LOG", "header_size": 9, **FRAMING})
    log = plain_log(layout, ROWS)
    with pytest.raises(errors.NotALog):
        open_log(log[:size], layout=loads(to_toml(layout)))
