"""Every checksum of a layout, from its definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NATURAL_TYPE = {
    "xor8": "u8",
    "sum8": "u8",
    "sum8_neg": "u8",
    "sum16": "u16",
    "fletcher16": "u16",
    "crc8": "u8",
    "crc16": "u16",
    "crc32": "u32",
}

CRC_DEFAULTS: dict[str, dict[str, Any]] = {
    "crc8": {"polynomial": 0x07, "initial": 0, "reflect": False, "final_xor": 0},
    "crc16": {"polynomial": 0x1021, "initial": 0xFFFF, "reflect": False, "final_xor": 0},
    "crc32": {
        "polynomial": 0x04C11DB7,
        "initial": 0xFFFFFFFF,
        "reflect": True,
        "final_xor": 0xFFFFFFFF,
    },
}


def checksum(spec: Mapping[str, Any], data: bytes) -> int:
    """The checksum of `data` by the ``framing.checksum`` table `spec`."""
    algorithm = spec["algorithm"]
    if algorithm == "xor8":
        return xor8(data)
    if algorithm == "sum8":
        return sum(data) % 256
    if algorithm == "sum8_neg":
        return (256 - sum(data) % 256) % 256
    if algorithm == "sum16":
        return sum(data) % 65536
    if algorithm == "fletcher16":
        return fletcher16(data)
    parameters = CRC_DEFAULTS[algorithm] | {
        key: spec[key] for key in CRC_DEFAULTS[algorithm] if key in spec
    }
    return crc(data, width=int(algorithm.removeprefix("crc")), **parameters)


def xor8(data: bytes) -> int:
    """Exclusive or of all bytes."""
    value = 0
    for byte in data:
        value ^= byte
    return value


def fletcher16(data: bytes) -> int:
    """Fletcher's checksum with both sums modulo 255."""
    first = second = 0
    for byte in data:
        first = (first + byte) % 255
        second = (second + first) % 255
    return second << 8 | first


def crc(
    data: bytes, *, width: int, polynomial: int, initial: int, reflect: bool, final_xor: int
) -> int:
    """A CRC of the Rocksoft model, one bit of the message after another."""
    register = initial
    for byte in data:
        for bit in range(8):
            message_bit = byte >> (bit if reflect else 7 - bit) & 1
            top_bit = register >> (width - 1) & 1
            register = register << 1 & (1 << width) - 1
            if message_bit != top_bit:
                register ^= polynomial
    if reflect:
        register = int(f"{register:0{width}b}"[::-1], 2)
    return register ^ final_xor
