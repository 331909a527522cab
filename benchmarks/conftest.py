"""Logs for the benchmarks: small ones where nothing is measured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks import workloads


@pytest.fixture(scope="session")
def logs(pytestconfig: pytest.Config) -> Iterator[dict[str, workloads.Workload]]:
    """Every workload by name, in a folder that is gone afterwards: together they are large."""
    sizes = workloads.QUICK if pytestconfig.getoption("benchmark_disable") else workloads.FULL
    with TemporaryDirectory(prefix="satlog-bench-") as folder:
        yield workloads.write(Path(folder), sizes)
