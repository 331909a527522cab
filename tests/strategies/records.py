"""Records of a layout as wire values, valid, odd, too short, too long and unknown."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from oracle.encode import Record, frame
from oracle.times import SECOND_PARTS
from oracle.walk import number_size
from strategies.fields import FLOATS, integers
from strategies.framing import MAX_FRAME, overhead_of

Table = Mapping[str, Any]


@st.composite
def records(draw: st.DrawFn, layout: Table, max_size: int = 10) -> list[Record]:
    """Records of `layout`, in file order, at least one."""
    fewest = draw(st.sampled_from((1, max_size // 2, max_size)))
    drawn = draw(st.lists(one_record(layout), min_size=fewest, max_size=max_size))
    return [fitted(layout, record) for record in drawn]


def fitted(layout: Table, record: Record) -> Record:
    """`record`, its tail cut so that its frame is not longer than MAX_FRAME."""
    excess = len(frame(layout, record, 0)[0]) - MAX_FRAME
    if excess <= 0:
        return record
    if record.extra:
        kept = max(len(record.extra) - excess, 0)
        return fitted(layout, replaced(record, extra=record.extra[:kept]))
    return replaced(record, cut=record.cut + excess)


def replaced(record: Record, **changes: Any) -> Record:
    """A copy of `record` with `changes`."""
    return Record(**{**vars(record), **changes})


@st.composite
def one_record(draw: st.DrawFn, layout: Table) -> Record:
    """A record of any variant, rarely longer or shorter than it; rarely of an unknown type."""
    sizes_vary = "length" in layout["framing"]
    oddity = draw(st.integers(0, 9)) if sizes_vary else 9
    if oddity == 0:
        return draw(unknown_records(layout))
    variant = draw(st.sampled_from(layout["record"]))
    record = Record(variant["name"], variant.get("size"), draw(values_of(variant)))
    if not variant.get("field"):
        record = replaced(record, payload=draw(opaque_payloads(layout, record.size)))
    if oddity == 1:
        return replaced(record, extra=draw(st.binary(min_size=1, max_size=12)))
    if oddity == 2:
        whole = len(frame(layout, record, 0)[0]) - overhead_of(layout["framing"])
        return replaced(record, cut=draw(st.integers(0, whole)))
    return record


@st.composite
def unknown_records(draw: st.DrawFn, layout: Table) -> Record:
    """A record of a type that the layout does not know."""
    most = (1 << 8 * number_size(layout["framing"]["type"]["type"])) - 1
    known = {record["type"] for record in layout["record"]}
    number = draw(st.integers(0, most).filter(lambda n: n not in known))
    return Record(number, payload=draw(st.binary(max_size=20) | nested_frames(layout)))


def opaque_payloads(layout: Table, size: int | None) -> st.SearchStrategy[bytes]:
    """What an opaque record may hold."""
    if size is not None:
        return st.binary(min_size=size, max_size=size)
    return st.binary(max_size=20) | nested_frames(layout)


@st.composite
def nested_frames(draw: st.DrawFn, layout: Table) -> bytes:
    """A payload that holds a whole frame, as nothing forbids."""
    variant = draw(st.sampled_from(layout["record"]))
    inner = Record(variant["name"], variant.get("size"), draw(values_of(variant)))
    return draw(st.binary(max_size=3)) + frame(layout, inner, 0)[0]


def values_of(variant: Table) -> st.SearchStrategy[dict[str, Any]]:
    """Wire values of all fields of a variant."""
    specs = variant.get("field", ())
    counts = {s["count"] for s in specs if isinstance(s.get("count"), str)} - {"rest"}
    drawn = st.fixed_dictionaries({s["name"]: wire_values(s) for s in specs})
    if not counts:
        return drawn
    (counter,) = counts
    (array,) = (s for s in specs if s.get("count") == counter)
    # Mostly the truth; what else a counter may say is then a short record.
    return st.builds(
        lambda values, honest: (
            {**values, counter: len(values[array["name"]])} if honest else values
        ),
        drawn,
        st.integers(0, 7).map(bool),
    )


def wire_values(spec: Table) -> st.SearchStrategy[Any]:
    """What may stand in the file for one field."""
    if spec["type"] == "timestamp":
        return timestamps(spec)
    if spec["type"] in ("text", "bytes"):
        return contents(spec)
    if "count" in spec:
        fewest, most = (0, 5) if isinstance(spec["count"], str) else (spec["count"],) * 2
        return st.lists(numbers(spec), min_size=fewest, max_size=most)
    return numbers(spec)


def numbers(spec: Table) -> st.SearchStrategy[Any]:
    """A wire number: any, zero, the sentinel, or one that has a name."""
    special: list[Any] = [0, *map(int, spec.get("enum", ()))]
    if "null" in spec:
        special.append(float("nan") if spec["null"] == "nan" else spec["null"])
    return st.sampled_from(special) | any_number(spec["type"])


def any_number(wire_type: str) -> st.SearchStrategy[Any]:
    """Any number that the wire type holds."""
    if wire_type in FLOATS:
        return st.floats(width=8 * number_size(wire_type))  # type: ignore[arg-type]
    return integers(wire_type)


@st.composite
def contents(draw: st.DrawFn, spec: Table) -> bytes:
    """Bytes of a text or bytes field: any, or text that is padded with NULs or blanks."""
    size = spec["size"]
    most = 20 if size == "rest" else size
    data: bytes
    if spec["type"] == "bytes" or draw(st.integers(0, 2)) == 0:
        data = draw(st.binary(max_size=most))
    else:
        encoding = spec.get("encoding", "ascii")
        data = draw(st.text(st.characters(codec=encoding), max_size=8)).encode(encoding)
        blank = draw(st.sampled_from(("\0", " ", " \0"))).encode(encoding)
        data += blank * draw(st.integers(0, 6))
    return data[:most]


@st.composite
def timestamps(draw: st.DrawFn, spec: Table) -> Any:
    """Wire value(s) of a time: mostly possible, sometimes any."""
    if "null" in spec and draw(st.integers(0, 3)) == 0:
        null = float("nan") if spec["null"] == "nan" else spec["null"]
        return (null, draw(second_parts(spec))) if two_part(spec) else null
    likely = bool(draw(st.integers(0, 3)))
    if spec["codec"] == "packed":
        if not likely:
            return draw(st.integers(0, (1 << 8 * spec["size"]) - 1))
        return draw(packed(spec["bits"], spec.get("year_base", 0)))
    if spec["codec"] == "msdos":
        bits = {"year": [25, 7], "month": [21, 4], "day": [16, 5]}
        bits |= {"hour": [11, 5], "minute": [5, 6]}
        any_msdos = st.integers(0, (1 << 32) - 1)
        return draw(packed(bits, 1980)) | draw(st.integers(0, 29)) if likely else draw(any_msdos)
    first_type = spec["seconds"] if spec["codec"] == "unix" else spec["week"]
    first = draw(any_number(first_type))
    if likely:
        first = draw(likely_first(spec["codec"], first_type))
    return (first, draw(second_parts(spec))) if two_part(spec) else (first,)


def two_part(spec: Table) -> bool:
    return "fraction" in spec or "time_of_week" in spec


@st.composite
def likely_first(draw: st.DrawFn, codec: str, wire_type: str) -> Any:
    """Seconds since 1970 or GPS weeks of times that people have flown in, where they fit."""
    most = 4_102_444_800 if codec == "unix" else 4000
    if wire_type in FLOATS:
        return draw(st.floats(0, most))
    bits = 8 * number_size(wire_type) - (wire_type[0] == "i")
    return draw(st.integers(0, min(most, (1 << bits) - 1)))


@st.composite
def second_parts(draw: st.DrawFn, spec: Table) -> Any:
    """A fraction below one second or a time of week, where its type holds one; else any."""
    part = spec.get("fraction") or spec.get("time_of_week")
    if part is None:
        return 0
    units = (1 if "fraction" in spec else 604800) / part.get("scale", 1)
    if draw(st.integers(0, 7)) == 0:
        return draw(any_number(part["type"]))
    if part["type"] in FLOATS:
        return draw(st.floats(0, units, exclude_max=True))
    bits = 8 * number_size(part["type"]) - (part["type"][0] == "i")
    return draw(st.integers(0, min(int(units), (1 << bits) - 1)))


@st.composite
def packed(draw: st.DrawFn, bits: Mapping[str, list[int]], year_base: int) -> int:
    """The packed integer of a possible time."""
    most = min(9999, year_base + (1 << bits["year"][1]) - 1)
    year = draw(st.integers(max(year_base, 1), most))
    month = draw(st.integers(1, 12))
    parts = {"year": year - year_base, "month": month}
    parts["day"] = draw(st.integers(1, calendar.monthrange(year, month)[1]))
    ends = {"hour": 24, "minute": 60, "second": 60, **SECOND_PARTS}
    for part in bits.keys() & ends.keys():
        parts[part] = draw(st.integers(0, ends[part] - 1))
    return sum(parts[part] << first for part, (first, _) in bits.items())
