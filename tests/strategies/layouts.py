"""Whole layouts, as the dict that their TOML parses to."""

from __future__ import annotations

from itertools import count
from typing import Any

from hypothesis import strategies as st

from oracle.walk import number_size
from strategies.fields import FIELDS, SIGNED, UNSIGNED, fixed_size, open_fields
from strategies.framing import framings, gaps

Spec = dict[str, Any]

COUNTERS = (*UNSIGNED, *UNSIGNED, *SIGNED)
FIELD_LISTS = st.lists(FIELDS, max_size=5)


@st.composite
def layouts(draw: st.DrawFn) -> dict[str, Any]:
    """A valid layout."""
    head: Spec = {"name": "drawn", "version": "1", "status": "assumed", "title": "Drawn"}
    if draw(st.booleans()):
        head["byte_order"] = draw(st.sampled_from(("little", "big")))
    framing = draw(framings())
    most = (1 << 8 * number_size(framing["type"]["type"])) - 1
    number = st.integers(0, 9) | st.integers(0, most)
    types = draw(st.lists(number, min_size=1, max_size=4, unique=True))
    records = []
    for type_number in types:
        records += draw(kinds(type_number, "length" in framing))
    return {"layout": head, "framing": framing, "record": draw(st.permutations(records))}


@st.composite
def kinds(draw: st.DrawFn, number: int, sizes_vary: bool) -> list[Spec]:
    """The variants of one type: several sizes and perhaps a variable one, if `sizes_vary`."""
    names = (f"c{n}" for n in count())
    columns = [named(spec, names) for spec in draw(FIELD_LISTS)]
    variable = sizes_vary and draw(st.booleans())
    fixed = draw(st.integers(0 if variable else 1, 3 if sizes_vary else 1))
    taken: set[int] = set()
    variants = []
    for _ in range(fixed):
        placed, end = draw(placements(columns))
        size = end + draw(gaps)
        if draw(st.integers(0, 5)) == 0:
            placed = placed + draw(tails(end, names))
            size = placed[-1]["at"] + draw(st.integers(0, 12))
        while size in taken:
            size += 1
        taken.add(size)
        variants.append(record(number, placed, size))
    if variable:
        variants.append(draw(variable_variants(number, columns, names)))
    return variants


def record(number: int, placed: list[Spec], size: int | None) -> Spec:
    """A ``[[record]]``."""
    table: Spec = {"type": number, "name": f"record_{number}"}
    if size is not None:
        table["size"] = size
    if placed:
        table["field"] = placed
    return table


def named(spec: Spec, names: Any) -> Spec:
    """`spec` with the next column name; its bits' columns are named after it."""
    name = next(names)
    if "bits" in spec and spec["type"] != "timestamp":
        spec = {**spec, "bits": {f"{name}_bit{key}": bit for key, bit in spec["bits"].items()}}
    return {"name": name, **spec}


@st.composite
def placements(draw: st.DrawFn, columns: list[Spec]) -> tuple[list[Spec], int]:
    """Some of `columns` one after the other with gaps, and where the last one ends."""
    chosen = draw(st.permutations([c for c in columns if draw(st.integers(0, 3))]))
    at = 0
    placed = []
    for spec in chosen:
        at += draw(gaps)
        placed.append({"name": spec["name"], "at": at, **spec})
        at += fixed_size(spec)
    return placed, at


@st.composite
def variable_variants(draw: st.DrawFn, number: int, columns: list[Spec], names: Any) -> Spec:
    """A record without a size; mostly it has a field to the payload's end or a counted array."""
    placed, end = draw(placements(columns))
    if draw(st.integers(0, 4)) == 0:
        return record(number, placed, None)
    return record(number, placed + draw(tails(end, names)), None)


@st.composite
def tails(draw: st.DrawFn, end: int, names: Any) -> list[Spec]:
    """A field without a fixed end, from byte `end` on; before it the field that counts it."""
    placed = []
    counter = None
    if draw(st.booleans()):
        counter = {**named({"type": draw(st.sampled_from(COUNTERS))}, names), "at": end}
        placed.append(counter)
        end += fixed_size(counter)
    tail = named(draw(open_fields(counter["name"] if counter else None)), names)
    return [*placed, {**tail, "at": end + draw(gaps)}]
