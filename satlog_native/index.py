"""The index of a log: its frames in segments, walked by one thread or several.

One pass over the bytes finds every frame; tables of any kind are then gathered from the index
without looking at the rest of the log again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

from satlog_native._core.frames import join, walk
from satlog_native._core.framing import Framing
from satlog_native._core.rows import Rows, bucket
from satlog_native._core.segment import Segment
from satlog_native._core.source import Source

#: A log smaller than this a thread is not worth the thread.
LEAST_PER_THREAD: Final = 1 << 20


class Needs(NamedTuple):
    """What a decoder wants to know of each frame besides where it is."""

    sizes: bool = False
    variants: bool = False


@dataclass
class Counts:
    """What a walk has counted: frames by type, and what was lost.

    Attributes
    ----------
    frames : int
    types : dict of type number to (frames, of these short, of these extended)
    lost : list of (offset, size, reason)
    """

    frames: int = 0
    types: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    lost: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, segment: Segment) -> None:
        """Add what a segment has counted."""
        self.frames += len(segment)
        self.lost += segment.lost_runs()
        for number, (frames, short, extended) in segment.counts_by_type().items():
            total = self.types.get(number, (0, 0, 0))
            self.types[number] = (total[0] + frames, total[1] + short, total[2] + extended)


def run(tasks: Sequence[Callable[[], None]], threads: int) -> None:
    """Run tasks, in as many threads as asked for."""
    if threads == 1 or len(tasks) == 1:
        for task in tasks:
            task()
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(task) for task in tasks]:
            future.result()


class Index:
    """Every frame of a log.

    Parameters
    ----------
    framing : Framing
    source : Source
    header_size : int
        Where the walk starts.
    threads : int
        The log is cut into as many stretches; what comes out is the same for any number.
    """

    def __init__(self, framing: Framing, source: Source, header_size: int, threads: int) -> None:
        self.framing = framing
        self.segments = _walk_all(framing, source, header_size, threads)
        self.counts = Counts()
        for segment in self.segments:
            self.counts.add(segment)

    def rows(
        self, needs: Mapping[int, Needs], threads: int, *, short_too: bool = False
    ) -> dict[int, Rows]:
        """The rows of each type, in file order.

        Parameters
        ----------
        needs : mapping of type number to Needs
        short_too : bool
            Whether records too short for any variant are rows too.
        """
        totals = dict.fromkeys(needs, 0)
        starts: list[dict[int, int]] = []
        for segment in self.segments:
            starts.append(dict(totals))
            for number, count in row_counts(segment, needs, short_too=short_too).items():
                totals[number] += count
        rows = {number: Rows(totals[number], *need) for number, need in needs.items()}
        tasks = []
        ordinal = 0
        for segment, start in zip(self.segments, starts, strict=True):
            places = {number: (rows[number], start[number]) for number in needs}
            tasks.append(partial(bucket, self.framing, segment, ordinal, places, short_too))
            ordinal += len(segment)
        run(tasks, threads)
        return rows


def row_counts(segment: Segment, types: Iterable[int], *, short_too: bool) -> dict[int, int]:
    """How many rows each type has in a segment."""
    counted = segment.counts_by_type()
    result = {}
    for number in types:
        frames, short, _ = counted.get(number, (0, 0, 0))
        result[number] = frames if short_too else frames - short
    return result


def _walk_all(framing: Framing, source: Source, header_size: int, threads: int) -> list[Segment]:
    size = source.size
    stretches = max(1, min(threads, (size - header_size) // LEAST_PER_THREAD))
    step = -(-(size - header_size) // stretches)
    starts = [header_size + i * step for i in range(stretches)]
    stops = [*starts[1:], size]
    segments = [Segment(framing, start, i > 0) for i, start in enumerate(starts)]
    run(
        [
            partial(walk, framing, source, segment, stop)
            for segment, stop in zip(segments, stops, strict=True)
        ],
        threads,
    )
    # Segments are joined in order: each goes on until it meets the next one's frames.
    joined = [segments[0]]
    for segment in segments[1:]:
        if join(framing, source, joined[-1], segment):
            joined.append(segment)
    walk(framing, source, joined[-1])
    return joined


def windows(framing: Framing, source: Source, header_size: int, frames: int) -> Iterator[Segment]:
    """Walk a log a window of so many frames at a time, keeping none.

    Each window is the same segment: it must be used up before the next is asked for.
    """
    segment = Segment(framing, header_size)
    while not segment.done:
        segment.clear()
        walk(framing, source, segment, None, frames)
        yield segment
