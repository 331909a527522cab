"""Input that is no log, or hardly one: from any command a clear message and exit status."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cli.tools import Process, Satlog, files
from satlog_native import synth

#: Every command that reads a log, with what it needs besides.
COMMANDS = {
    "convert": ["{folder}/out.parquet", "--table", "position"],
    "info": [],
    "kinds": [],
    "head": [],
    "dump": [],
    "check": [],
    "passes": [],
    "stats": [],
}

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"

MAGIC = """
[layout]
name = "magic"
version = "1"
status = "documented"
title = "With a header"
byte_order = "little"
[framing]
magic = "FLY1"
header_size = 16
sync = [0xA5]
length = { at = 1, type = "u8", counts = "frame" }
type = { at = 2, type = "u8" }
payload_at = 3
checksum = { algorithm = "sum8", from = 1 }
[[record]]
type = 1
name = "position"
"""


def missing(_path: Path) -> str:
    return "there is no such file"


def folder(path: Path) -> str:
    path.mkdir()
    return "it is a folder"


def pipe(path: Path) -> str:
    os.mkfifo(path)
    return "no regular file"


def empty(path: Path) -> str:
    path.touch()
    return "the file is empty"


def png(path: Path) -> str:
    path.write_bytes(PNG + random.Random(1).randbytes(5_000))
    return "0 % of its 5,029 bytes are frames of layout satloc_air"


def text(path: Path) -> str:
    path.write_text("Dear pilot, this is not a log.\n" * 200, encoding="ascii")
    return "0 % of its 6,200 bytes are frames of layout satloc_air"


def noise(path: Path) -> str:
    path.write_bytes(random.Random(2).randbytes(100_000))
    return "0 % of its 100,000 bytes are frames of layout satloc_air"


def one_byte(path: Path) -> str:
    path.write_bytes(b"\xa5")
    return "0 % of its 1 bytes are frames of layout satloc_air"


CASES = [missing, folder, pipe, empty, png, text, noise, one_byte]


def run(command: str, path: Path, *words: object) -> list[object]:
    return [command, path, *(w.format(folder=path.parent) for w in COMMANDS[command]), *words]


@pytest.mark.parametrize("make", CASES, ids=lambda case: case.__name__)
@pytest.mark.parametrize("command", COMMANDS)
def test_unusable(
    command: str, make: Callable[[Path], str], tmp_path: Path, satlog: Satlog
) -> None:
    path = tmp_path / "input.LOG"
    says = make(path)
    before = files(tmp_path)
    result = satlog(*run(command, path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert str(path) in result.stderr
    assert files(tmp_path) == before


@contextmanager
def unprivileged() -> Iterator[None]:
    """Without the rights of root, which may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("command", COMMANDS)
def test_unreadable(command: str, log: Path, satlog: Satlog) -> None:
    satlog(*run(command, log))  # so that all is imported while it can be
    with TemporaryDirectory() as folder:  # the folders of tmp_path are closed to others
        Path(folder).chmod(0o755)
        path = Path(folder, "input.LOG")
        path.write_bytes(log.read_bytes())
        path.chmod(0)
        with unprivileged():
            result = satlog(*run(command, path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no permission to read it" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_header_that_does_not_match(
    command: str, log: Path, tmp_path: Path, satlog: Satlog
) -> None:
    layout = tmp_path / "magic.toml"
    layout.write_text(MAGIC, encoding="ascii")
    result = satlog(*run(command, log, "--layout", layout))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "starts with 46 4C 59 31, and this file with A5 48 64" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_layout_with_a_mistake(command: str, log: Path, tmp_path: Path, satlog: Satlog) -> None:
    layout = tmp_path / "wrong.toml"
    layout.write_text(MAGIC.replace("payload_at = 3\n", ""), encoding="ascii")
    result = satlog(*run(command, log, "--layout", layout))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{layout}" in result.stderr
    assert "payload_at" in result.stderr


@pytest.mark.parametrize(
    ("command", "status"),
    [
        *(("convert", 1), ("info", 1), ("kinds", 1), ("head", 0), ("dump", 0), ("check", 1)),
        *(("passes", 1), ("stats", 1)),
    ],
)
def test_cut_in_a_frame(
    command: str, status: int, flight: synth.Flight, tmp_path: Path, satlog: Satlog
) -> None:
    # head and dump look at the start only, and there all is well.
    path = tmp_path / "cut.LOG"
    path.write_bytes(flight.data[:-3])
    result = satlog(*run(command, path))
    assert result.exit_code == status
    if command in ("convert", "info", "check"):
        assert "last frame cut off" in result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_sparse_file_of_4_gib(command: str, sparse: Path, process: Process) -> None:
    done: subprocess.CompletedProcess[str] = process(*run(command, sparse), timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert "0 % of its 4,294,967,296 bytes are frames" in done.stderr


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sparse") / "sparse.LOG"
    with path.open("wb") as file:
        file.truncate(1 << 32)
    return path
