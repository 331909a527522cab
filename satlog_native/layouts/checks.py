"""What must hold between the parts of a layout: fields in a record, variants, records and framing.

Each check yields every mistake it finds; none depends on another having passed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from satlog_native.errors import LayoutError
from satlog_native.layouts.model import DEFAULT_MAX_FRAME, REST, Field, Framing, Variant
from satlog_native.layouts.table import Place, nearest, span

#: Columns that every table has of the framing itself.
RESERVED_COLUMNS: Final = ("frame", "offset")

#: Variants of one type that the compiled core can tell apart.
MOST_VARIANTS: Final = 250


class Read(NamedTuple):
    """A record as read, and where it stands."""

    variant: Variant
    place: Place
    declared: Collection[str]  # names of all its fields, also of those that could not be read


def check_record(read: Read) -> Iterator[LayoutError]:
    """Mistakes between the fields of one record."""
    yield from _check_names(read)
    yield from _check_extents(read)
    yield from _check_counts(read)


def check_layout(reads: Sequence[Read], framing: Framing | None) -> Iterator[LayoutError]:
    """Mistakes between records, and between records and the framing (None: it has its own)."""
    yield from _check_kind_names(reads)
    by_type: dict[int, list[Read]] = defaultdict(list)
    for read in reads:
        by_type[read.variant.type].append(read)
    for group in by_type.values():
        yield from _check_sizes(group)
        yield from _check_columns(group)
    if framing is None:
        return
    for read in reads:
        yield from _check_type_number(read, framing)
        yield from _check_frame_size(read, framing)
    if framing.length is None:
        for group in by_type.values():
            yield from _check_size_by_type(group)


def _at(place: Place, field: Field) -> Place:
    return replace(place, field=field.name)


def _check_names(read: Read) -> Iterator[LayoutError]:
    owners: dict[str, Field] = {}
    for field in read.variant.fields:
        place = _at(read.place, field)
        # A bit may carry the name of its integer: the integer itself is no column.
        for name in dict.fromkeys((field.name, *(bit.name for bit in field.bits))):
            if name in RESERVED_COLUMNS:
                yield place.error(
                    f'the name "{name}" is taken: every table has a column `{name}` of the framing '
                    f"itself; choose another name, such as {name}_value"
                )
            elif name in owners:
                yield place.error(
                    f'the name "{name}" is taken by field {owners[name].name} at byte '
                    f"{owners[name].at}: give each field and each bit of a record its own name"
                )
            else:
                owners[name] = field


def _check_extents(read: Read) -> Iterator[LayoutError]:
    """No two fields share a byte, none runs past the record, and an open-ended one is the last."""
    size = read.variant.size
    fields = sorted(read.variant.fields, key=lambda f: (f.at, f.open_ended))
    farthest: Field | None = None
    for field in fields:
        place = _at(read.place, field)
        if farthest is not None and field.at < farthest.end:
            yield place.error(
                f"byte {field.at} belongs already to field {farthest.name} "
                f"({span(farthest.at, farthest.fixed_size)}): correct one of the two; the next "
                f"free byte is {farthest.end}"
            )
        if size is not None and field.end > size:
            yield place.error(
                f"the field takes {span(field.at, field.fixed_size)}, but the record's `size` is "
                f"{size}: correct the field's `at` or `type`, or write size = {field.end} or more"
            )
        if field.open_ended and field is not fields[-1]:
            yield place.error(
                f"the field has no fixed end, but field {fields[-1].name} stands behind it at byte "
                f"{fields[-1].at}: only the last field of a payload can be open-ended; move it "
                f"there, or give it a number as its `{'size' if field.size == REST else 'count'}`"
            )
        if farthest is None or field.end > farthest.end:
            farthest = field


def _check_counts(read: Read) -> Iterator[LayoutError]:
    fields = {field.name: field for field in read.variant.fields}
    for field in read.variant.fields:
        if not isinstance(field.count, str) or field.count == REST:
            continue
        counter = fields.get(field.count)
        problem = None
        if counter is None:
            if field.count not in read.declared:
                problem = _missing_counter(field.count, read.variant.fields)
        elif counter.wire is None or counter.wire.kind == "float" or counter.count is not None:
            problem = (
                f"`count` names field {counter.name}, which is no single integer: name a field of "
                f"an integer type such as u8, or make {counter.name} one"
            )
        elif counter.at >= field.at:
            problem = (
                f"`count` names field {counter.name}, which stands at byte {counter.at}, not "
                f"before this field: name an earlier field"
            )
        if problem is not None:
            yield _at(read.place, field).error(problem)


def _missing_counter(name: str, fields: Iterable[Field]) -> str:
    fields = list(fields)
    near = nearest(name, [field.name for field in fields])
    for field in fields:
        if any(bit.name == name for bit in field.bits):
            return (
                f'`count` is "{name}", which is only some bits of field {field.name}: name a field '
                f"that is a whole integer"
            )
    hint = f'write count = "{near}"' if near else 'name an integer field before this one, or "rest"'
    return f'`count` is "{name}", but the record has no such field: {hint}'


def _check_kind_names(reads: Iterable[Read]) -> Iterator[LayoutError]:
    name_of: dict[int, str] = {}
    type_of: dict[str, int] = {}
    for variant, place, _ in reads:
        name = name_of.setdefault(variant.type, variant.name)
        number = type_of.setdefault(variant.name, variant.type)
        if name != variant.name:
            yield place.error(
                f'type {variant.type} is named "{name}" by an earlier record: all records of a '
                f'type are variants of one table; write name = "{name}", or correct `type`'
            )
        elif number != variant.type:
            yield place.error(
                f"an earlier record of this name has type {number}, this one type {variant.type}: "
                f"choose another name, or write type = {number}"
            )


def _check_sizes(group: Sequence[Read]) -> Iterator[LayoutError]:
    seen: set[int | None] = set()
    for variant, place, _ in group:
        if variant.size in seen:
            which = "no `size`" if variant.size is None else f"size {variant.size}"
            yield place.error(
                f"type {variant.type} has already a variant with {which}, so the two cannot be "
                f"told apart: correct `size`, or remove one of them"
            )
        seen.add(variant.size)
    if len(group) > MOST_VARIANTS:
        yield group[MOST_VARIANTS].place.error(
            f"type {group[0].variant.type} has {len(group)} variants, but at most {MOST_VARIANTS} "
            f"can be told apart: remove some, or describe them by one record without `size`"
        )


def _check_columns(group: Sequence[Read]) -> Iterator[LayoutError]:
    """A column means the same in every variant; only its place may differ."""
    first_of: dict[str, tuple[Variant, Field]] = {}
    for variant, place, _ in group:
        for field in variant.fields:
            for column in [bit.name for bit in field.bits] or [field.name]:
                owner, first = first_of.setdefault(column, (variant, field))
                key = _difference(column, first, field)
                if key is not None and owner is not variant:
                    yield _at(place, field).error(
                        f"column `{column}` has another `{key}` in an earlier variant of type "
                        f"{variant.type}, but variants share one table: make both fields alike but "
                        f"for `at` and `doc`, or choose another name"
                    )


_COMPARED: Final = (
    "type", "byte_order", "unit", "scale", "bias", "null", "enum", "size", "encoding", "count",
    "codec",
)  # fmt: skip


def _difference(column: str, first: Field, field: Field) -> str | None:
    """The key in which two fields give one column different meanings."""
    for key in _COMPARED:
        if getattr(first, key) != getattr(field, key):
            return key
    bit, other = ([b for b in f.bits if b.name == column] for f in (first, field))
    return None if bit == other else "bits"


def _check_type_number(read: Read, framing: Framing) -> Iterator[LayoutError]:
    wire = framing.type.wire
    if read.variant.type > wire.maximum:
        remedy = ', or write type = "u16" in `framing.type`' if wire.size == 1 else ""
        yield read.place.error(
            f"`type` is {read.variant.type}, but `framing.type` is a {wire.name} and holds 0 to "
            f"{wire.maximum}: correct `type`{remedy}"
        )


def _check_frame_size(read: Read, framing: Framing) -> Iterator[LayoutError]:
    """The framing can express the record's size (a variable one's smallest)."""
    least, most = payload_limits(framing)
    size = read.variant.minimum_size
    if size > most:
        remedy = "raise `framing.length.max` or widen its `type`" if framing.length else ""
        yield read.place.error(
            f"the record takes {size} payload bytes, but the framing allows at most {most}: "
            f"correct the record{', or ' + remedy if remedy else ''}"
        )
    elif read.variant.size is not None and size < least:
        yield read.place.error(
            f"`size` is {size}, but the smallest payload that `framing.length` can state is "
            f"{least} bytes: correct `size`, or `framing.length.bias`"
        )


def payload_limits(framing: Framing) -> tuple[int, int]:
    """Fewest and most payload bytes that a frame can have."""
    length = framing.length
    if length is None:
        return 0, DEFAULT_MAX_FRAME - framing.overhead
    besides = {
        "frame": -framing.overhead,
        "payload": 0,
        "after": length.at + length.wire.size - framing.overhead,
    }[length.counts]
    return max(0, length.bias + besides), length.maximum + length.bias + besides


def _check_size_by_type(group: Sequence[Read]) -> Iterator[LayoutError]:
    for variant, place, _ in group:
        if variant.size is None:
            yield place.error(
                "`size` is missing, and without `framing.length` only it tells where a frame ends: "
                "add `size` to the record, or `length` to [framing]"
            )
    sizes = {variant.size for variant, _, _ in group if variant.size is not None}
    if len(sizes) > 1:
        yield group[-1].place.error(
            f"type {group[0].variant.type} has more than one size, and without `framing.length` "
            f"nothing tells which a frame has: keep one variant, or add `length` to [framing]"
        )
