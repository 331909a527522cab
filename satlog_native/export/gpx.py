"""GPX 1.1: the flight as tracks, for navigation units and map programs.

Of points: a track each pass, with time and elevation at every position, and last a track
"Not sprayed" of all that was flown in between. A segment ends where the next position is unknown
(a gap in the log) and at the antimeridian. Of pass lines: a track each pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from satlog_native.errors import SatlogError
from satlog_native.export.kml import xml_text
from satlog_native.export.kml_shapes import decimal
from satlog_native.export.readable import unit_of
from satlog_native.export.text import cells, joined, write_lines
from satlog_native.jobs.geometry import shapely_module

if TYPE_CHECKING:
    from satlog_native.export.features import Features

#: Points made to text at once.
_ROWS: Final = 1 << 13
_FOOT: Final = 0.3048  # m
#: The schema allows longitudes below 180 only; -180 would be drawn right across the map.
_LAST_LONGITUDE: Final = 179.999_999_999

Floats = NDArray[np.float64]


def write_gpx(layers: Sequence[Features], file: BinaryIO) -> None:
    """Write the one layer, points or lines."""
    (features,) = layers
    if features.kind == "coverage":
        raise SatlogError(
            "writing GPX: it has points and lines, but no polygons; export points or passes, or "
            "choose another format"
        )
    coordinates = shapely_module().get_coordinates(features.shapes)
    file.write(_head(features, coordinates).encode())
    if features.kind == "point":
        _write_points(_Points(features), file)
    else:
        _write_lines(features, file)
    file.write(b"</gpx>\n")


def _head(features: Features, coordinates: Floats) -> str:
    bounds = ""
    if len(coordinates):
        (west, south), (east, north) = coordinates.min(axis=0), coordinates.max(axis=0)
        bounds = (
            f'<bounds minlat="{decimal(south)}" minlon="{_longitude(west)}" '
            f'maxlat="{decimal(north)}" maxlon="{_longitude(east)}"/>'
        )
    known = "; ".join(f"{key}: {value}" for key, value in features.metadata.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gpx version="1.1" creator="satlog" xmlns="http://www.topografix.com/GPX/1/1">\n'
        f"<metadata><name>{xml_text(features.name or 'Flight')}</name>"
        + (f"<desc>{xml_text(known)}</desc>" if known else "")
        + f"{bounds}</metadata>\n"
    )


def _longitude(degrees: float) -> str:
    return decimal(min(degrees, _LAST_LONGITUDE))


class _Points:
    """The points of a track that have a place, and the runs that they make up."""

    def __init__(self, features: Features) -> None:
        known = features.geometry.is_valid()
        table = features.table.filter(known).combine_chunks()
        points = shapely_module().get_coordinates(features.shapes)
        self.longitude, self.latitude = points[:, 0], points[:, 1]
        self.elevation = _elevation(table)
        self.time = _column(table, "time", pa.timestamp("us", "UTC"))
        self.number = _column(table, "pass", pa.int64()).fill_null(0).to_numpy()
        # Whether a point does not go on from the one before it.
        self._apart = np.abs(np.diff(self.longitude, prepend=self.longitude[:1])) > 180.0
        if "dt" in table.column_names and len(table):
            self._apart[1:] |= np.array(table["dt"].is_null())[:-1]

    def runs(self) -> Iterator[tuple[int, slice]]:
        """The pass (0 for none) and the points of each run, also the one that it goes on to."""
        count = len(self.number)
        if not count:
            return
        new = self._apart | (np.diff(self.number, prepend=self.number[:1]) != 0)
        new[0] = True
        starts = np.flatnonzero(new)
        for start, end in zip(starts, [*starts[1:], count], strict=True):
            goes_on = end < count and not self._apart[end]
            if start and end - start == 1 and not goes_on and not self._apart[start]:
                continue  # nothing but the end of the run before it
            yield int(self.number[start]), slice(int(start), int(end) + int(goes_on))


def _elevation(table: pa.Table) -> Floats:
    """Altitude in metres; NaN where it is not known."""
    altitude = _column(table, "altitude", pa.float64()).fill_null(np.nan)
    feet = "altitude" in table.column_names and unit_of(table.schema.field("altitude")) == "ft"
    return np.asarray(altitude) * (_FOOT if feet else 1.0)


def _column(table: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    """A column; null throughout if there is none."""
    if name not in table.column_names:
        return pa.nulls(len(table), kind)
    return table[name].combine_chunks().cast(kind)


def _write_points(points: _Points, file: BinaryIO) -> None:
    tracks: dict[int, list[slice]] = {}
    for number, rows in points.runs():
        tracks.setdefault(number, []).append(rows)
    for number in sorted(tracks, key=lambda number: (number == 0, number)):
        file.write(_track_head(number).encode())
        for rows in tracks[number]:
            file.write(b"<trkseg>\n")
            for start in range(rows.start, rows.stop, _ROWS):
                part = slice(start, min(start + _ROWS, rows.stop))
                write_lines(file, _point_texts(points, part))
            file.write(b"</trkseg>\n")
        file.write(b"</trk>\n")


def _track_head(number: int) -> str:
    if not number:
        return "<trk><name>Not sprayed</name>\n"
    return f"<trk><name>Pass {number}</name><number>{number}</number>\n"


def _point_texts(points: _Points, rows: slice) -> pa.Array:
    places = [
        f'<trkpt lat="{decimal(latitude)}" lon="{_longitude(longitude)}">'
        for latitude, longitude in zip(
            points.latitude[rows].tolist(), points.longitude[rows].tolist(), strict=True
        )
    ]
    elevations = [
        f"<ele>{value:.3f}</ele>" if np.isfinite(value) else ""
        for value in points.elevation[rows].tolist()
    ]
    time = cells(points.time[rows], str)
    return joined(
        [
            pa.array(places, pa.large_string()),
            pa.array(elevations, pa.large_string()),
            pc.fill_null(joined(["<time>", time, "</time>"]), ""),
            "</trkpt>\n",
        ]
    )


def _write_lines(features: Features, file: BinaryIO) -> None:
    shapely = shapely_module()
    numbers = _column(features.table, "pass", pa.int64()).fill_null(0).to_pylist()
    for number, shape in zip(numbers, features.shapes, strict=True):
        file.write(_track_head(number).encode())
        for part in shapely.get_parts(shape):
            file.write(b"<trkseg>\n")
            for longitude, latitude in shapely.get_coordinates(part).tolist():
                place = f'lat="{decimal(latitude)}" lon="{_longitude(longitude)}"'
                file.write(f"<trkpt {place}/>\n".encode())
            file.write(b"</trkseg>\n")
        file.write(b"</trk>\n")
