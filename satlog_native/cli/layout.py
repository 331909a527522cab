"""``satlog layout``: list, show, check and schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
from click.exceptions import Exit

from satlog_native import layouts
from satlog_native.cli.common import aligned
from satlog_native.cli.group import UNUSABLE, examples
from satlog_native.errors import LayoutError
from satlog_native.layouts.columns import columns_of
from satlog_native.layouts.model import Checksum, Framing, Layout, LengthField, Variant


@click.group(epilog=examples("satlog layout list", "satlog layout check my_unit.toml"))
def command() -> None:
    """List, show and check layouts.

    A layout is a TOML file that says how a log is framed and what its records hold. Folders of
    layouts of your own are named in SATLOG_LAYOUT_PATH.
    """


@command.command("list", epilog=examples("satlog layout list"))
def list_layouts() -> None:
    """List the layouts that can be used by name."""
    rows = [("name", "version", "status", "title", "file")]
    rows += [_row(name, path) for name, path in layouts.available().items()]
    click.echo("\n".join(aligned(rows)))


def _row(name: str, path: Path) -> tuple[str, str, str, str, str]:
    try:
        layout = layouts.load(path)
    except LayoutError:
        return name, "", "", f"has mistakes: satlog layout check {name}", str(path)
    return name, layout.version, layout.status, layout.title, str(path)


@command.command(epilog=examples("satlog layout show satloc_air"))
@click.argument("layout", metavar="NAME|FILE")
@click.option("--toml", is_flag=True, help="Write the TOML file itself.")
def show(layout: str, toml: bool) -> None:
    """Show a layout: its framing and its records."""
    used = layouts.load(layout)
    if toml:
        click.echo(Path(used.source).read_text("utf-8-sig"), nl=False)
        return
    lines = [
        f"{used.name}, version {used.version}, status {used.status}",
        *([used.title] if used.title else []),
        "",
        *aligned(list(_framing_rows(used))),
        "",
        *_record_lines(used),
    ]
    click.echo("\n".join(lines))


def _framing_rows(layout: Layout) -> Iterator[tuple[str, str]]:
    framing = layout.framing
    yield "byte order", layout.byte_order
    magic = f", starts with {_hex(framing.magic)}" if framing.magic else ""
    yield "header", f"{framing.header_size} bytes{magic}"
    yield "sync", _hex(framing.sync) or "none"
    yield "length", "none: by type" if framing.length is None else _length(framing.length)
    yield "type", f"{framing.type.wire.name} at {framing.type.at}"
    yield "payload", f"at {framing.payload_at}"
    yield "checksum", "none" if framing.checksum is None else _checksum(framing.checksum, framing)


def _length(length: LengthField) -> str:
    counted = {
        "frame": "of the whole frame",
        "payload": "of the payload",
        "after": "of the bytes after it",
    }[length.counts]
    bias = f", {length.bias:+} bytes" if length.bias else ""
    return f"{length.wire.name} at {length.at}, {counted}{bias}, at most {length.maximum:,}"


def _checksum(checksum: Checksum, framing: Framing) -> str:
    place = f"at {checksum.at}" if checksum.at is not None else "at the end"
    text = f"{checksum.algorithm}, {checksum.wire.name} {place}, from byte {checksum.start}"
    if checksum.algorithm.startswith("crc"):
        text += (
            f", polynomial 0x{checksum.polynomial:X}, initial 0x{checksum.initial:X}, "
            f"final xor 0x{checksum.final_xor:X}{', reflected' if checksum.reflect else ''}"
        )
    return text


def _record_lines(layout: Layout) -> list[str]:
    rows = [("type", "record", "payload", "columns")]
    for kind in layout.kinds:
        columns = ", ".join(column.name for column in columns_of(kind))
        for number, variant in enumerate(kind.variants):
            text = ("opaque" if kind.opaque else columns) if number == 0 else ""
            rows.append((str(kind.type), kind.name, _payload(variant), text))
    return aligned(rows, right=(True, False, True))


def _payload(variant: Variant) -> str:
    return "variable" if variant.size is None else f"{variant.size:,}"


def _hex(data: bytes) -> str:
    return data.hex(" ").upper()


@command.command(epilog=examples("satlog layout check my_unit.toml"))
@click.argument("layout", metavar="FILE")
def check(layout: str) -> None:
    """Tell every mistake of a layout, one sentence each.

    The exit status is 2 if there are any.
    """
    mistakes = layouts.check(layout)
    if mistakes:
        click.echo("\n".join(map(str, mistakes)))
        raise Exit(UNUSABLE)
    used = layouts.load(layout)
    click.echo(f"ok: {used.name}, version {used.version}, {len(used.kinds)} kinds of record")


@command.command(epilog=examples("satlog layout schema > layout.schema.json"))
def schema() -> None:
    """Write the JSON Schema of a layout's TOML, with which editors complete and check."""
    click.echo(json.dumps(layouts.json_schema(), ensure_ascii=False, indent=2))
