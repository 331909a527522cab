"""Before rivals are raced against satlog: do they do the same work?"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import numpy as np
import pytest

from benchmarks.rivals import (
    construct_rival,
    kaitai_rival,
    memcpy,
    numpy_two_pass,
    pandas_flight,
    satloc_air,
    struct_loop,
)
from satlog_native import flight, layouts, open_log
from satlog_native.synth import FlightPlan, bulk, fly, rectangle

DECODERS: Final[dict[str, Callable[[bytes], satloc_air.Tables]]] = {
    "struct_loop": struct_loop.decode,
    "numpy_two_pass": lambda data: numpy_two_pass.plain(numpy_two_pass.decode(data)),
    "construct": construct_rival.decode,
    "kaitai": kaitai_rival.decode,
}


#: What flights do not hold: nulls, dates that there are not, numbers without a name, text of all
#: kinds, an unknown type.
ODD_RECORDS: Final = [
    (1, b"\xff" * 5 + struct.pack("<2d4f2B", 1.5, -2.5, *range(4), 255, 0b1010_0101)),
    (1, bytes(5) + struct.pack("<2d4f2B6fh2BI3x", *range(6), 7, 255, *range(6), -5, 3, 9, 2**31)),
    (42, struct.pack("<fB", float("nan"), 1)),
    (50, struct.pack("<3fBH", 1, 2, -3, 255, 10132)),
    (52, struct.pack("<B3H", 3, 900, 0, 65535)),
    (52, b"\0"),
    (56, struct.pack("<2h", -32768, 451)),
    (60, struct.pack("<B2d", 77, 1, 2)),
    (61, struct.pack("<B2d", 31, 1, 2) + "Hütte 7 \0".encode("utf-16-le")),
    (100, struct.pack("<16s16s32sI", b"1.0", b" N1 \0 ", "Jörg".encode("latin-1"), 2**32 - 1)),
    (120, struct.pack("<IfBf64s", 0, 20, 9, 90, "Süd \0".encode())),
    (140, struct.pack("<B3f", 0b10, 1, 2, 3)),
    (142, struct.pack("<B2f", 2, 10, 10.5)),
    (151, "Zufahrt über Nord".encode()),
    (152, b""),
    (200, b"\1\2\3"),
]


def frame(number: int, payload: bytes) -> bytes:
    middle = bytes([len(payload) + 4, number]) + payload
    return b"\xa5" + middle + bytes([sum(middle) & 0xFF])


@pytest.fixture(scope="module")
def log() -> bytes:
    """A short flight in which every kind and both sizes of positions occur, then odd records."""
    field = rectangle(35.2, -90.9, 60.0, 200.0)
    plan = FlightPlan(field=field, positions="mixed", all_kinds=True, airstrip=(-90.91, 35.2))
    return fly(plan).data + b"".join(frame(*record) for record in ODD_RECORDS)


@pytest.fixture(scope="module")
def truth(log: bytes) -> dict[str | int, dict[str, list[Any]]]:
    with open_log(log) as opened:
        return {kind: table.to_pydict() for kind, table in opened.tables().items()}


def test_log_holds_every_kind(truth: dict[str | int, object]) -> None:
    assert set(truth) == {kind.name for kind in layouts.load("satloc_air").kinds} | {200}


@pytest.mark.parametrize("name", DECODERS)
def test_same_tables(name: str, log: bytes, truth: dict[str | int, dict[str, list[Any]]]) -> None:
    tables = DECODERS[name](log)
    assert set(tables) == set(truth)
    for kind, table in truth.items():
        assert list(tables[kind]) == list(table), kind
        for column, values in table.items():
            assert tables[kind][column] == values, f"{kind}.{column}"


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("place", [0, 1, 10, -1])
def test_damage_is_refused(name: str, place: int, log: bytes) -> None:
    """They verify the checksum: not one bit may be wrong."""
    damaged = bytearray(log)
    damaged[place] ^= 4
    with pytest.raises(ValueError, match="no good"):
        DECODERS[name](bytes(damaged))


FIELD: Final = rectangle(35.2, -90.9, 200.0, 700.0)

#: Flights that satlog and the analyst work out alike.
FLIGHTS: Final[dict[str, Callable[[], bytes]]] = {
    "windy": lambda: fly(FlightPlan(field=FIELD, rate_hz=10, positions="mixed"), seed=3).data,
    "two flights": lambda: bulk(50_000, seed=1),
    # Frames that are lost leave gaps, and records that come too late.
    "damaged": lambda: fly(FlightPlan(field=FIELD), seed=4).damaged(seed=4, gaps=30, noise=20).data,
}


@pytest.mark.parametrize("name", FLIGHTS)
def test_same_flight(name: str) -> None:
    with open_log(FLIGHTS[name]()) as opened:
        tables = opened.tables()
    track = flight.track(tables)
    passes = flight.passes(track)
    _, on, runs, told = pandas_flight.analyse(pandas_flight.to_pandas(tables))
    assert passes.height == len(runs) > 3
    for column in passes.columns:
        for value, truth in zip(runs[column], passes[column], strict=True):
            assert is_close(value, truth), column
    summary = flight.summary(track, passes).row(0, named=True)
    for figure, value in told.items():
        assert is_close(value, summary[figure]), figure
    wanted, ground = flight.coverage(track), pandas_flight.coverage(on)
    assert ground["net_area"] == pytest.approx(wanted.net_area, rel=0.005)
    # A difference of two sums: as exact as these are.
    assert ground["overlap_area"] == pytest.approx(wanted.overlap_area, abs=0.005 * wanted.net_area)


def is_close(value: Any, truth: Any) -> bool:
    """Numbers to six digits; times exactly."""
    return bool(
        value == truth if isinstance(truth, datetime) else pytest.approx(truth, 1e-6, 1e-6) == value
    )


@pytest.mark.parametrize("copy", [memcpy.warm, memcpy.fresh, memcpy.fresh_huge])
def test_copies_are_whole(copy: Callable[[bytes], Callable[[], memcpy.Octets]]) -> None:
    data = np.random.default_rng(1).bytes(100_001)
    assert copy(data)().tobytes() == data
