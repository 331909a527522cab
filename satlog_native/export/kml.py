"""KML 2.2, and KMZ: passes coloured by rate, in folders by swath, with their times.

A layer is a folder. A pass's colour is the class of its applied rate against its target
(``RATE_CLASSES``); the document's description is the legend. Polygons are coloured by their kind.
Attributes are extended data, those that are not known left out.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, Final
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from satlog_native.errors import SatlogError
from satlog_native.export.kml_shapes import placed
from satlog_native.export.rates import RATE_CLASSES, rate_classes
from satlog_native.export.readable import label, rounded
from satlog_native.export.text import cells, joined, write_lines
from satlog_native.jobs.model import clean_label

if TYPE_CHECKING:
    from satlog_native.export.features import Features

#: Rows made to text at once.
_ROWS: Final = 1 << 12
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)

#: Of polygons: by kind, what people read, and the colour.
_AREAS: Final = {
    "net": ("sprayed", "2c7bb6"),
    "overlap": ("sprayed twice or more", "762a83"),
    "skip": ("left out of the field", "fdae61"),
    "off_target": ("sprayed outside the field", "d7191c"),
}
_FOLDERS: Final = {"point": "Track", "pass": "Passes", "coverage": "Coverage"}


def write_kml(layers: Sequence[Features], file: BinaryIO) -> None:
    """Write a folder each layer."""
    file.write(_head(layers).encode())
    for features in layers:
        _write_layer(features, file)
    file.write(b"</Document>\n</kml>\n")


def write_kmz(layers: Sequence[Features], file: BinaryIO) -> None:
    """Write KML as the only file of a ZIP archive, ``doc.kml``."""
    # The same features give the same bytes: no time of writing.
    entry = zipfile.ZipInfo("doc.kml", _ZIP_EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    # And no ZIP64, which readers of KMZ do not know; zipfile stops where that would be needed.
    try:
        with zipfile.ZipFile(file, "w") as archive, archive.open(entry, "w") as kml:
            write_kml(layers, kml)  # type: ignore[arg-type]
    except RuntimeError as error:
        raise SatlogError(
            f"writing KMZ: {error}; export passes instead of points, or choose another format"
        ) from error


def xml_text(text: str) -> str:
    """Text as it may stand in XML, also in an attribute: no control characters, all escaped."""
    return escape(clean_label(text), {'"': "&quot;"})


def _head(layers: Sequence[Features]) -> str:
    name = next((each.name for each in layers if each.name), "Flight")
    known = {key: value for each in layers for key, value in each.metadata.items()}
    kinds: set[str] = {each.kind for each in layers}
    facts = "".join(f"<p>{xml_text(key)}: {xml_text(value)}</p>" for key, value in known.items())
    description = facts + (_legend() if "pass" in kinds else "")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>\n'
        f"<name>{xml_text(name)}</name>\n<open>1</open>\n"
        + (f"<description>{escape(description)}</description>\n" if description else "")
        + "".join(_styles(kinds))
        + "".join(_schema(features) for features in layers)
    )


def _legend() -> str:
    rows = "".join(
        f'<tr><td style="background:#{each.bright}">&#160;&#160;&#160;</td>'
        f"<td>{escape(each.text)}</td></tr>"
        for each in RATE_CLASSES
    )
    return f"<table><caption>Applied rate</caption>{rows}</table>"


def _styles(kinds: set[str]) -> list[str]:
    styles = []
    if "point" in kinds:
        styles.append(
            '<Style id="position"><IconStyle><scale>0.4</scale></IconStyle>'
            "<LabelStyle><scale>0</scale></LabelStyle></Style>\n"
        )
    if "pass" in kinds:
        styles += [
            f'<Style id="{each.name}"><LineStyle><color>{_colour(each.bright)}</color>'
            f"<width>4</width></LineStyle></Style>\n"
            for each in RATE_CLASSES
        ]
    if "coverage" in kinds:
        styles += [
            f'<Style id="{name}"><LineStyle><color>{_colour(colour)}</color></LineStyle>'
            f"<PolyStyle><color>{_colour(colour, '80')}</color></PolyStyle></Style>\n"
            for name, (_, colour) in _AREAS.items()
        ]
    return styles


def _schema(features: Features) -> str:
    """What a layer's attributes are, once for all of its features."""
    fields = "".join(
        f'<SimpleField type="{_type(field.type)}" name="{xml_text(field.name)}">'
        f"<displayName>{xml_text(label(field))}</displayName></SimpleField>\n"
        for field in features.table.schema
    )
    return f'<Schema name="{features.layer}" id="{features.layer}">\n{fields}</Schema>\n'


def _type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "bool"
    if pa.types.is_floating(kind):
        return "double"
    # KML has no wider integers.
    narrow = pa.types.is_integer(kind) and kind.bit_width <= 32
    return ("int" if pa.types.is_signed_integer(kind) else "uint") if narrow else "string"


def _colour(rgb: str, opacity: str = "ff") -> str:
    """A colour as KML has it: opacity, blue, green, red."""
    return opacity + rgb[4:6] + rgb[2:4] + rgb[0:2]


def _write_layer(features: Features, file: BinaryIO) -> None:
    file.write(f"<Folder><name>{_FOLDERS[features.kind]}</name>\n".encode())
    if features.kind == "pass":
        for name, rows in _swaths(features.table):
            file.write(f"<Folder><name>{name}</name>\n".encode())
            _write_rows(features.take(rows), file)
            file.write(b"</Folder>\n")
    else:
        _write_rows(features, file)
    file.write(b"</Folder>\n")


def _swaths(table: pa.Table) -> list[tuple[str, NDArray[np.intp]]]:
    """Name and rows of each swath, by number; passes without one come last."""
    numbers = np.array(_values(table, "swath_number", pa.int64()).to_pylist(), dtype=object)
    known = sorted({number for number in numbers if number is not None})
    swaths = [(f"Swath {number}", np.flatnonzero(numbers == number)) for number in known]
    rest = np.flatnonzero(np.array([number is None for number in numbers], dtype=bool))
    return [*swaths, ("No swath number", rest)] if len(rest) else swaths


def _write_rows(features: Features, file: BinaryIO) -> None:
    for batch, shapes in features.batches(_ROWS):
        table = pa.Table.from_batches([batch])
        attributes = _attributes(table, features.layer)
        parts = ["<Placemark>", *_titles(features.kind, table), *attributes]
        write_lines(file, joined([*parts, placed(shapes), "</Placemark>\n"]))


def _titles(kind: str, table: pa.Table) -> list[pa.Array | str]:
    """Name, time and style of each feature."""
    if kind == "point":
        style: pa.Array | str = "position"
        name = pc.fill_null(_cells(table, "time"), "")
        time = joined(["<TimeStamp><when>", _cells(table, "time"), "</when></TimeStamp>"])
    elif kind == "pass":
        error = _values(table, "rate_error", pa.float64()).fill_null(np.nan)
        classes = pa.array([each.name for each in RATE_CLASSES], pa.large_string())
        style = classes.take(pa.array(rate_classes(error.to_numpy())))
        name = joined(["Pass ", pc.fill_null(_cells(table, "pass"), "")])
        begin, end = _cells(table, "start_time"), _cells(table, "end_time")
        time = joined(
            ["<TimeSpan><begin>", begin, "</begin><end>", end, "</end></TimeSpan>"],
        )
    else:
        style = _cells(table, "kind")
        names = {key: text.capitalize() for key, (text, _) in _AREAS.items()}
        name = pa.array([names[key] for key in style.to_pylist()], pa.large_string())
        time = pa.nulls(len(table), pa.large_string())
    return [
        *("<name>", name, "</name>", pc.fill_null(time, "")),
        *("<styleUrl>#", style, "</styleUrl>"),
    ]


def _attributes(table: pa.Table, schema: str) -> list[pa.Array | str]:
    """The attributes of each feature, as extended data."""
    known = []
    for field, column in zip(table.schema, table.columns, strict=True):
        text = cells(rounded(_chunk(column), field), xml_text)
        head = f'<SimpleData name="{xml_text(field.name)}">'
        known.append(pc.fill_null(joined([head, text, "</SimpleData>"]), ""))
    return [
        f'<ExtendedData><SchemaData schemaUrl="#{schema}">',
        *known,
        "</SchemaData></ExtendedData>",
    ]


def _cells(table: pa.Table, name: str) -> pa.Array:
    """The text of a column; null throughout if there is none."""
    if name not in table.column_names:
        return pa.nulls(len(table), pa.large_string())
    return cells(_chunk(table[name]), xml_text)


def _values(table: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    """A column; null throughout if there is none."""
    if name not in table.column_names:
        return pa.nulls(len(table), kind)
    return _chunk(table[name]).cast(kind)


def _chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()
