"""Layouts are found by name, on $SATLOG_LAYOUT_PATH or shipped, or by path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from satlog_native import layouts
from satlog_native.layouts import LayoutError, LayoutNotFound
from unit.layouts.pieces import FRAMING, HEAD, RECORD

TOML = HEAD + FRAMING + RECORD


@pytest.fixture(autouse=True)
def _no_own_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SATLOG_LAYOUT_PATH", raising=False)


def put(folder: Path, name: str, title: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(TOML.replace('"1"', f'"1"\ntitle = "{title}"', 1), encoding="utf-8")
    return path


def test_a_shipped_layout_is_found_by_name() -> None:
    assert layouts.load("satloc_air").name == "satloc_air"
    assert list(layouts.available()) == ["satloc_air"]


def test_a_layout_passes_through() -> None:
    layout = layouts.loads(TOML)

    assert layouts.load(layout) is layout


def test_own_folders_come_first_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    put(first, "mine", "first")
    put(second, "mine", "second")
    put(second, "satloc_air", "shadow")
    folders = [str(first), "", str(tmp_path / "missing"), str(second)]
    monkeypatch.setenv("SATLOG_LAYOUT_PATH", os.pathsep.join(folders))

    found = layouts.available()

    assert found == {"mine": first / "mine.toml", "satloc_air": second / "satloc_air.toml"}
    assert layouts.load("mine").title == "first"
    assert layouts.load("satloc_air").title == "shadow"


def test_only_toml_files_are_layouts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "mine")
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "folder.toml").mkdir()
    monkeypatch.setenv("SATLOG_LAYOUT_PATH", str(tmp_path))

    assert list(layouts.available()) == ["mine", "satloc_air"]


def test_a_file_on_the_path_that_is_a_file_is_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SATLOG_LAYOUT_PATH", str(put(tmp_path, "mine")))

    with pytest.raises(LayoutNotFound, match=r"SATLOG_LAYOUT_PATH names no folder at .*mine\.toml"):
        layouts.load("mine")


@pytest.mark.parametrize("form", ["path", "string", "relative", "suffix alone"])
def test_a_path_is_a_path(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, "mine", form)
    monkeypatch.chdir(tmp_path)
    names: dict[str, str | Path] = {
        "path": Path("mine.toml"),
        "string": str(path),
        "relative": os.path.join(".", "mine.toml"),  # noqa: PTH118 - Path would drop the dot
        "suffix alone": "mine.toml",
    }

    assert layouts.load(names[form]).title == form
    assert layouts.check(names[form]) == []


def test_a_name_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").write_text(TOML)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(LayoutNotFound):
        layouts.load("mine")


def test_the_source_is_the_file(tmp_path: Path) -> None:
    path = put(tmp_path, "mine")

    assert layouts.load(path).source == str(path)
    assert layouts.loads(TOML).source == "<string>"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    layouts.load(put(tmp_path, "mine", "old"))
    path = put(tmp_path, "mine", "newer")

    assert layouts.load(path).title == "newer"


def test_an_unchanged_file_is_read_once(tmp_path: Path) -> None:
    path = put(tmp_path, "mine")

    assert layouts.load(path) is layouts.load(str(path))


def test_an_unknown_name_gets_the_nearest_and_all() -> None:
    with pytest.raises(LayoutNotFound) as caught:
        layouts.load("satlock_air")

    assert str(caught.value).startswith("satlock_air: no layout of this name")
    assert 'did you mean "satloc_air"?' in str(caught.value)
    assert "available: satloc_air." in str(caught.value)
    assert "SATLOG_LAYOUT_PATH" in str(caught.value)
    assert isinstance(caught.value, LayoutError | LookupError)


def test_a_name_like_no_other_gets_no_hint() -> None:
    with pytest.raises(LayoutNotFound) as caught:
        layouts.load("")

    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize("call", [layouts.load, layouts.check], ids=["load", "check"])
def test_a_missing_file_is_not_found(call: object, tmp_path: Path) -> None:
    assert callable(call)
    with pytest.raises(LayoutNotFound, match=r"nowhere\.toml: no such file"):
        call(tmp_path / "nowhere.toml")
    with pytest.raises(LayoutNotFound, match="no such file"):
        call(put(tmp_path, "mine") / "below.toml")


def test_check_tells_what_load_raises(tmp_path: Path) -> None:
    path = put(tmp_path, "mine")
    path.write_text(TOML.replace("payload_at = 3", "payload_at = 2"))

    with pytest.raises(LayoutError) as caught:
        layouts.load(path)

    assert [str(error) for error in layouts.check(path)] == [str(caught.value)]


def test_importing_layouts_reads_none_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"  # coverage imports some of them itself
        "import satlog_native.layouts as layouts; layouts.available()\n"
        "heavy = {'tomllib', 'json', 'difflib', 'numpy', 'pyarrow', 'polars'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules) - before)) or 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
