"""``satlog schema``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from satlog_native.cli.common import aligned, json_option, layout_option, to_json
from satlog_native.cli.group import examples
from satlog_native.errors import TableError
from satlog_native.flight_tables import flight_schema, flight_tables_of, is_flight_table
from satlog_native.layouts import load
from satlog_native.layouts.columns import INDEX_COLUMNS, Column, columns_of
from satlog_native.layouts.model import Kind, Layout

if TYPE_CHECKING:
    import pyarrow as pa


@click.command(
    epilog=examples("satlog schema", "satlog schema position", "satlog schema passes --json")
)
@click.argument("table", required=False)
@layout_option
@json_option
def command(table: str | None, layout: str, as_json: bool) -> None:
    """Show the tables of a layout: columns, types, units.

    Without TABLE, every table with the names of its columns. Every table of records has the columns
    frame and offset first. The tables track, passes and summary are those of the flight.
    """
    used = load(layout)
    if table is None:
        _show_all(used, as_json)
        return
    shown = _flight(used, table) if is_flight_table(used, table) else _plain(_kind(used, table))
    if as_json:
        click.echo(to_json(shown))
    else:
        lines = [(c["name"], c["type"], c["unit"] or "", c["doc"] or "") for c in shown["columns"]]
        click.echo("\n".join(aligned([("column", "type", "unit", ""), *lines])))


def _show_all(layout: Layout, as_json: bool) -> None:
    flights = [_flight(layout, name) for name in flight_tables_of(layout)]
    if as_json:
        click.echo(to_json([*map(_plain, layout.kinds), *flights]))
        return
    rows = [(str(k.type), k.name, ", ".join(c.name for c in columns_of(k))) for k in layout.kinds]
    lines = aligned([("type", "table", "columns after frame and offset"), *rows], right=(True,))
    if flights:
        columns = [
            (each["table"], ", ".join(c["name"] for c in each["columns"])) for each in flights
        ]
        lines += ["", *aligned([("flight table", "columns"), *columns])]
    click.echo("\n".join(lines))


def _kind(layout: Layout, name: str) -> Kind:
    if name in layout.by_name:
        return layout.by_name[name]
    known = {str(kind.type): kind for kind in layout.kinds}
    if name not in known:
        raise TableError(
            f"layout {layout.name} has no table {name}; it has "
            f"{', '.join([*layout.by_name, *flight_tables_of(layout)])}"
        )
    return known[name]


def _columns(kind: Kind) -> tuple[Column, ...]:
    return (*INDEX_COLUMNS, *columns_of(kind))


def _plain(kind: Kind) -> dict[str, Any]:
    columns = [
        {
            "name": column.name,
            "type": column.type_name,
            "unit": column.unit or None,
            "nullable": column.nullable,
            "doc": column.doc or None,
        }
        for column in _columns(kind)
    ]
    return {"table": kind.name, "type": kind.type, "doc": kind.doc or None, "columns": columns}


def _flight(layout: Layout, table: str) -> dict[str, Any]:
    """A flight table, as :func:`_plain` has those of records."""
    columns = []
    for field in flight_schema(layout, table):
        told = {key.decode(): text.decode() for key, text in (field.metadata or {}).items()}
        columns.append(
            {
                "name": field.name,
                "type": _type_name(field.type),
                "unit": told.get("unit"),
                "nullable": field.nullable,
                "doc": told.get("doc"),
            }
        )
    return {"table": table, "type": None, "doc": None, "columns": columns}


def _type_name(kind: pa.DataType) -> str:
    """A type in the words that records' columns have for it."""
    words = {
        "timestamp[us, tz=UTC]": "timestamp[us, UTC]",
        "dictionary<values=string, indices=int32, ordered=0>": "dictionary<string>",
    }
    return words.get(str(kind), str(kind))
