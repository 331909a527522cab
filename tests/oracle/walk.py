"""Cutting a log into frames, byte by byte, as log-format.md section 5 says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oracle.checksums import NATURAL_TYPE, checksum

DEFAULT_MAX_WIDE = 1 << 20


class NotALog(Exception):
    """The bytes have another header, or no frame at all."""


@dataclass(frozen=True)
class Frame:
    """A good frame: `data` is all of it, `payload` the part that a record's fields lie in."""

    offset: int
    type: int
    data: bytes
    payload: bytes

    @property
    def end(self) -> int:
        return self.offset + len(self.data)


@dataclass(frozen=True)
class Lost:
    """Bytes in no frame, and what was wrong at the first of them."""

    offset: int
    size: int
    reason: str


class Walker:
    """Reads frames of one layout (the parsed TOML) out of one log."""

    def __init__(self, layout: Mapping[str, Any], log: bytes) -> None:
        self.log = log
        self.framing = layout["framing"]
        self.byte_order = layout["layout"].get("byte_order", "little")
        self.sync = bytes(self.framing.get("sync", []))
        self.length = self.framing.get("length")
        self.payload_at = self.framing["payload_at"]
        self.checksum = self.framing.get("checksum", {"algorithm": "none"})
        if self.checksum["algorithm"] == "none":
            self.checksum = None
        self.trailer = 0
        if self.checksum is not None and "at" not in self.checksum:
            self.trailer = self.checksum_size
        self.sizes: dict[int, list[int | None]] = {}
        for record in layout["record"]:
            self.sizes.setdefault(record["type"], []).append(record.get("size"))

    @property
    def checksum_size(self) -> int:
        return number_size(self.checksum.get("type", NATURAL_TYPE[self.checksum["algorithm"]]))

    def walk(self) -> tuple[list[Frame], list[Lost]]:
        """All good frames and all lost runs, in file order."""
        frames: list[Frame] = []
        lost: list[Lost] = []
        offset = self.check_header()
        while offset < len(self.log):
            found = self.judge(offset)
            if isinstance(found, str):
                next_frame = self.search(offset + 1)
                end = len(self.log) if next_frame is None else next_frame.offset
                lost.append(Lost(offset, end - offset, found))
                if next_frame is None:
                    break
                found = next_frame
            frames.append(found)
            offset = found.end
        if not frames:
            raise NotALog("no frame")
        return frames, lost

    def check_header(self) -> int:
        """The header's size, once its magic has been seen."""
        magic = self.framing.get("magic", b"")
        magic = magic.encode("latin-1") if isinstance(magic, str) else bytes(magic)
        size: int = self.framing.get("header_size", len(magic))
        if not self.log.startswith(magic) or len(self.log) < size:
            raise NotALog("another header")
        return size

    def judge(self, offset: int) -> Frame | str:
        """The frame at `offset`, or what is wrong there."""
        left = len(self.log) - offset
        seen = self.log[offset : offset + len(self.sync)]
        if seen != self.sync[: len(seen)]:
            return "sync"
        if left < self.payload_at:
            return "end"
        kind = self.number(offset, self.framing["type"])
        size = self.frame_size(offset, kind)
        if isinstance(size, str):
            return size
        if size > left:
            return "end"
        data = self.log[offset : offset + size]
        if not self.checksum_holds(data):
            return "checksum"
        return Frame(offset, kind, data, data[self.payload_at : size - self.trailer])

    def frame_size(self, offset: int, kind: int) -> int | str:
        """Bytes that the frame at `offset` says it has, or why that cannot be."""
        if self.length is None:
            if kind not in self.sizes:
                return "type"
            (size,) = self.sizes[kind]
            assert size is not None
            return int(self.payload_at + size + self.trailer)
        wire = self.number(offset, self.length)
        counted = wire + self.length.get("bias", 0)
        match self.length.get("counts", "frame"):
            case "frame":
                size = counted
            case "payload":
                size = self.payload_at + counted + self.trailer
            case _:
                size = self.length["at"] + number_size(self.length["type"]) + counted
        if wire > self.max_wire() or size < self.payload_at + self.trailer:
            return "length"
        return int(size)

    def max_wire(self) -> int:
        """Largest believable value of the length field."""
        width = number_size(self.length["type"])
        widest = (1 << 8 * width) - 1 if width <= 2 else DEFAULT_MAX_WIDE
        maximum: int = self.length.get("max", widest)
        return maximum

    def checksum_holds(self, frame: bytes) -> bool:
        if self.checksum is None:
            return True
        at = self.checksum.get("at", len(frame) - self.checksum_size)
        stored = frame[at : at + self.checksum_size]
        start = self.checksum.get("from", 0)
        end = at if start <= at else len(frame)
        order = self.checksum.get("byte_order", self.byte_order)
        return checksum(self.checksum, frame[start:end]) == int.from_bytes(stored, order)

    def search(self, offset: int) -> Frame | None:
        """The first frame from `offset` on that may be believed after damage."""
        for start in range(offset, len(self.log)):
            frame = self.judge(start)
            if isinstance(frame, str):
                continue
            if self.size_is_checkable(frame):
                if self.size_is_known(frame):
                    return frame
            elif frame.end == len(self.log) or self.follows(frame):
                return frame
        return None

    def follows(self, frame: Frame) -> bool:
        """Whether another good frame stands directly behind `frame`."""
        following = self.judge(frame.end)
        if isinstance(following, str):
            return False
        return not self.size_is_checkable(following) or self.size_is_known(following)

    def size_is_checkable(self, frame: Frame) -> bool:
        return frame.type in self.sizes and None not in self.sizes[frame.type]

    def size_is_known(self, frame: Frame) -> bool:
        return len(frame.payload) in self.sizes[frame.type]

    def number(self, offset: int, where: Mapping[str, Any]) -> int:
        """The unsigned framing number that `where` describes, of the frame at `offset`."""
        at = offset + where["at"]
        data = self.log[at : at + number_size(where["type"])]
        return int.from_bytes(data, where.get("byte_order", self.byte_order))


def number_size(wire_type: str) -> int:
    """Bytes of ``u24`` and its like."""
    return int(wire_type[1:]) // 8
