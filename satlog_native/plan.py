"""From a layout to what the compiled core works from: plain numbers.

:func:`framing_of` makes the rules by which a log is walked, :func:`plan_of` those by which the rows
of one kind become columns, and :func:`schema_of` the Arrow schema that these columns have.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from satlog_native._core.columns import CODES, TablePlan
from satlog_native._core.framing import ALGORITHMS, Framing
from satlog_native.layouts.columns import INDEX_COLUMNS, PAYLOAD_COLUMN, Column, columns_of
from satlog_native.layouts.model import (
    Bit,
    Checksum,
    DosTime,
    Field,
    GpsTime,
    Kind,
    Layout,
    LengthField,
    PackedTime,
    TimeCodec,
    UnixTime,
    Variant,
    WireType,
)

if TYPE_CHECKING:
    import pyarrow as pa

#: Largest frame that an index can hold: its size is kept in 32 bits.
MOST_FRAME: Final = 0xFFFFFFFF

_PARTS: Final = ("year", "month", "day", "hour", "minute", "second")
_FRACTIONS: Final = {"tenth": 100_000, "hundredth": 10_000, "millisecond": 1_000, "microsecond": 1}
_NO_PART: Final = (0, 0)
# A unit of time longer than this reaches past every date.
_MOST_MICROS: Final = 2 * 10**18


@lru_cache(maxsize=64)
def framing_of(layout: Layout) -> Framing:
    """The rules by which a log of this layout is cut into frames."""
    framing = layout.framing
    return Framing(
        header_size=framing.header_size,
        sync=framing.sync,
        length=None if framing.length is None else _length(layout, framing.length),
        type_field=(framing.type.at, framing.type.wire.size, framing.type.byte_order == "big"),
        payload_at=framing.payload_at,
        checksum=None if framing.checksum is None else _checksum(framing.checksum),
        kinds=[
            (kind.type, [_variant_rule(variant) for variant in kind.variants])
            for kind in layout.kinds
        ],
    )


def length_to_frame(layout: Layout, length: LengthField) -> int:
    """What to add to the length on the wire to get the frame's size."""
    match length.counts:
        case "frame":
            return length.bias
        case "payload":
            return layout.framing.overhead + length.bias
        case "after":
            return length.at + length.wire.size + length.bias


def _length(layout: Layout, length: LengthField) -> tuple[int, int, bool, int, int]:
    add = length_to_frame(layout, length)
    maximum = min(length.maximum, MOST_FRAME - max(add, 0))
    return length.at, length.wire.size, length.byte_order == "big", add, maximum


def _checksum(
    checksum: Checksum,
) -> tuple[int, int, bool, int, int, int, int, int, bool, int]:
    bits = int(checksum.algorithm[3:]) if checksum.algorithm.startswith("crc") else 0
    return (
        ALGORITHMS[checksum.algorithm],
        checksum.wire.size,
        checksum.byte_order == "big",
        checksum.start,
        -1 if checksum.at is None else checksum.at,
        bits,
        checksum.polynomial,
        checksum.initial,
        checksum.reflect,
        checksum.final_xor,
    )


def _variant_rule(variant: Variant) -> tuple[int, bool, int, int, bool, bool, int, int]:
    rule = (variant.minimum_size, variant.size is None)
    for field in variant.fields:
        if field.wire is not None and isinstance(field.count, str) and field.count != "rest":
            count = _field_of(variant, field.count)
            wire = _wire_of(count)
            big = count.byte_order == "big"
            return *rule, count.at, wire.size, wire.kind == "signed", big, field.at, field.wire.size
    return *rule, 0, 0, False, False, 0, 0


def _field_of(variant: Variant, name: str) -> Field:
    return next(field for field in variant.fields if field.name == name)


def _wire_of(field: Field) -> WireType:
    if field.wire is None:
        raise TypeError(f"field {field.name} is no number")
    return field.wire


def plan_of(layout: Layout, kind: Kind, columns: Sequence[Column]) -> TablePlan:
    """How the rows of a kind become these columns, in this order."""
    if kind.opaque:
        return payload_plan(layout, columns)
    variants = [
        [
            _op(layout, variant, place, column, source)
            for place, column in enumerate(columns)
            if column.sources and (source := column.sources[number]) is not None
        ]
        for number, variant in enumerate(kind.variants)
    ]
    return _table_plan(columns, variants, layout.framing.trailer_size, uniform=False)


def payload_plan(layout: Layout, columns: Sequence[Column]) -> TablePlan:
    """Every row's payload as it is: opaque records and unknown types."""
    return _octets_plan(columns, layout.framing.payload_at, layout.framing.trailer_size)


def frame_plan(columns: Sequence[Column]) -> TablePlan:
    """Every row's whole frame as it is."""
    return _octets_plan(columns, 0, 0)


def _octets_plan(columns: Sequence[Column], at: int, trailer: int) -> TablePlan:
    ops = [
        {
            "column": place,
            "form": CODES["form"]["octets"],
            "storage": CODES["storage"]["binary"],
            "at": at,
            "extent": (CODES["extent"]["rest"], 0),
        }
        for place, column in enumerate(columns)
        if column not in INDEX_COLUMNS
    ]
    return _table_plan(columns, [ops], trailer, uniform=True)


def _table_plan(
    columns: Sequence[Column],
    variants: list[Sequence[dict[str, Any]]] | list[list[dict[str, Any]]],
    trailer: int,
    *,
    uniform: bool,
) -> TablePlan:
    storage = CODES["storage"]
    places = {column: place for place, column in enumerate(columns) if column in INDEX_COLUMNS}
    return TablePlan(
        [(storage["list" if c.listed else c.type], storage[c.type], c.nullable) for c in columns],
        list(variants),
        trailer,
        uniform,
        *(places.get(column, -1) for column in INDEX_COLUMNS),
    )


def _op(
    layout: Layout,
    variant: Variant,
    place: int,
    column: Column,
    source: tuple[Field, Bit | None],
) -> dict[str, Any]:
    """One column from one variant; the keys are those that the core's ``_set_op`` reads."""
    field, bit = source
    payload_at = layout.framing.payload_at
    spec: dict[str, Any] = {
        "column": place,
        "form": CODES["form"][_form(field)],
        "storage": CODES["storage"][column.type],
        "at": payload_at + field.at,
    }
    if field.codec is not None:
        spec["time"] = _time(field, field.codec)
    elif field.wire is not None:
        spec["wire"] = (
            field.wire.size,
            CODES["kind"][field.wire.kind],
            field.byte_order == "big",
        )
        spec["null"] = _null(field, field.wire)
    if field.scaled:
        spec["scale"] = (
            1.0 if field.scale is None else field.scale,
            0.0 if field.bias is None else field.bias,
        )
    if bit is not None:
        spec["bits"] = (bit.first, (1 << bit.width) - 1)
    if field.encoding is not None:
        spec["encoding"] = CODES["encoding"][field.encoding]
    if field.wire is None and field.codec is None:
        spec["extent"] = _extent(field.size)
    elif field.count is not None:
        spec["extent"] = _extent(field.count)
        if isinstance(field.count, str) and field.count != "rest":
            count = _field_of(variant, field.count)
            wire = _wire_of(count)
            spec["count"] = (
                payload_at + count.at,
                wire.size,
                wire.kind == "signed",
                count.byte_order == "big",
            )
    return spec


def _form(field: Field) -> str:
    if field.codec is not None:
        return "time"
    if field.wire is None:
        return "characters" if field.type == "text" else "octets"
    if field.bits:
        return "bits"
    return "scaled" if field.scaled else "number"


def _extent(extent: int | str | None) -> tuple[int, int]:
    if isinstance(extent, int):
        return CODES["extent"]["exact"], extent
    return CODES["extent"]["rest" if extent == "rest" else "counted"], 0


def _null(field: Field, wire: WireType) -> tuple[int, int, float]:
    codes = CODES["null"]
    if field.null is None:
        return codes["never"], 0, 0.0
    if field.null == "nan":
        return codes["nan"], 0, 0.0
    if wire.kind == "float":
        # The wire holds the nearest value of its own precision.
        letter = "f" if wire.size == 4 else "d"
        return codes["float"], 0, struct.unpack(letter, struct.pack(letter, field.null))[0]
    return codes["equal"], int(field.null) & ((1 << (8 * wire.size)) - 1), 0.0


def _number(wire: WireType, scale: float) -> tuple[int, int, float, int]:
    """A number of seconds x scale: (width, kind, microseconds a unit, the same if whole)."""
    # By the decimal that stands in the layout: 0.001 is a millisecond, not its nearest double.
    micros = Fraction(repr(scale)) * 1_000_000
    whole = int(micros) if micros.denominator == 1 and abs(micros) <= _MOST_MICROS else 0
    return wire.size, CODES["kind"][wire.kind], float(micros), whole


def _time(field: Field, codec: TimeCodec) -> tuple[Any, ...]:
    """(form, big, size, parts, year base, microseconds of a fraction, major, minor, null)."""
    big = field.byte_order == "big"
    forms = CODES["codec"]
    no_parts = (_NO_PART,) * 7
    match codec:
        case PackedTime():
            null = _raw_null(field, codec.size)
            parts = {name: (first, width) for name, first, width in codec.bits}
            fraction = next((name for name in _FRACTIONS if name in parts), "microsecond")
            places = tuple(parts.get(name, _NO_PART) for name in (*_PARTS, fraction))
            unit = _FRACTIONS[fraction]
            return (
                forms["packed"], big, codec.size, places, codec.year_base, unit, None, None, null
            )  # fmt: skip
        case DosTime():
            null = _raw_null(field, 4)
            places = ((25, 7), (21, 4), (16, 5), (11, 5), (5, 6), (0, 5), _NO_PART)
            return forms["msdos"], big, 4, places, 1980, 1, None, None, null
        case UnixTime():
            null = _seconds_null(field, codec.seconds)
            minor = codec.fraction and _number(codec.fraction, codec.fraction_scale)
            return (
                forms["unix"], big, 0, no_parts, 0, 1, _number(codec.seconds, 1.0), minor, null
            )  # fmt: skip
        case GpsTime():
            null = _raw_null(field, codec.week.size)
            minor = _number(codec.time_of_week, codec.scale)
            return forms["gps"], big, 0, no_parts, 0, 1, _number(codec.week, 1.0), minor, null


def _raw_null(field: Field, size: int) -> int | None:
    """The null of a timestamp as the bits of its first integer."""
    return None if field.null is None else int(field.null) & ((1 << (8 * size)) - 1)


def _seconds_null(field: Field, wire: WireType) -> int | None:
    if field.null is None or wire.kind != "float":
        return _raw_null(field, wire.size)
    letter = "f" if wire.size == 4 else "d"
    value = float("nan") if field.null == "nan" else field.null
    return int.from_bytes(struct.pack(f"<{letter}", value), "little")


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema of a table's columns; unit and documentation in the fields' metadata."""
    import pyarrow as pa

    types = {
        "timestamp": pa.timestamp("us", tz="UTC"),
        "bool": pa.bool_(),
        "enum": pa.dictionary(pa.int32(), pa.string()),
    }

    def field(column: Column) -> pa.Field:
        data_type = types.get(column.type) or pa.type_for_alias(column.type)
        metadata = {key: text for key, text in (("unit", column.unit), ("doc", column.doc)) if text}
        return pa.field(
            column.name,
            pa.list_(data_type) if column.listed else data_type,
            nullable=column.nullable,
            metadata=metadata or None,
        )

    return pa.schema([field(column) for column in columns])


def table_columns(layout: Layout, kind: Kind | None) -> tuple[Column, ...]:
    """All columns of a kind's table, or of an unknown type's (None)."""
    return (*INDEX_COLUMNS, *((PAYLOAD_COLUMN,) if kind is None else columns_of(kind)))
