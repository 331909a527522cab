"""Engineering values to the numbers that lie in the file, and back to what a decoder reads."""

from __future__ import annotations

from typing import Any

import numpy as np

from satlog_native.errors import EncodeError
from satlog_native.layouts.model import ByteOrder, Field, WireType
from satlog_native.synth.records import Array, Column, as_objects

_PREFIX = {"unsigned": "u", "signed": "i", "float": "f"}


def wire_dtype(wire: WireType) -> np.dtype[Any]:
    """The numpy type that holds a wire type: its own, or the next wider one for 24 bits."""
    return np.dtype(f"{_PREFIX[wire.kind]}{4 if wire.size == 3 else wire.size}")


def to_wire(field: Field, wire: WireType, column: Column, where: str) -> Array:
    """Wire numbers of a column: ``(value - bias) / scale``, rounded to the nearest.

    Raises
    ------
    EncodeError
        For a value that the wire type cannot hold, that means null though it is not, or a null
        where the field has no null.
    """
    if wire.kind == "float":
        return _to_float(field, wire, column, where)
    values, null = column.values, column.null
    if values.dtype.kind not in "iub":
        values, null = _as_integers(field, wire, column, where)
    elif field.scaled:
        values = np.rint(_unscaled(field, values)).astype(np.float64)
    _check_range(wire, values, null, where)
    wires = np.where(null, 0, values).astype(wire_dtype(wire))
    return with_nulls(field, wires, null, where)


def from_wire(field: Field, wires: Array) -> np.ma.MaskedArray[Any, Any]:
    """What a decoder reads back from wire numbers."""
    null = is_null(field, wires)
    values = wires
    if field.scaled:
        scale, bias = _scaling(field)
        values = wires.astype(np.float64) * scale + bias
    return np.ma.MaskedArray(values, null)


def number_bytes(wires: Array, size: int, byte_order: ByteOrder) -> Array:
    """The bytes of wire numbers, shape (len(wires), size); the lowest ``size`` bytes of each."""
    width = wires.dtype.itemsize
    whole = np.ascontiguousarray(wires.astype(wires.dtype.newbyteorder(byte_order), copy=False))
    octets = whole.view(np.uint8).reshape(len(wires), width)
    return octets[:, :size] if byte_order == "little" else octets[:, width - size :]


def with_nulls(field: Field, wires: Array, null: Array, where: str) -> Array:
    """``wires`` with the field's null value where ``null`` holds.

    Raises
    ------
    EncodeError
        For a null where the field has none, and a value that would be read as null.
    """
    if field.null is None:
        if null.any():
            raise EncodeError(
                f"{where}, row {int(np.argmax(null))}: the value is null, but the layout has no "
                f"null for this field; give a value"
            )
        return wires
    mistaken = is_null(field, wires) & ~null
    if field.null != "nan" and mistaken.any():
        raise EncodeError(
            f"{where}, row {int(np.argmax(mistaken))}: the value would be written as {field.null}, "
            f"which means null in this layout; give null, or another value"
        )
    return np.where(null, _null_wire(field, wires.dtype), wires)


def is_null(field: Field, wires: Array) -> Array:
    """Where wire numbers are the field's null."""
    if field.null is None:
        return np.zeros(wires.shape, bool)
    if field.null == "nan":
        return np.isnan(wires)
    return np.asarray(wires == _null_wire(field, wires.dtype))


def _null_wire(field: Field, dtype: np.dtype[Any]) -> Any:
    return dtype.type(np.nan if field.null == "nan" else field.null)


def _scaling(field: Field) -> tuple[float, float]:
    scale = 1.0 if field.scale is None else field.scale
    return scale, field.bias or 0.0


def _unscaled(field: Field, values: Array) -> Array:
    scale, bias = _scaling(field)
    return (np.asarray(values, np.float64) - bias) / scale


def _to_float(field: Field, wire: WireType, column: Column, where: str) -> Array:
    null = column.null
    values = np.where(null, 0.0, column.values)
    try:
        values = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise EncodeError(f"{where}: numbers are expected, but {error}") from None
    if field.scaled:
        values = _unscaled(field, values)
    with np.errstate(over="ignore"):
        wires = values.astype(wire_dtype(wire))
    lost = np.isinf(wires) & np.isfinite(values)
    if lost.any():
        row = int(np.argmax(lost))
        raise EncodeError(f"{where}, row {row}: {values[row]!r} is too large for {wire.name}")
    return with_nulls(field, wires, null, where)


def _as_integers(field: Field, wire: WireType, column: Column, where: str) -> tuple[Array, Array]:
    """Rounded values, as floats or (for 64 bits, where floats are too coarse) as Python ints."""
    values, null = column.values, column.null
    if values.dtype == object and not field.scaled:
        return _integer_objects(column, where), null
    try:
        floats = np.where(null, np.nan, values).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise EncodeError(f"{where}: numbers are expected, but {error}") from None
    null = null | np.isnan(floats)
    rounded = np.rint(_unscaled(field, floats) if field.scaled else floats)
    rounded[null] = 0
    if wire.size < 8:
        return rounded, null
    integers = [int(value) if np.isfinite(value) else value for value in rounded.tolist()]
    return as_objects(integers), null


def _integer_objects(column: Column, where: str) -> Array:
    """Python ints, so that no 64-bit number passes through a float."""
    integers = np.zeros(len(column.values), object)
    for row, (value, null) in enumerate(zip(column.values, column.null, strict=True)):
        if null:
            continue
        try:
            integers[row] = round(value)
        except (TypeError, ValueError, OverflowError):
            raise EncodeError(
                f"{where}, row {row}: a whole number is expected, not {value!r}"
            ) from None
    return integers


def _check_range(wire: WireType, values: Array, null: Array, where: str) -> None:
    outside = ((values < wire.minimum) | (values > wire.maximum)) & ~null
    if outside.any():
        row = int(np.argmax(outside))
        raise EncodeError(
            f"{where}, row {row}: the value is {values[row]} on the wire, which {wire.name} cannot "
            f"hold; it holds {wire.minimum} to {wire.maximum}"
        )
