"""Large logs, cheaply: real flights, repeated until there are enough records."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from satlog_native.errors import EncodeError
from satlog_native.layouts import load
from satlog_native.layouts.model import Layout
from satlog_native.synth.encode import encode, frame_offsets
from satlog_native.synth.plan import FlightPlan
from satlog_native.synth.simulate import flight_records

#: Flights, of successive days, that are simulated and then repeated.
_FLIGHTS: Final = 4


def bulk(records: int, *, seed: int = 0, layout: Layout | str = "satloc_air") -> bytes:
    """A log of many records, as flights at 10 Hz have them.

    Four flights of successive days follow each other again and again; nine in ten positions are
    of the short variant.

    Parameters
    ----------
    records : int
        Number of frames, exactly.
    seed : int
        Of the flights.
    layout : Layout or str
        How to write it.

    Raises
    ------
    EncodeError
        If the layout shares no kind with a flight, or cannot hold its values.
    LayoutError
        If there is no such layout.
    """
    return b"".join(_pieces(records, seed, layout))


def write_bulk(
    path: str | os.PathLike[str],
    records: int,
    *,
    seed: int = 0,
    layout: Layout | str = "satloc_air",
) -> int:
    """Write what :func:`bulk` gives to a file piece by piece; returns the file's size.

    Raises
    ------
    EncodeError, LayoutError
        As :func:`bulk`.
    OSError
        If the file cannot be written.
    """
    with Path(path).open("wb") as file:
        return sum(file.write(piece) for piece in _pieces(records, seed, layout))


def _pieces(records: int, seed: int, layout: Layout | str) -> Iterator[bytes]:
    """The header, the flights again and again, and the beginning of the flights as the rest."""
    layout = load(layout) if isinstance(layout, str) else layout
    header = layout.framing.header_size
    flights, ends = b"", [np.zeros(1, np.int64)]
    for number in range(_FLIGHTS):
        plan = FlightPlan(rate_hz=10, positions="mixed")
        day = np.datetime64(plan.start_time) + np.timedelta64(number, "D")
        _, items = flight_records(replace(plan, start_time=str(day)), seed + number, layout)
        data = encode(layout, items)
        ends.append(frame_offsets(layout, items)[1:] - header + len(flights))
        flights += data[header:]
        if number == 0:
            yield data[:header]
    offsets = np.concatenate(ends)
    if len(offsets) == 1:
        raise EncodeError(
            f"making a large log: layout {layout.name} has no kind that a flight writes; it has "
            f"{', '.join(layout.by_name)}"
        )
    whole, rest = divmod(records, len(offsets) - 1)
    for _ in range(whole):
        yield flights
    yield flights[: offsets[rest]]
