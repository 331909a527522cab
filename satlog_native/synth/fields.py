"""One field of a layout: its columns to wire values, to bytes, and back to columns.

A field's wire value (:data:`Wire`) is a list of arrays with one row a record: the numbers that lie
in the file one after the other (two for some times), or bytes as objects (text and ``bytes``), or
arrays of numbers as objects (lists).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from satlog_native.errors import EncodeError
from satlog_native.layouts.model import (
    REST,
    WIRE_TYPES,
    DosTime,
    Field,
    GpsTime,
    PackedTime,
    WireType,
)
from satlog_native.synth.records import Array, Column, as_objects
from satlog_native.synth.times import GPS_EPOCH, from_parts, part_types, to_parts
from satlog_native.synth.wires import (
    from_wire,
    is_null,
    number_bytes,
    to_wire,
    wire_dtype,
    with_nulls,
)

Wire = list[Array]
Masked = np.ma.MaskedArray[Any, Any]


def column_names(field: Field) -> list[str]:
    """The columns that a field makes."""
    return [bit.name for bit in field.bits] or [field.name]


def to_wires(field: Field, columns: Mapping[str, Any], rows: int, where: str) -> Wire:
    """A field's wire values.

    Raises
    ------
    EncodeError
        For a value that the field cannot hold.
    """
    if field.bits:
        return [_from_bits(field, columns, rows, where)]
    where = f"{where}, field {field.name}"
    given = columns.get(field.name)
    column = _nothing(field, rows) if given is None else Column.of(given)
    if field.codec is not None:
        return to_parts(field, field.codec, column, where)
    if field.wire is None:
        return [_to_octets(field, column, where)]
    if field.count is not None:
        return [_to_lists(field, field.wire, column, where)]
    if field.enum:
        column = Column(_numbers_of_names(field, column, where), column.null)
    return [to_wire(field, field.wire, column, where)]


def to_columns(field: Field, wire: Wire) -> dict[str, Masked]:
    """The columns that a decoder reads from a field's wire values."""
    if field.codec is not None:
        return {field.name: from_parts(field, field.codec, wire)}
    values = wire[0]
    if field.bits:
        return _to_bits(field, values)
    if field.wire is None:
        read = _text if field.type == "text" else _octets
        return {field.name: np.ma.MaskedArray(as_objects([read(field, v) for v in values]))}
    if field.count is not None:
        lists = as_objects([from_wire(field, row).tolist() for row in values])
        return {field.name: np.ma.MaskedArray(lists)}
    if field.enum:
        names = dict(field.enum)
        labels = as_objects([names.get(int(v), str(int(v))) for v in values])
        return {field.name: np.ma.MaskedArray(labels, is_null(field, values))}
    return {field.name: from_wire(field, values)}


def fixed_bytes(field: Field, wire: Wire, rows: int) -> Array:
    """The bytes of a field that is not open-ended, shape (rows, field.fixed_size)."""
    if field.codec is not None:
        parts = zip(wire, part_types(field.codec), strict=True)
        octets = [number_bytes(part, kind.size, field.byte_order) for part, kind in parts]
        return np.concatenate(octets, axis=1)
    if field.wire is None:
        joined = b"".join(value.ljust(field.fixed_size, b"\0") for value in wire[0])
        return np.frombuffer(joined, np.uint8).reshape(rows, field.fixed_size)
    numbers = np.concatenate(wire[0]) if field.count is not None and rows else wire[0]
    return number_bytes(numbers, field.wire.size, field.byte_order).reshape(rows, field.fixed_size)


def open_bytes(field: Field, wire: Wire) -> list[bytes]:
    """The bytes of an open-ended field, one for each record."""
    if field.wire is None:
        return list(wire[0])
    size, order = field.wire.size, field.byte_order
    return [number_bytes(numbers, size, order).tobytes() for numbers in wire[0]]


def _nothing(field: Field, rows: int) -> Column:
    """What stands for a column that is not given: null where the field can say so, else zeros."""
    if field.codec is None and field.wire is None:
        empty: Any = "" if field.type == "text" else b""
        return Column(as_objects([empty] * rows), np.zeros(rows, bool))
    if field.count is not None:
        length = field.count if isinstance(field.count, int) else 0
        return Column(as_objects([[0] * length] * rows), np.zeros(rows, bool))
    if isinstance(field.codec, GpsTime) and field.null is None:
        return Column(np.full(rows, GPS_EPOCH), np.zeros(rows, bool))
    nullable = field.null is not None or isinstance(field.codec, PackedTime | DosTime)
    return Column(np.zeros(rows, np.int64), np.full(rows, nullable))


def _from_bits(field: Field, columns: Mapping[str, Any], rows: int, where: str) -> Array:
    assert field.wire is not None
    packed = np.zeros(rows, np.uint64)
    given = [bit for bit in field.bits if bit.name in columns]
    null = np.full(rows, field.null is not None and not given)
    for bit in given:
        column = Column.of(columns[bit.name])
        null |= column.null
        plain = Field(bit.name, field.at, "u64", field.byte_order, wire=WIRE_TYPES["u64"])
        known = Column(np.where(column.null, 0, column.values), np.zeros(rows, bool))
        values = to_wire(plain, WIRE_TYPES["u64"], known, f"{where}, bits {bit.name}")
        if bit.width < 64 and (values >> np.uint64(bit.width)).any():
            row = int(np.argmax(values >> np.uint64(bit.width)))
            raise EncodeError(
                f"{where}, bits {bit.name}, row {row}: {values[row]} does not fit {bit.width} bits"
            )
        packed |= values << np.uint64(bit.first)
    wires = _signed(field.wire, packed).astype(wire_dtype(field.wire))
    return with_nulls(field, wires, null, f"{where}, field {field.name}")


def _signed(wire: WireType, packed: Array) -> Array:
    """Bits as the wire type's number: a signed type's highest bit is its sign."""
    if wire.kind == "unsigned":
        return packed
    shift = np.int64(64 - 8 * wire.size)
    return (packed.astype(np.int64) << shift) >> shift


def _to_bits(field: Field, values: Array) -> dict[str, Masked]:
    packed = values.astype(np.int64 if values.dtype.kind == "i" else np.uint64).astype(np.uint64)
    null = is_null(field, values)
    columns = {}
    for bit in field.bits:
        part = (packed >> np.uint64(bit.first)) & np.uint64((1 << bit.width) - 1)
        dtype = bool if bit.width == 1 else np.min_scalar_type((1 << bit.width) - 1)
        columns[bit.name] = np.ma.MaskedArray(part.astype(dtype), null)
    return columns


def _numbers_of_names(field: Field, column: Column, where: str) -> Array:
    if column.values.dtype.kind in "iu":
        return column.values
    numbers = {name: number for number, name in field.enum}
    values = np.zeros(len(column.values), object)
    for row, value in enumerate(column.values):
        if column.null[row]:
            continue
        name = str(value)
        if name not in numbers and not name.removeprefix("-").isdecimal():
            known = ", ".join(numbers)
            raise EncodeError(
                f"{where}, row {row}: {name!r} is none of the names {known}; give one, or a number"
            )
        values[row] = numbers[name] if name in numbers else int(name)
    return values


def _to_octets(field: Field, column: Column, where: str) -> Array:
    octets = np.empty(len(column.values), object)
    for row, value in enumerate(column.values):
        try:
            data = value.encode(field.encoding) if field.type == "text" else bytes(value)
        except (AttributeError, TypeError):
            wanted = "text" if field.type == "text" else "bytes"
            raise EncodeError(f"{where}, row {row}: {wanted} expected, not {value!r}") from None
        except UnicodeEncodeError as error:
            raise EncodeError(
                f"{where}, row {row}: {value!r} is not {field.encoding}: {error}"
            ) from None
        if field.size != REST and len(data) > field.fixed_size:
            raise EncodeError(
                f"{where}, row {row}: {value!r} takes {len(data)} bytes, but the field has "
                f"{field.fixed_size}; shorten it"
            )
        octets[row] = data
    return octets


def _text(field: Field, data: bytes) -> str:
    assert field.encoding is not None
    return data.decode(field.encoding, "replace").rstrip("\0 ")


def _octets(field: Field, data: bytes) -> bytes:
    return data.ljust(field.fixed_size, b"\0")


def _to_lists(field: Field, wire: WireType, column: Column, where: str) -> Array:
    if column.null.any():
        raise EncodeError(
            f"{where}, row {int(np.argmax(column.null))}: a list cannot be null; give a list"
        )
    lengths = np.array([len(row) for row in column.values], np.int64)
    if isinstance(field.count, int) and (lengths != field.count).any():
        row = int(np.argmax(lengths != field.count))
        raise EncodeError(
            f"{where}, row {row}: the list has {lengths[row]} elements, but the layout says "
            f"{field.count}"
        )
    elements = Column.of([element for row in column.values for element in row])
    wires = to_wire(field, wire, elements, f"{where}, elements of all rows")
    return as_objects(np.split(wires, np.cumsum(lengths)[:-1]) if len(lengths) else [])
