"""Reading ``[framing]``: how a log is cut into frames."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Final, cast, get_args

from satlog_native.errors import LayoutError
from satlog_native.layouts.fields import BYTE_ORDERS
from satlog_native.layouts.model import (
    DEFAULT_MAX_FRAME,
    WIRE_TYPES,
    Algorithm,
    ByteOrder,
    Checksum,
    Framing,
    LengthCounts,
    LengthField,
    TypeField,
    WireType,
)
from satlog_native.layouts.table import LARGEST, Mistakes, Place, Table, is_integer, span

ALGORITHMS: Final = ("none", *get_args(Algorithm))
LENGTH_COUNTS: Final = get_args(LengthCounts)

FRAMING_KEYS: Final = (
    "header_size", "magic", "sync", "length", "type", "payload_at", "checksum",
)  # fmt: skip
LENGTH_KEYS: Final = ("at", "type", "counts", "bias", "max", "byte_order")
TYPE_KEYS: Final = ("at", "type", "byte_order")
CRC_KEYS: Final = ("polynomial", "initial", "reflect", "final_xor")
CHECKSUM_KEYS: Final = ("algorithm", "type", "from", "at", "byte_order", *CRC_KEYS)

#: Bytes of each algorithm's result.
_NATURAL_SIZE: Final = {
    "xor8": 1, "sum8": 1, "sum8_neg": 1, "sum16": 2, "fletcher16": 2,
    "crc8": 1, "crc16": 2, "crc32": 4,
}  # fmt: skip

#: polynomial, initial, reflect, final_xor where the layout names none.
_CRC_DEFAULTS: Final = {
    "crc8": (0x07, 0, False, 0),
    "crc16": (0x1021, 0xFFFF, False, 0),
    "crc32": (0x04C11DB7, 0xFFFFFFFF, True, 0xFFFFFFFF),
}

_LARGEST_LENGTH: Final = 1 << 62  # leaves room for a bias in 64-bit sums
_LENGTH_EXAMPLE: Final = 'length = { at = 1, type = "u8", counts = "frame" }'
_TYPE_EXAMPLE: Final = 'type = { at = 2, type = "u8" }'
_CHECKSUM_EXAMPLE: Final = 'checksum = { algorithm = "sum8", from = 1 }'


def read_framing(
    values: object, place: Place, byte_order: ByteOrder, mistakes: Mistakes
) -> Framing | None:
    """Read ``[framing]``, noting every mistake; None where there is one.

    Parameters
    ----------
    values : object
        What the TOML holds under ``framing``.
    place : Place
        The layout, for the error sentences.
    byte_order : {"little", "big"}
        The layout's, where a part of the framing states none.
    mistakes : Mistakes
        Takes what is found.
    """
    before = len(mistakes.told)
    table = Table(values, place, FRAMING_KEYS, "framing")
    magic, sync, header_size, payload_at = b"", b"", 0, 0
    length = type_ = checksum = None
    with mistakes:
        magic = _magic(table)
        header_size = _header_size(table, magic)
    with mistakes:
        sync = _byte_list(table, "sync", 8) if "sync" in table else b""
    with mistakes:
        length = _length(table, byte_order) if "length" in table else None
    with mistakes:
        type_ = _type(table, byte_order)
    with mistakes:
        payload_at = table.integer("payload_at", 1, LARGEST, "payload_at = 3")
    with mistakes:
        checksum = _checksum(table, byte_order) if "checksum" in table else None
    if len(mistakes.told) > before or type_ is None:
        return None
    framing = Framing(header_size, magic, sync, length, type_, payload_at, checksum)
    mistakes.note(_check_positions(framing, place))
    if len(mistakes.told) == before:
        mistakes.note(_check_range(framing, place))
    return framing if len(mistakes.told) == before else None


def _magic(table: Table) -> bytes:
    magic = table.values.get("magic", "")
    if not isinstance(magic, str):
        return _byte_list(table, "magic", LARGEST)
    try:
        return magic.encode("latin-1")
    except UnicodeEncodeError:
        must = "a text of one-byte (latin-1) characters, or a list of byte values"
        raise table.wrong("magic", must, "magic = [0x4C, 0x4F, 0x47]") from None


def _header_size(table: Table, magic: bytes) -> int:
    size = table.integer("header_size", 0, LARGEST, "header_size = 16", default=len(magic))
    if size < len(magic):
        raise table.place.error(
            f"`framing.header_size` is {size}, but `framing.magic` alone takes {len(magic)} bytes: "
            f"write header_size = {len(magic)} or more, or remove `header_size`"
        )
    return size


def _byte_list(table: Table, key: str, longest: int) -> bytes:
    values = table.values[key]
    if (
        not isinstance(values, list)
        or len(values) > longest
        or not all(is_integer(value) and 0 <= value <= 255 for value in values)
    ):
        limit = f"at most {longest} byte values" if longest < LARGEST else "byte values"
        raise table.wrong(key, f"a list of {limit} from 0 to 255", f"{key} = [0xA5, 0x5A]")
    return bytes(values)


def _length(framing: Table, byte_order: ByteOrder) -> LengthField:
    table = framing.table("length", LENGTH_KEYS, _LENGTH_EXAMPLE)
    at = table.integer("at", 0, LARGEST, "at = 1")
    wire = table.wire("type", ("unsigned",), 'type = "u8"')
    counts = table.choice("counts", LENGTH_COUNTS, 'counts = "frame"', default="frame")
    bias = table.integer("bias", -LARGEST, LARGEST, "bias = 0", default=0)
    believable = wire.maximum if wire.size <= 2 else min(wire.maximum, DEFAULT_MAX_FRAME)
    highest = min(wire.maximum, _LARGEST_LENGTH)
    maximum = table.integer("max", 1, highest, f"max = {believable}", default=believable)
    order = _byte_order(table, byte_order)
    return LengthField(at, wire, cast("LengthCounts", counts), bias, maximum, order)


def _type(framing: Table, byte_order: ByteOrder) -> TypeField:
    table = framing.table("type", TYPE_KEYS, _TYPE_EXAMPLE)
    at = table.integer("at", 0, LARGEST, "at = 2")
    wire = WIRE_TYPES[table.choice("type", ("u8", "u16"), 'type = "u8"')]
    return TypeField(at, wire, _byte_order(table, byte_order))


def _byte_order(table: Table, byte_order: ByteOrder) -> ByteOrder:
    order = table.choice("byte_order", BYTE_ORDERS, 'byte_order = "big"', default=byte_order)
    return cast("ByteOrder", order)


def _checksum(framing: Table, byte_order: ByteOrder) -> Checksum | None:
    table = framing.table("checksum", CHECKSUM_KEYS, _CHECKSUM_EXAMPLE)
    algorithm = table.choice("algorithm", ALGORITHMS, 'algorithm = "sum8"')
    if algorithm not in _CRC_DEFAULTS:
        _refuse_crc_keys(table, algorithm)
    if algorithm == "none":
        return None
    wire = _checksum_wire(table, algorithm)
    start = table.integer("from", 0, LARGEST, "from = 1", default=0)
    at = table.integer("at", 0, LARGEST, "at = 3") if "at" in table else None
    order = _byte_order(table, byte_order)
    crc = _crc(table, algorithm) if algorithm in _CRC_DEFAULTS else ()
    return Checksum(cast("Algorithm", algorithm), wire, start, at, order, *crc)


def _refuse_crc_keys(table: Table, algorithm: str) -> None:
    for key in CRC_KEYS:
        if key in table:
            raise table.place.error(
                f'{table.label(key)} is for crc8, crc16 and crc32, but `algorithm` is "{algorithm}"'
                f': remove `{key}`, or write for example algorithm = "crc16"'
            )


def _checksum_wire(table: Table, algorithm: str) -> WireType:
    size = _NATURAL_SIZE[algorithm]
    natural = f"u{8 * size}"
    wire = table.wire("type", ("unsigned",), f'type = "{natural}"', default=natural)
    if wire.size < size:
        raise table.place.error(
            f'{table.label("type")} is "{wire.name}", but a {algorithm} has {8 * size} bits: '
            f'write type = "{natural}", or remove `type`'
        )
    return wire


def _crc(table: Table, algorithm: str) -> tuple[int, int, bool, int]:
    polynomial, initial, reflect, final_xor = _CRC_DEFAULTS[algorithm]
    highest = (1 << 8 * _NATURAL_SIZE[algorithm]) - 1
    return (
        table.integer("polynomial", 1, highest, f"polynomial = {polynomial:#x}", polynomial),
        table.integer("initial", 0, highest, f"initial = {initial:#x}", initial),
        table.boolean("reflect", reflect),
        table.integer("final_xor", 0, highest, f"final_xor = {final_xor:#x}", final_xor),
    )


def _check_positions(framing: Framing, place: Place) -> Iterator[LayoutError]:
    """Every part of a frame's head has bytes of its own, before the payload."""
    parts = sorted(_parts(framing), key=lambda part: part[1])
    for (name, at, size), (other, other_at, _) in pairwise(parts):
        if at + size > other_at:
            yield place.error(
                f"`framing.{name}` ({span(at, size)}) and `framing.{other}` (from "
                f"byte {other_at}) overlap: correct their places; the earliest for {other} is "
                f"{at + size}"
            )
    end = max(at + size for _, at, size in parts)
    if end > framing.payload_at:
        name = next(name for name, at, size in parts if at + size == end)
        yield place.error(
            f"`framing.payload_at` is {framing.payload_at}, but `framing.{name}` runs to byte "
            f"{end - 1}: write payload_at = {end} or more, or correct `{name}`"
        )


def _parts(framing: Framing) -> Collection[tuple[str, int, int]]:
    parts = [("type", framing.type.at, framing.type.wire.size)]
    if framing.sync:
        parts.append(("sync", 0, len(framing.sync)))
    if framing.length is not None:
        parts.append(("length", framing.length.at, framing.length.wire.size))
    if framing.checksum is not None and framing.checksum.at is not None:
        parts.append(("checksum", framing.checksum.at, framing.checksum.wire.size))
    return parts


def _check_range(framing: Framing, place: Place) -> Iterator[LayoutError]:
    """The checksum's range starts inside every frame, and not on the checksum itself.

    To be asked only of a framing whose parts stand before its payload.
    """
    checksum = framing.checksum
    if checksum is None:
        return
    if checksum.start > framing.payload_at:
        yield place.error(
            f"`framing.checksum.from` is {checksum.start}, but the smallest frame, one without "
            f"payload, has no such byte: write a `from` of at most {framing.payload_at} "
            f"(`payload_at`)"
        )
    elif checksum.at is not None:
        behind = checksum.at + checksum.wire.size
        if checksum.at <= checksum.start < behind:
            before = f", or a `from` below {checksum.at} to sum what stands before it"
            yield place.error(
                f"`framing.checksum.from` is {checksum.start}, where the checksum itself stands: "
                f"write from = {behind} to sum what follows it{before if checksum.at else ''}"
            )
