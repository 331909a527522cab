"""What a layout is: plain frozen data, checked when it is read, never changed after.

A :class:`Layout` says how a log is framed (:class:`Framing`) and what every record holds
(:class:`Variant`, grouped by type number into :class:`Kind`). Everything that decodes, encodes,
prints or documents a log works from these objects alone; nothing in them knows about files,
Arrow or the compiled core.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

ByteOrder = Literal["little", "big"]
Status = Literal["assumed", "documented", "verified"]
LengthCounts = Literal["frame", "payload", "after"]
Algorithm = Literal["xor8", "sum8", "sum8_neg", "sum16", "fletcher16", "crc8", "crc16", "crc32"]
Encoding = Literal["ascii", "latin-1", "utf-8", "utf-16-le", "utf-16-be"]
Rest = Literal["rest"]

#: To the payload's end: the value of ``size`` and ``count`` in a layout.
REST: Final[Rest] = "rest"

#: Largest frame believed when ``framing.length`` is wider than 16 bits and states no ``max``.
DEFAULT_MAX_FRAME: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class WireType:
    """A number as it lies in the file."""

    name: str
    size: int
    kind: Literal["unsigned", "signed", "float"]

    @property
    def minimum(self) -> int:
        """Smallest integer that the type holds."""
        return -(1 << (8 * self.size - 1)) if self.kind == "signed" else 0

    @property
    def maximum(self) -> int:
        """Largest integer that the type holds."""
        return (1 << (8 * self.size - (self.kind == "signed"))) - 1


WIRE_TYPES: Final[dict[str, WireType]] = {
    wire.name: wire
    for wire in (
        *(WireType(f"u{8 * size}", size, "unsigned") for size in (1, 2, 3, 4, 8)),
        *(WireType(f"i{8 * size}", size, "signed") for size in (1, 2, 3, 4, 8)),
        WireType("f32", 4, "float"),
        WireType("f64", 8, "float"),
    )
}


@dataclass(frozen=True, slots=True)
class LengthField:
    """``framing.length``: where a frame's length stands and what it counts.

    ``wire + bias`` is the number of bytes of what is counted: the whole frame, the payload, or
    all that follows the length field up to the frame's end. ``maximum`` is the largest believable
    *wire* value (``max`` in TOML).
    """

    at: int
    wire: WireType
    counts: LengthCounts
    bias: int
    maximum: int
    byte_order: ByteOrder


@dataclass(frozen=True, slots=True)
class TypeField:
    """``framing.type``: where a frame's type number stands (u8 or u16)."""

    at: int
    wire: WireType
    byte_order: ByteOrder


@dataclass(frozen=True, slots=True)
class Checksum:
    """``framing.checksum``.

    ``at`` is None when the checksum is the frame's last bytes. The range summed starts at
    ``start`` (``from`` in TOML) and ends before the checksum, or at the frame's end where the
    checksum stands before the range. The CRC parameters are those of the Rocksoft model, the
    polynomial in its normal (most significant bit first) form; ``reflect`` is both of the model's
    refin and refout. They are 0/False for the other algorithms.
    """

    algorithm: Algorithm
    wire: WireType
    start: int
    at: int | None
    byte_order: ByteOrder
    polynomial: int = 0
    initial: int = 0
    reflect: bool = False
    final_xor: int = 0


@dataclass(frozen=True, slots=True)
class Framing:
    """How a log is cut into frames."""

    header_size: int
    magic: bytes
    sync: bytes
    length: LengthField | None
    type: TypeField
    payload_at: int
    checksum: Checksum | None

    @property
    def trailer_size(self) -> int:
        """Bytes between the payload's end and the frame's end (a checksum that stands last)."""
        checksum = self.checksum
        return checksum.wire.size if checksum is not None and checksum.at is None else 0

    @property
    def overhead(self) -> int:
        """Bytes of a frame that are not payload."""
        return self.payload_at + self.trailer_size


@dataclass(frozen=True, slots=True)
class Bit:
    """One column taken from the bits of an integer field; ``width`` 1 is a boolean."""

    name: str
    first: int
    width: int


@dataclass(frozen=True, slots=True)
class PackedTime:
    """Calendar fields packed into one integer of ``size`` bytes.

    ``bits`` are (part, first bit, width). Parts: ``year month day hour minute second`` and at most
    one of ``tenth hundredth millisecond microsecond``; a missing time part is 0. The year counts
    from ``year_base``.
    """

    size: int
    bits: tuple[tuple[str, int, int], ...]
    year_base: int


@dataclass(frozen=True, slots=True)
class UnixTime:
    """Seconds since 1970-01-01 UTC, then optionally, right after it, a fraction (wire x scale)."""

    seconds: WireType
    fraction: WireType | None
    fraction_scale: float


@dataclass(frozen=True, slots=True)
class GpsTime:
    """GPS week, followed directly by time of week (wire x scale, s); leap seconds are applied."""

    week: WireType
    time_of_week: WireType
    scale: float


@dataclass(frozen=True, slots=True)
class DosTime:
    """MS-DOS date (high 16 bits) and time (low 16 bits) in a u32."""


TimeCodec = PackedTime | UnixTime | GpsTime | DosTime


@dataclass(frozen=True, slots=True)
class Field:
    """One ``[[record.field]]``.

    Exactly one of these holds: ``wire`` is set (a number, or an array of numbers where ``count``
    is set), ``type`` is ``text`` or ``bytes`` with ``size``, or ``type`` is ``timestamp`` with
    ``codec``.

    ``null`` is the wire value that means null: an int or float, or ``"nan"`` for a float field
    whose NaN means null. Of a timestamp it is compared with the packed integer, the MS-DOS
    integer, the unix seconds, or the GPS week.
    ``scale`` and ``bias`` are None where the layout names neither.
    """

    name: str
    at: int
    type: str
    byte_order: ByteOrder
    wire: WireType | None = None
    unit: str = ""
    doc: str = ""
    scale: float | None = None
    bias: float | None = None
    null: int | float | Literal["nan"] | None = None
    bits: tuple[Bit, ...] = ()
    enum: tuple[tuple[int, str], ...] = ()
    size: int | Rest | None = None
    encoding: Encoding | None = None
    count: int | str | None = None
    codec: TimeCodec | None = None

    @property
    def scaled(self) -> bool:
        """Whether the column is float64 by ``scale`` and ``bias``."""
        return self.scale is not None or self.bias is not None

    @property
    def fixed_size(self) -> int:
        """Bytes that the field always takes: none of what its size is known only from the data."""
        if self.codec is not None:
            return codec_size(self.codec)
        if self.wire is None:
            return self.size if isinstance(self.size, int) else 0
        if self.count is None:
            return self.wire.size
        return self.wire.size * self.count if isinstance(self.count, int) else 0

    @property
    def end(self) -> int:
        """Payload offset just past the field's fixed bytes."""
        return self.at + self.fixed_size

    @property
    def open_ended(self) -> bool:
        """Whether the field's size is known only from the data."""
        return self.size == REST or isinstance(self.count, str)


def codec_size(codec: TimeCodec) -> int:
    """Bytes that a timestamp of this codec takes."""
    match codec:
        case PackedTime():
            return codec.size
        case UnixTime():
            return codec.seconds.size + (codec.fraction.size if codec.fraction else 0)
        case GpsTime():
            return codec.week.size + codec.time_of_week.size
        case DosTime():
            return 4


@dataclass(frozen=True, slots=True)
class Variant:
    """One ``[[record]]``: a type number, and its fields at one payload size.

    ``size`` is None for a variable record. A record without fields is *opaque*.
    """

    type: int
    name: str
    size: int | None
    doc: str
    fields: tuple[Field, ...]

    @property
    def minimum_size(self) -> int:
        """Fewest payload bytes that hold all fixed parts of the fields."""
        if self.size is not None:
            return self.size
        return max((field.end for field in self.fields), default=0)


@dataclass(frozen=True)
class Kind:
    """All variants of one type number; they share one table, the union of their columns."""

    type: int
    name: str
    variants: tuple[Variant, ...]

    @property
    def doc(self) -> str:
        """The first variant's documentation."""
        return self.variants[0].doc

    @property
    def opaque(self) -> bool:
        """Whether no variant has fields; the table then has one column, ``payload``."""
        return not any(variant.fields for variant in self.variants)


@dataclass(frozen=True, eq=False)
class Layout:
    """A checked layout. Get one from :func:`satlog_native.layouts.load`.

    Compared by identity, so that what is derived from a layout can be kept by it cheaply.
    """

    name: str
    version: str
    status: Status
    title: str
    byte_order: ByteOrder
    framing: Framing
    variants: tuple[Variant, ...]
    source: str

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds in order of type number; variants by size, a variable one last."""
        by_type: dict[int, list[Variant]] = {}
        for variant in self.variants:
            by_type.setdefault(variant.type, []).append(variant)
        return tuple(
            Kind(
                number,
                group[0].name,
                tuple(sorted(group, key=lambda v: (v.size is None, v.size or 0))),
            )
            for number, group in sorted(by_type.items())
        )

    @cached_property
    def by_name(self) -> dict[str, Kind]:
        """Kinds by record name."""
        return {kind.name: kind for kind in self.kinds}

    @cached_property
    def by_type(self) -> dict[int, Kind]:
        """Kinds by type number."""
        return {kind.type: kind for kind in self.kinds}
