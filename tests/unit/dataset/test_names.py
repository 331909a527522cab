"""Names in a dataset are made of foreign text, and stay where they belong."""

from __future__ import annotations

from datetime import date
from pathlib import PurePosixPath
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from satlog_native.dataset.names import log_id, partition_value, table_file

SHA = "3f2a9c1b77e0d5aa"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("N4711S", "N4711S"),
        (" N 1 ", "N%201"),
        ("../../x", "..%2F..%2Fx"),
        ("a=b", "a%3Db"),
        ("100%", "100%25"),
        ("é\x00", "%C3%A9%00"),
        ("", "unknown"),
        (" \t", "unknown"),
        (None, "unknown"),
    ],
)
def test_value_of_a_partition(text: str | None, value: str) -> None:
    assert partition_value(text) == value


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_is_one_folder_and_reads_back(text: str) -> None:
    value = partition_value(text)
    assert value.isascii()
    assert value.isprintable()
    assert not set(value) & set("/\\= ")
    assert 0 < len(f"aircraft={value}") <= 255
    if len(value) < 100 and text.strip():
        assert unquote(value) == text.strip()


def test_long_texts_are_cut_and_still_differ() -> None:
    one, other = partition_value("ü" * 500), partition_value("ü" * 499 + "v")
    assert one != other
    # Cut between characters.
    assert unquote(one, errors="strict").startswith("üüü")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("JOB146 HK4704.log", "JOB146_HK4704"),
        ("2507140724SatlocG4_b4ef.LOG", "2507140724SatlocG4_b4ef"),
        ("_hidden.log", "hidden"),
        (".log", "log"),
        ("...log", "log"),
        ("a\n'b\".log", "a_b_"),
        ("Flug über Süd.log", "Flug_über_Süd"),
    ],
)
def test_id_of_a_log(name: str, stem: str) -> None:
    assert log_id(name, SHA) == f"{stem}-3f2a9c1b77e0"


@given(st.text(st.characters(exclude_characters="/\x00"), min_size=1))
def test_any_name_gives_a_file_that_is_not_hidden(name: str) -> None:
    made = log_id(name, SHA)
    assert PurePosixPath(made).name == made
    assert made[0] not in "._-"
    assert len(f"{made}.parquet".encode()) <= 255


def test_place_of_a_table() -> None:
    assert (
        table_file("track", "N1", date(2025, 7, 14), "a-3f")
        == "track/aircraft=N1/date=2025-07-14/a-3f.parquet"
    )
    assert (
        table_file("wind", None, None, "a-3f") == "wind/aircraft=unknown/date=unknown/a-3f.parquet"
    )
