"""What the tests of the commands share."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from click.testing import Result

from satlog_native import layouts, open_log, synth

#: Runs a command in this process.
Satlog = Callable[..., Result]
#: Runs the installed script.
Process = Callable[..., subprocess.CompletedProcess[str]]


def table_of(path: Path, kind: str | int = "position", **how: Any) -> pa.Table:
    """A table straight from its log."""
    with open_log(path, **how) as log:
        return log.table(kind)


def read(path: Path) -> pa.Table:
    """A table from a Parquet or Arrow file."""
    if path.suffix == ".parquet":
        return pq.read_table(path)
    return pa.ipc.open_file(path).read_all()


def files(folder: Path) -> list[str]:
    """The names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def markers(numbers: list[tuple[int, int]]) -> bytes:
    """A log of markers: so many times each type of marker."""
    layout = layouts.load("satloc_air")
    return b"".join(
        synth.encode(layout, [synth.Records("marker", {"marker_type": [number]})]) * times
        for number, times in numbers
    )
