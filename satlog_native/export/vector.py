"""Shapefile and GeoPackage, through pyogrio (extra ``geo``).

What these formats cannot hold is written as near as they can. Both: lists are JSON, zero bytes in
text are blanks. A GeoPackage: times are to the millisecond; a column's unit is its description. A
Shapefile: times are text, binary is hexadecimal; text ends after 254 bytes; NaN, infinities and
numbers from 1e22 on are null, as empty text is; names have at most ten characters, see
:func:`short_names`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from satlog_native.errors import SatlogError
from satlog_native.export.features import GEOMETRY
from satlog_native.export.maps import optional_module
from satlog_native.export.readable import unit_of
from satlog_native.export.text import cells
from satlog_native.jobs.geometry import shapely_module

if TYPE_CHECKING:
    from satlog_native.export.features import Features

#: Of a layer, all of whose lines and polygons are multiple.
_GEOMETRY_TYPES: Final = {"point": "Point", "pass": "MultiLineString", "coverage": "MultiPolygon"}

#: Of a Shapefile, in bytes.
_LONGEST_NAME: Final = 10
_LONGEST_TEXT: Final = 254
#: Above it, a number has more digits than a field.
_DBF_LIMIT: Final = 1e22
#: Words of column names, shortened in this order until a name fits.
_SHORT_WORDS: Final = {
    "latitude": "lat",
    "longitude": "lon",
    "application": "appl",
    "cumulative": "cum",
    "direction": "dir",
    "temperature": "temp",
    "humidity": "hum",
    "relative": "rel",
    "pressure": "pres",
    "position": "pos",
    "altitude": "alt",
    "volume": "vol",
    "number": "no",
    "height": "hgt",
    "ground": "gnd",
    "target": "tgt",
    "applied": "appl",
    "spray": "spr",
    "cross": "x",
    "track": "trk",
    "swath": "sw",
    "width": "wid",
    "speed": "spd",
    "error": "err",
    "first": "1st",
    "start": "beg",
    "mean": "avg",
    "wind": "wnd",
    "flow": "flo",
    "boom": "bm",
    "step": "stp",
}


def write_shapefile(layers: Sequence[Features], path: Path) -> None:
    """Write the one layer, as a Shapefile of several files beside ``path``."""
    (features,) = layers
    columns = {
        name: _for_dbf(column)
        for name, column in zip(
            short_names(features.table.column_names), features.table.columns, strict=True
        )
    }
    _write(pa.table(columns), features, path, "ESRI Shapefile", path.stem)


def write_geopackage(layers: Sequence[Features], path: Path) -> None:
    """Write a layer each."""
    for features in layers:
        fields, columns = [], []
        for field, column in zip(features.table.schema, features.table.columns, strict=True):
            columns.append(_for_sqlite(column))
            unit = unit_of(field)
            described = {"GDAL:OGR:comment": unit} if unit else None
            fields.append(pa.field(field.name, columns[-1].type, metadata=described))
        table = pa.Table.from_arrays(columns, schema=pa.schema(fields))
        _write(table, features, path, "GPKG", features.layer)


def short_names(names: Sequence[str]) -> list[str]:
    """Names of at most ten characters, all different in any case, for a Shapefile's columns.

    Long names have their words shortened from the longest on (``latitude`` to ``lat``) until they
    fit, lose their underscores, and are cut; the second of the same name ends in 1, and so on.

    Examples
    --------
    >>> short_names(["time", "last_latitude", "mean_ground_speed", "min_ground_speed"])
    ['time', 'last_lat', 'avggndspd', 'mingndspd']
    """
    taken: set[str] = set()
    short = []
    for name in names:
        base = _shortened(name)
        chosen, count = base, 0
        while chosen.lower() in taken:
            count += 1
            chosen = f"{base[: _LONGEST_NAME - len(str(count))]}{count}"
        taken.add(chosen.lower())
        short.append(chosen)
    return short


def _shortened(name: str) -> str:
    for word, shorter in _SHORT_WORDS.items():
        if _fits(name):
            return name
        name = name.replace(word, shorter)
    name = name if _fits(name) else name.replace("_", "")
    return _cut(name, _LONGEST_NAME)


def _fits(name: str) -> bool:
    return len(name.encode()) <= _LONGEST_NAME


def _for_dbf(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type) or pa.types.is_binary(column.type):
        return _as_text(column)
    if pa.types.is_floating(column.type):
        # GDAL would cut a longer number to another one. NaN fails the comparison.
        fits = pc.less(pc.abs(column), _DBF_LIMIT)
        return pc.if_else(fits, column, pa.scalar(None, column.type))
    column = _for_sqlite(column)
    if pa.types.is_string(column.type) and pc.any(_too_long(column)).as_py():
        texts = [text and _cut(text, _LONGEST_TEXT) for text in column.to_pylist()]
        return pa.chunked_array([texts], pa.string())
    return column


def _too_long(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.greater(pc.binary_length(column), _LONGEST_TEXT)


def _cut(text: str, size: int) -> str:
    """Text of at most so many bytes, no sign in halves."""
    return text.encode()[:size].decode(errors="ignore")


def _for_sqlite(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_list(column.type):
        return _as_text(column)
    if pa.types.is_uint64(column.type):
        try:
            return column.cast(pa.int64())
        except pa.ArrowInvalid:
            # Neither format has a number as wide, and a rounded one would be a wrong one.
            return _as_text(column)
    if pa.types.is_string(column.type):
        return pc.replace_substring(column, "\x00", " ")
    return column


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    texts = [cells(chunk, str).cast(pa.string()) for chunk in column.chunks]
    return pa.chunked_array(texts, pa.string())


def _write(table: pa.Table, features: Features, path: Path, driver: str, layer: str) -> None:
    pyogrio = optional_module("pyogrio", driver, "geo")
    options: dict[str, Any] = {}
    if driver == "GPKG":
        known = {"name": features.name, **features.metadata}
        options["layer_metadata"] = {"satlog": json.dumps(known, ensure_ascii=False)}
    try:
        pyogrio.write_arrow(
            table.append_column(GEOMETRY, _multiple(features)),
            path,
            layer=layer,
            driver=driver,
            geometry_name=GEOMETRY,
            geometry_type=_GEOMETRY_TYPES[features.kind],
            crs="EPSG:4326",
            encoding="UTF-8" if driver == "ESRI Shapefile" else None,
            **options,
        )
    except RuntimeError as error:
        raise SatlogError(f"writing {path.name}: {error}") from error


def _multiple(features: Features) -> pa.Array:
    """Geometries as WKB, each line and polygon as one of several: a layer has one type."""
    if features.kind == "point":
        return features.geometry
    shapely = shapely_module()
    shapes = features.shapes
    gather = shapely.multilinestrings if features.kind == "pass" else shapely.multipolygons
    several = np.empty(len(shapes), dtype=object)
    several[:] = [None if one is None else gather(shapely.get_parts(one)) for one in shapes]
    return pa.array(shapely.to_wkb(several), pa.binary())
