"""Tables of a log in batches: a window of frames is walked, bucketed, gathered, and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from satlog_native._core.rows import Rows, bucket, concat, pick
from satlog_native._core.segment import Segment
from satlog_native.decoding import Decoder
from satlog_native.index import Needs, Reading, row_counts, windows

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Buffer

    Kinds = str | int

#: Frames of a window.
WINDOW: Final = 1 << 16


def row_windows(
    reading: Reading, needs: Mapping[int, Needs]
) -> Iterator[tuple[Segment, dict[int, Rows]]]:
    """Windows of the log, with the rows of these types in each.

    A window must be used up before the next is asked for.
    """
    ordinal = 0
    for segment in windows(reading, WINDOW):
        counts = row_counts(segment, needs, short_too=False)
        found = {number: Rows(counts[number], *need) for number, need in needs.items()}
        places = {number: (part, 0) for number, part in found.items()}
        bucket(reading.framing, segment, ordinal, places)
        ordinal += len(segment)
        yield segment, found


def stream(
    reading: Reading,
    numbers: Mapping[Kinds, int],
    decoders: Mapping[Kinds, Decoder],
    rows: int,
    progress: Callable[[int], None] | None,
) -> Iterator[tuple[Kinds, pa.RecordBatch]]:
    """Batches of so many rows of several kinds in one walk, as they fill up.

    Parameters
    ----------
    numbers : mapping of kind to type number
    decoders : mapping of kind to Decoder
    progress : callable, optional
        Called with the number of bytes walked so far.
    """
    if rows < 1:
        raise ValueError(f"a batch has 1 row or more, not {rows}")
    needs: dict[int, Needs] = {}
    for kind, decoder in decoders.items():
        needs[numbers[kind]] = decoder.needs.joined(needs.get(numbers[kind], Needs()))
    waiting: dict[Kinds, list[Rows]] = {kind: [] for kind in decoders}
    for segment, found in row_windows(reading, needs):
        for kind, parts in waiting.items():
            if len(found[numbers[kind]]):
                parts.append(found[numbers[kind]])
            for full in _full(parts, rows):
                for batch in decoders[kind].batches(reading, full):
                    yield kind, batch
        if progress is not None:
            progress(segment.position)
    for kind, parts in waiting.items():
        if parts:
            for batch in decoders[kind].batches(reading, concat(parts)):
                yield kind, batch


def _full(waiting: list[Rows], rows: int) -> Iterator[Rows]:
    """As many times so many rows as wait; the rest waits on."""
    if sum(map(len, waiting)) < rows:
        return
    whole = concat(waiting)
    start = 0
    while len(whole) - start >= rows:
        yield whole.slice(start, start + rows)
        start += rows
    waiting[:] = [whole.slice(start, len(whole))] if start < len(whole) else []


def sift(
    reading: Reading,
    number: int,
    front: Decoder,
    back: Decoder | None,
    *,
    mask: Callable[[pa.RecordBatch], Buffer],
    rows: int,
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch | None]]:
    """Batches of ``front`` and ``back`` for the rows of a type whose ``front`` passes the mask."""
    needs = front.needs.joined((back or front).needs)
    for _, found in row_windows(reading, {number: needs}):
        for start in range(0, len(found[number]), rows):
            part = found[number].slice(start, start + rows)
            # A batch uses its rows up, and these are needed again.
            passed = pick(part, mask(front.batch(reading, part.slice(0, len(part)))))
            if len(passed):
                again = passed.slice(0, len(passed))
                yield (
                    front.batch(reading, passed),
                    back.batch(reading, again) if back is not None else None,
                )
