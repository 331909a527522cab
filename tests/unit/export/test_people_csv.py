"""CSV for people: what a spreadsheet makes of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from satlog_native.export.features import Features
from satlog_native.export.maps import export
from unit.export.samples import Flown


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_names_have_units_and_numbers_few_digits(flown: Flown, tmp_path: Path) -> None:
    rows = read(export(flown.lines, tmp_path / "a.csv"))
    assert len(rows) == flown.passes.height
    for row, truth in zip(rows, flown.passes.iter_rows(named=True), strict=True):
        assert row["pass"] == str(truth["pass"])
        assert float(row["applied_rate (L/ha)"]) == pytest.approx(truth["applied_rate"], abs=5e-5)
        start = truth["start_time"].isoformat(sep=" ", timespec="milliseconds")
        assert row["start_time (UTC)"] + "+00:00" == start
        assert len(row["length (m)"].partition(".")[2]) <= 4


def test_places_keep_their_digits(flown: Flown, tmp_path: Path) -> None:
    rows = read(export(flown.points, tmp_path / "a.csv"))
    for name in ("latitude", "longitude"):
        for row, truth in zip(rows, flown.track[name], strict=True):
            text = row[f"{name} (deg)"]
            assert (text == "") == (truth is None)
            assert truth is None or float(text) == pytest.approx(truth, abs=1e-7, rel=0)


def test_areas_are_a_table(flown: Flown, tmp_path: Path) -> None:
    rows = read(export(flown.polygons, tmp_path / "a.csv"))
    assert [row["kind"] for row in rows] == ["net", "overlap"]
    assert float(rows[0]["area (ha)"]) == pytest.approx(flown.coverage.net_area, abs=5e-5)


def test_it_begins_as_spreadsheets_like_it(flown: Flown, tmp_path: Path) -> None:
    data = export(flown.points, tmp_path / "a.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfframe,")
    assert "air_temperature (°C)".encode() in data


def test_text_never_is_a_formula(odd: Features, tmp_path: Path) -> None:
    rows = read(export(odd, tmp_path / "a.csv"))
    assert rows[0]["text"] == "'=1+1"
    assert rows[0]["speed (m/s)"] == rows[0]["huge"] == ""
    assert rows[0]["time (UTC)"] == "2025-07-09 06:00:00.250"
    assert set(rows[2].values()) == {""}


def test_nothing_flown_is_a_header(nothing: Flown, tmp_path: Path) -> None:
    assert read(export(nothing.points, tmp_path / "a.csv")) == []
    assert b"latitude (deg)" in (tmp_path / "a.csv").read_bytes()
