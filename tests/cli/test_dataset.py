"""``satlog dataset``: files that every reader reads, the same whoever wrote them."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.dataset
import pytest
from click.testing import Result

from cli.conftest import SATLOG
from cli.tools import Process, Satlog
from satlog_native import layouts, open_log, synth

PLAN = synth.FlightPlan(
    field=synth.rectangle(35.2, -90.9, 60.0, 250.0), airstrip=(-90.902, 35.196), wind_speed=1.0
)
DAYS = ("2025-07-14T13:05:00", "2025-07-14T23:59:30", "2025-07-16T09:00:00")


def flight_of(aircraft: str, start: str = DAYS[0], seed: int = 0) -> bytes:
    return synth.fly(replace(PLAN, aircraft_id=aircraft, start_time=start), seed=seed).data


@pytest.fixture
def dataset(satlog: Satlog) -> Satlog:
    """Run the command, by one process if nothing else is said: to start them takes longest."""

    def run(*words: object) -> Result:
        how = [] if {"--workers", "--dask"} & set(words) else ["--workers", 1]
        return satlog("dataset", *words, *how)

    return run


@pytest.fixture(scope="module")
def flights() -> list[bytes]:
    """Three flights: two of one aircraft, one of them past midnight."""
    return [
        flight_of(aircraft, day) for aircraft, day in zip(("N1", "N1", "N2"), DAYS, strict=True)
    ]


@pytest.fixture
def season(flights: list[bytes], tmp_path: Path) -> Path:
    """A folder of logs, in folders of their own."""
    folder = tmp_path / "season"
    (folder / "july" / "week3").mkdir(parents=True)
    (folder / "a.LOG").write_bytes(flights[0])
    (folder / "july" / "a.log").write_bytes(flights[1])
    (folder / "july" / "week3" / "2507160900Sat_b4ef.Log").write_bytes(flights[2])
    (folder / "july" / "notes.txt").write_text("no log")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, and what is in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def manifest(out: Path) -> dict[str, dict[str, Any]]:
    """The manifest's entries by source."""
    logs = json.loads((out / "manifest.json").read_text("utf-8"))["logs"]
    return {each["source"]: each for each in logs}


def places(out: Path) -> dict[str, int]:
    """Which file is where: written again, it is another."""
    return {str(path.relative_to(out)): path.stat().st_ino for path in out.rglob("*.parquet")}


def polars_rows(out: Path, table: str = "track") -> pl.DataFrame:
    scan = pl.scan_parquet(f"{out}/{table}/**/*.parquet", hive_partitioning=True)
    return scan.collect()


def test_every_row_is_there_and_partitioned(season: Path, tmp_path: Path, dataset: Satlog) -> None:
    out = tmp_path / "out"
    result = dataset(season, out, "--workers", 2)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == f"{out}: 3 logs; see manifest.json\n"
    rows = polars_rows(out)
    entries = manifest(out)
    assert list(entries) == [
        "../season/a.LOG",
        "../season/july/a.log",
        "../season/july/week3/2507160900Sat_b4ef.Log",
    ]
    told = [(entry["aircraft"], entry["date"]) for entry in entries.values()]
    # The second flight starts half a minute before midnight.
    assert told == [("N1", "2025-07-14"), ("N1", "2025-07-14"), ("N2", "2025-07-16")]
    for source, entry in entries.items():
        own = rows.filter(pl.col("log") == entry["log"])
        with open_log(out / source) as log:
            track = log.track()
        assert own["aircraft"].unique().to_list() == [entry["aircraft"]]
        assert own["date"].unique().to_list() == [date.fromisoformat(entry["date"])]
        assert own.select(track.columns).cast(track.schema).equals(track)
        assert entry["rows"] == {"track": track.height}
        (file,) = entry["files"].values()
        assert file == (
            f"track/aircraft={entry['aircraft']}/date={entry['date']}/{entry['log']}.parquet"
        )
        assert (entry["size"], entry["error"]) == (Path(out / source).stat().st_size, None)
        assert entry["damage"]["damaged"] is False


def test_all_readers_read_it(season: Path, tmp_path: Path, dataset: Satlog) -> None:
    out = tmp_path / "out"
    tables = ("track", "passes", "summary", "wind")
    words = [word for table in tables for word in ("--table", table)]
    assert dataset(season, out, *words).exit_code == 0
    entries = manifest(out).values()
    for table in tables:
        rows = sum(entry["rows"][table] for entry in entries)
        assert rows > 0
        assert polars_rows(out, table).height == rows
        found = (
            duckdb.connect()
            .execute(
                f"SELECT count(*), count(DISTINCT log), min(aircraft), max(aircraft), min(date) "
                f"FROM read_parquet('{out}/{table}/**/*.parquet', hive_partitioning = true)"
            )
            .fetchone()
        )
        assert found == (rows, 3, "N1", "N2", date(2025, 7, 14))
        arrow = pyarrow.dataset.dataset(out / table, partitioning="hive").to_table()
        assert arrow.num_rows == rows
        assert set(arrow["aircraft"].to_pylist()) == {"N1", "N2"}
    # The summary says itself which aircraft it was.
    summary = polars_rows(out, "summary")
    assert (summary["aircraft_"] == summary["aircraft"]).all()
    assert summary["net_area"].null_count() == 0


@pytest.mark.parametrize(
    "aircraft", ["../../x", "", "N 1/2", "a=b&c", "%41", "N\\x", "x" * 16, "*[1]?", "..", "1234"]
)
def test_hostile_aircraft(aircraft: str, tmp_path: Path, dataset: Satlog) -> None:
    log, out = tmp_path / "a.log", tmp_path / "deep" / "out"
    log.write_bytes(flight_of(aircraft))
    with open_log(log) as opened:
        said = opened.info()["aircraft"]
    assert dataset(log, out, "--table", "summary").exit_code == 0
    expected = (said or "unknown").strip()
    assert str(polars_rows(out, "summary")["aircraft"][0]) == expected
    found = (
        duckdb.connect()
        .execute(
            f"SELECT aircraft FROM read_parquet('{out}/*/*/*/*.parquet', hive_partitioning = true)"
        )
        .fetchone()
    )
    assert found is not None
    assert str(found[0]) == expected
    arrow = pyarrow.dataset.dataset(out / "summary", partitioning="hive").to_table()
    assert str(arrow["aircraft"][0].as_py()) == expected
    # Nothing was written elsewhere.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log", "deep"]
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "summary"]


def test_a_log_without_positions_has_no_date(tmp_path: Path, dataset: Satlog) -> None:
    layout = layouts.load("satloc_air")
    log, out = tmp_path / "m.log", tmp_path / "out"
    log.write_bytes(synth.encode(layout, [synth.Records("marker", {"marker_type": [1, 2]})]))
    words = ["--table", "track", "--table", "marker"]
    assert dataset(log, out, *words).exit_code == 0
    (entry,) = manifest(out).values()
    assert (entry["aircraft"], entry["date"]) == (None, None)
    assert entry["rows"] == {"track": 0, "marker": 2}
    assert "/aircraft=unknown/date=unknown/" in entry["files"]["marker"]
    assert polars_rows(out, "marker")["date"].to_list() == ["unknown"] * 2


def test_the_same_bytes_whoever_writes(season: Path, tmp_path: Path, dataset: Satlog) -> None:
    words = ["--table", "track", "--table", "passes", "--table", "summary"]
    trees = []
    for workers in (1, 2, 3):
        out = tmp_path / f"out{workers}"
        assert dataset(season, out, "--workers", workers, *words).exit_code == 0
        trees.append(tree(out))
    assert len(trees[0]) == 10
    assert trees[0] == trees[1] == trees[2]


def test_bad_logs_stop_nothing(season: Path, tmp_path: Path, dataset: Satlog) -> None:
    good = (season / "a.LOG").read_bytes()
    (season / "b.log").write_bytes(good[:-3])
    (season / "empty.log").write_bytes(b"")
    (season / "junk.log").write_bytes(b"hello, this is no log")
    os.mkfifo(season / "pipe.log")
    out = tmp_path / "out"
    result = dataset(season, tmp_path / "missing.log", out)
    assert result.exit_code == 1
    assert "b.log: damaged: 43 bytes lost" in result.stderr or "b.log: damaged" in result.stderr
    for name in ("empty.log", "junk.log", "pipe.log", "missing.log"):
        (line,) = [line for line in result.stderr.splitlines() if name in line]
        assert line.startswith("Error: reading ")
    assert result.stderr.splitlines()[-1] == (
        f"{out}: 8 logs (1 damaged, 4 not read); see manifest.json"
    )
    entries = manifest(out)
    failed = {Path(source).name for source, entry in entries.items() if entry["error"]}
    assert failed == {"empty.log", "junk.log", "pipe.log", "missing.log"}
    assert all(not entry["files"] for entry in entries.values() if entry["error"])
    damage = entries["../season/b.log"]["damage"]
    assert damage["damaged"]
    assert damage["lost"] == 1
    assert polars_rows(out)["log"].n_unique() == 4


# -- again ----------------------------------------------------------------------------------------


def test_what_is_done_is_not_done_again(season: Path, tmp_path: Path, dataset: Satlog) -> None:
    out = tmp_path / "out"
    dataset(season, out)
    before, content = places(out), tree(out)
    result = dataset(season, out)
    assert result.stderr == f"{out}: 3 logs (3 done before); see manifest.json\n"
    assert (places(out), tree(out)) == (before, content)
    # Another time, but the same bytes: nothing to write.
    os.utime(season / "a.LOG", ns=(0, 10**18))
    dataset(season, out)
    assert places(out) == before
    assert manifest(out)["../season/a.LOG"]["mtime_ns"] == 10**18


def test_from_elsewhere_it_is_the_same_log(
    season: Path, tmp_path: Path, dataset: Satlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    dataset(season, out)
    monkeypatch.chdir(season / "july")
    result = dataset("../a.LOG", ".", "../../out")
    assert "3 logs (3 done before)" in result.stderr


def test_new_changed_and_lost(
    season: Path, flights: list[bytes], tmp_path: Path, dataset: Satlog
) -> None:
    out = tmp_path / "out"
    dataset(season, out)
    before, entries = places(out), manifest(out)
    (season / "new.log").write_bytes(flights[2])
    (season / "a.LOG").write_bytes(flight_of("N9", DAYS[2]))
    (file,) = entries["../season/july/a.log"]["files"].values()
    (out / file).unlink()
    result = dataset(season, out)
    assert "4 logs (1 done before)" in result.stderr
    after = places(out)
    (old,) = entries["../season/a.LOG"]["files"].values()
    assert old not in after
    assert file in after
    (kept,) = entries["../season/july/week3/2507160900Sat_b4ef.Log"]["files"].values()
    assert after[kept] == before[kept]
    fresh = tmp_path / "fresh"
    dataset(season, fresh)
    assert tree(out) == tree(fresh)


def test_a_log_that_cannot_be_read_now_keeps_its_rows(
    season: Path, tmp_path: Path, dataset: Satlog
) -> None:
    out = tmp_path / "out"
    dataset(season, out)
    before = places(out)
    (season / "a.LOG").rename(season / "away")
    result = dataset(season, season / "a.LOG", out)
    assert result.exit_code == 1
    assert "no such file" in result.stderr.lower()
    assert places(out) == before
    (season / "away").rename(season / "a.LOG")
    assert dataset(season, out).exit_code == 0
    assert places(out) == before
    # One that is no log any more has no rows.
    (season / "a.LOG").write_bytes(b"no log")
    assert dataset(season, out).exit_code == 1
    assert len(places(out)) == 2


def test_one_log_in_two_folders_is_one_file(
    season: Path, flights: list[bytes], tmp_path: Path, dataset: Satlog
) -> None:
    copy = season / "copy"
    copy.mkdir()
    (copy / "a.LOG").write_bytes(flights[0])
    out = tmp_path / "out"
    dataset(season, out)
    assert len(places(out)) == 3
    # The other log needs the file still.
    (season / "a.LOG").write_bytes(flights[2])
    dataset(season, out)
    assert len(places(out)) == 4
    (copy / "a.LOG").write_bytes(flights[2])
    dataset(season, out)
    assert len(places(out)) == 3


# -- stopped --------------------------------------------------------------------------------------


@pytest.fixture
def long_season(flights: list[bytes], tmp_path: Path) -> Path:
    """Logs for a second or more."""
    folder = tmp_path / "long"
    folder.mkdir()
    for number in range(90):
        (folder / f"f{number:02}.log").write_bytes(flights[number % 3])
    return folder


class Running:
    """The command in a terminal, where it tells how far it is."""

    def __init__(self, *words: object) -> None:
        self._terminal, end = pty.openpty()
        command = [str(SATLOG), "dataset", *map(str, words)]
        self.process = subprocess.Popen(command, stderr=end, preexec_fn=_heed_interrupts)  # noqa: PLW1509
        os.close(end)
        self.shown = b""

    def until(self, text: bytes) -> None:
        """Wait until it shows a text, or all of its processes have ended."""
        while text not in self.shown:
            assert select.select([self._terminal], [], [], 60)[0], self.shown
            try:
                more = os.read(self._terminal, 4096)
            except OSError:  # Linux tells the end of a terminal so
                return
            if not more:
                return
            self.shown += more

    def close(self) -> None:
        os.close(self._terminal)
        self.process.wait()


def _heed_interrupts() -> None:
    # Whoever started the tests in the background had them ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def whole(long_season: Path, tmp_path: Path, dataset: Satlog) -> dict[str, bytes]:
    """What comes out of the long season if nothing stops it."""
    out = tmp_path / "whole"
    assert dataset(long_season, out).exit_code == 0
    return tree(out)


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_and_gone_on_with(
    workers: int, long_season: Path, tmp_path: Path, whole: dict[str, bytes], process: Process
) -> None:
    out = tmp_path / "out"
    run = Running(long_season, out, "--workers", workers)
    run.until(b" left")
    run.process.kill()
    # Its workers end too, or they would hold the terminal.
    run.until(b"nothing")
    run.close()
    assert "manifest.journal" in {path.name for path in out.iterdir()}
    assert not (out / "manifest.json").exists()
    done = places(out)
    assert 0 < len(done) < 90
    assert all(whole[name] == (out / name).read_bytes() for name in done)
    # As if it had been killed within a line, and within a file.
    with (out / "manifest.journal").open("ab") as journal:
        journal.write(b'{"source": "../long/f8')
    (out / next(iter(done))).with_name(".satlog-1-abcd.tmp").write_bytes(b"half")
    again = process("dataset", long_season, out, "--workers", workers)
    assert again.returncode == 0
    assert " done before)" in again.stderr
    assert tree(out) == whole


def test_ctrl_c_and_gone_on_with(
    long_season: Path, tmp_path: Path, whole: dict[str, bytes], process: Process
) -> None:
    out = tmp_path / "out"
    run = Running(long_season, out, "--workers", 2)
    run.until(b" left")
    run.process.send_signal(signal.SIGINT)
    run.until(b"nothing")
    run.close()
    assert run.process.returncode == 130
    assert b"Interrupted. What is done is kept" in run.shown
    assert b"Traceback" not in run.shown
    assert not [name for name in tree(out) if name.endswith(".tmp")]
    again = process("dataset", long_season, out)
    assert " done before)" in again.stderr
    assert tree(out) == whole


def test_ctrl_c_while_workers_start_is_not_theirs(
    season: Path, tmp_path: Path, dataset: Satlog
) -> None:
    out = tmp_path / "out"
    run = Running(season, out, "--workers", 2)
    told: set[int] = set()
    while run.process.poll() is None:
        for child in {*_children(run.process.pid)} - told:
            told.add(child)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGINT)
    run.until(b"nothing")
    run.close()
    assert told
    assert run.process.returncode == 0
    assert b"Traceback" not in run.shown
    assert dataset(season, tmp_path / "whole").exit_code == 0
    assert tree(out) == tree(tmp_path / "whole")


def test_a_worker_that_is_killed(
    long_season: Path, tmp_path: Path, whole: dict[str, bytes], process: Process
) -> None:
    out = tmp_path / "out"
    run = Running(long_season, out, "--workers", 1)
    run.until(b" left")
    for child in _children(run.process.pid):
        os.kill(child, signal.SIGKILL)
    run.until(b"nothing")
    run.close()
    assert run.process.returncode == 2
    assert b"was killed, for want of memory perhaps" in run.shown
    assert process("dataset", long_season, out).returncode == 0
    assert tree(out) == whole


def _children(parent: int) -> Iterator[int]:
    """The processes that a process has spawned to do the work."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text().rpartition(")")[2].split()
            words = (folder / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if int(status[1]) == parent and b"spawn_main" in words:
            yield int(folder.name)


def test_full_disk(
    season: Path, tmp_path: Path, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    # A process whose coverage is measured would complain that it cannot write that either.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    out = tmp_path / "out"
    done = process("dataset", season, out, preexec_fn=limit)
    assert done.returncode == 2
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert places(out) == {}
    assert process("dataset", season, out).returncode == 0
    assert len(places(out)) == 3


# -- refused --------------------------------------------------------------------------------------


def test_other_tables_need_another_folder(season: Path, tmp_path: Path, dataset: Satlog) -> None:
    out = tmp_path / "out"
    dataset(season, out)
    before = tree(out)
    for words in (["--table", "passes"], ["--max-gap", "5"]):
        result = dataset(season, out, *words)
        assert result.exit_code == 2
        assert "it was made with other tables, settings or another layout" in result.stderr
        assert "another folder" in result.stderr
    assert dataset(season, out).exit_code == 0
    assert tree(out) == before


def test_one_run_at_a_time(season: Path, tmp_path: Path, dataset: Satlog) -> None:
    out = tmp_path / "out"
    dataset(season, out)
    with (out / "manifest.journal").open("ab") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        result = dataset(season, out)
    assert result.exit_code == 2
    assert "another run is at it" in result.stderr
    assert dataset(season, out).exit_code == 0


def test_folders_and_words_that_cannot_be_used(
    season: Path, tmp_path: Path, dataset: Satlog
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "manifest.json").write_text('{"logs": 5}')
    hostile = tmp_path / "hostile"
    assert dataset(season, hostile).exit_code == 0
    content = (hostile / "manifest.json").read_text("utf-8")
    (hostile / "manifest.json").write_text(content.replace('"track/aircraft', '"../other/aircraft'))
    out = tmp_path / "out"
    for words, message in (
        ([empty, out], "no file ends in .log"),
        ([season, other], "the folder holds other files and no manifest.json"),
        ([season, season / "a.LOG"], "it is a file; name a folder"),
        ([season, broken], "not as satlog writes it"),
        ([season, hostile], "not as satlog writes it"),
        ([season, out, "--table", "wend"], "wend"),
        ([season, out, "--dask", "x", "--workers", "2"], "--workers"),
        ([season, out, "--dask", "nowhere://"], "nowhere"),
    ):
        result = dataset(*words)
        assert result.exit_code == 2, words
        assert message in result.stderr
        assert result.stdout == ""
    assert tree(other) == {"thesis.txt": b"mine"}


def test_a_try_that_did_nothing_binds_nobody(season: Path, tmp_path: Path, dataset: Satlog) -> None:
    out = tmp_path / "out"
    dataset(season, out, "--dask", "nowhere://", "--table", "passes")
    assert (out / "manifest.journal").exists()
    assert dataset(season, out).exit_code == 0


# -- Dask -----------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("default")  # those of Dask are not ours
def test_dask_gives_the_same_bytes(season: Path, tmp_path: Path, dataset: Satlog) -> None:
    distributed = pytest.importorskip("distributed")
    (season / "junk.log").write_bytes(b"no log")
    out, other = tmp_path / "out", tmp_path / "other"
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        result = dataset(season, out, "--dask", cluster.scheduler_address)
        assert result.exit_code == 1, result.stderr
        again = dataset(season, out, "--dask", cluster.scheduler_address)
    assert "4 logs (3 done before, 1 not read)" in again.stderr
    dataset(season, other)
    assert tree(out) == tree(other)
    shutil.rmtree(other)
