"""One log: :func:`open_log` and what can be asked of it.

Opening maps the file and finds its first frame, no more. The index is made when it is first
needed, once; tables are gathered from it. What needs no index (batches, and the report of a very
large log) walks the file in windows, so a log may be larger than memory.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from satlog_native import damage, decoding, layouts
from satlog_native._core.frames import walk
from satlog_native._core.segment import Segment
from satlog_native._core.source import Source
from satlog_native.errors import NotALog, TableError
from satlog_native.index import STRETCH, Counts, Index, Needs, Reading, windows
from satlog_native.layouts.model import Kind, Layout
from satlog_native.opening import open_bytes
from satlog_native.plan import framing_of
from satlog_native.records import records_of, variant_for
from satlog_native.report import DamageReport
from satlog_native.streaming import WINDOW, row_windows, sift, stream

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl
    import pyarrow as pa
    from typing_extensions import Buffer

    from satlog_native.flight import Coverage, FlightSettings

Errors = Literal["skip", "raise"]

#: The index of a log up to this size is kept; that of a larger one is made only where a table is
#: asked for as a whole.
KEPT_INDEX: Final = 1 << 30
#: A log smaller than this is read by one thread unless the caller says otherwise.
THREADED: Final = 8 << 20


def open_log(
    source: str | os.PathLike[str] | Buffer,
    *,
    layout: str | os.PathLike[str] | Layout = "satloc_air",
    errors: Errors = "skip",
    threads: int | None = None,
) -> Log:
    """Open a log.

    Parameters
    ----------
    source : path or bytes-like
        The file is mapped, not read; it must not be cut shorter while the log is open.
    layout : str, path or Layout
        A layout's name, its TOML file, or the layout itself.
    errors : {"skip", "raise"}
        ``"skip"`` keeps all that is readable, see :attr:`Log.report`; ``"raise"`` stops at the
        first damage.
    threads : int, optional
        Threads that decode; by default all processors for a log of 8 MiB or more, else one. The
        result is the same for any number.

    Raises
    ------
    NotALog
        Where no frame of the layout is found at all, or the header does not match it.
    LogError
        Where the file cannot be read.
    DamageError
        With ``errors="raise"``: at the first damage, with its offset.
    LayoutError, LayoutNotFound
        Where the layout cannot be used.

    Examples
    --------
    >>> with open_log("flight.LOG") as log:                        # doctest: +SKIP
    ...     log["position"].select(["time", "latitude", "longitude"])
    """
    if errors not in ("skip", "raise"):
        raise ValueError(f'errors is "skip" or "raise", not {errors!r}')
    if threads is not None and threads < 1:
        raise ValueError(f"threads is 1 or more, not {threads}")
    return Log(source, layouts.load(layout), errors, threads)


def _release(content: memoryview | mmap.mmap) -> None:
    # Only of a mapped file: its pages come back when they are read again.
    if isinstance(content, mmap.mmap) and not content.closed and len(content) > STRETCH:
        content.madvise(mmap.MADV_DONTNEED)


class Log:
    """One log, open for reading. Made by :func:`open_log`; a context manager.

    ``log["position"]`` is a table, ``log[77]`` that of an unknown type.

    Attributes
    ----------
    layout : Layout
    source : str
        The file's path, or a word for bytes.
    size : int
        Bytes.
    errors : {"skip", "raise"}
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | Buffer,
        layout: Layout,
        errors: Errors,
        threads: int | None,
    ) -> None:
        self.layout = layout
        self.errors: Errors = errors
        self._bytes, self.source = open_bytes(source)
        self._source = Source(self._bytes)
        self.size = self._source.size
        self._framing = framing_of(layout)
        self._reading = Reading(
            framing=self._framing,
            source=self._source,
            header_size=layout.framing.header_size,
            threads=threads or (os.cpu_count() or 1 if self.size >= THREADED else 1),
            release=partial(_release, self._bytes),
        )
        self._kept_index: Index | None = None
        self._kept_report: DamageReport | None = None
        self._kept_track: tuple[FlightSettings, pl.DataFrame] | None = None
        try:
            self._check_start()
        except BaseException:
            self.close()
            raise

    def _check_start(self) -> None:
        magic = self.layout.framing.magic
        damage.check_header(self._head(len(magic)), self.size, self.layout, self.source)
        first = Segment(self._framing, self._header_size)
        walk(self._framing, self._source, first, None, 1)
        if not len(first):
            raise NotALog(
                f"reading {self.source}: 0 % of its {self.size:,} bytes are frames of layout "
                f"{self.layout.name}, so it is no log of that layout; "
                f"choose another layout, or check the file"
            )
        if self.errors == "raise":
            damage.raise_first(self._reading, self.layout, self.source)

    def _head(self, size: int) -> bytes:
        return bytes(self._bytes[:size])

    @property
    def _header_size(self) -> int:
        return self.layout.framing.header_size

    # -- open and close ---------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. Tables that were decoded before stay good."""
        self._source.close()
        if isinstance(self._bytes, mmap.mmap):
            self._bytes.close()
        else:
            self._bytes.release()

    def __repr__(self) -> str:
        return f"<Log {self.source}: {self.size:,} bytes, layout {self.layout.name}>"

    def _repr_html_(self) -> str:
        from satlog_native.html import log_html

        return log_html(self)

    # -- what is in it ----------------------------------------------------------------------

    @property
    def _index(self) -> Index:
        if self._kept_index is None:
            self._kept_index = Index(self._reading)
        return self._kept_index

    @property
    def _keeps_index(self) -> bool:
        return self._kept_index is not None or self.size <= KEPT_INDEX

    @property
    def report(self) -> DamageReport:
        """What was lost, and where; made once, by a look at the whole log."""
        if self._kept_report is None:
            survey = damage.Survey(self.layout, self._reading)
            if self._keeps_index:
                for segment in self._index.segments:
                    survey.add_segment(segment)
                survey.add_rows(self._index.rows(survey.needs))
            else:
                for segment, rows in row_windows(self._reading, survey.needs):
                    survey.add_segment(segment)
                    survey.add_rows(rows)
            self._kept_report = survey.report()
        return self._kept_report

    @property
    def kinds(self) -> dict[str | int, int]:
        """Frames of each kind, most first: by record name, an unknown type by its number."""
        by_type = self.layout.by_type
        ordered = sorted(self._types.items(), key=lambda item: (-item[1][0], item[0]))
        return {
            by_type[number].name if number in by_type else number: frames
            for number, (frames, _, _) in ordered
        }

    @cached_property
    def _types(self) -> dict[int, tuple[int, int, int]]:
        """Counts by type number; one walk where no index is kept, however often it is asked for."""
        if self._keeps_index:
            return self._index.counts.types
        counts = Counts()
        for segment in windows(self._reading, WINDOW):
            counts.add(segment)
        return counts.types

    def __contains__(self, kind: object) -> bool:
        try:
            number, known = self._kind(kind)
        except TableError:
            return False
        return (number if known is None else known.name) in self.kinds

    def info(self) -> dict[str, Any]:
        """What the log says of itself: layout, times, aircraft, pilot, job, and its counts."""
        from satlog_native.info import log_info

        return log_info(self)

    # -- tables -----------------------------------------------------------------------------

    def __getitem__(self, kind: str | int) -> pa.Table:
        return self.table(kind)

    def table(self, kind: str | int, columns: Sequence[str] | None = None) -> pa.Table:
        """The records of one kind, one row each.

        Parameters
        ----------
        kind : str or int
            A record's name, or a type number. A kind that the log does not hold gives an empty
            table.
        columns : sequence of str, optional
            Only these are decoded.

        Returns
        -------
        pyarrow.Table
            First ``frame`` (ordinal of the record in the log) and ``offset`` (its byte position);
            units and documentation are in the fields' metadata.

        Raises
        ------
        TableError
            For a kind or column that the layout does not know.
        """
        import pyarrow as pa

        number, known = self._kind(kind)
        decoder = decoding.table_decoder(self.layout, known, str(kind), columns)
        rows = self._index.rows({number: decoder.needs})[number]
        return pa.Table.from_batches(list(decoder.batches(self._reading, rows)))

    def tables(self, kinds: Sequence[str | int] | None = None) -> dict[str | int, pa.Table]:
        """Tables of several kinds, or of all that the log holds, by one pass over its index."""
        import pyarrow as pa

        wanted = {kind: self._kind(kind) for kind in (self.kinds if kinds is None else kinds)}
        # By number: a name and a number may ask for the same kind.
        decoders = {
            number: decoding.table_decoder(self.layout, known, str(number), None)
            for number, known in wanted.values()
        }
        needs = {number: decoder.needs for number, decoder in decoders.items()}
        rows = self._index.rows(needs)
        tables = {
            number: pa.Table.from_batches(list(decoder.batches(self._reading, rows[number])))
            for number, decoder in decoders.items()
        }
        return {kind: tables[number] for kind, (number, _) in wanted.items()}

    def raw(self, kind: str | int) -> pa.Table:
        """The frames of one kind as they are, short ones too: ``frame``, ``offset``, ``data``."""
        import pyarrow as pa

        number, _ = self._kind(kind)
        decoder = decoding.raw_decoder()
        needs = {number: decoder.needs}
        rows = self._index.rows(needs, short_too=True)[number]
        return pa.Table.from_batches(list(decoder.batches(self._reading, rows)))

    def records(self, kind: str, size: int | None = None) -> npt.NDArray[np.void]:
        """Wire values of one kind, unscaled, in the layout's own dtype.

        Parameters
        ----------
        kind : str
        size : int, optional
            Only records with exactly this payload size. By default all, in the dtype of the
            longest variant; what a shorter record lacks is zero.

        Returns
        -------
        numpy structured array, one record each
            Fields of fixed size; timestamps, 24-bit numbers and bytes as void (``V``), text of
            single bytes as ``S``.
        """
        number, known = self._kind(kind)
        if known is None:
            raise TableError(
                f"type {number} is not in layout {self.layout.name}: use raw({number})"
            )
        variant = variant_for(known, size)
        rows = self._index.rows({number: Needs(sizes=True)})[number]
        if size is not None:
            rows = rows.where_size(size + self.layout.framing.overhead)
        return records_of(self._source, self.layout, rows, variant)

    def kind_of(self, kind: str | int) -> Kind | None:
        """The kind that a name or type number stands for; None for an unknown type.

        Raises
        ------
        TableError
            For what is neither a record of the layout nor a type number.
        """
        return self._kind(kind)[1]

    def _kind(self, kind: object) -> tuple[int, Kind | None]:
        """Type number, and the kind if the layout knows it."""
        known = self.layout.by_name.get(kind) if isinstance(kind, str) else None
        if known is not None:
            return known.type, known
        if isinstance(kind, str) and kind.isascii() and kind.isdigit():
            kind = int(kind)
        if isinstance(kind, int) and 0 <= kind <= self.layout.framing.type.wire.maximum:
            return kind, self.layout.by_type.get(kind)
        raise TableError(decoding.unknown_kind(self.layout, kind))

    # -- batches ----------------------------------------------------------------------------

    def iter_batches(
        self,
        rows: int = WINDOW,
        kind: str | int = "position",
        columns: Sequence[str] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """The records of one kind, so many rows at a time; the log may be larger than memory.

        Parameters
        ----------
        rows : int
            Rows of a batch; the last may have fewer.
        """
        for _, batch in self.stream([kind], rows, None if columns is None else {kind: columns}):
            yield batch

    def stream(
        self,
        kinds: Sequence[str | int],
        rows: int = WINDOW,
        columns: dict[str | int, Sequence[str]] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Iterator[tuple[str | int, pa.RecordBatch]]:
        """Batches of several kinds in one walk, as they fill up.

        Parameters
        ----------
        kinds : sequence of str or int
        rows : int
            Rows of a batch; the last of a kind may have fewer.
        columns : dict, optional
            For a kind, the columns to decode.
        progress : callable, optional
            Called with the number of bytes walked so far.
        """
        wanted = {
            kind: decoding.table_decoder(
                self.layout, self.kind_of(kind), str(kind), (columns or {}).get(kind)
            )
            for kind in kinds
        }
        numbers = {kind: self._kind(kind)[0] for kind in kinds}
        return stream(self._reading, numbers, wanted, rows, progress)

    def sift(
        self,
        kind: str | int,
        tested: Sequence[str],
        others: Sequence[str],
        mask: Callable[[pa.RecordBatch], Buffer],
        rows: int = WINDOW,
    ) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch | None]]:
        """Rows that pass a test, decoding the columns that it does not look at for these only.

        Parameters
        ----------
        tested, others : sequence of str
            Columns that the test looks at, and those that are decoded for the rows that pass.
        mask : callable
            Gets a batch of the tested columns; returns a byte a row, 0 where it fails.
        rows : int
            Rows that are tested at a time.

        Yields
        ------
        (tested columns, other columns or None), of the rows that pass
        """
        number, known = self._kind(kind)
        front = decoding.table_decoder(self.layout, known, str(kind), tested)
        back = decoding.table_decoder(self.layout, known, str(kind), others) if others else None
        return sift(self._reading, number, front, back, mask=mask, rows=rows)

    # -- the flight -------------------------------------------------------------------------

    def track(self, settings: FlightSettings | None = None) -> pl.DataFrame:
        """One row a position, with what was known at that frame: see :func:`flight.track`.

        The latest one asked for is kept, so that passes, coverage and summary share it.

        Raises
        ------
        AnalysisError
            If the layout has no positions, or they lack a column that a track needs.
        """
        from satlog_native import flight

        settings = settings or flight.FlightSettings()
        if self._kept_track is None or self._kept_track[0] != settings:
            kinds = [kind for kind in flight.TRACK_KINDS if kind in self.layout.by_name]
            self._kept_track = settings, flight.track(self.tables(kinds), settings)
        return self._kept_track[1]

    def passes(self, settings: FlightSettings | None = None) -> pl.DataFrame:
        """One row a pass: see :func:`flight.passes`."""
        from satlog_native import flight

        return flight.passes(self.track(settings), settings)

    def coverage(self, settings: FlightSettings | None = None, boundary: Any = None) -> Coverage:
        """What was treated of a field, or at all: see :func:`flight.coverage`. Needs ``geo``."""
        from satlog_native import flight

        return flight.coverage(self.track(settings), settings, boundary)

    def facts(self) -> dict[str, Any]:
        """Who flew, with what, for which job: see :func:`flight.flight_facts`."""
        from satlog_native import flight

        kinds = [kind for kind in flight.FACT_KINDS if kind in self.layout.by_name]
        return flight.flight_facts(self.tables(kinds))

    def summary(
        self, settings: FlightSettings | None = None, coverage: Coverage | None = None
    ) -> pl.DataFrame:
        """The flight in one row: see :func:`flight.summary`.

        Without a coverage, as :meth:`coverage` gives it, areas that need geometry are null.
        """
        from satlog_native import flight

        facts = {**self.facts(), **self.report.to_dict()}
        passes = self.passes(settings)
        return flight.summary(self.track(settings), passes, coverage, facts, settings)
