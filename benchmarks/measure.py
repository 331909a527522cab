"""Runs the races of a report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks import processes
from benchmarks.memory import peak
from benchmarks.pairs import Race, race, timed
from benchmarks.questions import Question, Sizes
from benchmarks.subjects import SUBJECTS
from benchmarks.workloads import Workload

_OWN: Final = ("decode2", "index", "table", "columns", "batches")
_COPIES: Final = ("warm", "fresh", "fresh_huge")
#: What is raced on which log; all against satlog's whole decode.
RACED: Final = {
    "flight": (*_OWN, *_COPIES, "numpy", "struct_read", "struct", "kaitai", "construct"),
    "million": (*_OWN, *_COPIES, "numpy", "struct_read", "struct"),
    "large": (*_OWN, *_COPIES),
}
#: Copies hold what they copy; to know their peaks tells nothing.
_MEASURED_PEAKS: Final = {name: {"decode", *keys} - {*_COPIES} for name, keys in RACED.items()}


@dataclass(frozen=True)
class Effort:
    """Seconds of a race, and the least number of its pairs."""

    seconds: float
    least: int


FULL: Final = {"flight": Effort(3, 5), "million": Effort(5, 5), "large": Effort(10, 4)}
QUICK: Final = dict.fromkeys(FULL, Effort(0, 2))
#: Starting processes.
PROCESSES: Final = Effort(20, 15)
#: Answering questions.
ANSWERS: Final = Effort(5, 5)


@dataclass(frozen=True)
class Measured:
    """All that was measured on one log, by the subjects' keys.

    Attributes
    ----------
    seconds : dict
        Median of each subject.
    races : dict
        Of satlog's whole decode against each other subject.
    index : Race
        Of the index against a copy to warm pages.
    peaks : dict
        Most bytes of a process that does nothing else.
    """

    workload: Workload
    seconds: dict[str, float]
    races: dict[str, Race]
    index: Race
    peaks: dict[str, int]


def measure(workload: Workload, effort: Effort) -> Measured:
    """All races on one log."""
    keys = RACED[workload.name]
    peaks = {}
    for key in ("decode", *keys):
        if key in _MEASURED_PEAKS[workload.name]:
            tell(f"{workload.name}: memory of {SUBJECTS[key].name}")
            peaks[key] = peak(key, workload.path)
    # What is timed decodes bytes in memory, for rivals and satlog alike.
    calls = {key: SUBJECTS[key].prepare(workload.data) for key in ("decode", *keys)}
    races = {}
    for key in keys:
        tell(f"{workload.name}: {SUBJECTS[key].name}")
        races[key] = race(calls["decode"], calls[key], seconds=effort.seconds, least=effort.least)
    tell(f"{workload.name}: index against memcpy")
    index = race(calls["index"], calls["warm"], seconds=effort.seconds, least=effort.least)
    seconds = {key: median(one.second) for key, one in races.items()}
    seconds["decode"] = median(_all(one.first for one in races.values()))
    return Measured(workload, seconds, races, index, peaks)


@dataclass(frozen=True)
class Answer:
    """How long satlog takes for a question.

    Attributes
    ----------
    most : float
        Seconds that it may take.
    seconds : float
        Median.
    race : Race or None
        Against the rival, where there is one.
    """

    what: str
    most: float
    seconds: float
    race: Race | None


def answer(prepare: Callable[[Sizes], Question], sizes: Sizes, effort: Effort) -> Answer:
    """Ask a question again and again, and its rival in turn."""
    question = prepare(sizes)
    tell(question.what)
    if question.rival is None:
        result = None
        timed(question.satlog)
        seconds = tuple(timed(question.satlog) for _ in range(effort.least))
    else:
        result = race(question.satlog, question.rival, seconds=effort.seconds, least=effort.least)
        seconds = result.first
    return Answer(question.what, question.most, median(seconds), result)


def measure_convert(log: Path, effort: Effort) -> Race:
    """``satlog convert`` of a log against importing what writes Parquet."""
    tell("satlog convert")
    convert, rival = processes.convert(log, log.parent), processes.import_parquet()
    return race(convert, rival, seconds=effort.seconds, least=effort.least)


def tell(message: str) -> None:
    """Progress."""
    print(message, file=sys.stderr, flush=True)


def _all(parts: Iterable[tuple[float, ...]]) -> list[float]:
    return [number for part in parts for number in part]
