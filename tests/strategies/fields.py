"""Fields: every type, with all that may stand beside it. They still lack ``name`` and ``at``."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from oracle.times import SECOND_PARTS
from oracle.walk import number_size

Spec = dict[str, Any]

UNSIGNED = ["u8", "u16", "u24", "u32", "u64"]
SIGNED = ["i8", "i16", "i24", "i32", "i64"]
FLOATS = ["f32", "f64"]
NUMBERS = UNSIGNED + SIGNED + FLOATS
ENCODINGS = ["ascii", "latin-1", "utf-8", "utf-16-le", "utf-16-be"]
ORDERS = st.sampled_from(("little", "big"))

WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=("Cs", "Cc")),
    min_size=1,
    max_size=6,
)
SCALES = st.sampled_from((0.01, 0.1, 1e-7, -0.5, 1 / 3, 2, 1000.0)) | st.floats(
    1e-6, 1e6, allow_nan=False
)
BIASES = st.sampled_from((0, -40, 0.5, -273.15)) | st.floats(-1e6, 1e6, allow_nan=False)
FRACTION_SCALES = st.sampled_from((0.001, 0.01, 1e-6, 2.0**-16, 2.0**-32, 2.0**-64, 1e-7, 1e-9, 1))


def integers(wire_type: str) -> st.SearchStrategy[int]:
    """Any integer that the wire type holds."""
    bits = 8 * number_size(wire_type)
    if wire_type[0] == "i":
        return st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    return st.integers(0, (1 << bits) - 1)


@st.composite
def with_null(draw: st.DrawFn, spec: Spec) -> Spec:
    """`spec`, perhaps with a sentinel."""
    if draw(st.integers(0, 2)):
        return spec
    if spec["type"] in FLOATS:
        # What f32 holds exactly; test_roundtrip has a case for a sentinel that it does not.
        sentinels = st.sampled_from(("nan", -999.0, 1e9, 0.5, -1))
        return {**spec, "null": draw(sentinels)}
    return {**spec, "null": draw(integers(spec["type"]) | st.just(0))}


@st.composite
def numbers(draw: st.DrawFn) -> Spec:
    """A plain or scaled number."""
    spec: Spec = {"type": draw(st.sampled_from(NUMBERS))}
    if draw(st.integers(0, 2)) == 0:
        spec["scale"] = draw(SCALES)
    if draw(st.integers(0, 3)) == 0:
        spec["bias"] = draw(BIASES)
    return draw(with_null(spec))


@st.composite
def bit_fields(draw: st.DrawFn) -> Spec:
    """An integer whose bits are columns (their names are its keys ``0``, ``1``, ...)."""
    spec: Spec = {"type": draw(st.sampled_from(UNSIGNED + SIGNED))}
    total = 8 * number_size(spec["type"])
    first, bits = 0, {}
    for key in range(draw(st.integers(1, 5))):
        first += draw(st.sampled_from((0, 0, 0, 1, 7)))
        if first >= total:
            break
        width = draw(st.integers(1, min(total - first, draw(st.sampled_from((1, 4, 64))))))
        bits[str(key)] = first if width == 1 and draw(st.booleans()) else [first, width]
        first += width
    return draw(with_null({**spec, "bits": bits}))


@st.composite
def enums(draw: st.DrawFn) -> Spec:
    """An integer with names."""
    wire_type = draw(st.sampled_from(UNSIGNED + SIGNED))
    keys = draw(
        st.lists(st.integers(0, 9) | integers(wire_type), min_size=1, max_size=5, unique=True)
    )
    labels = draw(st.lists(WORDS, min_size=len(keys), max_size=len(keys), unique=True))
    # A label of digits could be another number's; such a table cannot tell them apart.
    labels = [f"~{label}" if label.lstrip("-").isdigit() else label for label in labels]
    names = {str(key): label for key, label in zip(keys, labels, strict=True)}
    return draw(with_null({"type": wire_type, "enum": names}))


@st.composite
def texts(draw: st.DrawFn) -> Spec:
    """Text of a fixed size."""
    spec: Spec = {"type": "text", "size": draw(st.integers(1, 12))}
    if draw(st.integers(0, 4)):
        spec["encoding"] = draw(st.sampled_from(ENCODINGS))
    if spec.get("encoding", "").startswith("utf-16"):
        spec["size"] += spec["size"] % 2
    return spec


byte_fields = st.builds(lambda size: {"type": "bytes", "size": size}, st.integers(1, 12))


@st.composite
def arrays(draw: st.DrawFn) -> Spec:
    """A fixed number of numbers."""
    return {**draw(numbers()), "count": draw(st.integers(1, 4))}


@st.composite
def packed_times(draw: st.DrawFn) -> Spec:
    """Calendar parts in any order that fits 64 bits."""
    widths = {"year": draw(st.integers(7, 14)), "month": 4, "day": 5}
    clock = {"hour": 5, "minute": 6, "second": 6}
    parts_of_second = {"tenth": 4, "hundredth": 7, "millisecond": 10, "microsecond": 20}
    assert parts_of_second.keys() == SECOND_PARTS.keys()
    if draw(st.integers(0, 3)):
        widths |= clock
        if draw(st.integers(0, 3)):
            part = draw(st.sampled_from(list(parts_of_second)))
            widths[part] = parts_of_second[part]
    spare = 64 - sum(widths.values())
    first, bits = 0, {}
    for part in draw(st.permutations(list(widths))):
        gap = draw(st.integers(0, min(spare, 2)))
        bits[part] = [first + gap, widths[part]]
        first += gap + widths[part]
        spare -= gap
    spec: Spec = {"type": "timestamp", "codec": "packed", "bits": bits}
    spec["size"] = draw(st.integers((first + 7) // 8, 8))
    if draw(st.booleans()):
        spec["year_base"] = draw(st.sampled_from((0, 1900, 1980, 1993, 2000, 9990)))
    if draw(st.integers(0, 3)) == 0:
        spec["null"] = draw(st.sampled_from([0, (1 << 8 * spec["size"]) - 1]))
    return spec


@st.composite
def unix_times(draw: st.DrawFn) -> Spec:
    """Seconds of any number type, perhaps with a fraction."""
    spec: Spec = {"type": "timestamp", "codec": "unix"}
    spec["seconds"] = draw(st.sampled_from(NUMBERS))
    if spec["seconds"] not in FLOATS and draw(st.booleans()):
        spec["fraction"] = draw(scaled_parts())
    if draw(st.integers(0, 3)) == 0:
        sentinels = st.sampled_from(("nan", 0, -1.5))
        if spec["seconds"] not in FLOATS:
            sentinels = integers(spec["seconds"]) | st.just(0)
        spec["null"] = draw(sentinels)
    return spec


@st.composite
def gps_times(draw: st.DrawFn) -> Spec:
    """Week and time of week."""
    spec: Spec = {"type": "timestamp", "codec": "gps"}
    spec["week"] = draw(st.sampled_from((*UNSIGNED, *SIGNED, "u16", "u16")))
    spec["time_of_week"] = draw(scaled_parts())
    if draw(st.integers(0, 3)) == 0:
        spec["null"] = draw(integers(spec["week"]) | st.just(0))
    return spec


@st.composite
def scaled_parts(draw: st.DrawFn) -> Spec:
    """``{ type, scale }`` of a fraction or a time of week."""
    part: Spec = {"type": draw(st.sampled_from(NUMBERS))}
    if draw(st.integers(0, 3)):
        part["scale"] = draw(FRACTION_SCALES)
    return part


@st.composite
def msdos_times(draw: st.DrawFn) -> Spec:
    """MS-DOS date and time."""
    spec: Spec = {"type": "timestamp", "codec": "msdos"}
    if draw(st.booleans()):
        spec["null"] = draw(st.sampled_from((0, (1 << 32) - 1)))
    return spec


@st.composite
def any_fields(draw: st.DrawFn) -> Spec:
    """Any field of a fixed size."""
    spec: Spec = draw(ANY_TYPE)
    if draw(st.integers(0, 3)) == 0:
        spec["byte_order"] = draw(ORDERS)
    if draw(st.integers(0, 5)) == 0:
        spec["unit"] = draw(WORDS)
        spec["doc"] = draw(WORDS)
    return spec


# Strategies are dear to make: these are made once.
ANY_TYPE: st.SearchStrategy[Spec] = st.one_of(
    numbers(),
    bit_fields(),
    enums(),
    texts(),
    byte_fields,
    arrays(),
    packed_times() | unix_times() | gps_times() | msdos_times(),
)
FIELDS = any_fields()


def open_fields(counter: str | None) -> st.SearchStrategy[Spec]:
    """A field to the payload's end, or an array counted by the field `counter`."""
    rest: st.SearchStrategy[Spec] = st.one_of(
        st.builds(
            lambda encoding: {"type": "text", "size": "rest", "encoding": encoding},
            st.sampled_from(ENCODINGS),
        ),
        st.just({"type": "bytes", "size": "rest"}),
        numbers().map(lambda spec: {**spec, "count": "rest"}),
    )
    if counter is None:
        return rest
    return rest | numbers().map(lambda spec: {**spec, "count": counter})


def fixed_size(spec: Spec) -> int:
    """Bytes that a field takes in any case."""
    if spec["type"] == "timestamp":
        match spec["codec"]:
            case "packed":
                return int(spec["size"])
            case "msdos":
                return 4
            case "unix":
                fraction = spec.get("fraction", {"type": "u0"})["type"]
                return number_size(spec["seconds"]) + number_size(fraction)
            case _:
                return number_size(spec["week"]) + number_size(spec["time_of_week"]["type"])
    if spec["type"] in ("text", "bytes"):
        return 0 if spec["size"] == "rest" else int(spec["size"])
    count = spec.get("count", 1)
    return number_size(spec["type"]) * count if isinstance(count, int) else 0
