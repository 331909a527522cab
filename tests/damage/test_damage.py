"""Damaged logs: all that is readable is read, and the report tells exactly what was not."""

from __future__ import annotations

import contextlib
import functools
import random
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import satlog_native
from oracle.agree import assert_agrees
from oracle.decode import NotALog, decode
from oracle.encode import Record, encode
from oracle.plain import FRAMING, plain_layout, plain_log
from satlog_native import Log, errors, open_log
from satlog_native.layouts import loads
from strategies import Drawn, logs, to_toml

SATLOC_AIR = Path(satlog_native.__file__).parent / "layouts" / "satloc_air.toml"


# Of most layouts here many logs are read one after the other.
loaded = functools.lru_cache(maxsize=4)(loads)


def assert_read_as_the_oracle_does(layout: dict[str, Any], log: bytes, **options: Any) -> None:
    """Tables, raw frames and report, or the plain word that this is no log."""
    compiled = loaded(to_toml(layout))
    try:
        decoded = decode(layout, log)
    except NotALog:
        with pytest.raises(errors.NotALog):
            open_log(log, layout=compiled, **options)
        return
    assert_agrees(open_log(log, layout=compiled, **options), layout, decoded)


def assert_raises_as_the_oracle_does(layout: dict[str, Any], log: bytes) -> None:
    """With ``errors="raise"`` the first damage is told by its offset; without any, none is."""
    compiled = loaded(to_toml(layout))
    first = decode(layout, log).first_damage
    if first is None:
        open_log(log, layout=compiled, errors="raise")
        return
    with pytest.raises(errors.DamageError) as caught:
        open_log(log, layout=compiled, errors="raise")
    assert caught.value.offset == first


def everything(log: Log) -> dict[str, bytes]:
    """All tables of a log, to the bit, and its report."""
    content: dict[str, bytes] = {"report": str(log.report.to_dict()).encode()}
    for kind in log.kinds:
        for what, table in (("table", log[kind]), ("raw", log.raw(kind))):
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table.combine_chunks())
            content[f"{what} {kind}"] = sink.getvalue().to_pybytes()
    return content


def is_a_log(drawn: Drawn) -> bool:
    """Whether the oracle finds the header and a frame."""
    with contextlib.suppress(NotALog):
        decode(drawn.layout, drawn.log)
        return True
    return False


harmed_logs = logs(harmed=True)
harmed_and_readable = harmed_logs.filter(is_a_log)


@given(harmed_logs)
def test_any_damage_to_any_log(drawn: Drawn) -> None:
    assert_read_as_the_oracle_does(drawn.layout, drawn.log)


@pytest.mark.usefixtures("no_index")
@given(harmed_logs)
def test_any_damage_read_in_windows(drawn: Drawn) -> None:
    assert_read_as_the_oracle_does(drawn.layout, drawn.log)


@pytest.mark.usefixtures("small_steps")
@given(harmed_logs, st.sampled_from((2, 3, 5)))
def test_any_damage_read_by_threads(drawn: Drawn, threads: int) -> None:
    assert_read_as_the_oracle_does(drawn.layout, drawn.log, threads=threads)


@pytest.mark.usefixtures("small_steps")
@given(harmed_and_readable)
def test_the_first_damage_is_raised(drawn: Drawn) -> None:
    assert_raises_as_the_oracle_does(drawn.layout, drawn.log)


@pytest.mark.usefixtures("small_steps")
@given(harmed_and_readable)
def test_batches_skip_what_the_table_skips(drawn: Drawn) -> None:
    log = open_log(drawn.log, layout=loads(drawn.toml))
    for kind in log.kinds:
        frames = [n for batch in log.iter_batches(2, kind) for n in batch["frame"].to_pylist()]
        assert frames == log[kind]["frame"].to_pylist()


def small_log() -> tuple[dict[str, Any], bytes]:
    """A few of most records of the shipped layout, sync bytes in the payloads of some."""
    layout = tomllib.loads(SATLOC_AIR.read_text("utf-8"))
    marker = {"marker_type": 31, "label": "\u00a5\ua5a5".encode("utf-16-le")}
    inner = encode(layout, [Record("swath_number", 6, {"swath_number": 2})])[0]
    written = [
        Record("position", 39, {"latitude": 44.1, "flags": 0xA5}),
        Record("micro_rpm", None, {"count": 3, "rpm": [2000, 0xA5A5, 1990]}),
        Record("swath_number", 6, {"swath_number": 1}),
        Record("gps_status_extended", None, payload=inner + b"\xa5\x04"),
        Record("marker_unicode", None, marker),
        Record("position", 74, {"longitude": -91.5, "fix_quality": 4}),
        Record(77, payload=b"\xa5\xa5\xa5"),
        Record("job_name", None, {"text": b"\xa5 north"}),
        Record("position", 39, {"altitude": 30.0}, extra=b"\x01"),
    ]
    # Only what is in the log: hundreds of logs are read by this layout.
    names = {record.kind for record in written}
    layout["record"] = [record for record in layout["record"] if record["name"] in names]
    return layout, encode(layout, written)[0]


def test_cut_at_every_byte() -> None:
    layout, log = small_log()
    for size in range(1, len(log)):
        assert_read_as_the_oracle_does(layout, log[:size])
        assert_read_as_the_oracle_does(layout, log[size:])


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_every_byte_flipped(mask: int) -> None:
    layout, log = small_log()
    for at in range(len(log)):
        flipped = bytearray(log)
        flipped[at] ^= mask
        assert_read_as_the_oracle_does(layout, bytes(flipped))
        assert_raises_as_the_oracle_does(layout, bytes(flipped))


@pytest.mark.parametrize("noise", [b"\xa5", b"\xa5\x04\x14", b"\x00" * 9, b"\xa5\xff\x01" * 3])
def test_noise_spliced_in_everywhere(noise: bytes) -> None:
    layout, log = small_log()
    for at in range(len(log) + 1):
        assert_read_as_the_oracle_does(layout, log[:at] + noise + log[at:])


def test_every_block_written_twice() -> None:
    layout, log = small_log()
    for start, end in pairwise(range(0, len(log), 13)):
        assert_read_as_the_oracle_does(layout, log[:end] + log[start:])


ALGORITHMS: list[dict[str, Any]] = [
    {"algorithm": "none"},
    {"algorithm": "xor8"},
    {"algorithm": "sum8"},
    {"algorithm": "sum8_neg"},
    {"algorithm": "sum16"},
    {"algorithm": "sum16", "byte_order": "big"},
    {"algorithm": "fletcher16"},
    {"algorithm": "fletcher16", "type": "u32"},
    {"algorithm": "crc8", "polynomial": 0x31, "reflect": True},
    {"algorithm": "crc16", "byte_order": "big"},
    {"algorithm": "crc16", "polynomial": 0x8005, "initial": 0, "reflect": True},
    {"algorithm": "crc16", "type": "u64"},
    {"algorithm": "crc32"},
    {"algorithm": "crc32", "reflect": False, "type": "u64", "byte_order": "big"},
]
PLACES = {
    "last": {"payload_at": 5},
    "last, of the payload": {"payload_at": 5, "from": 5},
    "in the head, of all before it": {"payload_at": 13, "at": 5},
    "in the head, of all behind it": {"payload_at": 13, "at": 5, "from": 13},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: " ".join(map(str, a.values())))
def test_every_checksum_in_every_place(algorithm: dict[str, Any], place: str) -> None:
    at = dict(PLACES[place])
    framing = {**FRAMING, "payload_at": at.pop("payload_at")}
    framing["checksum"] = algorithm if algorithm["algorithm"] == "none" else {**algorithm, **at}
    layout = plain_layout({"name": "value", "type": "u32"}, size=6, framing=framing)
    log = plain_log(layout, [{"value": value} for value in (0, 0xFFFFFFFF, 0xA55AA55A)])
    assert_read_as_the_oracle_does(layout, log)
    for position in range(len(log)):
        flipped = bytearray(log)
        flipped[position] ^= 0x10
        assert_read_as_the_oracle_does(layout, bytes(flipped))


@pytest.fixture(scope="module")
def large_log() -> tuple[dict[str, Any], bytes]:
    """6 MB of records, cut, flipped, spliced and repeated in a thousand places."""
    layout, block = small_log()
    chance = random.Random(20240229)
    pieces = []
    for _ in range(6_000_000 // len(block)):
        piece = bytearray(block)
        if chance.random() < 0.1:
            start, end = sorted(chance.choices(range(len(piece)), k=2))
            harm = chance.choice(("cut", "flip", "splice", "repeat"))
            if harm == "flip":
                piece[start] ^= 1 << chance.randrange(8)
            elif harm == "cut":
                del piece[start:end]
            else:
                extra = piece[start:end] if harm == "repeat" else chance.randbytes(end - start)
                piece[end:end] = extra
        pieces.append(bytes(piece))
    return layout, b"".join(pieces)


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_threads_change_nothing(large_log: tuple[dict[str, Any], bytes], threads: int) -> None:
    layout, log = large_log
    compiled = loads(to_toml(layout))
    alone = everything(open_log(log, layout=compiled, threads=1))
    together = everything(open_log(log, layout=compiled, threads=threads))
    assert alone.keys() == together.keys()
    assert [what for what in alone if alone[what] != together[what]] == []


def test_a_large_log_is_read_as_its_parts_are(large_log: tuple[dict[str, Any], bytes]) -> None:
    layout, log = large_log[0], large_log[1][:400_000]
    report = open_log(log, layout=loads(to_toml(layout))).report
    expected = decode(layout, log).report
    assert [(r.offset, r.size, r.reason) for r in report.lost] == [
        (r.offset, r.size, r.reason) for r in expected.lost
    ]
    assert (report.frames, report.extended) == (expected.frames, expected.extended)


def test_noise_has_hardly_a_frame() -> None:
    noise = random.Random(7).randbytes(20_000_000)
    try:
        log = open_log(noise)
    except errors.NotALog:
        return
    assert sum(log.kinds.values()) <= 1
