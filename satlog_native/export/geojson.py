"""GeoJSON (RFC 7946), and GeoJSON text sequences (RFC 8142): a record separator, an object, a line.

Attributes are properties; NaN and infinities, which JSON lacks, are null. Units and whatever else
is known of the whole are members of the collection beside its features.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from satlog_native.export.readable import unit_of
from satlog_native.export.text import joined, json_cells, write_lines
from satlog_native.jobs.geometry import shapely_module

if TYPE_CHECKING:
    from satlog_native.export.features import Features

#: Rows made to text at once.
_ROWS: Final = 1 << 13
#: Decimals of a degree: 0.1 mm.
DECIMALS: Final = 9


def write_geojson(layers: Sequence[Features], file: BinaryIO) -> None:
    """Write the one layer as a FeatureCollection, a line a feature."""
    (features,) = layers
    head = {
        "type": "FeatureCollection",
        "name": features.layer,
        "title": features.name,
        "units": {field.name: unit for field in features.table.schema if (unit := unit_of(field))},
        "metadata": dict(features.metadata),
    }
    file.write(json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "features": [')
    for number, texts in enumerate(_texts(features)):
        # A comma stands before every feature but the first of all.
        write_lines(file, joined([",\n", texts]) if number else _first_bare(texts))
    file.write(b"\n]}\n")


def write_geojsonseq(layers: Sequence[Features], file: BinaryIO) -> None:
    """Write the one layer as a sequence of features."""
    (features,) = layers
    for texts in _texts(features):
        write_lines(file, joined(["\x1e", texts, "\n"]))


def _first_bare(texts: pa.Array) -> pa.Array:
    rest = joined([",\n", texts.slice(1)])
    return pa.concat_arrays([joined(["\n", texts.slice(0, 1)]), rest])


def _texts(features: Features) -> Iterator[pa.Array]:
    """The text of every feature, so many rows at a time."""
    keys = [f",{json.dumps(name, ensure_ascii=False)}:" for name in features.table.column_names]
    if keys:
        keys[0] = keys[0][1:]
    for batch, shapes in features.batches(_ROWS):
        parts: list[pa.Array | str] = ['{"type":"Feature","geometry":', _geometries(shapes)]
        parts.append(',"properties":{')
        for key, column in zip(keys, batch.columns, strict=True):
            parts += [key, json_cells(column)]
        yield joined([*parts, "}}"])


def _geometries(shapes: NDArray[np.object_]) -> pa.Array:
    shapely = shapely_module()
    short = shapely.transform(shapes, lambda points: np.round(points, DECIMALS))
    return pc.fill_null(pa.array(shapely.to_geojson(short), pa.large_string()), "null")
