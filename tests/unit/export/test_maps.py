"""The one interface of all formats: names, atomic files, layers, missing libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from satlog_native.errors import SatlogError
from satlog_native.export.features import Features
from satlog_native.export.maps import MAP_FORMATS, export
from unit.export.samples import Flown

ENDINGS = [each.endings[0] for each in MAP_FORMATS.values()]
PARTS = {"a.shp", "a.shx", "a.dbf", "a.prj", "a.cpg"}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def made(ending: str) -> set[str]:
    return PARTS if ending == ".shp" else {f"a{ending}"}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_appears_and_nothing_else(ending: str, odd: Features, tmp_path: Path) -> None:
    assert export(odd, tmp_path / f"a{ending}") == tmp_path / f"a{ending}"
    assert names(tmp_path) == made(ending)


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_exists_is_not_replaced_unasked(ending: str, odd: Features, tmp_path: Path) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(b"precious")
    with pytest.raises(SatlogError, match="exists already"):
        export(odd, path)
    assert path.read_bytes() == b"precious"
    assert names(tmp_path) == {path.name}
    export(odd, path, overwrite=True)
    assert path.read_bytes() != b"precious"
    assert names(tmp_path) == made(ending)


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_features_replace_themselves(ending: str, odd: Features, tmp_path: Path) -> None:
    path = export(odd, tmp_path / f"a{ending}")
    before = path.read_bytes()
    export(odd, path, overwrite=True)
    if ending not in (".gpkg", ".duckdb"):  # databases keep when they were written
        assert path.read_bytes() == before
    assert names(tmp_path) == made(ending)


@pytest.mark.parametrize("part", sorted(PARTS - {"a.shp"}))
def test_no_part_of_another_shapefile_is_replaced(part: str, odd: Features, tmp_path: Path) -> None:
    (tmp_path / part).write_bytes(b"precious")
    with pytest.raises(SatlogError, match=rf"{part}: it exists already"):
        export(odd, tmp_path / "a.shp")
    assert names(tmp_path) == {part}


@pytest.mark.parametrize(
    ("name", "stale"),
    [
        ("a.shp", "a.qix"),
        ("a.shp", "a.sbn"),
        ("a.gpkg", "a.gpkg-wal"),
        ("a.duckdb", "a.duckdb.wal"),
    ],
)
def test_what_belongs_to_the_old_file_goes_with_it(
    name: str, stale: str, odd: Features, tmp_path: Path
) -> None:
    (tmp_path / stale).write_bytes(b"of the old file")
    with pytest.raises(SatlogError, match="exists already"):
        export(odd, tmp_path / name)
    assert names(tmp_path) == {stale}
    export(odd, tmp_path / name, overwrite=True)
    assert stale not in names(tmp_path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_missing_folder_is_told(ending: str, odd: Features, tmp_path: Path) -> None:
    with pytest.raises(SatlogError, match="No such file or directory"):
        export(odd, tmp_path / "none" / f"a{ending}")


@pytest.mark.parametrize("ending", [".gpx", ".geojson", ".gpkg"])
def test_a_failure_leaves_what_was_there(ending: str, flown: Flown, tmp_path: Path) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(b"precious")
    code = f"""
import resource, signal
from unit.export.samples import odd_points
from satlog_native.errors import SatlogError
from satlog_native.export.maps import export
odd = odd_points()
export(odd, {str(tmp_path / "warm")!r} + {ending!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    export(odd, {str(path)!r}, overwrite=True)
except SatlogError as error:
    print(error)
"""
    tests = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": tests},
    )
    assert "writing" in done.stdout
    assert path.read_bytes() == b"precious"
    assert names(tmp_path) == {path.name, f"warm{ending}"}


def test_the_ending_tells_the_format(odd: Features, tmp_path: Path) -> None:
    export(odd, tmp_path / "A.GeoJSON")
    assert (tmp_path / "A.GeoJSON").read_bytes().startswith(b'{"type": "FeatureCollection"')
    export(odd, tmp_path / "map.txt", "kml")
    assert (tmp_path / "map.txt").read_bytes().startswith(b"<?xml")
    with pytest.raises(SatlogError, match=r"tells no format; let it end in one of \.parquet"):
        export(odd, tmp_path / "map.xyz")
    with pytest.raises(SatlogError, match="its ending says kml, but the format gpx"):
        export(odd, tmp_path / "a.kml", "gpx")
    with pytest.raises(SatlogError, match="there is no format dxf"):
        export(odd, tmp_path / "a.dxf", "dxf")


def test_a_shapefile_may_be_named_in_any_way(odd: Features, tmp_path: Path) -> None:
    export(odd, tmp_path / "Field.1.SHP")
    assert names(tmp_path) == {f"Field.1.{end}" for end in ("SHP", "shx", "dbf", "prj", "cpg")}


@pytest.mark.parametrize("ending", [".parquet", ".geojson", ".shp", ".csv", ".gpx", ".arrow"])
def test_one_layer_is_one_layer(ending: str, flown: Flown, tmp_path: Path) -> None:
    with pytest.raises(SatlogError, match="hold one layer, found point, pass; write a file"):
        export([flown.points, flown.lines], tmp_path / f"a{ending}")
    assert names(tmp_path) == set()


@pytest.mark.parametrize("ending", [".gpkg", ".kml", ".duckdb"])
def test_layers_are_of_different_kinds(ending: str, flown: Flown, tmp_path: Path) -> None:
    with pytest.raises(SatlogError, match="different kinds, found pass, pass"):
        export([flown.lines, flown.lines], tmp_path / f"a{ending}")
    with pytest.raises(SatlogError, match="found none"):
        export([], tmp_path / f"a{ending}")


@pytest.mark.parametrize(
    ("module", "ending", "extra"),
    [
        ("shapely", ".geojson", "satlog[geo]"),
        ("pyogrio", ".gpkg", "satlog[geo]"),
        ("pyogrio", ".shp", "satlog[geo]"),
        ("duckdb", ".duckdb", "satlog[duckdb]"),
    ],
)
def test_a_missing_library_names_its_extra(
    module: str, ending: str, extra: str, tmp_path: Path
) -> None:
    code = f"""
import sys
import pyarrow as pa
sys.modules[{module!r}] = None
from satlog_native.errors import SatlogError
from satlog_native.export.features import Features
from satlog_native.export.maps import export
one = Features("point", pa.table({{"a": [1]}}), pa.array([None], pa.binary()))
try:
    export(one, {str(tmp_path / "a")!r} + {ending!r})
except SatlogError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"pip install '{extra}'" in done.stdout
    assert names(tmp_path) == set()


def test_naming_formats_loads_no_table_library() -> None:
    code = """
import sys
from satlog_native.export.maps import MAP_FORMATS
print(sorted({"numpy", "polars", "pyarrow", "shapely"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
