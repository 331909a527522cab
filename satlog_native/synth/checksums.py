"""Checksums of many frames of one size at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from satlog_native.layouts.model import Checksum
from satlog_native.synth.records import Array

#: Frames summed together: few enough that their bytes stay in the processor's cache.
_BLOCK = 8192


def checksums(checksum: Checksum, octets: Array) -> Array:
    """The checksum of every row.

    Parameters
    ----------
    checksum : Checksum
        Algorithm and parameters.
    octets : ndarray of uint8, shape (rows, size)
        The bytes of each frame's checksum range.

    Returns
    -------
    ndarray of uint32, shape (rows,)
    """
    algorithm = _algorithm(checksum)
    sums = np.empty(len(octets), np.uint32)
    for start in range(0, len(octets), _BLOCK):
        block = np.ascontiguousarray(octets[start : start + _BLOCK].T).astype(np.uint32)
        sums[start : start + _BLOCK] = algorithm(block)
    return sums


def _algorithm(checksum: Checksum) -> Callable[[Array], Array]:
    match checksum.algorithm:
        case "xor8":
            return _xor8
        case "sum8":
            return lambda block: _sum(block) & 0xFF
        case "sum8_neg":
            return lambda block: (0x100 - (_sum(block) & 0xFF)) & 0xFF
        case "sum16":
            return lambda block: _sum(block) & 0xFFFF
        case "fletcher16":
            return _fletcher16
        case "crc8" | "crc16" | "crc32":
            return lambda block: _crc(checksum, block)


def _xor8(block: Array) -> Array:
    return np.asarray(np.bitwise_xor.reduce(block, axis=0), np.uint32)


def _sum(block: Array) -> Array:
    return np.asarray(block.sum(axis=0, dtype=np.uint32))


def _fletcher16(block: Array) -> Array:
    first = np.zeros(block.shape[1], np.uint32)
    second = np.zeros(block.shape[1], np.uint32)
    for octets in block:
        first = (first + octets) % 255
        second = (second + first) % 255
    return np.asarray(second << 8 | first)


def _crc(checksum: Checksum, block: Array) -> Array:
    """The Rocksoft model, a table look-up a byte, for all rows in step."""
    width = int(checksum.algorithm.removeprefix("crc"))
    table = _crc_table(width, checksum.polynomial, checksum.reflect)
    initial = _reflected(checksum.initial, width) if checksum.reflect else checksum.initial
    register = np.full(block.shape[1], initial, np.uint32)
    for octets in block:
        if checksum.reflect:
            register = table[(register ^ octets) & 0xFF] ^ (register >> 8)
        else:
            # Bits shifted past the register's width fall off: 32 bits by themselves.
            shifted = (register << 8) & np.uint32((1 << width) - 1)
            register = table[((register >> (width - 8)) ^ octets) & 0xFF] ^ shifted
    return register ^ np.uint32(checksum.final_xor)


def _crc_table(width: int, polynomial: int, reflect: bool) -> Array:
    mask, top = (1 << width) - 1, 1 << (width - 1)
    table = np.empty(256, np.uint32)
    for octet in range(256):
        register = (_reflected(octet, 8) if reflect else octet) << (width - 8)
        for _ in range(8):
            register = (register << 1 ^ (polynomial if register & top else 0)) & mask
        table[octet] = _reflected(register, width) if reflect else register
    return table


def _reflected(value: int, width: int) -> int:
    return int(f"{value:0{width}b}"[::-1], 2)
