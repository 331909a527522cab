"""KML 2.2: read polygons from foreign files, write a job's.

Foreign XML is parsed by expat with document types refused: no entities, so nothing that expands and
nothing that is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from satlog_native.errors import JobFileError
from satlog_native.jobs.features import Feature
from satlog_native.jobs.jobfile import read_limited, replace_file
from satlog_native.jobs.model import Tolerated

__all__ = ["read", "write"]

_OTHER_SHAPES = ("Point", "LineString", "Model", "Track")


def read(path: Path) -> tuple[list[Feature], list[Tolerated]]:
    """Read the polygons of a KML file's placemarks; other shapes are reported and left out."""
    root = _parse(read_limited(path), str(path))
    report = [
        Tolerated(f"a {element.tag}, left out")
        for element in root.iter()
        if element.tag in _OTHER_SHAPES
    ]
    return list(_features(root, str(path))), report


def _parse(data: bytes, source: str) -> ElementTree.Element:
    """Build the tree with plain names: KML is written with and without its namespaces."""
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(tag: str, attributes: dict[str, str]) -> None:
        builder.start(tag.rpartition(":")[2], attributes)

    def end(tag: str) -> None:
        builder.end(tag.rpartition(":")[2])

    def refuse(*_: object) -> None:
        raise JobFileError("a document type declaration; refused in foreign XML", source=source)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if isinstance(error, JobFileError):
            raise
        raise JobFileError(f"expected XML: {error}", source=source) from error
    return builder.close()


def _features(root: ElementTree.Element, source: str) -> Iterator[Feature]:
    for placemark in root.iter("Placemark"):
        attributes: dict[str, object] = {
            data.get("name", ""): data.findtext("value", "").strip()
            for data in placemark.iter("Data")
        }
        number = str(attributes.get("number", ""))
        if re.fullmatch("[0-9]{1,9}", number):
            attributes["number"] = int(number)
        attributes["name"] = placemark.findtext("name", "").strip()
        coordinates = [
            [_ring(text, source) for text in _ring_texts(polygon)]
            for polygon in placemark.iter("Polygon")
        ]
        if coordinates:
            yield Feature(coordinates, attributes)


def _ring_texts(polygon: ElementTree.Element) -> list[str]:
    paths = ("outerBoundaryIs/LinearRing", "innerBoundaryIs/LinearRing")
    return [ring.findtext("coordinates", "") for path in paths for ring in polygon.iterfind(path)]


def _ring(text: str, source: str) -> list[tuple[float, float]]:
    points = []
    for position in text.split():
        numbers = position.split(",")  # a third one is the altitude
        try:
            points.append((float(numbers[0]), float(numbers[1])))
        except (IndexError, ValueError) as error:
            raise JobFileError(
                "expected longitude,latitude", source=source, text=position
            ) from error
    return points


def write(features: list[Feature], path: Path) -> None:
    """Write one placemark a polygon, its attributes as extended data."""
    root = ElementTree.Element("kml", xmlns="http://www.opengis.net/kml/2.2")
    document = ElementTree.SubElement(root, "Document")
    if features:
        attributes = features[0].attributes
        _text(document, "name", f"{attributes['job']} {attributes['job_name']}".strip())
    for feature in features:
        placemark = ElementTree.SubElement(document, "Placemark")
        _text(placemark, "name", str(feature.attributes["name"]))
        extended = ElementTree.SubElement(placemark, "ExtendedData")
        for key in ("job", "job_name", "number"):
            data = ElementTree.SubElement(extended, "Data", name=key)
            _text(data, "value", str(feature.attributes[key]))
        for rings in feature.coordinates:
            polygon = ElementTree.SubElement(placemark, "Polygon")
            for index, ring in enumerate(rings):
                side = "innerBoundaryIs" if index else "outerBoundaryIs"
                boundary = ElementTree.SubElement(polygon, side)
                line = ElementTree.SubElement(boundary, "LinearRing")
                _text(line, "coordinates", " ".join(f"{x!r},{y!r}" for x, y in ring))
    ElementTree.indent(root, " ")
    replace_file(path, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _text(parent: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, tag).text = text
