"""``satlog job``: what a job holds, and the same job in other formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyproj import Geod

from cli.tools import Satlog, files
from satlog_native.jobs import JobFile, JobPolygon, load_job, write_job

SQUARE = ((33.0, -98.0), (33.01, -98.0), (33.01, -97.99), (33.0, -97.99), (33.0, -98.0))
HOLE = ((33.004, -97.996), (33.006, -97.996), (33.006, -97.994), (33.004, -97.996))
FAR = tuple((latitude + 1.0, longitude) for latitude, longitude in SQUARE)
JOB = JobFile(
    "4711",
    "NORTH 40",
    polygons=(JobPolygon(SQUARE, (HOLE,), 1, "North"), JobPolygon(FAR, (), 2, "Far")),
)


def hectares(*rings: tuple[tuple[float, float], ...]) -> float:
    """The first ring's area less that of the others."""
    areas = [
        abs(Geod(ellps="WGS84").polygon_area_perimeter(*zip(*[p[::-1] for p in r], strict=True))[0])
        for r in rings
    ]
    return float(areas[0] - sum(areas[1:])) / 1e4


@pytest.fixture
def job(tmp_path: Path) -> Path:
    return write_job(JOB, tmp_path)


def test_show(job: Path, satlog: Satlog) -> None:
    result = satlog("job", "show", job)
    assert (result.exit_code, result.stderr) == (0, "")
    first, second = hectares(SQUARE, HOLE), hectares(FAR)
    assert result.stdout.splitlines() == [
        "job       4711",
        "name      NORTH 40",
        "version   2",
        "polygons  2",
        f"area      {first + second:.2f} ha",
        "",
        "polygon  points  holes  area, ha  name",
        f"      1       4      1    {first:.2f}  North",
        f"      2       4      0    {second:.2f}  Far",
    ]


def test_show_json(job: Path, satlog: Satlog) -> None:
    told = json.loads(satlog("job", "show", job, "--json").stdout)
    assert told["file"] == str(job)
    assert (told["number"], told["name"], told["version"]) == ("4711", "NORTH 40", 2)
    first, second = told["polygons"]
    assert (first["number"], first["name"], first["points"], first["holes"]) == (1, "North", 4, [3])
    assert first["area_ha"] == pytest.approx(hectares(SQUARE, HOLE), rel=1e-9)
    assert told["area_ha"] == pytest.approx(first["area_ha"] + second["area_ha"])
    assert told["tolerated"] == []


def test_what_was_tolerated_is_shown(tmp_path: Path, satlog: Satlog) -> None:
    path = tmp_path / "careless.job"
    path.write_text(
        ".JOB 7\n.POL 1 a\x1b[31mb\nINC\n33.0 -98.0\n33.01 -98.0\n33.01 -97.99\n.LIN 1\n 5 6\n"
    )
    result = satlog("job", "show", path)
    assert result.exit_code == 0
    assert "tolerated  no .VERSION line, read as version 2" in result.stdout
    assert "line 7: unknown directive, kept" in result.stdout
    assert "directive  .LIN 1\\n5 6" in result.stdout
    assert "\x1b" not in result.stdout
    told = json.loads(satlog("job", "show", path, "--json").stdout)
    assert len(told["tolerated"]) == 2
    assert told["other_directives"] == [".LIN 1\n5 6"]


def test_a_job_without_polygons(tmp_path: Path, satlog: Satlog) -> None:
    path = write_job(JobFile("7"), tmp_path)
    assert satlog("job", "show", path).stdout.splitlines() == [
        "job       7",
        "version   2",
        "polygons  0",
        "area      0.00 ha",
    ]


@pytest.mark.parametrize("ending", ["geojson", "json", "kml", "shp", "gpkg", "JOB"])
def test_convert_there_and_back(ending: str, job: Path, tmp_path: Path, satlog: Satlog) -> None:
    there, back = tmp_path / f"there.{ending}", tmp_path / "back.job"
    result = satlog("job", "convert", job, there)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{there}: job 4711, 2 polygons\n"
    assert satlog("job", "convert", there, back).exit_code == 0
    shown = [satlog("job", "show", path).stdout for path in (job, back)]
    assert shown[0] == shown[1]


def test_number(job: Path, tmp_path: Path, satlog: Satlog) -> None:
    out = tmp_path / "x.geojson"
    assert satlog("job", "convert", job, out, "--number", "815").exit_code == 0
    assert load_job(out).number == "815"


@pytest.mark.parametrize("ending", ["job", "geojson", "kml", "shp", "gpkg"])
def test_nothing_is_replaced_unasked(
    ending: str, job: Path, tmp_path: Path, satlog: Satlog
) -> None:
    out = tmp_path / f"out.{ending}"
    out.write_bytes(b"mine")
    result = satlog("job", "convert", job, out)
    assert result.exit_code == 2
    assert "exists already" in result.stderr
    assert "--overwrite" in result.stderr
    assert out.read_bytes() == b"mine"
    assert satlog("job", "convert", job, out, "--overwrite").exit_code == 0
    assert load_job(out).number == "4711"
    assert not [name for name in files(tmp_path) if name.startswith(".")]


def test_a_shapefile_is_all_of_its_files(job: Path, tmp_path: Path, satlog: Satlog) -> None:
    (tmp_path / "out.dbf").write_bytes(b"mine")
    result = satlog("job", "convert", job, tmp_path / "out.shp")
    assert result.exit_code == 2
    assert "out.dbf" in result.stderr
    assert files(tmp_path) == ["4711.job", "out.dbf"]


def test_files_that_cannot_be_used(job: Path, tmp_path: Path, satlog: Satlog) -> None:
    broken = tmp_path / "broken.job"
    broken.write_text(".JOB 7\n.POL 1\nINC\n33.0 here\n")
    for words, message in (
        (["show", tmp_path / "missing.job"], "missing.job: cannot be read: No such file"),
        (["show", tmp_path / "missing.shp"], "missing.shp: cannot be read: No such file"),
        (["show", broken], "line 4"),
        (["show", tmp_path / "x.txt"], "expected a file ending in .job"),
        (["convert", broken, tmp_path / "x.kml"], "line 4"),
        (["convert", job, tmp_path / "x.txt"], "expected a file ending in .job"),
        (["convert", job, tmp_path / "no" / "x.kml"], "x.kml: cannot be written: No such file"),
        (["convert", job, tmp_path / "no" / "x.shp"], "x.shp: cannot be written: No such file"),
        (["convert", job, tmp_path], "it is a folder"),
        (["convert", job, tmp_path / "x.job", "--number", "../x"], "job number"),
    ):
        result = satlog("job", *words)
        assert result.exit_code == 2, words
        assert result.stdout == ""
        assert message in result.stderr
    assert files(tmp_path) == ["4711.job", "broken.job"]
