"""Shapefile and GeoPackage by pyogrio and pyproj (extra ``geo``)."""

from __future__ import annotations

import importlib
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from satlog_native.errors import JobFileError, SatlogError
from satlog_native.jobs.features import Feature
from satlog_native.jobs.geometry import shapely_module
from satlog_native.jobs.model import Tolerated, reason

__all__ = ["read", "write"]

_DRIVERS = {".shp": "ESRI Shapefile", ".gpkg": "GPKG"}
_MAGIC = {".shp": b"\x00\x00\x27\x0a", ".gpkg": b"SQLite format 3\x00"}
_FIELDS = ("job", "job_name", "number", "name")


def _pyogrio() -> Any:
    try:
        importlib.import_module("pyogrio.raw")
        return importlib.import_module("pyogrio")
    except ImportError as error:
        raise SatlogError(
            "Shapefile and GeoPackage need pyogrio: pip install 'satlog[geo]'"
        ) from error


def read(path: Path) -> tuple[list[Feature], list[Tolerated]]:
    """Read the polygons of every layer, brought to WGS 84; other shapes are left out, reported."""
    _check_magic(path)
    pyogrio = _pyogrio()
    features: list[Feature] = []
    report: list[Tolerated] = []
    with warnings.catch_warnings(record=True, action="always") as warned:
        try:
            for layer, _ in pyogrio.list_layers(path):
                meta, _, wkb, columns = pyogrio.raw.read(path, layer=layer, force_2d=True)
                features += _layer(meta, wkb, columns, path, report)
        except RuntimeError as error:
            raise JobFileError(f"cannot be read: {error}", source=str(path)) from error
    return features, [*report, *(Tolerated(str(warning.message)) for warning in warned)]


def _check_magic(path: Path) -> None:
    # GDAL goes by the content: a text named .shp could make it open other files or addresses.
    magic = _MAGIC[path.suffix.lower()]
    try:
        with path.open("rb") as file:
            found = file.read(len(magic))
    except (OSError, ValueError) as error:
        raise JobFileError(f"cannot be read: {reason(error)}", source=str(path)) from error
    if found != magic:
        raise JobFileError(f"expected a {_DRIVERS[path.suffix.lower()]}", source=str(path))


def _layer(
    meta: dict[str, Any], wkb: Any, columns: list[Any], path: Path, report: list[Tolerated]
) -> list[Feature]:
    shapely = shapely_module()
    if wkb is None:
        return []
    shapes = _in_wgs84(shapely.from_wkb(wkb, on_invalid="ignore"), meta["crs"], path, report)
    features = []
    for row, shape in enumerate(shapes):
        parts = shapely.get_parts(shape) if shape is not None else []
        polygons = [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
        if len(polygons) != len(parts) or not len(parts):
            report.append(Tolerated(f"feature {row + 1} is not only polygons, the rest left out"))
        if polygons:
            attributes = {
                name: _plain(column[row])
                for name, column in zip(meta["fields"], columns, strict=True)
            }
            features.append(Feature([_rings(polygon) for polygon in polygons], attributes))
    return features


def _in_wgs84(shapes: Any, crs: str | None, path: Path, report: list[Tolerated]) -> Any:
    if crs is None:
        report.append(Tolerated("no coordinate system, read as WGS 84"))
        return shapes
    import pyproj
    from pyproj.exceptions import ProjError

    try:
        system = pyproj.CRS.from_user_input(crs)
        if system.equals("EPSG:4326", ignore_axis_order=True):
            return shapes
        turn = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True)
        return shapely_module().transform(
            shapes, lambda xy: np.column_stack(turn.transform(xy[:, 0], xy[:, 1]))
        )
    except ProjError as error:
        raise JobFileError(f"coordinate system {crs[:80]}: {error}", source=str(path)) from error


def _plain(value: Any) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _rings(polygon: Any) -> list[list[tuple[float, float]]]:
    return [list(ring.coords) for ring in (polygon.exterior, *polygon.interiors)]


def write(features: list[Feature], path: Path) -> None:
    """Write one layer of polygons, named like the file."""
    pyogrio, shapely = _pyogrio(), shapely_module()
    flat = [(feature, rings) for feature in features for rings in feature.coordinates]
    shapes = [shapely.Polygon(rings[0], rings[1:]) for _, rings in flat]
    columns = [
        np.array([feature.attributes[name] for feature, _ in flat], dtype=kind)
        for name, kind in zip(_FIELDS, (object, object, np.int64, object), strict=True)
    ]
    try:
        # A Shapefile is several files: written aside, then each moved to its place.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".job-") as folder:
            pyogrio.raw.write(
                Path(folder) / path.name,
                shapely.to_wkb(np.array(shapes, dtype=object)),
                columns,
                list(_FIELDS),
                geometry_type="Polygon",
                crs="EPSG:4326",
                driver=_DRIVERS[path.suffix.lower()],
                layer=path.stem,
                encoding="UTF-8",
            )
            for part in Path(folder).iterdir():
                # GDAL writes the endings of a Shapefile small, whatever was asked for.
                main = part.suffix == path.suffix.lower()
                part.replace(path if main else path.with_name(part.name))
    except (RuntimeError, OSError) as error:
        raise JobFileError(f"cannot be written: {reason(error)}", source=str(path)) from error
