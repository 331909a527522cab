"""The index of a log: its frames in segments, walked by one thread or several.

One pass over the bytes finds every frame; tables of any kind are then gathered from the index
without looking at the rest of the log again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock, Thread
from typing import Final, NamedTuple

from satlog_native._core.frames import join, walk
from satlog_native._core.framing import Framing
from satlog_native._core.rows import Rows, bucket
from satlog_native._core.segment import Segment
from satlog_native._core.source import Source

#: A log smaller than this a thread is not worth the thread.
LEAST_PER_THREAD: Final = 1 << 20

#: Bytes of a log that are read between two chances to let go of their pages.
STRETCH: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Reading:
    """What everything that reads one log needs.

    Attributes
    ----------
    framing : Framing
    source : Source
    header_size : int
    threads : int
    release : callable
        Lets go of the pages of the log's file that lie in memory: they count as this process's,
        and a later read brings them back.
    """

    framing: Framing
    source: Source
    header_size: int
    threads: int
    release: Callable[[], None]


class Needs(NamedTuple):
    """What a decoder wants to know of each frame besides where it is."""

    sizes: bool = False
    variants: bool = False

    def joined(self, other: Needs) -> Needs:
        """What two decoders of the same rows want."""
        return Needs(self.sizes or other.sizes, self.variants or other.variants)


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
    """Run tasks, in as many threads as asked for; however this ends, none runs on.

    Not even by Ctrl-C, after which a pool of ``concurrent.futures`` may leave threads behind: those
    that were starting, or awaited, when it came. The log would be closed while they read it.
    """
    waiting, failures = deque(tasks), list[BaseException]()
    locks = [Lock() for _ in range(min(threads, len(tasks)) - 1)]
    try:
        for busy in locks:
            Thread(target=_work, args=(waiting, failures, busy), daemon=True).start()
        _work(waiting, failures, Lock())
    finally:
        # A thread that has not begun by now finds nothing to do.
        waiting.clear()
        for busy in locks:
            busy.acquire()
            busy.release()
    if failures:
        raise failures[0]


def _work(waiting: deque[Callable[[], None]], failures: list[BaseException], busy: Lock) -> None:
    """Run tasks, busy, until none waits or one fails."""
    with busy:
        while True:
            try:
                task = waiting.popleft()
            except IndexError:
                return
            try:
                task()
            except BaseException as error:
                waiting.clear()
                failures.append(error)


class Index:
    """Every frame of a log.

    Parameters
    ----------
    reading : Reading
        The log is cut into as many stretches as there are threads; what comes out is the same for
        any number.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.segments = _walk_all(reading)
        self.counts = Counts()
        for segment in self.segments:
            self.counts.add(segment)

    def rows(self, needs: Mapping[int, Needs], *, short_too: bool = False) -> dict[int, Rows]:
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
            tasks.append(partial(bucket, self.reading.framing, segment, ordinal, places, short_too))
            ordinal += len(segment)
        run(tasks, self.reading.threads)
        return rows


def row_counts(segment: Segment, types: Iterable[int], *, short_too: bool) -> dict[int, int]:
    """How many rows each type has in a segment."""
    counted = segment.counts_by_type()
    result = {}
    for number in types:
        frames, short, _ = counted.get(number, (0, 0, 0))
        result[number] = frames if short_too else frames - short
    return result


def _walk_all(reading: Reading) -> list[Segment]:
    framing, source, header_size = reading.framing, reading.source, reading.header_size
    size = source.size
    parts = max(1, min(reading.threads, (size - header_size) // LEAST_PER_THREAD))
    step = -(-(size - header_size) // parts)
    starts = [header_size + i * step for i in range(parts)]
    stops = [*starts[1:], size]
    segments = [Segment(framing, start, i > 0) for i, start in enumerate(starts)]
    run(
        [
            partial(_walk_part, reading, segment, start, stop)
            for segment, start, stop in zip(segments, starts, stops, strict=True)
        ],
        reading.threads,
    )
    # Segments are joined in order: each goes on until it meets the next one's frames.
    joined = [segments[0]]
    for segment in segments[1:]:
        if join(framing, source, joined[-1], segment):
            joined.append(segment)
    walk(framing, source, joined[-1])
    return joined


def _walk_part(reading: Reading, segment: Segment, start: int, stop: int) -> None:
    for end in range(start + STRETCH, stop, STRETCH):
        walk(reading.framing, reading.source, segment, end)
        reading.release()
    walk(reading.framing, reading.source, segment, stop)
    reading.release()


def windows(reading: Reading, frames: int) -> Iterator[Segment]:
    """Walk a log a window of so many frames at a time, keeping none.

    Each window is the same segment: it must be used up before the next is asked for.
    """
    segment = Segment(reading.framing, reading.header_size)
    released = 0
    while not segment.done:
        segment.clear()
        walk(reading.framing, reading.source, segment, None, frames)
        yield segment
        if segment.position - released > STRETCH:
            reading.release()
            released = segment.position
