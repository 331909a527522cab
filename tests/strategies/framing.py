"""Framings: header, sync, length, type and checksum in every valid arrangement."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from oracle.checksums import CRC_DEFAULTS, NATURAL_TYPE
from oracle.walk import number_size

#: No frame of a drawn log is longer, so that every length field holds it with any drawn bias.
MAX_FRAME = 230
MAX_NEGATIVE_BIAS = 20

ORDERS = st.sampled_from(("little", "big"))
ALGORITHMS = ["none", *NATURAL_TYPE]


@st.composite
def framings(draw: st.DrawFn) -> dict[str, Any]:
    """A ``[framing]`` table."""
    framing: dict[str, Any] = draw(headers())
    most = draw(st.sampled_from((1, 2, 8)))
    sync: list[int] = draw(st.lists(st.integers(0, 255), max_size=most))
    if draw(st.booleans()) or sync:
        framing["sync"] = sync
    check = draw(st.none() | checksums())
    parts = ["type"]
    if draw(st.integers(0, 4)):
        parts.append("length")
    if check is not None and check["algorithm"] != "none" and draw(st.integers(0, 3)) == 0:
        parts.append("checksum")

    at = len(sync) + draw(gaps)
    for part in draw(st.permutations(parts)):
        if part == "checksum":
            assert check is not None
            check["at"] = at
            at += number_size(check.get("type", NATURAL_TYPE[check["algorithm"]]))
        else:
            table = draw(numbers(["u8", "u16"] if part == "type" else list(WIDTHS)))
            framing[part] = {"at": at, **table}
            at += number_size(table["type"])
        at += draw(gaps)
    framing["payload_at"] = at
    if check is not None:
        framing["checksum"] = check
        draw(checksum_ranges(check, at))
    if "length" in framing:
        draw(length_rules(framing))
    return framing


WIDTHS = ("u8", "u16", "u24", "u32", "u64")
gaps = st.sampled_from((0, 0, 0, 0, 1, 2))


def numbers(types: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Wire type and, sometimes, byte order of a framing number."""
    return st.fixed_dictionaries({"type": st.sampled_from(types)}, optional={"byte_order": ORDERS})


@st.composite
def headers(draw: st.DrawFn) -> dict[str, Any]:
    """``magic`` and ``header_size``, both optional."""
    magic: Any = draw(
        st.none()
        | st.lists(st.integers(0, 255), min_size=1, max_size=6)
        | st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), min_size=1, max_size=6)
    )
    header: dict[str, Any] = {} if magic is None else {"magic": magic}
    if draw(st.booleans()):
        header["header_size"] = (0 if magic is None else len(magic)) + draw(st.integers(0, 9))
    return header


@st.composite
def checksums(draw: st.DrawFn) -> dict[str, Any]:
    """A ``framing.checksum`` table without its place."""
    algorithm = draw(st.sampled_from(ALGORITHMS))
    check: dict[str, Any] = {"algorithm": algorithm}
    if algorithm == "none":
        return check
    natural = number_size(NATURAL_TYPE[algorithm])
    wide_enough = [width for width in WIDTHS[:4] if number_size(width) >= natural]
    if draw(st.booleans()):
        check["type"] = draw(st.sampled_from(wide_enough))
    if draw(st.booleans()):
        check["byte_order"] = draw(ORDERS)
    if algorithm in CRC_DEFAULTS:
        word = st.integers(0, (1 << 8 * natural) - 1)
        polynomial = st.integers(1, (1 << 8 * natural) - 1)
        options = {"polynomial": polynomial, "initial": word, "final_xor": word}
        check |= draw(st.fixed_dictionaries({}, optional={**options, "reflect": st.booleans()}))
    return check


@st.composite
def checksum_ranges(draw: st.DrawFn, check: dict[str, Any], payload_at: int) -> None:
    """Put ``from`` into a checksum table, or leave it out."""
    if check["algorithm"] == "none":
        return
    # The default, 0, cannot be where the checksum itself stands there.
    if check.get("at") != 0 and draw(st.booleans()):
        return
    if "at" not in check:
        check["from"] = draw(st.integers(0, payload_at))
        return
    behind = check["at"] + number_size(check.get("type", NATURAL_TYPE[check["algorithm"]]))
    before = [st.integers(0, check["at"] - 1)] if check["at"] else []
    check["from"] = draw(st.one_of(*before, st.integers(behind, payload_at)))


@st.composite
def length_rules(draw: st.DrawFn, framing: dict[str, Any]) -> None:
    """Put ``counts``, ``bias`` and ``max`` into a length table, or leave them out."""
    length = framing["length"]
    overhead = overhead_of(framing)
    behind = overhead - length["at"] - number_size(length["type"])
    fewest = {"frame": overhead, "payload": 0, "after": behind}
    if draw(st.booleans()):
        length["counts"] = draw(st.sampled_from(list(fewest)))
    if draw(st.booleans()):
        most = fewest[length.get("counts", "frame")]
        length["bias"] = draw(st.integers(-MAX_NEGATIVE_BIAS, most))
    if draw(st.booleans()):
        length["max"] = draw(st.integers(MAX_FRAME + MAX_NEGATIVE_BIAS, 255) | st.just(255))


def overhead_of(framing: dict[str, Any]) -> int:
    """Bytes of a frame that are not payload."""
    check = framing.get("checksum", {"algorithm": "none"})
    trailer = 0
    if check["algorithm"] != "none" and "at" not in check:
        trailer = number_size(check.get("type", NATURAL_TYPE[check["algorithm"]]))
    return int(framing["payload_at"]) + trailer
