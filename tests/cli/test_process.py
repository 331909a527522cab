"""The command as a process: Ctrl-C, closed pipes, full disks, odd names and locales."""

from __future__ import annotations

import json
import os
import pty
import resource
import select
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import SATLOG
from cli.tools import Process, files
from satlog_native import synth


def heed_interrupts() -> None:
    # Whoever started the tests in the background had them ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(*words: object, **how: Any) -> subprocess.Popen[Any]:
    command = [str(SATLOG), *map(str, words)]
    return subprocess.Popen(command, preexec_fn=heed_interrupts, **how)  # noqa: PLW1509


@pytest.fixture
def long_log(flight: synth.Flight, tmp_path: Path) -> Path:
    """A log that takes some seconds to become text."""
    path = tmp_path / "long.LOG"
    path.write_bytes(flight.data * (40_000_000 // len(flight.data)))
    return path


def read_until(terminal: int, text: bytes) -> bytes:
    """What a terminal shows, up to a text, or to the end."""
    shown = b""
    while text not in shown:
        try:
            more = os.read(terminal, 4096)
        except OSError:  # Linux tells the end of a terminal so
            return shown
        if not more:
            return shown
        shown += more
    return shown


@pytest.mark.parametrize("table", ["position", "track"])
@pytest.mark.parametrize("out", ["out.ndjson", "tables/"])
def test_ctrl_c_leaves_nothing(out: str, table: str, long_log: Path) -> None:
    terminal, end = pty.openpty()
    words = ["--table", table, *(["--format", "csv"] if out.endswith("/") else [])]
    process = start("convert", long_log, f"{long_log.parent}/{out}", *words, stderr=end)
    os.close(end)
    # The bar shows, so writing goes on; the file has a name of its own meanwhile.
    shown = read_until(terminal, b" MB")
    assert "converting █" in shown.decode() or "converting ░" in shown.decode()
    folder = long_log.parent / (out if out.endswith("/") else "")
    assert any(name.endswith(".tmp") for name in files(folder))
    process.send_signal(signal.SIGINT)
    rest = read_until(terminal, b"nothing")
    os.close(terminal)
    assert process.wait() == 130
    assert b"Traceback" not in rest
    assert b"Error" not in rest
    assert files(long_log.parent) == ["long.LOG"]


def test_no_bar_without_a_terminal(long_log: Path, process: Process) -> None:
    done = process("convert", long_log, long_log.with_name("out.parquet"))
    assert done.returncode == 0
    assert "converting" not in done.stderr
    assert "\r" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["head", "{log}", "-n", "100000"],
        ["head", "{log}", "-n", "100000", "--json"],
        ["dump", "{log}", "--count", "100000"],
        ["schema", "--json"],
        ["passes", "{log}", "--json"],
        ["stats", "{log}"],
    ],
)
def test_reader_that_leaves(words: list[str], log: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    named = [word.format(log=log) for word in words]
    process = start(*named, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    _, errors = process.communicate()
    assert errors == b""
    assert process.returncode == 141


@pytest.mark.parametrize("words", [["--help"], ["schema"], ["head", "{log}", "--json"]])
def test_full_device(words: list[str], log: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        named = [word.format(log=log) for word in words]
        process = start(*named, stdout=full, stderr=subprocess.PIPE)
        _, errors = process.communicate()
    assert process.returncode == 2
    assert errors == b"Error: No space left on device\n"


@pytest.mark.parametrize("ending", ["parquet", "arrow", "csv", "ndjson"])
def test_full_disk(ending: str, log: Path, process: Process) -> None:
    # A limit on the size of files stands in for a disk that is full.
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    out = log.with_name(f"out.{ending}")
    out.write_bytes(b"mine")
    done = process("convert", log, out, "--overwrite", preexec_fn=limit)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: writing to ")
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    assert out.read_bytes() == b"mine"
    assert files(log.parent) == ["flight.LOG", f"out.{ending}"]


def test_output_is_utf8_in_any_locale(log: Path, process: Process) -> None:
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = process("schema", "agdisp", env=env, encoding="utf-8")
    assert done.returncode == 0
    assert "µm" in done.stdout


def test_name_that_is_no_utf8(log: Path, process: Process) -> None:
    odd = Path(os.fsdecode(os.fsencode(log.parent) + b"/f\xffight.LOG"))
    log.rename(odd)
    other = log.with_name("other.LOG")
    other.write_bytes(odd.read_bytes())
    out = log.with_name("out.ndjson")
    done = process("convert", odd, other, out, "--table", "flow_setup")
    assert done.returncode == 0
    names = {json.loads(line)["log"] for line in out.read_text("utf-8").splitlines()}
    assert names == {"f\ufffdight.LOG", "other.LOG"}
    assert process("info", odd).returncode == 0
    assert process("check", odd, "--json").returncode == 0


@pytest.mark.parametrize("closed", [1, 2])
def test_closed_output(closed: int, log: Path, process: Callable[..., Any]) -> None:
    def close() -> None:
        os.close(closed)

    done = subprocess.run(
        [SATLOG, "check", log], preexec_fn=close, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""


def test_terminal_gets_columns_in_blocks(log: Path) -> None:
    terminal, end = pty.openpty()
    env = {**os.environ, "COLUMNS": "80"}
    process = start("head", log, "-n", "2", stdout=end, env=env)
    os.close(end)
    shown = b""
    while select.select([terminal], [], [], 30)[0]:
        try:
            shown += os.read(terminal, 4096)
        except OSError:
            break
    os.close(terminal)
    assert process.wait() == 0
    lines = shown.decode().splitlines()
    assert max(map(len, lines)) <= 80
    assert {"frame", "latitude", "satellites_used", "boom_mask"} <= set(shown.decode().split())
    assert len(lines) > 8
