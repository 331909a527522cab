"""``satlog export``: what is written is what the flight's tables hold, read by other programs."""

from __future__ import annotations

import csv
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import polars as pl
import pyarrow as pa
import pyogrio
import pytest
import shapely

from cli.flights import ferry_of, job_of, widthless_of
from cli.tools import Satlog, files
from satlog_native import open_log
from satlog_native.export.maps import MAP_FORMATS

KML = "{http://www.opengis.net/kml/2.2}"
GPX = "{http://www.topografix.com/GPX/1/1}"

LAYERED = ("kml", "kmz", "gpkg", "duckdb")
SINGLE = ("parquet", "arrow", "csv", "geojson", "geojsons", "gpx", "shp")


def placemarks(kml: bytes) -> dict[str, int]:
    """Placemarks of each layer."""
    document = ElementTree.fromstring(kml)[0]
    return {
        str(folder.findtext(f"{KML}name")): len(list(folder.iter(f"{KML}Placemark")))
        for folder in document.findall(f"{KML}Folder")
    }


def rows_of_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def features_of(path: Path) -> list[dict[str, Any]]:
    text = path.read_text("utf-8")
    if path.suffix == ".geojson":
        return list(json.loads(text)["features"])
    return [json.loads(line) for line in text.split("\x1e")[1:]]


def rows_of_shapefile(path: Path) -> int:
    return int(pyogrio.read_info(path)["features"])


#: How many passes another program finds in a file.
PASSES: dict[str, Callable[[Path], int]] = {
    "parquet": lambda path: pl.read_parquet(path).height,
    "arrow": lambda path: int(pa.ipc.open_file(path).read_all().num_rows),
    "csv": lambda path: len(rows_of_csv(path)),
    "geojson": lambda path: len(features_of(path)),
    "geojsons": lambda path: len(features_of(path)),
    "gpx": lambda path: len(ElementTree.parse(path).findall(f"{GPX}trk")),
    "shp": rows_of_shapefile,
}


def counts(log: Path) -> dict[str, int]:
    """Rows of each layer, straight from the library."""
    with open_log(log) as opened:
        return {"track": opened.track().height, "passes": opened.passes().height}


# -- formats --------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", SINGLE)
def test_one_layer_holds_the_passes(ending: str, log: Path, satlog: Satlog) -> None:
    out = log.with_name(f"out.{ending}")
    result = satlog("export", log, out)
    passes = counts(log)["passes"]
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{out}: passes, {passes} features\n"
    assert PASSES[ending](out) == passes > 0


@pytest.mark.parametrize("ending", LAYERED)
def test_several_layers_hold_all(ending: str, log: Path, satlog: Satlog) -> None:
    out = log.with_name(f"out.{ending}")
    result = satlog("export", log, out, "--field", job_of(log))
    wanted = {**counts(log), "coverage": 4}
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        f"{out}: {layer}, {count:,} features" for layer, count in wanted.items()
    ]
    if ending == "gpkg":
        found = {
            str(name): int(pyogrio.read_info(out, layer=name)["features"])
            for name in pyogrio.list_layers(out)[:, 0]
        }
    elif ending == "duckdb":
        with duckdb.connect(str(out), read_only=True) as connection:
            found = {
                layer: int(connection.execute(f"SELECT count(*) FROM {layer}").fetchall()[0][0])
                for layer in wanted
            }
    else:
        kml = zipfile.ZipFile(out).read("doc.kml") if ending == "kmz" else out.read_bytes()
        found = {name.lower(): count for name, count in placemarks(kml).items()}
    assert found == wanted


def test_formats_are_all_tried() -> None:
    assert {each.endings[0].removeprefix(".") for each in MAP_FORMATS.values()} == {
        *LAYERED,
        *SINGLE,
    }


def test_chosen_layers_each_once(log: Path, satlog: Satlog) -> None:
    out = log.with_name("out.kml")
    words = ["--geometry", "coverage", "--geometry", "pass", "--geometry", "coverage"]
    assert satlog("export", log, out, *words).exit_code == 0
    assert placemarks(out.read_bytes()) == {"Coverage": 2, "Passes": counts(log)["passes"]}


def test_format_for_another_ending(log: Path, satlog: Satlog) -> None:
    out = log.with_name("out.dat")
    assert satlog("export", log, out, "--format", "geojson").exit_code == 0
    assert json.loads(out.read_text("utf-8"))["type"] == "FeatureCollection"


# -- values ---------------------------------------------------------------------------------


def test_points_are_the_track_s(log: Path, satlog: Satlog) -> None:
    out = log.with_name("out.parquet")
    satlog("export", log, out, "--geometry", "point")
    with open_log(log) as opened:
        track = opened.track()
    points = shapely.from_wkb(pl.read_parquet(out)["geometry"].to_numpy())
    assert shapely.get_x(points).tolist() == track["longitude"].to_list()
    assert shapely.get_y(points).tolist() == track["latitude"].to_list()


def test_coverage_is_that_of_the_field(log: Path, satlog: Satlog) -> None:
    out = log.with_name("out.geojson")
    satlog("export", log, out, "--geometry", "coverage", "--field", job_of(log))
    found = {each["properties"]["kind"]: each for each in features_of(out)}
    assert set(found) == {"net", "overlap", "skip", "off_target"}
    area = {kind: each["properties"]["area"] for kind, each in found.items()}
    # The field of the fixture has 80 m × 400 m.
    assert area["net"] - area["off_target"] + area["skip"] == pytest.approx(3.2, rel=1e-3)
    net, skip = (shapely.from_geojson(json.dumps(found[k]["geometry"])) for k in ("net", "skip"))
    assert net.intersection(skip).area < 1e-6 * net.area


def test_csv_in_us_units(log: Path, satlog: Satlog) -> None:
    si, us = log.with_name("si.csv"), log.with_name("us.csv")
    satlog("export", log, si)
    satlog("export", log, us, "--units", "us")
    for one, other in zip(rows_of_csv(si), rows_of_csv(us), strict=True):
        assert float(other["area (ac)"]) == pytest.approx(
            float(one["area (ha)"]) / 0.40468564224, abs=2e-4
        )
        assert float(other["length (ft)"]) == pytest.approx(
            float(one["length (m)"]) / 0.3048, abs=1e-3
        )


def test_file_tells_what_it_is_of(damaged: Path, satlog: Satlog) -> None:
    out = damaged.with_name("out.geojson")
    assert satlog("export", damaged, out).exit_code == 1
    head = json.loads(out.read_text("utf-8"))
    assert head["title"] == "damaged.LOG"
    told = head["metadata"]
    assert told["aircraft"] == "N4711S"
    assert told["job_label"] == "4711_demo_field"
    assert told["layout"] == "satloc_air 1 (assumed)"
    assert "bytes lost" in told["damage"]


# -- what is not there ----------------------------------------------------------------------


@pytest.mark.parametrize("ending", LAYERED)
def test_flight_without_spray(ending: str, log: Path, satlog: Satlog) -> None:
    ferry = ferry_of(log)
    out = ferry.with_name(f"out.{ending}")
    result = satlog("export", ferry, out)
    assert result.exit_code == 0
    told = result.stderr.splitlines()
    assert f"{out}: coverage, nothing to show on a map" in told
    assert f"{ferry}: nothing was sprayed" in told
    assert out.exists()


def test_coverage_without_spray_is_the_skipped_field(log: Path, satlog: Satlog) -> None:
    ferry, out = ferry_of(log), log.with_name("out.geojson")
    satlog("export", ferry, out, "--geometry", "coverage", "--field", job_of(log))
    found = {each["properties"]["kind"]: each for each in features_of(out)}
    assert found["net"]["geometry"] is None
    assert found["skip"]["properties"]["area"] == pytest.approx(3.2, rel=1e-3)


def test_without_swath_width(log: Path, satlog: Satlog) -> None:
    widthless, out = widthless_of(log), log.with_name("out.kml")
    result = satlog("export", widthless, out)
    assert result.exit_code == 0
    assert "have no swath width" in result.stderr
    assert set(placemarks(out.read_bytes())) == {"Track", "Passes"}
    result = satlog("export", widthless, log.with_name("out.csv"))
    assert result.exit_code == 0
    assert "so their area and rate are not known; give --swath-width" in result.stderr
    assert "geometry" not in result.stderr
    lone = log.with_name("out.geojson")
    refused = satlog("export", widthless, lone, "--geometry", "coverage")
    assert refused.exit_code == 2
    assert "--swath-width" in refused.stderr
    assert not lone.exists()
    words = ["--geometry", "coverage", "--swath-width", 20]
    assert satlog("export", widthless, lone, *words).exit_code == 0


# -- files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [*LAYERED, *SINGLE])
def test_replaces_only_what_it_may(ending: str, log: Path, satlog: Satlog) -> None:
    out = log.with_name(f"out.{ending}")
    out.write_bytes(b"mine")
    result = satlog("export", log, out)
    assert result.exit_code == 2
    assert "--overwrite" in result.stderr
    assert out.read_bytes() == b"mine"
    assert files(log.parent) == sorted(["flight.LOG", out.name])
    assert satlog("export", log, out, "--overwrite").exit_code == 0
    assert out.read_bytes() != b"mine"


def test_field_is_not_written_over(log: Path, satlog: Satlog) -> None:
    field = log.with_name("field.geojson")
    ring = shapely.to_geojson(shapely.box(-90.901, 35.198, -90.899, 35.202))
    field.write_text(ring, "utf-8")
    result = satlog("export", log, field, "--field", field, "--overwrite")
    assert result.exit_code == 2
    assert "it is also read from" in result.stderr
    assert field.read_text("utf-8") == ring


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("out.xlsx", "its ending tells no format"),
        ("out.csv --format kml", "its ending says csv"),
        ("out.csv --geometry pass --geometry point", "csv files hold one layer"),
        ("out.gpx --geometry coverage", "no polygons"),
        ("out.csv --geometry swath", "'point', 'pass', 'coverage'"),
        ("nowhere/out.csv", "No such file or directory"),
        ("out.csv --field none.kml", "none.kml"),
    ],
)
def test_wrong_use(line: str, says: str, log: Path, satlog: Satlog) -> None:
    out, *words = line.split()
    result = satlog("export", log, log.parent / out, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert files(log.parent) == ["flight.LOG"]


@pytest.mark.parametrize(("ending", "module"), [("gpkg", "pyogrio"), ("duckdb", "duckdb")])
def test_missing_extra_is_told(
    ending: str, module: str, log: Path, satlog: Satlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    result = satlog("export", log, log.with_name(f"out.{ending}"), "--geometry", "pass")
    assert result.exit_code == 2
    assert f"needs {module}: pip install 'satlog[" in result.stderr
    assert files(log.parent) == ["flight.LOG"]
