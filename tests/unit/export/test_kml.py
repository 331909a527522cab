"""KML and KMZ: the order that the schema demands, and what a map program shows."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pyarrow as pa
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from satlog_native.export.features import Features, pass_lines
from satlog_native.export.kml import write_kml
from satlog_native.export.maps import export
from satlog_native.export.rates import RATE_CLASSES, rate_classes
from unit.export.samples import Flown

KML = "{http://www.opengis.net/kml/2.2}"
LOSS = 1e-7

_FEATURE = ("name", "open", "description", "TimeStamp", "TimeSpan", "styleUrl", "Style")
_SHAPES = ("Point", "LineString", "Polygon", "MultiGeometry")
#: Children of each element, in the only order that the schema of KML 2.2 allows.
ORDER = {
    "kml": ("Document",),
    "Document": (*_FEATURE, "Schema", "Folder"),
    "Folder": (*_FEATURE, "Folder", "Placemark"),
    "Placemark": (*_FEATURE, "ExtendedData", *_SHAPES),
    "Style": ("IconStyle", "LabelStyle", "LineStyle", "PolyStyle"),
    "TimeSpan": ("begin", "end"),
    "Polygon": ("tessellate", "outerBoundaryIs", "innerBoundaryIs"),
    "LineString": ("tessellate", "coordinates"),
    "LineStyle": ("color", "width"),
    "MultiGeometry": _SHAPES,
}


def tag(element: ElementTree.Element) -> str:
    assert element.tag.startswith(KML)
    return element.tag.removeprefix(KML)


def check_order(element: ElementTree.Element) -> None:
    allowed = ORDER.get(tag(element))
    children = [tag(child) for child in element]
    if allowed is not None:
        places = [allowed.index(child) for child in children]
        assert tag(element) in ("Folder", "MultiGeometry") or places == sorted(places)
    for child in element:
        check_order(child)


def parse(path: Path) -> ElementTree.Element:
    if path.suffix == ".kmz":
        with zipfile.ZipFile(path) as archive:
            assert archive.namelist() == ["doc.kml"]
            root = ElementTree.fromstring(archive.read("doc.kml"))
    else:
        root = ElementTree.parse(path).getroot()
    check_order(root)
    return root


def found(root: ElementTree.Element, path: str) -> list[str]:
    return [element.text or "" for element in root.iterfind(path.replace("/", f"/{KML}"))]


@pytest.mark.parametrize("ending", [".kml", ".kmz"])
@pytest.mark.parametrize("what", ["flown", "across", "nothing"])
@pytest.mark.parametrize("kind", ["points", "lines", "polygons"])
def test_a_map_program_reads_what_was_written(
    kind: str, what: str, ending: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    features: Features = getattr(request.getfixturevalue(what), kind)
    path = export(features, tmp_path / f"a{ending}")
    parse(path)
    shapes = []
    for name, _ in pyogrio.list_layers(path):
        meta, table = pyogrio.read_arrow(path, layer=name)
        shapes += list(
            shapely.force_2d(
                shapely.from_wkb(table[meta["geometry_name"] or "wkb_geometry"].to_pylist())
            )
        )
    wanted = features.shapes
    if kind == "lines" and len(wanted):
        order = np.argsort(features.table["swath_number"].fill_null(2**31 - 1), kind="stable")
        wanted = wanted[order]
    assert len(shapes) == len(wanted)
    for one, other in zip(shapes, wanted, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            gap = shapely.hausdorff_distance(one, other)
            assert (shapely.get_num_coordinates(one), gap <= LOSS) == (
                shapely.get_num_coordinates(other),
                True,
            )


def test_passes_lie_in_folders_by_swath_with_their_times(flown: Flown, tmp_path: Path) -> None:
    root = parse(export(flown.lines, tmp_path / "a.kml"))
    swaths = found(root, "./Document/Folder/Folder/name")
    numbers = sorted(set(flown.passes["swath_number"].to_list()))
    assert swaths == [f"Swath {number}" for number in numbers]
    begins = found(root, "./Document/Folder/Folder/Placemark/TimeSpan/begin")
    times = flown.passes["start_time"].dt.strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
    assert sorted(begins) == sorted(times)
    assert found(root, "./Document/name") == ["Flight & <1>"]


def test_a_pass_has_the_colour_of_its_rate(flown: Flown, tmp_path: Path) -> None:
    errors = [-25.0, -7.0, 0.0, 7.0, 25.0, None]
    passes = flown.passes.head(6).with_columns(
        rate_error=pl.Series(errors), swath_number=pl.Series([None] * 6, dtype=pl.Int32)
    )
    root = parse(export(pass_lines(passes, flown.segments), tmp_path / "a.kml"))
    urls = found(root, "./Document/Folder/Folder/Placemark/styleUrl")
    assert urls == [f"#{each.name}" for each in RATE_CLASSES]
    styles = {style.get("id"): style for style in root.iter(f"{KML}Style")}
    for each in RATE_CLASSES:
        colour = styles[each.name].findtext(f"{KML}LineStyle/{KML}color", "")
        assert colour == f"ff{each.bright[4:]}{each.bright[2:4]}{each.bright[:2]}"
        assert each.text in found(root, "./Document/description")[0]
    assert found(root, "./Document/Folder/Folder/name") == ["No swath number"]


def test_the_ends_of_rate_classes_lie_towards_the_target() -> None:
    errors = np.array([-10.001, -10, -5.001, -5, 0, 5, 5.001, 10, 10.001, np.inf, np.nan])
    names = [RATE_CLASSES[number].name for number in rate_classes(errors)]
    assert names == [
        *("far_under", "under", "under", "on_target", "on_target", "on_target"),
        *("over", "over", "far_over", "far_over", "unknown"),
    ]


def test_attributes_are_named_with_units_and_rounded(flown: Flown, tmp_path: Path) -> None:
    path = export(flown.lines, tmp_path / "a.kml")
    root = parse(path)
    fields = {
        field.get("name"): field.findtext(f"{KML}displayName")
        for field in root.iter(f"{KML}SimpleField")
    }
    assert fields["applied_rate"] == "applied_rate (L/ha)"
    assert fields["start_time"] == "start_time (UTC)"
    placemark = next(root.iter(f"{KML}Placemark"))
    values = {data.get("name"): data.text for data in placemark.iter(f"{KML}SimpleData")}
    assert float(values["length"] or "") == pytest.approx(flown.passes["length"][0], abs=5e-5)


def test_what_is_odd_stays_readable(odd: Features, tmp_path: Path) -> None:
    root = parse(export(odd, tmp_path / "a.kml"))
    first, _, last = root.iter(f"{KML}Placemark")
    values = {data.get("name"): data.text for data in first.iter(f"{KML}SimpleData")}
    assert values["state"] == 'a "quoted" <b>&amp;</b>, line end ]]> [31m 水 =1+1'
    assert not {"speed", "huge"} & set(values)
    assert [tag(child) for child in last] == ["name", "styleUrl", "ExtendedData"]


def test_several_layers_are_folders(flown: Flown, tmp_path: Path) -> None:
    path = export([flown.points, flown.lines, flown.polygons], tmp_path / "a.kmz")
    root = parse(path)
    assert found(root, "./Document/Folder/name") == ["Track", "Passes", "Coverage"]
    kinds = found(root, "./Document/Folder/Placemark/styleUrl")[-2:]
    assert kinds == ["#net", "#overlap"]


@given(text=st.text(), number=st.floats(allow_nan=True, allow_infinity=True))
def test_any_name_and_value_is_well_formed(text: str, number: float) -> None:
    point = pa.array([shapely.to_wkb(shapely.Point(1, 2))], pa.binary())
    value = text.encode(errors="ignore").decode()
    table = pa.table({value or "x": [value], "number": [number]})
    features = Features("point", table, point, name=value, metadata={value: value})
    file = io.BytesIO()
    write_kml([features], file)
    ElementTree.fromstring(file.getvalue())
