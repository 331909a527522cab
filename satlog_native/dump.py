"""A log's frames, byte for byte: what stands where, and what it means."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING, Final

from satlog_native.errors import LogError
from satlog_native.index import windows
from satlog_native.layouts.model import REST, Checksum, Field, Kind, Layout, Variant
from satlog_native.log import open_log
from satlog_native.report import REASONS

if TYPE_CHECKING:
    from satlog_native._core.segment import Segment
    from satlog_native.log import Log

#: Frames of a window: few, as few are to be shown.
_WINDOW: Final = 1 << 12
#: Bytes of a lost run that are shown.
_EXCERPT: Final = 64
#: What bytes are called that the layout says nothing about.
UNNAMED: Final = "—"

#: Where bytes start and stop in their frame, their name and their value.
_Mark = tuple[int, int, str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of the log, and what they mean.

    Attributes
    ----------
    offset : int
        In the log.
    data : bytes
    name : str
        Of the field, or of the framing's part.
    text : str
        Its value with its unit, as it is in the table.
    """

    offset: int
    data: bytes
    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A frame, a lost run, or the header.

    Attributes
    ----------
    offset, size : int
    title : str
        What it is.
    lost : bool
        Whether it belongs to no frame.
    parts : tuple of Part
        All its bytes in order; of a lost run, the first.
    """

    offset: int
    size: int
    title: str
    lost: bool
    parts: tuple[Part, ...]


def dump(log: Log, at: int = 0) -> Iterator[Stretch]:
    """All of a log from an offset on: header, frames and lost runs in order.

    The log is walked from its start, so that what is a frame here is one in the tables.

    Parameters
    ----------
    log : Log
    at : int
        The first stretch is the one that this offset lies in.

    Raises
    ------
    LogError
        Where the offset is past the log's end.
    """
    if not 0 <= at < log.size:
        raise LogError(
            f"reading {log.source}: offset {at:,} is not in the file, which has {log.size:,} bytes"
        )
    header_size = log.layout.framing.header_size
    if at < header_size:
        header = _bytes(log, 0, header_size)
        yield Stretch(0, header_size, "header", False, (Part(0, header, "header"),))
    ordinal = 0
    for segment in windows(log._reading, _WINDOW):
        # A run that is lost up to this place is told by a later window.
        if segment.position > at:
            yield from _stretches(log, segment, ordinal, at)
        ordinal += len(segment)


def _bytes(log: Log, start: int, stop: int) -> bytes:
    return bytes(log._bytes[start:stop])


def _stretches(log: Log, segment: Segment, ordinal: int, at: int) -> Iterator[Stretch]:
    """Frames and lost runs of a window, in order."""
    framing = log._framing

    def start(number: int) -> int:
        return segment.frame(framing, number)[0]

    first = max(bisect_right(range(len(segment)), at, key=start) - 1, 0)
    frames = ((start(number), number, "") for number in range(first, len(segment)))
    lost = ((offset, size, reason) for offset, size, reason in segment.lost_runs())
    for offset, number, reason in merge(frames, lost):
        if reason:
            stretch = _lost(log, offset, number, reason)
        else:
            stretch = _frame(log, ordinal + number, segment.frame(framing, number))
        if stretch.offset + stretch.size > at:
            yield stretch


def _lost(log: Log, offset: int, size: int, reason: str) -> Stretch:
    what = REASONS[reason]
    if reason == "checksum":
        _, frame_size, _, stored, computed = log._framing.inspect(log._source, offset)
        what += (
            f": 0x{stored:02X} found, 0x{computed:02X} expected of a frame of {frame_size} bytes"
        )
    excerpt = _bytes(log, offset, offset + min(size, _EXCERPT))
    return Stretch(offset, size, f"lost: {what}", True, (Part(offset, excerpt, UNNAMED),))


def _frame(log: Log, ordinal: int, found: tuple[int, int, int, int | None]) -> Stretch:
    offset, size, number, place = found
    data = _bytes(log, offset, offset + size)
    kind = log.layout.by_type.get(number)
    variant = kind.variants[place] if kind is not None and place is not None else None
    if kind is None:
        name = "unknown to the layout"
    else:
        name = kind.name if variant is not None else f"{kind.name}, too short for its fields"
    marks = _framing_marks(log.layout, data, f"{number} ({name})")
    if kind is not None and variant is not None and variant.fields:
        marks += _field_marks(log.layout, kind, variant, data)
    else:
        framing = log.layout.framing
        marks.append((framing.payload_at, size - framing.trailer_size, "payload", ""))
    parts = tuple(
        Part(offset + start, data[start:stop], part, text)
        for start, stop, part, text in _without_gaps(marks, size)
    )
    return Stretch(offset, size, f"frame {ordinal}: {name}, type {number}", False, parts)


def _framing_marks(layout: Layout, data: bytes, kind: str) -> list[_Mark]:
    framing = layout.framing
    marks: list[_Mark] = []
    if framing.sync:
        marks.append((0, len(framing.sync), "sync", ""))
    if framing.length is not None:
        at, wire = framing.length.at, framing.length.wire
        length = int.from_bytes(data[at : at + wire.size], framing.length.byte_order)
        marks.append((at, at + wire.size, "length", str(length)))
    marks.append((framing.type.at, framing.type.at + framing.type.wire.size, "type", kind))
    if framing.checksum is not None:
        marks.append(_checksum_mark(framing.checksum, data))
    return marks


def _checksum_mark(checksum: Checksum, data: bytes) -> _Mark:
    width = checksum.wire.size
    at = len(data) - width if checksum.at is None else checksum.at
    value = int.from_bytes(data[at : at + width], checksum.byte_order)
    return at, at + width, "checksum", f"0x{value:0{2 * width}X}, right ({checksum.algorithm})"


def _field_marks(layout: Layout, kind: Kind, variant: Variant, data: bytes) -> list[_Mark]:
    framing = layout.framing
    payload = data[framing.payload_at : len(data) - framing.trailer_size]
    texts = _texts(layout, kind, data)
    marks: list[_Mark] = []
    for field in variant.fields:
        stop = min(field.at + _size(field, variant, payload), len(payload))
        names = [bit.name for bit in field.bits]
        if names:
            text = ", ".join(f"{name} {texts[name]}" for name in names)
        else:
            text = f"{texts[field.name]} {field.unit}".rstrip()
        start = framing.payload_at + field.at
        marks.append((start, max(start, framing.payload_at + stop), field.name, text))
    return marks


def _texts(layout: Layout, kind: Kind, data: bytes) -> dict[str, str]:
    """The values of a frame as its table has them: that of a log with this frame alone."""
    from satlog_native.export.text import cells

    framing = layout.framing
    header = framing.magic.ljust(framing.header_size, b"\0")
    with open_log(header + data, layout=layout) as log:
        table = log.table(kind.name)
    return {
        name: cells(column.chunk(0), str)[0].as_py() or ("" if column[0].is_valid else "null")
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _size(field: Field, variant: Variant, payload: bytes) -> int:
    """Bytes that a field takes in a payload."""
    if not field.open_ended:
        return field.fixed_size
    left = len(payload) - field.at
    if field.wire is None:
        return left
    if field.count == REST:
        return left - left % field.wire.size
    count = next(each for each in variant.fields if each.name == field.count)
    end = count.at + count.fixed_size
    return int.from_bytes(payload[count.at : end], count.byte_order) * field.wire.size


def _without_gaps(marks: list[_Mark], size: int) -> Iterator[_Mark]:
    """Marks in order, and between them what no mark covers."""
    position = 0
    for start, stop, name, text in sorted([*marks, (size, size, "", "")]):
        if start > position:
            yield position, start, UNNAMED, ""
        if stop > start:
            yield start, stop, name, text
        position = max(position, stop)
