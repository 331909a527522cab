"""Damage as it happens to logs: cuts, flipped bits, noise, blocks written twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hypothesis import strategies as st

Table = Mapping[str, Any]


@dataclass(frozen=True)
class Damage:
    """One thing done to the bytes [`at`, `at` + `size`) of a log.

    ``remove`` takes them away, ``flip`` xors them with `data`, ``insert`` puts `data` before
    them, and ``repeat`` writes them a second time.
    """

    what: Literal["remove", "flip", "insert", "repeat"]
    at: int
    size: int = 0
    data: bytes = b""


def damaged(log: bytes, damage: list[Damage]) -> bytes:
    """`log` with all of `damage` done to it, one after the other."""
    for each in damage:
        before, hit, after = cut(log, each.at, each.size)
        if each.what == "remove":
            log = before + after
        elif each.what == "insert":
            log = before + each.data + hit + after
        elif each.what == "repeat":
            log = before + hit + hit + after
        else:
            hit = bytes(a ^ b for a, b in zip(hit, each.data, strict=False))
            log = before + hit + after
    return log


def cut(log: bytes, at: int, size: int) -> tuple[bytes, bytes, bytes]:
    """`log` before, in and after [`at`, `at` + `size`)."""
    return log[:at], log[at : at + size], log[at + size :]


@st.composite
def damages(draw: st.DrawFn, layout: Table, log: bytes, max_size: int = 3) -> list[Damage]:
    """Things to do to `log`; rarely to its header."""
    framing = layout["framing"]
    header = framing.get("header_size", len(framing.get("magic", "")))
    first = header if draw(st.integers(0, 19)) else 0
    return draw(st.lists(one_damage(layout, first, len(log)), min_size=1, max_size=max_size))


@st.composite
def one_damage(draw: st.DrawFn, layout: Table, first: int, end: int) -> Damage:
    """One thing to do to the bytes [`first`, `end`)."""
    what = draw(st.sampled_from(("remove", "flip", "insert", "repeat", "end")))
    at = draw(st.integers(min(first, end), end))
    if what == "end":
        return Damage("remove", at, end)
    size = draw(st.integers(1, 8) | st.integers(1, 100))
    if what == "flip":
        mask = st.integers(0, 7).map(lambda bit: bytes([1 << bit]))
        data = draw(mask | st.binary(min_size=1, max_size=8))
        return Damage("flip", at, len(data), data)
    if what == "insert":
        sync = bytes(layout["framing"].get("sync", []))
        noise = st.binary(max_size=20)
        around_sync = st.builds(lambda before, after: before + sync + after, noise, noise)
        return Damage("insert", at, data=draw(around_sync | noise))
    return Damage(what, at, size)  # type: ignore[arg-type]
