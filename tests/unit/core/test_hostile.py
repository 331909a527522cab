"""Bytes made to cost time: each byte may be looked at a few times, not once for each other byte.

Nothing is timed here. But for what is shown not to be quadratic, these logs would take minutes.
"""

from __future__ import annotations

from typing import Any

import pytest

from oracle.checksums import checksum
from oracle.encode import Record, encode
from satlog_native import layouts, open_log
from satlog_native.errors import NotALog
from strategies import to_toml

SIZE = 1 << 20

LAYOUTS: dict[str, dict[str, Any]] = {
    f"{wire} {algorithm}": {
        "layout": {"name": "hostile", "version": "1"},
        "framing": {
            "sync": [0xA5],
            "length": {"at": 1, "type": wire, "counts": "frame"},
            "type": {"at": 5, "type": "u8"},
            "payload_at": 6,
            "checksum": {"algorithm": algorithm, "from": 1},
        },
        "record": [{"type": 1, "name": "thing", "size": 1}],
    }
    for wire in ("u16", "u32")
    for algorithm in ("xor8", "sum16", "fletcher16", "crc16", "crc32")
}
#: The largest frame that a length of each width is believed to say.
LONGEST = {"u16": 65535, "u32": 1 << 20}


@pytest.fixture(params=LAYOUTS)
def table(request: pytest.FixtureRequest) -> dict[str, Any]:
    return LAYOUTS[request.param]


def head(table: dict[str, Any], size: int, number: int) -> bytes:
    width = int(table["framing"]["length"]["type"][1:]) // 8
    return (b"\xa5" + size.to_bytes(width, "little")).ljust(5, b"\0") + bytes([number])


def longest(table: dict[str, Any]) -> int:
    return LONGEST[table["framing"]["length"]["type"]]


def good(table: dict[str, Any]) -> bytes:
    return encode(table, [Record("thing", 1, payload=b"\0")])[0]


def opened(table: dict[str, Any], content: bytes, threads: int = 1) -> Any:
    return open_log(content, layout=layouts.loads(to_toml(table)), threads=threads)


def test_long_heads_between_good_frames(table: dict[str, Any]) -> None:
    """Each in step, each with the checksum of a long stretch of the same bytes, hardly ever right.

    (Of 70,000 heads, one may well have 16 bits right, and is then a frame.)
    """
    unit = head(table, longest(table) - 1, 9) + good(table)
    content = good(table) + unit * (SIZE // len(unit)) + bytes(longest(table))
    with opened(table, content) as log:
        report = log.report
        assert report.bad_checksums > 100
        assert log.kinds["thing"] > report.bad_checksums
    with opened(table, content, threads=2) as log:
        assert log.report == report


def test_long_frames_of_which_none_is_followed(table: dict[str, Any]) -> None:
    """Every position starts a right frame of an unknown type, and none is followed by another.

    All bytes alike, so that every length is the same; one byte in each stretch of some lengths is
    not, so that the next frame's checksum is wrong.
    """
    size = 0xA5A5
    table = {
        **table,
        "framing": {
            **table["framing"],
            "length": {"at": 1, "type": "u16", "counts": "frame"},
            "checksum": {"algorithm": "xor8", "from": 1},
        },
    }
    content = bytearray(b"\xa5" * SIZE)
    assert checksum({"algorithm": "xor8"}, bytes(content[1 : size - 1])) == 0xA5
    for at in range(0, SIZE, size + size // 3):
        content[at] = 1
    first = good(table)
    with opened(table, first + bytes(content)) as log:
        assert log.kinds["thing"] == 1
        assert log.report.bytes_lost > SIZE // 2


@pytest.mark.parametrize("unit", [b"\xa5", b"\xa5\x5a", b"\xa5\xff\xff", b"\0", b"\xff"])
def test_nothing_but_sync(table: dict[str, Any], unit: bytes) -> None:
    content = unit * (SIZE // len(unit))
    first = good(table)
    with opened(table, first + content) as log:
        report = log.report
        assert report.bytes_in_frames + report.bytes_lost == len(first) + len(content)
        assert log.kinds["thing"] == 1


@pytest.mark.parametrize("unit", [b"\xa5\0\0", b"\0", b"\x01\x02", bytes(range(256))])
@pytest.mark.parametrize("name", ["satloc_air", *LAYOUTS])
def test_no_log_at_all(name: str, unit: bytes) -> None:
    layout = "satloc_air" if name == "satloc_air" else layouts.loads(to_toml(LAYOUTS[name]))
    with pytest.raises(NotALog, match="0 % of its"):
        open_log(unit * (SIZE // len(unit)), layout=layout)


def test_frames_in_frames_in_frames(table: dict[str, Any]) -> None:
    """Each payload is the next frame; the outermost is damaged, so all of them are looked into."""
    check = table["framing"]["checksum"]
    width = len(good(table)) - 7
    inner = good(table)
    while len(inner) < 2_000:
        body = head(table, 6 + len(inner) + width, 9) + inner
        inner = body + checksum(check, body[1:]).to_bytes(width, "little")
    damaged = inner[:-1] + bytes([inner[-1] ^ 1])
    with opened(table, good(table) + damaged + good(table)) as log:
        assert log.report.bad_checksums == 1
        assert log.kinds["thing"] >= 2
