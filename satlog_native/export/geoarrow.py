"""Arrow IPC files with geometries as WKB, marked as GeoArrow has it (``geoarrow.wkb``)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, Final

from satlog_native.export import arrow
from satlog_native.export.rows import ROWS

if TYPE_CHECKING:
    import pyarrow as pa

    from satlog_native.export import Writer
    from satlog_native.export.features import Features

_WKB: Final = {
    "ARROW:extension:name": "geoarrow.wkb",
    "ARROW:extension:metadata": json.dumps({"crs": "OGC:CRS84", "crs_type": "authority_code"}),
}


def write_arrow(layers: Sequence[Features], file: BinaryIO) -> None:
    """Write the one layer."""
    (features,) = layers
    table = features.whole_table(_WKB)
    table = table.replace_schema_metadata(features.schema_metadata())
    write_table(table, arrow.open_writer(file, table.schema, "none"))


def write_table(table: pa.Table, writer: Writer) -> None:
    """Write a table in batches of 65,536 rows, and the end of its file."""
    try:
        for batch in table.combine_chunks().to_batches(max_chunksize=ROWS):
            writer.write(batch)
    finally:
        writer.close()
