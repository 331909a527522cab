"""The ``construct`` library: a declarative description, parsed into containers, then columns.

Interpreted, not ``compile()``d: construct cannot compile ``Checksum``.
"""

from __future__ import annotations

from typing import Any

import construct as cs

from benchmarks.rivals.satloc_air import (
    KINDS,
    OVERHEAD,
    SYNC,
    Field,
    Kind,
    Tables,
    bad_frame,
    text_of,
    time_of,
)

_NUMBERS = {
    "B": cs.Int8ul,
    "H": cs.Int16ul,
    "h": cs.Int16sl,
    "I": cs.Int32ul,
    "f": cs.Float32l,
    "d": cs.Float64l,
}


def decode(data: bytes) -> Tables:
    """All tables, converted."""
    try:
        frames = _LOG.parse(data).frames
    except cs.ConstructError as error:
        raise ValueError(f"no good log: {error}") from error
    tables: Tables = {}
    for ordinal, frame in enumerate(frames):
        body = frame.body.value
        kind = KINDS.get(body.type)
        name: str | int = body.type if kind is None else kind.name
        if name not in tables:
            tables[name] = {"frame": [], "offset": []}
            tables[name] |= {column: [] for column in _COLUMNS.get(body.type, ("payload",))}
        table = tables[name]
        table["frame"].append(ordinal)
        table["offset"].append(frame.offset)
        if isinstance(body.payload, bytes):
            if kind is not None and kind.sizes:
                raise bad_frame(frame.offset)
            table["payload"].append(body.payload)
            continue
        for column, (field, bit) in _COLUMNS[body.type].items():
            value = body.payload.get(field)
            table[column].append(value if bit is None else value[bit])
    return tables


def _bits(field: Field) -> Any:
    """Bits of a byte, from its highest on, as construct reads them."""
    parts, top = [], 8
    for name, (first, width) in sorted(field.bits.items(), key=lambda item: -item[1][0]):
        if top > first + width:
            parts.append(cs.Padding(top - first - width))
        parts.append(name / (cs.Flag if width == 1 else cs.BitsInteger(width)))
        top = first
    return cs.BitStruct(*parts, *([cs.Padding(top)] if top else []))


def _adapted(field: Field) -> Any:
    """The field's number with what turns it into its value."""
    if field.time:
        return cs.ExprAdapter(cs.BytesInteger(5, swapped=True), lambda n, _: time_of(n), None)
    if field.encoding:
        size = int(field.code[:-1])
        return cs.ExprAdapter(cs.Bytes(size), lambda b, _: text_of(b, field.encoding), None)
    number = _NUMBERS[field.code]
    if (scale := field.scale) is not None:
        return cs.ExprAdapter(number, lambda n, _: n * scale, None)
    if field.enum:
        return cs.ExprAdapter(number, lambda n, _: field.enum.get(n, str(n)), None)
    if field.null is not None:
        return cs.ExprAdapter(number, lambda n, _: None if n == field.null else n, None)
    if field.nan_is_null:
        # Only a NaN differs from itself.
        return cs.ExprAdapter(number, lambda n, _: n if n == n else None, None)  # noqa: PLR0124
    return number


def _tail(tail: Field) -> Any:
    if tail.encoding:
        return cs.ExprAdapter(cs.GreedyBytes, lambda b, _: text_of(b, tail.encoding), None)
    return cs.Array(cs.this.count, _NUMBERS[tail.code])


def _payloads() -> dict[tuple[int, int] | int, Any]:
    """What payloads are, by type and frame size, or by type alone where the size varies."""
    payloads: dict[tuple[int, int] | int, Any] = {}
    for number, kind in KINDS.items():
        fields = [
            field.name / (_bits(field) if field.bits else _adapted(field)) for field in kind.fields
        ]
        for size, count in kind.sizes.items():
            payloads[number, size + OVERHEAD] = cs.Struct(*fields[:count])
        if kind.tail is not None and kind.tail.name != "payload":
            payloads[number] = cs.Struct(*fields, kind.tail.name / _tail(kind.tail))
    return payloads


def _columns(kind: Kind) -> dict[str, tuple[str, str | None]]:
    """For each column, its field and, where it is a part of it, the part's name."""
    columns: dict[str, tuple[str, str | None]] = {}
    for field in (*kind.fields, *([kind.tail] if kind.tail else [])):
        if field.bits:
            columns |= {name: (field.name, name) for name in field.bits}
        else:
            columns[field.name] = (field.name, None)
    return columns


def _log() -> Any:
    payloads = _payloads()
    variable = {number for number in payloads if isinstance(number, int)}
    body = cs.Struct(
        "size" / cs.Int8ul,
        "type" / cs.Int8ul,
        "payload"
        / cs.FixedSized(
            cs.this.size - OVERHEAD,
            cs.Switch(
                lambda this: this.type if this.type in variable else (this.type, this.size),
                payloads,
                cs.GreedyBytes,
            ),
        ),
    )
    frame = cs.Struct(
        "offset" / cs.Tell,
        "sync" / cs.Const(SYNC, cs.Int8ul),
        "body" / cs.RawCopy(body),
        "checksum" / cs.Checksum(cs.Int8ul, lambda octets: sum(octets) & 0xFF, cs.this.body.data),
    )
    return cs.Struct("frames" / cs.GreedyRange(frame), cs.Terminated)


_COLUMNS = {number: _columns(kind) for number, kind in KINDS.items()}
_LOG = _log()
