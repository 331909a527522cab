"""A log as a polars LazyFrame: what a query does not need is not decoded.

polars hands over the columns that a query needs, its filter, and how many rows it wants. Where
there is a filter, its own columns are decoded first, and the others only for rows that pass it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from satlog_native.log import Errors, Log, open_log
from satlog_native.plan import schema_of, table_columns
from satlog_native.streaming import WINDOW

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Buffer

    from satlog_native.layouts.model import Layout


def scan_log(
    source: str | os.PathLike[str] | Buffer,
    kind: str | int = "position",
    *,
    layout: str | os.PathLike[str] | Layout = "satloc_air",
    errors: Errors = "skip",
    threads: int | None = None,
) -> pl.LazyFrame:
    """The records of one kind as a LazyFrame.

    Parameters
    ----------
    source, layout, errors, threads
        As of :func:`~satlog_native.open_log`. The log is opened now, to tell what is wrong with
        it, and again by each query.
    kind : str or int
        A record's name, or a type number.

    Raises
    ------
    SatlogError
        As :func:`~satlog_native.open_log` does.

    Examples
    --------
    >>> scan_log("flight.LOG").filter(pl.col("spray_on")).select(
    ...     pl.col("ground_speed").mean()
    ... ).collect()                                                 # doctest: +SKIP
    """

    def opened() -> Log:
        return open_log(source, layout=layout, errors=errors, threads=threads)

    with opened() as log:
        columns = table_columns(log.layout, log.kind_of(kind))
        empty = cast(pl.DataFrame, pl.from_arrow(schema_of(columns).empty_table()))

    def read(
        names: list[str] | None,
        predicate: pl.Expr | None,
        most: int | None,
        batch_rows: int | None,
    ) -> Iterator[pl.DataFrame]:
        left = most
        with opened() as log:
            rows = batch_rows or WINDOW
            frames = (
                _plain(log, kind, names, rows)
                if predicate is None
                else _filtered(log, kind, names or empty.columns, predicate, rows)
            )
            for frame in frames:
                yield frame if left is None else frame.head(left)
                if left is not None:
                    left -= min(left, frame.height)
                    if left == 0:
                        return

    return register_io_source(read, schema=empty.schema, is_pure=True, explain_name="satlog")


def _plain(
    log: Log, kind: str | int, names: Sequence[str] | None, rows: int
) -> Iterator[pl.DataFrame]:
    for batch in log.iter_batches(rows, kind, names):
        yield cast(pl.DataFrame, pl.from_arrow(batch))


def _filtered(
    log: Log, kind: str | int, names: Sequence[str], predicate: pl.Expr, rows: int
) -> Iterator[pl.DataFrame]:
    """Batches of the rows that pass: the predicate's columns first, the rest for those rows."""
    # A filter that looks at no column is tested along with any one of them.
    tested = predicate.meta.root_names() or ["frame"]
    others = [name for name in names if name not in tested]

    def mask(batch: pa.RecordBatch) -> memoryview:
        frame = cast(pl.DataFrame, pl.from_arrow(batch))
        passed = frame.select(predicate.fill_null(value=False).cast(pl.UInt8)).to_series()
        if len(passed) != frame.height:
            passed = passed.new_from_index(0, frame.height)
        return np.ascontiguousarray(passed.to_numpy()).data

    for front, back in log.sift(kind, tested, others, mask, rows):
        frame = cast(pl.DataFrame, pl.from_arrow(front))
        if back is not None:
            frame = frame.hstack(cast(pl.DataFrame, pl.from_arrow(back)))
        yield frame.select(names)
