"""Each group is one question, its rivals side by side: ``python -m pytest benchmarks``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import processes, questions
from benchmarks.memory import peak
from benchmarks.questions import BOTH_ANSWER
from benchmarks.questions import QUESTIONS as ASKED
from benchmarks.subjects import SUBJECTS
from benchmarks.workloads import Workload

#: For each question: the log, and who is asked.
QUESTIONS: Final = {
    "How fast is every frame found and verified?": ("million", ("index", "warm")),
    "How fast does a log become tables?": (
        "million",
        ("decode", "fresh", "fresh_huge", "numpy", "struct", "struct_read"),
    ),
    "How fast does one flight become tables?": (
        "flight",
        ("decode", "fresh", "numpy", "struct", "struct_read", "kaitai", "construct"),
    ),
    "What does a second thread bring?": ("million", ("decode", "decode2")),
    "What does it save to ask for less?": ("million", ("decode", "table", "columns", "index")),
    "What if the log is large?": ("large", ("decode", "decode2", "batches", "index", "fresh")),
}


@pytest.mark.parametrize(
    ("question", "key"),
    [(question, key) for question, (_, keys) in QUESTIONS.items() for key in keys],
)
def test_speed(
    question: str, key: str, logs: dict[str, Workload], benchmark: BenchmarkFixture
) -> None:
    log = logs[QUESTIONS[question][0]]
    benchmark.group = f"{question} ({log.title})"
    benchmark.extra_info |= {"bytes": log.size, "records": log.records}
    if benchmark.enabled:
        benchmark.extra_info["peak_memory"] = peak(key, log.path)
    call = SUBJECTS[key].prepare(log.data)
    if log.name == "large":
        benchmark.pedantic(call, rounds=3)  # type: ignore[no-untyped-call]
    else:
        benchmark(call)


@pytest.mark.parametrize(
    ("key", "who"),
    [*((key, "satlog") for key in ASKED), *((key, "rival") for key in BOTH_ANSWER)],
)
def test_answers(key: str, who: str, benchmark: BenchmarkFixture) -> None:
    question = ASKED[key](questions.FULL if benchmark.enabled else questions.QUICK)
    benchmark.group = question.what
    benchmark(getattr(question, who))


def test_convert(logs: dict[str, Workload], tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    benchmark.group = "How long does a person wait for Parquet?"
    benchmark(processes.convert(logs["flight"].path, tmp_path))
    assert (tmp_path / "positions.parquet").stat().st_size > 0


def test_import_parquet(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "How long does a person wait for Parquet?"
    benchmark(processes.import_parquet())
