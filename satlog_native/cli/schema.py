"""``satlog schema``."""

from __future__ import annotations

import click

from satlog_native.cli.common import aligned, json_option, layout_option, to_json
from satlog_native.cli.group import examples
from satlog_native.errors import TableError
from satlog_native.layouts import load
from satlog_native.layouts.columns import INDEX_COLUMNS, Column, columns_of
from satlog_native.layouts.model import Kind, Layout


@click.command(epilog=examples("satlog schema", "satlog schema position"))
@click.argument("table", required=False)
@layout_option
@json_option
def command(table: str | None, layout: str, as_json: bool) -> None:
    """Show the tables of a layout: columns, types, units.

    Without TABLE, every table with the names of its columns. Every table has the columns frame and
    offset first.
    """
    used = load(layout)
    kinds = used.kinds if table is None else (_kind(used, table),)
    if as_json:
        tables = [_plain(kind) for kind in kinds]
        click.echo(to_json(tables if table is None else tables[0]))
    elif table is None:
        rows = [(str(k.type), k.name, ", ".join(c.name for c in columns_of(k))) for k in kinds]
        header = ("type", "table", "columns after frame and offset")
        click.echo("\n".join(aligned([header, *rows], right=(True,))))
    else:
        lines = [(c.name, c.type_name, c.unit, c.doc) for c in _columns(kinds[0])]
        click.echo("\n".join(aligned([("column", "type", "unit", ""), *lines])))


def _kind(layout: Layout, name: str) -> Kind:
    if name in layout.by_name:
        return layout.by_name[name]
    known = {str(kind.type): kind for kind in layout.kinds}
    if name not in known:
        raise TableError(
            f"layout {layout.name} has no table {name}; it has {', '.join(layout.by_name)}"
        )
    return known[name]


def _columns(kind: Kind) -> tuple[Column, ...]:
    return (*INDEX_COLUMNS, *columns_of(kind))


def _plain(kind: Kind) -> dict[str, object]:
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
