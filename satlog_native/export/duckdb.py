"""DuckDB database files (extra ``duckdb``): a table a layer, geometries as WKB.

``ST_GeomFromWKB(geometry)`` makes geometries of them in queries. Units are comments of the columns,
and what is known of the whole is the comment of its table.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satlog_native.errors import SatlogError
from satlog_native.export.features import GEOMETRY
from satlog_native.export.maps import optional_module
from satlog_native.export.readable import unit_of

if TYPE_CHECKING:
    from satlog_native.export.features import Features


def write_duckdb(layers: Sequence[Features], path: Path) -> None:
    """Make a database of one table a layer."""
    duckdb = optional_module("duckdb", "a DuckDB file", "duckdb")
    # Nothing is to be fetched from anywhere to write a file.
    settings = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    try:
        with duckdb.connect(str(path), config=settings) as connection:
            for features in layers:
                _write_layer(connection, features)
    except duckdb.Error as error:
        raise SatlogError(f"writing {path.name}: {error}") from error


def _write_layer(connection: Any, features: Features) -> None:
    table = _quoted(features.layer)
    connection.register("satlog_source", features.whole_table())
    connection.execute(f"CREATE TABLE {table} AS SELECT * FROM satlog_source")
    connection.unregister("satlog_source")
    comments = {field.name: unit_of(field) for field in features.table.schema}
    comments[GEOMETRY] = "WKB, WGS 84, longitude first"
    for name, comment in comments.items():
        if comment:
            column = f"{table}.{_quoted(name)}"
            connection.execute(f"COMMENT ON COLUMN {column} IS {_text(comment)}")
    known = json.dumps({"name": features.name, **features.metadata}, ensure_ascii=False)
    connection.execute(f"COMMENT ON TABLE {table} IS {_text(known)}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
