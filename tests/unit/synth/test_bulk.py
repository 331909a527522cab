from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from oracle import decode as oracle
from satlog_native.errors import EncodeError
from satlog_native.layouts import Layout
from satlog_native.synth import bulk, write_bulk

MakeLayout = Callable[..., Layout]


def test_so_many_records(satloc_air: Layout) -> None:
    spec = tomllib.loads(Path(satloc_air.source).read_text("utf-8"))
    decoded = oracle.decode(spec, bulk(5000, seed=3))
    assert decoded.report.frames == 5000
    assert not decoded.report.lost
    assert {"position", "gps", "flow_monitor"} <= set(decoded.rows)


def test_flights_follow_each_other_again_and_again(tmp_path: Path) -> None:
    assert write_bulk(tmp_path / "big.log", 300_000) == (tmp_path / "big.log").stat().st_size
    data = (tmp_path / "big.log").read_bytes()
    assert data == bulk(300_000)
    # As the count of frames says whose length byte leads from one to the next.
    count = at = 0
    while at < len(data):
        assert data[at] == 0xA5
        at += data[at + 1]
        count += 1
    assert (count, at) == (300_000, len(data))
    assert 35 < len(data) / count < 43


def test_none_is_an_empty_log() -> None:
    assert bulk(0) == b""


def test_a_layout_that_no_flight_fits(tiny: MakeLayout) -> None:
    with pytest.raises(EncodeError, match="no kind that a flight writes; it has thing"):
        bulk(10, layout=tiny('name = "x"\nat = 0\ntype = "u8"'))
