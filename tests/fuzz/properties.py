"""What holds of any bytes, read as a log of any layout. Every function asserts; none returns."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pyarrow as pa

from satlog_native import layouts, open_log, plan
from satlog_native._core.frames import join, walk
from satlog_native._core.framing import Framing
from satlog_native._core.memory import live_blocks
from satlog_native._core.segment import Segment
from satlog_native._core.source import Source
from satlog_native.decoding import forget_plans
from satlog_native.errors import DamageError, LayoutError, NotALog, TableError
from satlog_native.index import Counts, Reading, windows
from satlog_native.layouts.model import Layout
from satlog_native.log import Log

#: What a walk finds: frames as (offset, size, type, variant), lost runs, counts by type.
Found = tuple[list[Any], list[Any], dict[int, Any]]


def check_log(layout: Layout, data: bytes) -> None:
    """Decode `data` in every way there is, and compare the ways."""
    forget_plans()
    before = live_blocks()
    _check_walks(layout, data)
    try:
        log = open_log(data, layout=layout, threads=2)
    except NotALog:
        return
    with log:
        _check_report(log)
        tables = log.tables()
        for kind, table in tables.items():
            _check_table(log, kind, table)
        _check_raw(log, data)
        _check_batches(log, tables)
        _check_raise(log, data)
        assert log._repr_html_().startswith("<table>")
    del log, tables, table
    forget_plans()
    assert live_blocks() == before, f"{live_blocks() - before} blocks leaked"


def check_layout(text: str) -> None:
    """Text is a layout or a LayoutError; of a layout, every part of the core can be made."""
    try:
        layout = layouts.loads(text)
    except LayoutError:
        return
    for kind in layout.kinds:
        columns = plan.table_columns(layout, kind)
        assert len(plan.schema_of(columns)) == len(columns)
    check_log(layout, layout.framing.magic.ljust(layout.framing.header_size, b"\0") + _PROBE)


#: A few frames of nothing in particular, for layouts that come without a log.
_PROBE = bytes(64) + bytes(range(256)) + b"\xa5\x04\x4d\x51" * 8


def _check_report(log: Log) -> None:
    report = log.report
    assert report.header_size + report.bytes_in_frames + report.bytes_lost == report.size
    assert report.bytes_lost == sum(run.size for run in report.lost)
    assert report.frames == sum(log.kinds.values())
    # Maximal runs: between two there is at least one frame.
    assert all(one.offset + one.size < next_.offset for one, next_ in pairwise(report.lost))
    assert str(report)


def _check_table(log: Log, kind: str | int, table: pa.Table) -> None:
    table.validate(full=True)
    assert table.num_rows == log.kinds[kind] - log.report.short.get(str(kind), 0)
    for name in ("frame", "offset"):
        values = table.column(name).to_pylist()
        assert all(a < b for a, b in pairwise(values))
    if isinstance(kind, str):
        # Where the variants of a kind have no one dtype, it says so.
        with suppress(TableError):
            assert len(log.records(kind)) == table.num_rows


def _check_raw(log: Log, data: bytes) -> None:
    """Raw frames and lost runs lie one after the other, from the header to the end."""
    stretches = [(run.offset, run.size) for run in log.report.lost]
    for kind in log.kinds:
        raw = log.raw(kind).to_pylist()
        assert len(raw) == log.kinds[kind]
        for row in raw:
            assert row["data"] == data[row["offset"] : row["offset"] + len(row["data"])]
            stretches.append((row["offset"], len(row["data"])))
    at = log.layout.framing.header_size
    for offset, size in sorted(stretches):
        assert offset == at
        at += size
    assert at == len(data)


def _check_batches(log: Log, tables: dict[str | int, pa.Table]) -> None:
    parts: dict[str | int, list[dict[str, Any]]] = {kind: [] for kind in tables}
    for kind, batch in log.stream(list(tables), rows=7):
        batch.validate(full=True)
        assert batch.num_rows <= 7
        parts[kind] += batch.to_pylist()
    # By their text: NaN is itself there.
    assert {kind: str(rows) for kind, rows in parts.items()} == {
        kind: str(table.to_pylist()) for kind, table in tables.items()
    }


def _check_raise(log: Log, data: bytes) -> None:
    offset = None
    try:
        open_log(data, layout=log.layout, errors="raise").close()
    except DamageError as error:
        offset = error.offset
    assert log.report.damaged == (offset is not None)
    if log.report.lost and not log.report.short:
        assert offset == log.report.lost[0].offset


def _check_walks(layout: Layout, data: bytes) -> None:
    """One walk, a walk in windows, and one by several threads' stretches find the same."""
    framing, source = plan.framing_of(layout), Source(data)
    start = layout.framing.header_size
    if len(data) <= start:
        return
    whole = Segment(framing, start)
    walk(framing, source, whole)
    found = _found(framing, [whole])
    by_windows = Counts()
    for window in windows(Reading(framing, source, start, 1, lambda: None), 3):
        by_windows.add(window)
    assert (by_windows.lost, by_windows.types) == found[1:]
    body = len(data) - start
    for cuts in ([body // 2], [body // 7, body // 3, body // 3 + 1, body - 1]):
        stretches = walked_apart(framing, source, start, [start + cut for cut in cuts])
        assert _found(framing, stretches) == found


def walked_apart(
    framing: Framing, source: Source, start: int, cuts: Sequence[int]
) -> list[Segment]:
    """Segments walked from each cut on, and joined as :class:`Index` does it."""
    starts = [start, *cuts]
    segments = [Segment(framing, at, at > start) for at in starts]
    for segment, stop in zip(segments, [*cuts, source.size], strict=True):
        walk(framing, source, segment, stop)
    joined = segments[:1]
    for segment in segments[1:]:
        if join(framing, source, joined[-1], segment):
            joined.append(segment)
    walk(framing, source, joined[-1])
    return joined


def _found(framing: Framing, segments: Sequence[Segment]) -> Found:
    counts = Counts()
    frames = []
    for segment in segments:
        counts.add(segment)
        frames += [segment.frame(framing, i) for i in range(min(len(segment), 200))]
        if len(segments) == 1:
            frames = frames[:200]
    return frames[:200], counts.lost, counts.types
