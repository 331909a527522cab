"""The report, on small logs: all of it is there, and its figures are what they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.memory import peak
from benchmarks.pairs import Race, race
from benchmarks.pipeline import STEPS
from benchmarks.questions import QUESTIONS
from benchmarks.report import report
from benchmarks.subjects import SUBJECTS
from benchmarks.workloads import QUICK


@pytest.fixture(scope="module")
def text() -> str:
    return report(quick=True)


def test_every_log_and_subject_has_its_row(text: str) -> None:
    for records in QUICK.values():
        section = text.partition(f"## {records:,} records")[2].partition("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
        assert len(rows) == len(SUBJECTS)
        for row, subject in zip(rows, SUBJECTS.values(), strict=True):
            assert subject.name in row


def test_every_target_is_reached_or_not(text: str) -> None:
    section = text.partition("## Targets")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    # Of the core, of the pipeline on SQLite, on servers where they are, and of the REST API.
    assert len(rows) in {20 + 4 + 1, 20 + 4 + 2 + 1}
    for row in rows:
        assert row.endswith(("| reached |", "| **not reached** |"))


def test_every_question_has_its_row(text: str) -> None:
    section = text.partition("## Flight analysis")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(QUESTIONS)


def test_the_pipeline_has_its_rows(text: str) -> None:
    section = text.partition("## The pipeline")[2].partition("\n## ")[0]
    assert "SQLite" in section
    for step in (*STEPS, "download", "queue and states"):
        assert f"\n| {step}" in section
    assert ("| servers ¹ |" in section) != ("were missing" in section)


def test_the_api_has_its_rows_and_no_errors(text: str) -> None:
    section = text.partition("## The REST API")[2].partition("\n## ")[0]
    assert "\n| `GET /api/logs/{log}` |" in section
    target = next(line for line in text.splitlines() if "asking the REST API" in line)
    assert "| none | 0 of " in target


def test_calls_take_turns() -> None:
    calls: list[str] = []
    result = race(lambda: calls.append("a"), lambda: calls.append("b"), seconds=0, least=3)
    assert calls == ["a", "b"] * 4  # the first pair is not timed
    assert len(result.first) == len(result.second) == 3


def test_ratio_is_of_pairs() -> None:
    """A busy moment that slows one pair down leaves its ratio alone."""
    result = Race((1.0, 10.0, 1.0), (4.0, 40.0, 4.0))
    assert result.ratio == 4
    assert result.quartiles == (4, 4)


def test_peak_memory_counts_what_is_held(tmp_path: Path) -> None:
    """A process that reads a file into memory and copies it has twice its bytes, and itself."""
    large, small = tmp_path / "large", tmp_path / "small"
    large.write_bytes(bytes(40_000_000))
    small.write_bytes(b"0")
    more = peak("fresh", large) - peak("fresh", small)
    assert more == pytest.approx(80_000_000, rel=0.1)
