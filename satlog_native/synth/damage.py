"""Damage to a log, with an exact record of what was done where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from satlog_native.errors import EncodeError
from satlog_native.synth.records import Array

Harm = Literal["bit_flip", "noise", "duplicate", "gap", "cut"]

#: Longest run of bytes that one noise, duplicate or gap concerns.
_LONGEST_RUN: Final = 200


@dataclass(frozen=True)
class Injury:
    """One thing done to a log.

    Attributes
    ----------
    harm : {"bit_flip", "noise", "duplicate", "gap", "cut"}
        One bit turned over; random bytes put in; bytes repeated right after themselves; bytes
        taken out; all bytes from here on taken off.
    source : int
        Offset in the undamaged log: of the byte changed, of the byte that the noise stands before,
        of the first byte repeated or taken.
    offset : int
        Offset in the damaged log: of the byte changed, of the first byte put in (noise, or the
        repetition), or of the first byte after what was taken.
    size : int
        Bytes changed, put in, or taken.
    bit : int or None
        Number of the bit turned over, 0 the lowest.
    """

    harm: Harm
    source: int
    offset: int
    size: int
    bit: int | None = None


def damage(
    data: bytes,
    *,
    seed: int,
    bit_flips: int = 0,
    noise: int = 0,
    duplicates: int = 0,
    gaps: int = 0,
    cut: int = 0,
    start: int = 0,
) -> tuple[bytes, list[Injury]]:
    """Damage a log.

    Every injury lies in a stretch of its own of the log, so that no two touch the same bytes.

    Parameters
    ----------
    data : bytes
        The log.
    seed : int
        Of places, lengths, bits and noise.
    bit_flips, noise, duplicates, gaps : int
        How many of each; noise, duplicates and gaps are 1 to 200 bytes long.
    cut : int
        Bytes taken off the end.
    start : int
        Bytes at the log's beginning that stay whole.

    Returns
    -------
    damaged : bytes
    injuries : list of Injury
        In the order of their places.

    Raises
    ------
    EncodeError
        If the log is too short for so much damage.
    """
    wanted: dict[Harm, int] = {
        "bit_flip": bit_flips,
        "noise": noise,
        "duplicate": duplicates,
        "gap": gaps,
    }
    harms = [harm for harm, count in wanted.items() for _ in range(count)]
    end = len(data) - cut
    if cut < 0 or end - start < 4 * len(harms):
        raise EncodeError(
            f"damaging a log of {len(data)} bytes: {len(harms)} injuries and a cut of {cut} bytes "
            f"need {start + cut + 4 * len(harms)} bytes; ask for less"
        )
    rng = np.random.default_rng(seed)
    bounds = np.linspace(start, end, len(harms) + 1).astype(np.int64).tolist()
    # A byte is left between one stretch and the next: damage side by side would be one.
    planned = [
        _place(harms[which], first, following - 1, rng)
        for which, first, following in zip(
            rng.permutation(len(harms)), bounds, bounds[1:], strict=False
        )
    ]
    damaged, injuries = _injured(data[:end], planned, rng)
    if cut:
        injuries.append(Injury("cut", end, len(damaged), cut))
    return damaged, injuries


def surviving_frames(injuries: Sequence[Injury], offsets: Array) -> tuple[Array, Array]:
    """Which frames of a log are still whole after damage, and where.

    A frame inside a repeated run is there twice.

    Parameters
    ----------
    injuries : sequence of Injury
        As :func:`damage` gives them.
    offsets : ndarray of int
        Where each frame of the undamaged log starts, and as last element the log's size.

    Returns
    -------
    frames : ndarray of int
        Index of each whole frame, in the order of the damaged log.
    offsets : ndarray of int
        Its offset in the damaged log.
    """
    frames, places = [], []
    for first, last, offset in _whole_stretches(injuries, int(offsets[-1])):
        inside = np.flatnonzero((offsets[:-1] >= first) & (offsets[1:] <= last))
        frames.append(inside)
        places.append(offsets[inside] - first + offset)
    return np.concatenate(frames), np.concatenate(places)


def _place(harm: Harm, first: int, last: int, rng: np.random.Generator) -> Injury:
    """An injury within the bytes from ``first`` to before ``last``; its offset is not yet known."""
    if harm == "bit_flip":
        return Injury(harm, int(rng.integers(first, last)), 0, 1, int(rng.integers(8)))
    size = int(rng.integers(1, min(_LONGEST_RUN, last - first) + 1))
    if harm == "noise":
        return Injury(harm, int(rng.integers(first, last)), 0, size)
    return Injury(harm, int(rng.integers(first, last - size + 1)), 0, size)


def _injured(
    data: bytes, planned: Sequence[Injury], rng: np.random.Generator
) -> tuple[bytes, list[Injury]]:
    """Do what is planned, in order, and note where in the damaged log it stands."""
    damaged, injuries, done = bytearray(), list[Injury](), 0
    for injury in planned:
        stop = injury.source + (injury.size if injury.harm == "duplicate" else 0)
        damaged += data[done:stop]
        injuries.append(replace(injury, offset=len(damaged)))
        done = stop
        match injury.harm:
            case "bit_flip":
                damaged.append(data[stop] ^ 1 << (injury.bit or 0))
                done += 1
            case "noise":
                damaged += rng.bytes(injury.size)
            case "duplicate":
                damaged += data[injury.source : stop]
            case "gap":
                done += injury.size
    return bytes(damaged + data[done:]), injuries


def _whole_stretches(injuries: Sequence[Injury], total: int) -> Iterator[tuple[int, int, int]]:
    """Stretches of the undamaged log that are whole in the damaged one: first, last, new offset."""
    first, offset, end = 0, 0, total
    for injury in injuries:
        match injury.harm:
            case "bit_flip":
                yield first, injury.source, offset
                first, offset = injury.source + 1, injury.offset + 1
            case "noise":
                yield first, injury.source, offset
                first, offset = injury.source, injury.offset + injury.size
            case "duplicate":
                yield first, injury.source + injury.size, offset
                first, offset = injury.source, injury.offset
            case "gap":
                yield first, injury.source, offset
                first, offset = injury.source + injury.size, injury.offset
            case "cut":
                end = injury.source
    yield first, end, offset
