"""The damage report's words and plain values."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from IPython.core.formatters import DisplayFormatter

from satlog_native.report import DamageReport, LostRun

CLEAN = DamageReport(
    layout="satloc_air",
    size=1010,
    header_size=10,
    bytes_in_frames=1000,
    bytes_lost=0,
    frames=20,
    lost=(),
    bad_checksums=0,
    unknown_types={},
    short={},
    extended={},
    impossible_times=0,
    undecodable_text=0,
    cut_tail=0,
)


def with_losses(*runs: LostRun) -> DamageReport:
    lost = sum(run.size for run in runs)
    return replace(CLEAN, lost=runs, bytes_lost=lost, bytes_in_frames=1000 - lost)


def test_no_damage() -> None:
    assert not CLEAN.damaged
    assert CLEAN.share == 1.0
    assert CLEAN.lines() == [
        "100 % of the bytes are frames of layout satloc_air (20 frames, 1,000 of 1,010 bytes)",
        "no damage",
    ]


def test_what_is_odd_but_no_damage() -> None:
    odd = replace(
        CLEAN, unknown_types={77: 3, 250: 1}, extended={"position": 2}, impossible_times=4,
        undecodable_text=5,
    )  # fmt: skip
    assert not odd.damaged
    assert odd.lines()[1:] == [
        "records longer than known: position × 2",
        "unknown types, kept raw: 77 × 3, 250 × 1",
        "impossible times, now null: 4",
        "undecodable characters: 5",
    ]


def test_short_records_are_damage() -> None:
    short = replace(CLEAN, short={"position": 1})
    assert short.damaged
    assert "records too short, kept raw: position × 1" in str(short)


def test_lost_runs_are_listed_up_to_a_limit() -> None:
    runs = [LostRun(10 * n, 2, "sync") for n in range(12)]
    lines = with_losses(*runs).lines()
    assert lines[1] == "24 bytes lost in 12 runs:"
    assert lines[2] == "  at 0: 2 bytes, no sync where a frame should start"
    assert lines[-1] == "  … and 2 more"
    assert len(with_losses(*runs).lines(most_runs=12)) == 14


@pytest.mark.parametrize("reason", ["sync", "length", "checksum", "end", "type"])
def test_every_reason_has_words(reason: str) -> None:
    assert f"at 5: 1 bytes, {reason}" not in str(with_losses(LostRun(5, 1, reason)))
    assert "at 5: 1 bytes, " in str(with_losses(LostRun(5, 1, reason)))


@pytest.mark.parametrize(
    ("in_frames", "words"),
    [(0, "0 %"), (1, "0.1 %"), (500, "50.0 %"), (999, "99.9 %"), (1000, "100 %")],
)
def test_shares(in_frames: int, words: str) -> None:
    assert str(replace(CLEAN, bytes_in_frames=in_frames)).startswith(f"{words} of the bytes")


def test_a_share_is_never_rounded_to_all_or_nothing() -> None:
    large = replace(CLEAN, size=10**9, header_size=0)
    assert str(replace(large, bytes_in_frames=1)).startswith("under 0.1 % of")
    assert str(replace(large, bytes_in_frames=10**9 - 1)).startswith("99.9 % of")


def test_a_notebook_shows_the_words() -> None:
    damaged = with_losses(LostRun(5, 3, "end"))
    formatter: Any = DisplayFormatter()
    assert formatter.format(damaged)[0]["text/plain"] == str(damaged)


def test_plain_values() -> None:
    report = replace(with_losses(LostRun(5, 3, "end")), unknown_types={77: 1}, cut_tail=3)
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["damaged"] is True
    assert plain["lost"] == [{"offset": 5, "size": 3, "reason": "end"}]
    assert plain["unknown_types"] == {"77": 1}
    assert plain["header_size"] + plain["bytes_in_frames"] + plain["bytes_lost"] == plain["size"]
