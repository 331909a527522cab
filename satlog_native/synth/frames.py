"""Payloads of one size to whole frames: sync, length, type and checksum, for all rows at once."""

from __future__ import annotations

import numpy as np

from satlog_native.errors import EncodeError
from satlog_native.layouts.model import Framing, LengthField
from satlog_native.synth.checksums import checksums
from satlog_native.synth.records import Array
from satlog_native.synth.wires import number_bytes, wire_dtype


def empty_frames(framing: Framing, rows: int, payload_size: int) -> tuple[Array, Array]:
    """Frames of zeros, shape (rows, frame size), and the view of their payloads to fill."""
    frames = np.zeros((rows, framing.overhead + payload_size), np.uint8)
    return frames, frames[:, framing.payload_at : framing.payload_at + payload_size]


def finish_frames(framing: Framing, type_: int, frames: Array, where: str) -> None:
    """Write sync, length, type and checksum around filled payloads, in place.

    Raises
    ------
    EncodeError
        For a type number or a frame too large for the framing.
    """
    frame_size = frames.shape[1]
    frames[:, : len(framing.sync)] = np.frombuffer(framing.sync, np.uint8)
    if framing.length is not None:
        wire = _wire_length(framing, framing.length, frame_size, where)
        length = np.array([wire], wire_dtype(framing.length.wire))
        size = framing.length.wire.size
        at = framing.length.at
        frames[:, at : at + size] = number_bytes(length, size, framing.length.byte_order)
    kind = framing.type
    if not 0 <= type_ <= kind.wire.maximum:
        raise EncodeError(
            f"{where}: type number {type_} does not fit {kind.wire.name} (0 to {kind.wire.maximum})"
        )
    number = np.array([type_], wire_dtype(kind.wire))
    frames[:, kind.at : kind.at + kind.wire.size] = number_bytes(
        number, kind.wire.size, kind.byte_order
    )
    _write_checksums(framing, frames)


def _wire_length(framing: Framing, length: LengthField, frame_size: int, where: str) -> int:
    payload_size = frame_size - framing.overhead
    after = frame_size - length.at - length.wire.size
    counted = {"frame": frame_size, "payload": payload_size, "after": after}[length.counts]
    wire = counted - length.bias
    if not 0 <= wire <= min(length.maximum, length.wire.maximum):
        raise EncodeError(
            f"{where}: a payload of {payload_size} bytes makes the length field {wire}, but it "
            f"holds 0 to {min(length.maximum, length.wire.maximum)}; give less"
        )
    return wire


def _write_checksums(framing: Framing, frames: Array) -> None:
    checksum = framing.checksum
    if checksum is None:
        return
    end = frames.shape[1]
    at = end - checksum.wire.size if checksum.at is None else checksum.at
    stop = at if checksum.start <= at else end
    sums = checksums(checksum, frames[:, checksum.start : stop])
    size = checksum.wire.size
    wires = sums.astype(np.uint64 if size == 8 else np.uint32)
    frames[:, at : at + size] = number_bytes(wires, size, checksum.byte_order)
