"""The logs that are decoded: one flight, a season's day, and more than most machines' caches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from satlog_native.synth import write_bulk


@dataclass(frozen=True)
class Workload:
    """A log in a file, and the number of its records."""

    name: str
    path: Path
    records: int

    @cached_property
    def data(self) -> bytes:
        """The file's bytes; kept from the first use on."""
        return self.path.read_bytes()

    @property
    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.records:,} records, {self.size / 1e6:,.1f} MB"


#: Records of each workload, and as many as show that everything runs.
FULL: Final = {"flight": 21_601, "million": 1_000_000, "large": 20_000_000}
QUICK: Final = {"flight": 500, "million": 5_000, "large": 80_000}


def write(folder: Path, sizes: dict[str, int]) -> dict[str, Workload]:
    """Write the logs: the same bytes each time. The smaller ones are beginnings of the largest."""
    workloads = {}
    for name, records in sizes.items():
        workloads[name] = Workload(name, folder / f"{name}.log", records)
        write_bulk(workloads[name].path, records, seed=1)
    return workloads
