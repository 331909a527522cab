"""Whole processes, as a shell starts them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def convert(log: Path, folder: Path) -> Callable[[], object]:
    """``satlog convert`` of a log's positions to Parquet, written anew each time."""
    satlog = Path(sys.executable).with_name("satlog")
    out = folder / "positions.parquet"
    return _process(
        str(satlog), "convert", str(log), str(out), "--table", "position", "--overwrite"
    )


def import_parquet() -> Callable[[], object]:
    """No work at all: Python, and the library that writes Parquet."""
    return _process(sys.executable, "-c", "import pyarrow.parquet")


def _process(*command: str) -> Callable[[], object]:
    def call() -> object:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} exits {done.returncode}: {done.stderr}")
        return done

    return call
