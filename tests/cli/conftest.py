"""Logs to work on, and the command itself: in this process, and as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.tools import Process, Satlog
from satlog_native import synth
from satlog_native.cli import main

SATLOG = Path(sys.executable).with_name("satlog")


@pytest.fixture
def satlog() -> Satlog:
    """Run a command; its exit status and what it wrote."""

    def run(*words: object) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words], prog_name="satlog")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def process() -> Process:
    """Run the installed script."""

    def run(*words: object, **how: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SATLOG, *map(str, words)], capture_output=True, text=True, check=False, **how
        )

    return run


@pytest.fixture(scope="session")
def flight() -> synth.Flight:
    """A short flight that has every kind of record."""
    plan = synth.FlightPlan(
        field=synth.rectangle(35.2, -90.9, 80.0, 400.0),
        airstrip=(-90.95, 35.2),
        positions="mixed",
        all_kinds=True,
    )
    return synth.fly(plan, seed=11)


@pytest.fixture
def log(flight: synth.Flight, tmp_path: Path) -> Path:
    """Its log."""
    path = tmp_path / "flight.LOG"
    path.write_bytes(flight.data)
    return path


@pytest.fixture
def damaged(flight: synth.Flight, tmp_path: Path) -> Path:
    """The same log with some damage."""
    path = tmp_path / "damaged.LOG"
    path.write_bytes(flight.damaged(seed=5, bit_flips=3, noise=2, cut=7).data)
    return path
