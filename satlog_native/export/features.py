"""Features: what goes on a map, one geometry and its attributes a row.

Three builders make them of a flight's tables: :func:`track_points`, :func:`pass_lines` and
:func:`coverage_polygons`. :func:`satlog_native.export.maps.export` writes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from satlog_native.errors import AnalysisError, SatlogError
from satlog_native.export.rows import ROWS
from satlog_native.flight.settings import FlightSettings, Units
from satlog_native.flight.steps import steps
from satlog_native.flight.units import convert_units, to_arrow
from satlog_native.jobs.geometry import shapely_module

if TYPE_CHECKING:
    from satlog_native.flight.coverage import Coverage

Geometry = Literal["point", "pass", "coverage"]

#: Name of the geometry's column, where a format has geometries in a column.
GEOMETRY: Final = "geometry"

_LAYERS: Final = {"point": "track", "pass": "passes", "coverage": "coverage"}

#: A point as WKB: little-endian, type 1.
_WKB_POINT: Final = np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])


@dataclass(frozen=True, eq=False)
class Features:
    """Geometries with attributes; coordinates are WGS 84, longitude first (OGC:CRS84).

    Attributes
    ----------
    kind : {"point", "pass", "coverage"}
        Points, lines or polygons.
    table : pyarrow.Table
        The attributes, a row each; units are in the fields' metadata (``b"unit"``). Enums are plain
        text and times are UTC, whatever they were made from.
    geometry : pyarrow.Array of binary
        WKB; null where a row has none. Lines and polygons are cut at the antimeridian, and outer
        rings run counter-clockwise (RFC 7946).
    name : str
        What it is of, for people: a flight, a file.
    metadata : mapping of str to str
        What is worth keeping of the whole: aircraft, pilot, layout, damage.

    Raises
    ------
    SatlogError
        If attributes and geometries do not go together.
    """

    kind: Geometry
    table: pa.Table
    geometry: pa.Array
    name: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.geometry) != self.table.num_rows:
            raise SatlogError(
                f"making features: {self.table.num_rows} rows of attributes, but "
                f"{len(self.geometry)} geometries; give one for each row, or null"
            )
        if GEOMETRY in self.table.column_names:
            raise SatlogError(
                f"making features: an attribute is named {GEOMETRY!r}, as the geometries are; "
                "rename it"
            )
        object.__setattr__(self, "table", _plain(self.table))

    @property
    def layer(self) -> str:
        """Name of its layer or table: ``track``, ``passes`` or ``coverage``."""
        return _LAYERS[self.kind]

    @property
    def shapes(self) -> NDArray[np.object_]:
        """All geometries as shapely objects, None for null."""
        return _shapes(self.geometry)

    def batches(self, rows: int = ROWS) -> Iterator[tuple[pa.RecordBatch, NDArray[np.object_]]]:
        """Attributes and shapely geometries, so many rows at a time."""
        for start in range(0, self.table.num_rows, rows):
            part = self.table.slice(start, rows).combine_chunks()
            yield part.to_batches()[0], _shapes(self.geometry.slice(start, rows))

    def take(self, rows: NDArray[np.intp]) -> Features:
        """Only these rows."""
        return replace(self, table=self.table.take(rows), geometry=self.geometry.take(rows))

    def whole_table(self, metadata: Mapping[str, str] | None = None) -> pa.Table:
        """Attributes, and the geometries as the last column.

        Parameters
        ----------
        metadata : mapping of str to str, optional
            Of the geometry's field.
        """
        column = pa.field(GEOMETRY, pa.binary(), metadata=metadata)
        return self.table.append_column(column, self.geometry)

    def schema_metadata(self) -> dict[str, str]:
        """What Arrow and Parquet files keep beside the table."""
        return {
            "satlog.table": self.layer,
            "satlog.name": self.name,
            **{f"satlog.{key}": value for key, value in self.metadata.items()},
        }


def track_points(
    track: pl.DataFrame,
    settings: FlightSettings | None = None,
    *,
    units: Units = "si",
    dry: bool = False,
    name: str = "",
    metadata: Mapping[str, str] | None = None,
) -> Features:
    """The track as points, with the number of the pass that each belongs to.

    Parameters
    ----------
    track : polars.DataFrame
        As :func:`~satlog_native.flight.track` gives it.
    settings : FlightSettings, optional
        ``merge_gap``.
    units, dry
        Of the attributes; see :func:`~satlog_native.flight.convert_units`.
    name, metadata
        See :class:`Features`.

    Returns
    -------
    Features
        A row for each of the track; without geometry where it has no place.

    Raises
    ------
    AnalysisError
        If columns of a track are missing.
    """
    number = steps(track, settings).select("frame", "pass")
    rows = track.join(number, on="frame", how="left", maintain_order="left")
    table = to_arrow(convert_units(rows, units, dry=dry), units, dry=dry)
    longitude, latitude = (track[name].to_numpy() for name in ("longitude", "latitude"))
    return Features("point", table, _points(longitude, latitude), name, metadata or {})


def pass_lines(
    passes: pl.DataFrame,
    segments: pl.DataFrame,
    *,
    units: Units = "si",
    dry: bool = False,
    name: str = "",
    metadata: Mapping[str, str] | None = None,
) -> Features:
    """The passes as lines.

    Parameters
    ----------
    passes, segments : polars.DataFrame
        As :func:`~satlog_native.flight.passes` and :func:`~satlog_native.flight.segments` give
        them, of the same track with the same settings. How close the lines are to the track is
        ``simplify_tolerance``.
    units, dry
        Of the attributes; see :func:`~satlog_native.flight.convert_units`.
    name, metadata
        See :class:`Features`.

    Raises
    ------
    AnalysisError
        If a table has no column ``pass``, or the lines have no geometry.
    """
    for table, what, needed in ((passes, "passes", "pass"), (segments, "segments", GEOMETRY)):
        if not {"pass", needed} <= set(table.columns):
            raise AnalysisError(
                f"making pass lines: the table of {what} needs the columns 'pass' and {needed!r}; "
                f"make it with satlog_native.flight.{what}"
            )
    lines = passes.join(segments, on="pass", how="left", maintain_order="left")[GEOMETRY]
    attributes = to_arrow(convert_units(passes, units, dry=dry), units, dry=dry)
    geometry = lines.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.binary())
    return Features("pass", attributes, geometry, name, metadata or {})


def coverage_polygons(
    coverage: Coverage,
    *,
    units: Units = "si",
    name: str = "",
    metadata: Mapping[str, str] | None = None,
) -> Features:
    """Coverage as polygons, one feature each of ``net``, ``overlap``, ``skip``, ``off_target``.

    Parameters
    ----------
    coverage : Coverage
        As :func:`~satlog_native.flight.coverage` gives it. Without a field there are no skips and
        nothing off target.
    units : {"si", "us"}
        Of the area.
    name, metadata
        See :class:`Features`.

    Returns
    -------
    Features
        ``kind``; ``area``: as in the summary, so that ground sprayed three times counts twice as
        overlap though its polygon is there once.
    """
    shapely = shapely_module()
    parts = [
        ("net", coverage.net_area, coverage.treated),
        ("overlap", coverage.overlap_area, coverage.overlap),
        ("skip", coverage.skip_area, coverage.skip),
        ("off_target", coverage.off_target_area, coverage.off_target),
    ]
    known = [part for part in parts if part[1] is not None]
    frame = pl.DataFrame(
        {"kind": [kind for kind, _, _ in known], "area": [area for _, area, _ in known]},
        schema={"kind": pl.String, "area": pl.Float64},
    )
    shapes = np.empty(len(known), dtype=object)
    shapes[:] = [_polygons(shape) for _, _, shape in known]
    geometry = pa.array(shapely.to_wkb(shapes), pa.binary())
    table = to_arrow(convert_units(frame, units), units)
    return Features("coverage", table, geometry, name, metadata or {})


def _points(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> pa.Array:
    """WKB of points; null where a coordinate is null, not finite or impossible."""
    with np.errstate(invalid="ignore"):
        known = (np.abs(longitude) <= 180.0) & (np.abs(latitude) <= 90.0)
    points = np.empty(len(longitude), _WKB_POINT)
    points["order"], points["type"] = 1, 1
    points["x"], points["y"] = longitude, latitude
    fixed = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(_WKB_POINT.itemsize), len(points), [None, pa.py_buffer(points)]
    )
    return pc.if_else(pa.array(known), fixed.cast(pa.binary()), pa.scalar(None, pa.binary()))


def _polygons(shape: object) -> object:
    """The polygons of a geometry, rings as RFC 7946 has them; None where there are none."""
    shapely = shapely_module()
    parts = shapely.get_parts(shapely.get_parts([shape]))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    parts = shapely.orient_polygons(parts[~shapely.is_empty(parts)])
    if not len(parts):
        return None
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _shapes(wkb: pa.Array) -> NDArray[np.object_]:
    shapes: NDArray[np.object_] = shapely_module().from_wkb(wkb.to_numpy(zero_copy_only=False))
    return shapes


def _plain(table: pa.Table) -> pa.Table:
    """The same values in the few types that every writer knows."""
    fields = [column.with_type(_plain_type(column.type)) for column in table.schema]
    plain = table.cast(pa.schema(fields))
    return plain.replace_schema_metadata(None)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC")
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_large_binary(kind):
        return pa.binary()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    return kind
