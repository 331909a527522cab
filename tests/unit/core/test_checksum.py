"""Checksums, of whole frames in step and of any range while searching, against other people's."""

from __future__ import annotations

import binascii
import random
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.agree import assert_agrees
from oracle.checksums import NATURAL_TYPE, checksum
from oracle.decode import decode
from oracle.encode import Record, encode
from oracle.plain import FRAMING, plain_layout
from satlog_native import open_log
from satlog_native.layouts import loads
from strategies import to_toml

#: What the standard library computes, and the layout's words for it.
STANDARD: dict[str, tuple[dict[str, Any], Callable[[bytes], int]]] = {
    "zlib.crc32": ({"algorithm": "crc32"}, zlib.crc32),
    "binascii.crc_hqx": (
        {"algorithm": "crc16", "initial": 0},
        lambda data: binascii.crc_hqx(data, 0),
    ),
    "binascii.crc_hqx from FFFF": (
        {"algorithm": "crc16"},
        lambda data: binascii.crc_hqx(data, 0xFFFF),
    ),
    "sum": ({"algorithm": "sum16"}, lambda data: sum(data) & 0xFFFF),
}


def any_crc(algorithm: str) -> st.SearchStrategy[dict[str, Any]]:
    word = st.integers(0, (1 << int(algorithm[3:])) - 1)
    return st.fixed_dictionaries(
        {
            "algorithm": st.just(algorithm),
            "polynomial": word.filter(bool),
            "initial": word,
            "reflect": st.booleans(),
            "final_xor": word,
        }
    )


any_checksum = st.one_of(
    *(any_crc(a) if a.startswith("crc") else st.just({"algorithm": a}) for a in NATURAL_TYPE)
)


def with_checksum(check: dict[str, Any]) -> dict[str, Any]:
    """A layout of opaque frames, so that any payload may stand in them."""
    return plain_layout(size=None, framing={**FRAMING, "checksum": check})


@pytest.mark.parametrize("name", STANDARD)
@given(payload=st.binary(max_size=700), wrong=st.integers(1, 255))
def test_the_standard_library_s(name: str, payload: bytes, wrong: int) -> None:
    check, reference = STANDARD[name]
    layout = loads(to_toml(with_checksum(check)))
    head = b"\xa5\x5a" + len(payload).to_bytes(2, "little") + b"\x01"
    size = 4 if check["algorithm"] == "crc32" else 2
    good = head + payload + reference(head + payload).to_bytes(size, "little")
    with open_log(good, layout=layout) as log:
        assert log.report.bytes_lost == 0
    bad = good[:-1] + bytes([good[-1] ^ wrong])
    with open_log(good + bad, layout=layout) as log:
        assert (log.report.frames, log.report.bad_checksums) == (1, 1)


@given(check=any_checksum, payloads=st.lists(st.binary(max_size=600), min_size=1, max_size=6))
def test_any_parameters(check: dict[str, Any], payloads: list[bytes]) -> None:
    table = with_checksum(check)
    content = encode(table, [Record("thing", None, payload=p) for p in payloads])[0]
    with open_log(content, layout=loads(to_toml(table))) as log:
        assert [row["payload"] for row in log["thing"].to_pylist()] == payloads


@pytest.mark.parametrize("algorithm", NATURAL_TYPE)
@given(chance=st.randoms(use_true_random=False), data=st.data())
def test_ranges_while_searching(algorithm: str, chance: random.Random, data: Any) -> None:
    """Frames long and short, found after damage, so that windows slide, jump and go back."""
    check = (
        data.draw(any_crc(algorithm)) if algorithm.startswith("crc") else {"algorithm": algorithm}
    )
    table = with_checksum(check)
    # A small `max` makes the window that a search looks through small too.
    table["framing"] = {**table["framing"], "length": {**FRAMING["length"], "max": 900}}
    pieces = []
    for _ in range(chance.randrange(2, 12)):
        frame = encode(
            table, [Record("thing", None, payload=chance.randbytes(chance.choice([0, 3, 40, 899])))]
        )[0]
        if chance.random() < 0.4:
            at = chance.randrange(len(frame))
            frame = frame[:at] + bytes([frame[at] ^ 1 << chance.randrange(8)]) + frame[at + 1 :]
        pieces.append(chance.choice([b"", b"\xa5", chance.randbytes(20)]) + frame)
    start = encode(table, [Record("thing", None, payload=b"start")])[0]
    content = start + b"".join(pieces) + start
    with open_log(content, layout=loads(to_toml(table))) as log:
        assert_agrees(log, table, decode(table, content))


def test_an_error_tells_both_checksums() -> None:
    table = with_checksum({"algorithm": "crc16", "type": "u64"})
    good = encode(table, [Record("thing", None, payload=b"abc")])[0]
    expected = checksum({"algorithm": "crc16"}, good[:-8])
    # Only the top byte of the stored number, far above what a CRC-16 reaches to, is wrong.
    bad = good[:-1] + b"\x80"
    with open_log(good + bad, layout=loads(to_toml(table))) as log:
        assert log.report.bad_checksums == 1
    with pytest.raises(ValueError, match=f"0x8{expected:015X} found") as caught:
        open_log(good + bad, layout=loads(to_toml(table)), errors="raise")
    assert f"0x{expected:016X} expected" in str(caught.value)
