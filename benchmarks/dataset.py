"""``satlog dataset`` over a season's logs, by one process and by two.

``python -m benchmarks.dataset`` tells how much faster two are.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from benchmarks.pairs import Race, race
from satlog_native.synth import FlightPlan, fly, rectangle

#: Logs of the season, and as many as show that everything runs.
FULL: Final = 1_000
QUICK: Final = 6
#: Flights that differ; the season repeats them under other names.
_FLIGHTS: Final = 20


def write_season(folder: Path, logs: int) -> None:
    """Write small logs: the same bytes each time."""
    folder.mkdir()
    flights = [_flight(number) for number in range(min(_FLIGHTS, logs))]
    for number in range(logs):
        (folder / f"flight{number:05}.log").write_bytes(flights[number % len(flights)])


def _flight(number: int) -> bytes:
    """A flight of some ten minutes: 200 kB."""
    day = np.datetime64("2025-06-01T12:00:00") + np.timedelta64(number, "D")
    plan = FlightPlan(
        field=rectangle(35.2, -90.9, 200.0, 400.0),
        airstrip=(-90.92, 35.19),
        aircraft_id=f"N{number % 5}SA",
    )
    return fly(replace(plan, start_time=str(day)), seed=number).data


def dataset(logs: Path, workers: int) -> Callable[[], object]:
    """``satlog dataset`` by so many processes, written anew each time."""
    satlog = Path(sys.executable).with_name("satlog")
    out = logs.with_name(f"dataset{workers}")
    command = [str(satlog), "dataset", str(logs), str(out), "--workers", str(workers)]

    def call() -> object:
        shutil.rmtree(out, ignore_errors=True)
        return subprocess.run(command, check=True, capture_output=True)

    return call


def measure(folder: Path, *, quick: bool) -> Race:
    """Two processes against one; the first of the race are the two."""
    logs = folder / "season"
    write_season(logs, QUICK if quick else FULL)
    return race(dataset(logs, 2), dataset(logs, 1), seconds=0, least=1 if quick else 3)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.dataset", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few logs: to show that it works")
    quick = parser.parse_args(arguments).quick
    with TemporaryDirectory(prefix="satlog-bench-") as folder:
        result = measure(Path(folder), quick=quick)
    low, high = result.quartiles
    for name, seconds in (("one process", result.second), ("two processes", result.first)):
        print(f"{name}: {', '.join(f'{each:.1f}' for each in seconds)} s")
    print(f"two are {result.ratio:.2f} ({low:.2f}–{high:.2f}) × as fast")


if __name__ == "__main__":
    main()
