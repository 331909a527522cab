"""Files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.tools import files
from satlog_native.errors import SatlogError
from satlog_native.export.atomic import Drafts


def test_files_appear_together(tmp_path: Path) -> None:
    with Drafts() as drafts:
        for name in ("a", "b"):
            drafts.open(tmp_path / name).write(name.encode())
            assert not (tmp_path / name).exists()
    assert files(tmp_path) == ["a", "b"]
    assert (tmp_path / "b").read_bytes() == b"b"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_nothing(error: type[BaseException], tmp_path: Path) -> None:
    def write() -> None:
        with Drafts(overwrite=True) as drafts:
            drafts.make_folder(tmp_path / "new" / "deep")
            drafts.open(tmp_path / "new" / "deep" / "b").write(b"new")
            drafts.open(tmp_path / "a").write(b"new")
            raise error

    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(error):
        write()
    assert files(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_folder_that_others_use_stays(tmp_path: Path) -> None:
    def write() -> None:
        with Drafts() as drafts:
            drafts.make_folder(tmp_path / "new")
            (tmp_path / "new" / "theirs").touch()
            drafts.open(tmp_path / "new" / "mine")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        write()
    assert files(tmp_path / "new") == ["theirs"]


def test_trouble_at_the_end(tmp_path: Path) -> None:
    def write() -> None:
        with Drafts() as drafts:
            drafts.open(tmp_path / "a").write(b"new")
            # Meanwhile somebody makes a folder of that name.
            (tmp_path / "a").mkdir()

    with pytest.raises(SatlogError, match=f"writing to {tmp_path}: "):
        write()
    assert files(tmp_path) == ["a"]


def test_a_file_that_cannot_be_finished(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="closed file"), Drafts() as drafts:
        drafts.open(tmp_path / "a").close()
    assert files(tmp_path) == []


def test_what_may_not_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with Drafts() as drafts:
        for name in ("folder", "file", "link"):
            with pytest.raises(SatlogError, match=f"{name}: it "):
                drafts.open(tmp_path / name)
    with Drafts(overwrite=True) as drafts, pytest.raises(SatlogError, match="it is a folder"):
        drafts.open(tmp_path / "folder")
