"""Damage: looked for at the start, added up to a report, or raised."""

from __future__ import annotations

from collections.abc import Mapping

from satlog_native._core.framing import Framing
from satlog_native._core.rows import Rows
from satlog_native._core.segment import Segment
from satlog_native._core.source import Source
from satlog_native.decoding import problem_decoders
from satlog_native.errors import DamageError, NotALog
from satlog_native.index import Counts, Needs, Reading, windows
from satlog_native.layouts.model import Layout
from satlog_native.report import DamageReport, LostRun

#: Frames between two looks for damage where it is to be raised.
_STEP = 1 << 16


def check_header(head: bytes, size: int, layout: Layout, name: str) -> None:
    """Compare the file's first bytes with the layout's header.

    Parameters
    ----------
    head : bytes
        As many of the file's first bytes as the layout's magic has, or all there are.
    size : int
        Of the file.

    Raises
    ------
    NotALog
    """
    framing = layout.framing
    if size <= framing.header_size:
        raise NotALog(
            f"reading {name}: the header of layout {layout.name} has {framing.header_size} bytes, "
            f"and the file only {size:,}; choose another layout, or copy the file again"
        )
    if head != framing.magic:
        raise NotALog(
            f"reading {name}: a log of layout {layout.name} starts with {_bytes(framing.magic)}, "
            f"and this file with {_bytes(head)}; choose another layout, or check the file"
        )


def raise_first(reading: Reading, layout: Layout, name: str) -> None:
    """Walk a log up to its first damage.

    Raises
    ------
    DamageError
        At the first bytes in no frame, or the first record too short to be decoded.
    """
    framing = reading.framing
    for segment in windows(reading, _STEP):
        lost = segment.lost_runs()
        # The run at a window's end is still open: it is noted when its end is found.
        first_lost = lost[0][0] if lost else None
        short = segment.first_short()
        if short is not None:
            offset, size, kind, _ = segment.frame(framing, short)
            if first_lost is None or offset < first_lost:
                raise DamageError(_short_sentence(layout, name, offset, size, kind), offset=offset)
        if first_lost is not None:
            sentence = lost_sentence(framing, reading.source, layout, first_lost)
            raise DamageError(f"reading {name}: {sentence}", offset=first_lost)


def _short_sentence(layout: Layout, name: str, offset: int, size: int, number: int) -> str:
    kind = layout.by_type[number]
    payload = size - layout.framing.overhead
    least = min(variant.minimum_size for variant in kind.variants)
    lacks = (
        f"its fields (at least {least} expected)"
        if payload < least
        else "as many array items as it says it has"
    )
    return (
        f"reading {name}: at offset {offset:,} a record {kind.name} (type {number}) has a payload "
        f"of {payload} bytes, too short for {lacks}; "
        f'read with errors="skip" (--errors skip) to keep it raw'
    )


def lost_sentence(framing: Framing, source: Source, layout: Layout, offset: int) -> str:
    """What is wrong at an offset where a frame should start: expected and found."""
    reason, size, kind, stored, computed = framing.inspect(source, offset)
    rules = layout.framing
    record = f"type {kind}" + (f" ({layout.by_type[kind].name})" if kind in layout.by_type else "")
    match reason:
        case "sync":
            what = f"the sync {_bytes(rules.sync)} expected, other bytes found"
        case "length":
            most = f", at most {rules.length.maximum}" if rules.length is not None else ""
            what = f"a length of {size} found, which no frame of the layout can have{most}"
        case "checksum":
            width = 2 * rules.checksum.wire.size if rules.checksum is not None else 0
            what = (
                f"a frame of {size} bytes, {record}, has the wrong checksum: "
                f"0x{computed:0{width}X} expected from its bytes, 0x{stored:0{width}X} found"
            )
        case "end":
            left = source.size - offset
            what = (
                f"a frame of {size} bytes, {record}, is cut off: {left} bytes are left of it"
                if size is not None
                else f"{left} bytes are left, too few for the start of a frame"
            )
        case _:
            what = f"type {kind} found, whose size the layout does not tell"
    return (
        f"at offset {offset:,} {what}; "
        f'read with errors="skip" (--errors skip) to keep all that is readable'
    )


def _bytes(data: bytes) -> str:
    return data.hex(" ").upper() if data else "nothing"


class Survey:
    """Adds up what walks and gathers find, window by window, to a report."""

    def __init__(self, layout: Layout, reading: Reading) -> None:
        self.layout = layout
        self.reading = reading
        self.counts = Counts()
        self.impossible_times = 0
        self.undecodable_text = 0
        self.decoders = problem_decoders(layout)

    @property
    def needs(self) -> dict[int, Needs]:
        """The types whose rows must be looked at, and what of them."""
        return {number: decoder.needs for number, decoder in self.decoders.items()}

    def add_segment(self, segment: Segment) -> None:
        """Add a window's frames and lost runs."""
        self.counts.add(segment)

    def add_rows(self, rows: Mapping[int, Rows]) -> None:
        """Look for problems in the values of these rows, by type."""
        for number, decoder in self.decoders.items():
            if not len(rows[number]):
                continue
            problems = decoder.problems(decoder.gather(self.reading, rows[number]))
            self.impossible_times += problems.impossible_times
            self.undecodable_text += problems.undecodable_text

    def report(self) -> DamageReport:
        """All that was added."""
        layout, counts, size = self.layout, self.counts, self.reading.source.size
        lost = tuple(LostRun(*run) for run in counts.lost)
        bytes_lost = sum(run.size for run in lost)
        tail = lost[-1] if lost and lost[-1].offset + lost[-1].size == size else None
        return DamageReport(
            layout=layout.name,
            size=size,
            header_size=layout.framing.header_size,
            bytes_in_frames=size - layout.framing.header_size - bytes_lost,
            bytes_lost=bytes_lost,
            frames=counts.frames,
            lost=lost,
            bad_checksums=sum(run.reason == "checksum" for run in lost),
            unknown_types={
                number: frames
                for number, (frames, _, _) in sorted(counts.types.items())
                if number not in layout.by_type
            },
            short=self._by_name(1),
            extended=self._by_name(2),
            impossible_times=self.impossible_times,
            undecodable_text=self.undecodable_text,
            cut_tail=tail.size if tail is not None and tail.reason == "end" else 0,
        )

    def _by_name(self, place: int) -> dict[str, int]:
        return {
            self.layout.by_type[number].name: counts[place]
            for number, counts in sorted(self.counts.types.items())
            if counts[place]
        }
