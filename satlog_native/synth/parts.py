"""Records to wire values: what one kind and size of record puts into its payloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from satlog_native.errors import EncodeError
from satlog_native.layouts.model import REST, Field, Kind, Layout, Variant
from satlog_native.synth.fields import Wire, column_names, fixed_bytes, open_bytes, to_wires
from satlog_native.synth.records import Array, Column, Records, as_objects


@dataclass(frozen=True)
class Part:
    """One :class:`Records`, its values on the wire.

    Attributes
    ----------
    type : int
        Type number.
    variant : Variant or None
        None where the records are raw payloads.
    wires : tuple of Wire
        For each of the variant's fields.
    payloads : ndarray of bytes objects
        Raw payloads.
    sizes : ndarray of int
        Payload bytes of each record.
    keys : ndarray of int
        By which frames are ordered.
    where : str
        The beginning of error messages.
    """

    type: int
    variant: Variant | None
    wires: tuple[Wire, ...]
    payloads: Array
    sizes: Array
    keys: Array
    where: str


def parts_of(layout: Layout, records: Sequence[Records]) -> Iterator[Part]:
    """The wire values of each of ``records``.

    Raises
    ------
    EncodeError
        For a kind, column or size that the layout does not have, or a value that it cannot hold.
    """
    following = 0
    for item in records:
        rows = item.rows()
        if item.frames is None:
            keys = np.arange(following, following + rows)
        else:
            keys = np.asarray(item.frames, np.int64)
        following = max(following, int(keys.max()) + 1) if rows else following
        kind = _kind(layout, item.kind)
        if kind is None or isinstance(item.kind, int) or kind.opaque:
            yield _raw_part(layout, kind, item, keys)
        else:
            yield _known_part(kind, item, rows, keys)


def _kind(layout: Layout, name: str | int) -> Kind | None:
    if isinstance(name, int):
        return layout.by_type.get(name)
    if name not in layout.by_name:
        known = ", ".join(layout.by_name)
        raise EncodeError(
            f"encoding records {name!r}: layout {layout.name} has no such kind; it has {known}"
        )
    return layout.by_name[name]


def _raw_part(layout: Layout, kind: Kind | None, item: Records, keys: Array) -> Part:
    where = f"encoding records {item.kind!r}"
    if set(item.columns) != {"payload"}:
        raise EncodeError(
            f"{where}: raw records have one column, payload, but given are: "
            f"{', '.join(item.columns) or 'none'}"
        )
    type_ = kind.type if kind is not None else int(item.kind)
    payloads = as_objects([bytes(payload) for payload in item.columns["payload"]])
    sizes = np.array([len(payload) for payload in payloads], np.int64)
    if layout.framing.length is None:
        allowed = {variant.size for variant in kind.variants} if kind is not None else set()
        wrong = set(sizes.tolist()) - allowed
        if wrong:
            raise EncodeError(
                f"{where}: layout {layout.name} has no length field, so that a payload must have "
                f"its type's own size, {sorted(map(str, allowed)) or 'but this type is unknown'}; "
                f"found {sorted(wrong)}"
            )
    return Part(type_, None, (), payloads, sizes, keys, where)


def _known_part(kind: Kind, item: Records, rows: int, keys: Array) -> Part:
    variant = _variant(kind, item.size)
    where = f"encoding record {kind.name}"
    columns = {name: item.columns[name] for name in item.columns}
    known = [name for field in variant.fields for name in column_names(field)]
    for name in columns:
        if name not in known:
            raise EncodeError(
                f"{where}: the layout has no column {name!r} in this record of "
                f"{variant.size or 'variable'} bytes; it has {', '.join(known)}"
            )
    for field in variant.fields:
        if isinstance(field.count, str) and field.count != REST:
            _fill_count(field, field.count, columns, rows, where)
    wires = tuple(to_wires(field, columns, rows, where) for field in variant.fields)
    sizes = _payload_sizes(variant, wires, rows, where)
    if variant.size is None:
        _refuse_sizes_of_others(kind, sizes, where)
    return Part(kind.type, variant, wires, np.empty(0, object), sizes, keys, where)


def _variant(kind: Kind, size: int | None) -> Variant:
    if size is None:
        return kind.variants[-1]
    for variant in kind.variants:
        if variant.size == size:
            return variant
    sizes = ", ".join(str(variant.size or "variable") for variant in kind.variants)
    raise EncodeError(
        f"encoding record {kind.name}: the layout has no variant of {size} payload bytes; it has "
        f"{sizes}"
    )


def _fill_count(field: Field, counter: str, columns: dict[str, Any], rows: int, where: str) -> None:
    """Give the field that counts a list's elements its value, or check the one given."""
    lists = Column.of(columns.get(field.name, [()] * rows))
    if lists.null.any():
        return  # for the field itself to refuse
    lengths = np.array([len(elements) for elements in lists.values], np.int64)
    given = columns.setdefault(counter, lengths)
    for row in range(rows):
        if given[row] != lengths[row]:
            raise EncodeError(
                f"{where}, field {counter}, row {row}: the count is {given[row]}, but the list "
                f"{field.name} has {lengths[row]} elements; leave the count out, or correct it"
            )


def _payload_sizes(variant: Variant, wires: tuple[Wire, ...], rows: int, where: str) -> Array:
    """Payload bytes of every record; a variant's own size if it has one."""
    sizes = np.full(rows, variant.minimum_size, np.int64)
    for field, wire in zip(variant.fields, wires, strict=True):
        if not field.open_ended:
            continue
        width = field.wire.size if field.wire is not None else 1
        ends = field.at + np.array([len(value) * width for value in wire[0]], np.int64)
        np.maximum(sizes, ends, out=sizes)
        if variant.size is None:
            continue
        # In a record of fixed size, zeros after a list to the end would read as its elements.
        short = field.count == REST and (ends + width <= variant.size).any()
        if short or (ends > variant.size).any():
            raise EncodeError(
                f"{where}, field {field.name}: values of {ends.min() - field.at} to "
                f"{ends.max() - field.at} bytes do not fit the {variant.size - field.at} bytes to "
                f"the payload's end"
            )
    return sizes


def _refuse_sizes_of_others(kind: Kind, sizes: Array, where: str) -> None:
    others = np.isin(sizes, [other.size for other in kind.variants if other.size is not None])
    if others.any():
        row = int(np.argmax(others))
        raise EncodeError(
            f"{where}, row {row}: the variable record would have {sizes[row]} payload bytes, which "
            f"a decoder takes for the variant of that size; make it longer or shorter"
        )


def fill(part: Part, rows: Array, payloads: Array) -> None:
    """Write the records ``rows``, all of one size, into their payloads."""
    if part.variant is None:
        joined = b"".join(part.payloads[rows])
        payloads[:] = np.frombuffer(joined, np.uint8).reshape(payloads.shape)
        return
    everything = len(rows) == len(part.sizes)
    for field, wire in zip(part.variant.fields, part.wires, strict=True):
        chosen = wire if everything else [values[rows] for values in wire]
        if field.open_ended:
            for row, octets in enumerate(open_bytes(field, chosen)):
                payloads[row, field.at : field.at + len(octets)] = np.frombuffer(octets, np.uint8)
        else:
            payloads[:, field.at : field.end] = fixed_bytes(field, chosen, len(rows))
