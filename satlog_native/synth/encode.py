"""Records to the bytes of a log, for any layout.

Everything works on whole columns: a column becomes wire numbers, these become bytes in a buffer of
one row a frame, and the rows are scattered to their places in the log.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from satlog_native.layouts.model import Layout
from satlog_native.synth.fields import Masked, to_columns
from satlog_native.synth.frames import empty_frames, finish_frames
from satlog_native.synth.parts import fill, parts_of
from satlog_native.synth.records import Array, Records

#: Tables as a decoder reads them: by kind (an int for raw payloads by type number), by column.
Tables = dict[str | int, dict[str, Masked]]


def encode(layout: Layout, records: Sequence[Records]) -> bytes:
    """The log that holds these records.

    Parameters
    ----------
    layout : Layout
        How the log is framed and what its records hold.
    records : sequence of Records
        The records, one item for every kind and size; see there for what columns may be.

    Returns
    -------
    bytes
        File header and frames. Bytes that the layout says nothing about are zero.

    Raises
    ------
    EncodeError
        For a kind, column or size that the layout does not have, or a value that it cannot hold.

    Examples
    --------
    >>> from satlog_native.layouts import load
    >>> encode(load("satloc_air"), [Records("sbc_temperatures", {"cpu_temperature": [41.5]})]).hex()
    'a508389f010000e0'
    """
    return _Log(layout, records).data()


def readback(layout: Layout, records: Sequence[Records]) -> Tables:
    """The tables that a decoder reads from :func:`encode`'s bytes.

    Values are what is left of them on the wire: rounded to the scale, text cut, times to the
    codec's resolution. Every table has ``frame`` and ``offset``, its rows are in file order, and a
    column that a variant lacks is masked in that variant's rows.

    Raises
    ------
    EncodeError
        As :func:`encode`.
    """
    return _Log(layout, records).tables()


def frame_offsets(layout: Layout, records: Sequence[Records]) -> Array:
    """Where each frame starts, in file order, and the log's size as the last element.

    Raises
    ------
    EncodeError
        As :func:`encode`.
    """
    return _Log(layout, records).offsets


class _Log:
    """All parts of a log and the place of every frame in it."""

    def __init__(self, layout: Layout, records: Sequence[Records]) -> None:
        self.layout = layout
        self.names = [item.kind for item in records]
        self.parts = list(parts_of(layout, records))
        sizes = [part.sizes + layout.framing.overhead for part in self.parts]
        empty = np.zeros(0, np.int64)
        order = np.argsort(np.concatenate([p.keys for p in self.parts] or [empty]), kind="stable")
        self.offsets = np.full(len(order) + 1, layout.framing.header_size, np.int64)
        self.offsets[1:] += np.cumsum(np.concatenate(sizes or [empty])[order])
        ordinals = np.empty(len(order), np.int64)
        ordinals[order] = np.arange(len(order))
        self.ordinals = np.split(ordinals, np.cumsum([len(p.keys) for p in self.parts])[:-1])

    def data(self) -> bytes:
        framing = self.layout.framing
        log = np.zeros(self.offsets[-1], np.uint8)
        log[: len(framing.magic)] = np.frombuffer(framing.magic, np.uint8)
        for part, ordinals in zip(self.parts, self.ordinals, strict=False):
            for size in np.unique(part.sizes):
                rows = np.flatnonzero(part.sizes == size)
                frames, payloads = empty_frames(framing, len(rows), int(size))
                fill(part, rows, payloads)
                finish_frames(framing, part.type, frames, part.where)
                _scatter(log, self.offsets[ordinals[rows]], frames)
        return log.tobytes()

    def tables(self) -> Tables:
        pieces: dict[str | int, list[dict[str, Masked]]] = {}
        for name, part, ordinals in zip(self.names, self.parts, self.ordinals, strict=False):
            columns: dict[str, Masked] = {
                "frame": np.ma.MaskedArray(ordinals.astype(np.uint32)),
                "offset": np.ma.MaskedArray(self.offsets[ordinals].astype(np.uint64)),
            }
            if part.variant is None:
                columns["payload"] = np.ma.MaskedArray(part.payloads)
            else:
                for field, wire in zip(part.variant.fields, part.wires, strict=True):
                    columns |= to_columns(field, wire)
            pieces.setdefault(name, []).append(columns)
        return {name: _joined(group) for name, group in pieces.items()}


def _scatter(log: Array, offsets: Array, frames: Array) -> None:
    """Copy each row to its offset: every place of the log seen as one item of a frame's size."""
    size = frames.shape[1]
    items = np.dtype(f"V{size}")
    places = np.ndarray((len(log) - size + 1,), items, log.data, strides=(1,))
    places[offsets] = frames.view(items).reshape(-1)


def _joined(group: list[dict[str, Masked]]) -> dict[str, Masked]:
    """One table of several parts: the union of their columns, in file order."""
    order = np.argsort(np.concatenate([columns["frame"].data for columns in group]))
    ends = np.cumsum([len(columns["frame"]) for columns in group])
    parts = list(zip(np.split(np.arange(len(order)), ends[:-1]), group, strict=True))
    joined = {}
    for name, like in {k: column for columns in group for k, column in columns.items()}.items():
        values, null = np.zeros(len(order), like.dtype), np.ones(len(order), bool)
        for rows, columns in parts:
            if name in columns:
                values[rows] = columns[name].data
                null[rows] = np.ma.getmaskarray(columns[name])
        joined[name] = np.ma.MaskedArray(values[order], null[order])
    return joined
