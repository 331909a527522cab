"""Whatever a layout file holds, reading it ends in a layout or in a layout error."""

from __future__ import annotations

import copy
import os
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from satlog_native import layouts
from satlog_native.layouts import LayoutError
from strategies.toml import literal
from unit.layouts.pieces import FRAMING, HEAD, RECORD, one

LAYOUTS = sorted((Path(__file__).parents[2] / "layouts").glob("*.toml"))
SCHEMA = jsonschema.Draft202012Validator(layouts.json_schema())

values = st.recursive(
    st.booleans()
    | st.integers(-3, 70)
    | st.integers()
    | st.floats()
    | st.sampled_from(["u8", "u16", "f32", "text", "timestamp", "rest", "nan", "big", "frame", ""])
    | st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("at"), inner, max_size=1),
    max_leaves=3,
)


@given(st.sampled_from(LAYOUTS), st.data())
def test_a_value_replaced_gives_a_layout_or_a_layout_error(path: Path, data: st.DataObject) -> None:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    change(document, data)
    text = "\n".join(f"{key} = {literal(value)}" for key, value in document.items())

    try:
        layout = layouts.loads(text)
    except LayoutError:
        return
    assert layout.name
    # What the reader takes, no editor may call wrong.
    SCHEMA.validate(tomllib.loads(text))


def change(document: Any, data: st.DataObject) -> None:
    """Replace, remove or add one value somewhere in a document."""
    while True:
        keys = list(document) if isinstance(document, dict) else range(len(document))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        inner = document[key]
        if not isinstance(inner, dict | list) or data.draw(st.integers(0, 4)) == 0:
            break
        document = inner
    if isinstance(document, dict) and data.draw(st.integers(0, 3)) == 0:
        other = data.draw(st.sampled_from(["size", "null", "scale", "bits", "count", "max", "at"]))
        document[other] = copy.deepcopy(data.draw(values))
    elif data.draw(st.integers(0, 3)) == 0:
        del document[key]
    else:
        document[key] = data.draw(values)


@given(st.text(max_size=200))
def test_any_text_is_refused_as_a_layout(text: str) -> None:
    with pytest.raises(LayoutError):
        layouts.loads(text)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8 text (byte 0 is 0x89)"),
        (b"name = \"a\"\n\xff", "not UTF-8 text (byte 11 is 0xFF)"),
        (b"\x00" * 100, "not valid TOML"),
        (b"#" * ((1 << 20) + 1), "larger than 1 MiB"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"a = " + b"9" * 5000, "not valid TOML"),
        (b"layout = 0x" + b"f" * 5000, "a number beyond all bounds"),
        (b"layout = " + b'"' + b"x" * 100_000 + b'"', "…"),
        (b"[layout]\n" + b"x" * 100_000 + b" = 1", "unknown key"),
    ],
    ids=["png", "stray byte", "zeros", "huge", "deep", "long number", "large number",
         "long text", "long key"],
)  # fmt: skip
def test_bytes_that_are_no_layout(content: bytes, part: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.toml"
    path.write_bytes(content)

    with pytest.raises(LayoutError) as caught:
        layouts.load(path)

    assert part in caught.value.problem
    assert len(str(caught.value)) < 500
    assert str(layouts.check(path)[0]) == str(caught.value)


def test_a_file_of_a_mebibyte_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    text = HEAD + FRAMING + RECORD
    path.write_text(text + "#" * ((1 << 20) - len(text)))

    assert layouts.load(path).name == "test"


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "notepad.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + FRAMING + RECORD).replace("\n", "\r\n").encode())

    assert layouts.load(path).name == "test"


def test_a_folder_is_no_layout(tmp_path: Path) -> None:
    for call in (layouts.load, layouts.loads):
        with pytest.raises(LayoutError):
            call(str(tmp_path))
    with pytest.raises(LayoutError, match="this is a folder: name a layout's TOML file"):
        layouts.load(tmp_path)
    assert "this is a folder" in str(layouts.check(tmp_path)[0])


def test_a_pipe_is_refused_unopened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")

    with pytest.raises(LayoutError, match="no regular file"):
        layouts.load(tmp_path / "pipe.toml")


def test_a_path_with_a_nul_is_refused() -> None:
    with pytest.raises(LayoutError, match="cannot be read"):
        layouts.load("a\0b.toml")


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    # A link to itself, because the tests may run as root, who may read everything.
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")

    with pytest.raises(LayoutError, match=r"loop\.toml: the file cannot be read"):
        layouts.load(tmp_path / "loop.toml")


def test_a_file_that_cannot_be_read_is_named() -> None:
    # The process's memory: a file that opens, and whose first bytes nobody may read.
    with pytest.raises(LayoutError, match=r"/proc/self/mem: the file cannot be read \(Input"):
        layouts.load(Path("/proc/self/mem"))


def test_a_folder_of_layouts_that_cannot_be_read_holds_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    monkeypatch.setenv("SATLOG_LAYOUT_PATH", str(tmp_path / "loop"))

    assert list(layouts.available()) == ["satloc_air"]


@pytest.mark.parametrize(
    "field",
    [
        'type = "u8"\nbits = { NAME = 9 }',
        'type = "u8"\nbits = { NAME = "a" }',
        'type = "u8"\nbits = { NAME = 0, a = 0 }',
        'type = "u8"\ncount = "NAME"',
        'type = "u8"\nNAME = 1',
        'type = "NAME"',
        'type = "u8"\nenum = { NAME = "a" }',
    ],
)
def test_a_sentence_stays_short_whatever_the_names_are(field: str) -> None:
    text = HEAD + FRAMING + RECORD + one("x", 0, field.replace("NAME", "n" * 10_000))

    with pytest.raises(LayoutError) as caught:
        layouts.loads(text)

    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("field", ['type="u8"\ncount="g"', 'type="u9"', 'type="u8"\nx="y"'])
def test_of_thousands_of_mistakes_a_hundred_are_told(field: str, tmp_path: Path) -> None:
    path = tmp_path / "many.toml"
    fields = (one(f"f{n}", n, field) for n in range(10_000))
    path.write_text(HEAD + FRAMING + RECORD + "".join(fields), encoding="utf-8")

    assert len(layouts.check(path)) == 100
