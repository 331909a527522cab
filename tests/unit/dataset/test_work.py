"""What a worker does: alone with one log, and with one thread of polars."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from satlog_native import layouts, synth
from satlog_native.dataset.sources import Source
from satlog_native.dataset.spread import _begin, packed
from satlog_native.dataset.work import Recipe, Task, do
from satlog_native.flight import FlightSettings


def recipe(out: Path, **values: Any) -> Recipe:
    known = {"tables": ("track",), "settings": FlightSettings()}
    return Recipe(str(out), layouts.load("satloc_air"), **{**known, **values})


@pytest.fixture
def task(tmp_path: Path) -> Task:
    plan = synth.FlightPlan(
        field=synth.rectangle(35.2, -90.9, 60.0, 250.0), airstrip=(-90.902, 35.196)
    )
    path = tmp_path / "a.log"
    path.write_bytes(synth.fly(plan, seed=1).data)
    return Task(Source("../a.log", str(path), "a.log"), None)


def polars_threads() -> int:
    return pl.thread_pool_size()


def test_workers_use_one_thread_of_polars(tmp_path: Path) -> None:
    with ProcessPoolExecutor(
        1, mp_context=get_context("spawn"), initializer=_begin, initargs=(packed(recipe(tmp_path)),)
    ) as pool:
        assert pool.submit(polars_threads).result() == 1


def test_what_workers_import_first_imports_no_polars() -> None:
    script = "import satlog_native.dataset.spread, sys; sys.exit('polars' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_whatever_goes_wrong_with_a_log_is_told_of_that_log(task: Task, tmp_path: Path) -> None:
    # Nobody foresaw these settings.
    entry = do(task, recipe(tmp_path / "out", settings=object()))
    assert entry.error is not None
    assert entry.error.startswith("reading a.log: AttributeError: ")
    assert entry.files == {}
    assert entry.sha256 is not None
    assert not (tmp_path / "out").exists()


def test_a_column_named_like_a_partition_is_kept(task: Task, tmp_path: Path) -> None:
    out = tmp_path / "out"
    entry = do(task, recipe(out, tables=("summary",)))
    frame = pl.read_parquet(out / entry.files["summary"], hive_partitioning=False)
    assert frame.columns[0] == "log"
    assert frame["log"].to_list() == [entry.log]
    assert frame["aircraft_"].to_list() == ["N4711S"]
    assert not {"aircraft", "date"} & set(frame.columns)
