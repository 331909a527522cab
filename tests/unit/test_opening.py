"""From a path or bytes to bytes, or one clear sentence."""

from __future__ import annotations

import os
from array import array
from pathlib import Path

import numpy as np
import pytest

from satlog_native.errors import LogError, NotALog
from satlog_native.opening import open_bytes


def test_a_file_is_mapped(tmp_path: Path) -> None:
    path = tmp_path / "flight.LOG"
    path.write_bytes(b"abc")
    content, name = open_bytes(path)
    with content:
        assert bytes(content[:]) == b"abc"
    assert name == str(path)


@pytest.mark.parametrize(
    "source", [b"abc", bytearray(b"abc"), memoryview(b"abc"), np.frombuffer(b"abc", np.uint8)]
)
def test_bytes_are_not_copied(source: bytes) -> None:
    content, name = open_bytes(source)
    assert bytes(content) == b"abc"
    assert name == "<3 bytes>"


def test_wider_items_are_bytes_too() -> None:
    assert open_bytes(array("H", [1, 2]))[0].nbytes == 4  # type: ignore[union-attr]
    assert open_bytes(np.zeros((2, 3)).data)[0].nbytes == 48  # type: ignore[union-attr]


def test_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.LOG"
    path.touch()
    with pytest.raises(NotALog, match=r"empty\.LOG: the file is empty; copy it from the unit"):
        open_bytes(path)
    with pytest.raises(NotALog, match="there are none"):
        open_bytes(b"")


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"gone\.LOG: there is no such file; check the path"):
        open_bytes(tmp_path / "gone.LOG")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="it is a folder; name one"):
        open_bytes(tmp_path)


def test_a_pipe_is_told_at_once(tmp_path: Path) -> None:
    """Nobody writes to it: to wait for a writer would be to wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LogError, match="it is no regular file"):
        open_bytes(tmp_path / "pipe")


def test_a_device() -> None:
    with pytest.raises(LogError, match="it is no regular file"):
        open_bytes("/dev/zero")


def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "locked.LOG"
    path.write_bytes(b"abc")
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may read any file; nobody may not
    try:
        with pytest.raises(LogError, match="no permission to read it"):
            open_bytes(path)
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
def test_a_name_that_cannot_be(name: str) -> None:
    with pytest.raises(LogError, match="reading "):
        open_bytes(name)


def test_larger_than_an_index_reaches(tmp_path: Path) -> None:
    path = tmp_path / "huge.LOG"
    path.touch()
    try:
        os.truncate(path, (1 << 39) + 1)
    except OSError:
        pytest.skip("the file system has no files of 512 GiB, not even sparse ones")
    with pytest.raises(LogError, match="at most 549,755,813,888; split it"):
        open_bytes(path)


@pytest.mark.parametrize("source", [None, 5, 3.5, ["flight.LOG"]])
def test_neither_path_nor_bytes(source: object) -> None:
    with pytest.raises(TypeError, match="a log is a path or bytes-like, not"):
        open_bytes(source)  # type: ignore[arg-type]


def test_bytes_with_gaps() -> None:
    with pytest.raises(TypeError, match="contiguous; copy these first"):
        open_bytes(memoryview(b"abcdef")[::2])
