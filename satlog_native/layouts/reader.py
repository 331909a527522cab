"""TOML text to a checked :class:`~satlog_native.layouts.model.Layout`."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import replace
from typing import Any, Final, NamedTuple, cast, get_args

from satlog_native.errors import LayoutError
from satlog_native.layouts.checks import Read, check_layout, check_record
from satlog_native.layouts.fields import BYTE_ORDERS, read_field
from satlog_native.layouts.framing import read_framing
from satlog_native.layouts.model import ByteOrder, Field, Framing, Layout, Status, Variant
from satlog_native.layouts.table import LARGEST, Enough, Mistakes, Place, Table, show

STATUSES: Final = get_args(Status)
TOP_KEYS: Final = ("layout", "framing", "record")
LAYOUT_KEYS: Final = ("name", "version", "status", "title", "byte_order")
RECORD_KEYS: Final = ("type", "name", "size", "doc", "field")

_LAYOUT_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*", re.ASCII)
_TYPE_EXAMPLE: Final = "type = 1"


class Head(NamedTuple):
    """``[layout]``: the first members of a :class:`Layout`, in its order."""

    name: str
    version: str
    status: Status
    title: str
    byte_order: ByteOrder


def read_layout(text: str, source: str) -> tuple[Layout | None, list[LayoutError]]:
    """Read and check a layout.

    Parameters
    ----------
    text : str
        The TOML.
    source : str
        The file or name that the error sentences begin with.

    Returns
    -------
    layout : Layout or None
        None where there is a mistake.
    mistakes : list of LayoutError
        The mistakes that can be told without guessing, at most 100, in the order of the file;
        those between several records last.
    """
    mistakes = Mistakes()
    layout = None
    try:
        with mistakes:
            layout = _read(text, Place(source), mistakes)
    except Enough:
        pass
    return (None if mistakes.told else layout), mistakes.told


def _read(text: str, place: Place, mistakes: Mistakes) -> Layout | None:
    top = Table(_parse(text, place), place, TOP_KEYS)
    head: Head | None = None
    with mistakes:
        head = _head(top)
    byte_order: ByteOrder = head.byte_order if head else "little"
    framing: Framing | None = None
    with mistakes:
        values = top.take("framing", "a table [framing] with `type` and `payload_at`")
        framing = read_framing(values, place, byte_order, mistakes)
    reads: list[Read] = []
    with mistakes:
        reads = _records(top, byte_order, mistakes)
    mistakes.note(check_layout(reads, framing))
    if head is None or framing is None:
        return None
    return Layout(*head, framing, tuple(read.variant for read in reads), place.source)


def _parse(text: str, place: Place) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise place.error("lists or tables are nested too deeply: no layout needs that") from None
    except ValueError as error:  # also integers with too many digits for Python
        raise place.error(
            f"this is not valid TOML: {error}; correct the text at that place"
        ) from None


def _head(top: Table) -> Head:
    table = top.table("layout", LAYOUT_KEYS, "a table [layout] with `name` and `version`")
    name = table.text("name", 'name = "my_unit"')
    if not _LAYOUT_NAME.fullmatch(name):
        raise table.wrong("name", "one word of letters, digits, _ and -", 'name = "my_unit"')
    order = table.choice("byte_order", BYTE_ORDERS, 'byte_order = "big"', default="little")
    status = table.choice("status", STATUSES, 'status = "assumed"', default="assumed")
    return Head(
        name=name,
        version=table.text("version", 'version = "1"'),
        status=cast("Status", status),
        title=table.text("title", 'title = "Log of my unit"', default=""),
        byte_order=cast("ByteOrder", order),
    )


def _tables(values: object, place: Place, key: str) -> list[object]:
    """An array of tables, whose double brackets are easily forgotten."""
    if isinstance(values, list) and all(isinstance(value, dict) for value in values):
        return values
    header = "[[record]]" if key == "record" else "[[record.field]]"
    raise place.error(f"`{key}` must be a list of tables: begin each with {header}, two brackets")


def _records(top: Table, byte_order: ByteOrder, mistakes: Mistakes) -> list[Read]:
    values = _tables(top.values.get("record", []), top.place, "record")
    if not values:
        raise top.place.error(
            "the layout has no record: add at least one [[record]] with `type` and `name`"
        )
    labels = _record_labels(cast("list[dict[str, Any]]", values))
    reads = []
    for value, label in zip(values, labels, strict=True):
        place = replace(top.place, record=label)
        with mistakes:
            read = _record(value, place, byte_order, mistakes)
            mistakes.note(check_record(read))
            reads.append(read)
    return reads


def _record_labels(values: list[dict[str, Any]]) -> list[str]:
    """What the sentences call each record: its name, with its size where variants share one."""
    names = Counter(show(value.get("name")) for value in values)
    labels = []
    for ordinal, value in enumerate(values, start=1):
        name = value.get("name")
        label = name[:60] if isinstance(name, str) else f"#{ordinal}"
        if names[show(name)] > 1 and "name" in value:
            label += f" (size {show(value['size'])})" if "size" in value else " (variable)"
        labels.append(label)
    return labels


def _record(values: object, place: Place, byte_order: ByteOrder, mistakes: Mistakes) -> Read:
    table = Table(values, place, RECORD_KEYS)
    variant = Variant(
        type=table.integer("type", 0, 65535, _TYPE_EXAMPLE),
        name=table.name("name", 'name = "position"'),
        size=table.integer("size", 0, LARGEST, "size = 39") if "size" in table else None,
        doc=table.text("doc", 'doc = "What the record holds."', default=""),
        fields=(),
    )
    items = cast("list[dict[str, Any]]", _tables(table.values.get("field", []), place, "field"))
    fields: list[Field] = []
    declared = set()
    for ordinal, item in enumerate(items, start=1):
        name = item.get("name")
        label = name[:60] if isinstance(name, str) else f"#{ordinal}"
        declared.add(label)
        with mistakes:
            fields.append(read_field(item, replace(place, field=label), byte_order))
    return Read(replace(variant, fields=tuple(fields)), place, declared)
