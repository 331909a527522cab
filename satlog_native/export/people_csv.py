"""CSV for people and their spreadsheets: units in the header, rounded numbers, plain times.

It begins with a byte order mark, without which spreadsheets misread signs such as °. Times are
UTC, to the millisecond. There is no column of geometries: points have their latitude and longitude,
passes where they start and end. Text that a spreadsheet would take for a formula gets an apostrophe
before it.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc

from satlog_native.export import csv
from satlog_native.export.geoarrow import write_table
from satlog_native.export.readable import label, rounded

if TYPE_CHECKING:
    from satlog_native.export.features import Features

_TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_FORMULA: Final = r"^([=+\-@\t\r])"


def write_csv(layers: Sequence[Features], file: BinaryIO) -> None:
    """Write the attributes of the one layer."""
    (features,) = layers
    columns = [
        _readable(column.combine_chunks(), field)
        for column, field in zip(features.table, features.table.schema, strict=True)
    ]
    readable = pa.table(columns, names=[label(field) for field in features.table.schema])
    file.write(codecs.BOM_UTF8)
    write_table(readable, csv.open_writer(file, readable.schema, "none"))


def _readable(column: pa.Array, field: pa.Field) -> pa.Array:
    if pa.types.is_timestamp(field.type):
        # Without its zone: Arrow would look for a database of time zones to name UTC.
        wall = column.cast(pa.timestamp("us"))
        rounded_time = pc.round_temporal(wall, unit="millisecond").cast(
            pa.timestamp("ms"), safe=False
        )
        return pc.strftime(rounded_time, _TIME_FORMAT)
    if pa.types.is_string(field.type):
        return pc.replace_substring_regex(column, _FORMULA, r"'\1")
    return rounded(column, field)
