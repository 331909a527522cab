"""The columns of a kind's table, derived from its layout: names, types, units, and their origin.

The first two columns of every table are the framing's own: ``frame`` and ``offset``. They are
``INDEX_COLUMNS`` here; :func:`columns_of` gives the kind's own columns, which follow them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from satlog_native.layouts.model import Bit, Field, Kind, WireType

#: Arrow type of a wire type's column.
ARROW_NUMBERS: Final = {
    "u8": "uint8",
    "i8": "int8",
    "u16": "uint16",
    "i16": "int16",
    "u24": "uint32",
    "i24": "int32",
    "u32": "uint32",
    "i32": "int32",
    "u64": "uint64",
    "i64": "int64",
    "f32": "float",
    "f64": "double",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
    type : str
        As Arrow names it: ``uint8 … int64 float double bool string binary timestamp enum``.
    listed : bool
        Whether the column is a list of ``type``.
    unit, doc : str
    nullable : bool
        Whether a value (not an item of a list) can be null.
    sources : tuple of (Field, Bit or None), or None
        For each variant of the kind, the field (and bits of it) that the column comes from.
    """

    name: str
    type: str
    listed: bool
    unit: str
    doc: str
    nullable: bool
    sources: tuple[tuple[Field, Bit | None] | None, ...] = ()

    @property
    def field(self) -> Field:
        """The first field that the column comes from: all agree on how it is converted."""
        return next(source[0] for source in self.sources if source is not None)

    @property
    def type_name(self) -> str:
        """The type in words, for people."""
        name = {"timestamp": "timestamp[us, UTC]", "enum": "dictionary<string>"}.get(
            self.type, self.type
        )
        return f"list<{name}>" if self.listed else name


INDEX_COLUMNS: Final = (
    Column("frame", "uint32", False, "", "ordinal of the record in the log", False),
    Column("offset", "uint64", False, "byte", "position of the record in the log", False),
)

#: The one column of a record without fields, known or not.
PAYLOAD_COLUMN: Final = Column("payload", "binary", False, "", "the record's bytes", False)


def _number_type(wire: WireType, field: Field) -> str:
    return "double" if field.scaled else ARROW_NUMBERS[wire.name]


def _bit_type(bit: Bit) -> str:
    if bit.width == 1:
        return "bool"
    return f"uint{next(size for size in (8, 16, 32, 64) if bit.width <= size)}"


def _type_of(field: Field, bit: Bit | None) -> str:
    if bit is not None:
        return _bit_type(bit)
    if field.codec is not None:
        return "timestamp"
    if field.enum:
        return "enum"
    if field.wire is not None:
        return _number_type(field.wire, field)
    return "string" if field.type == "text" else "binary"


def _own_null(field: Field) -> bool:
    """Whether a single value of the field can be null."""
    if field.codec is not None:
        return True
    return field.null is not None and field.count is None


def _parts(field: Field) -> list[tuple[str, Bit | None]]:
    return [(bit.name, bit) for bit in field.bits] if field.bits else [(field.name, None)]


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """The columns of a kind's table after ``frame`` and ``offset``: the union of its variants'."""
    if kind.opaque:
        return (PAYLOAD_COLUMN,)
    found: dict[str, list[tuple[Field, Bit | None] | None]] = {}
    for number, variant in enumerate(kind.variants):
        for field in variant.fields:
            for name, bit in _parts(field):
                sources = found.setdefault(name, [None] * len(kind.variants))
                sources[number] = (field, bit)
    return tuple(_column(name, tuple(sources)) for name, sources in found.items())


def _column(name: str, sources: tuple[tuple[Field, Bit | None] | None, ...]) -> Column:
    field, bit = next(source for source in sources if source is not None)
    return Column(
        name=name,
        type=_type_of(field, bit),
        listed=field.count is not None,
        unit=field.unit,
        doc=field.doc,
        nullable=None in sources or _own_null(field),
        sources=sources,
    )
