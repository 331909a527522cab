"""Turn the tables of logs and of assignments into arrays that compare by one instruction a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from satlog_native.errors import TableError
from satlog_native.jobs.overlap import Fields, geometries

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ASSIGNMENT_COLUMNS", "LOG_COLUMNS", "Jobs", "Logs", "read_tables"]

LOG_COLUMNS = (
    "log_id",
    "filename_job_id",
    "job_label",
    "aircraft",
    "start_time",
    "end_time",
    "sprayed",
)
"""What a table of logs must hold; see `satlog_native.jobs.matching.match_logs`."""

ASSIGNMENT_COLUMNS = (
    "assignment_id",
    "job_id",
    "partner_job_id",
    "aircraft",
    "date",
    "window_start",
    "window_end",
    "open",
    "field",
)
"""What a table of assignments must hold."""

_EARLIEST, _LATEST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
_TEXT = (pl.String, pl.Categorical, pl.Enum, pl.Null)


@dataclass(frozen=True, slots=True)
class Logs:
    """Logs as arrays; codes are negative where unknown, times are µs since 1970 in UTC."""

    ids: pl.Series
    file_name: NDArray[np.int64]
    label: NDArray[np.int64]
    aircraft: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    timed: NDArray[np.bool_]
    sprayed: NDArray[np.object_]

    def part(self, start: int, stop: int) -> Logs:
        """Return the logs from row `start` to before row `stop`."""
        return Logs(
            self.ids[start:stop],
            self.file_name[start:stop],
            self.label[start:stop],
            self.aircraft[start:stop],
            self.start[start:stop],
            self.end[start:stop],
            self.timed[start:stop],
            self.sprayed[start:stop],
        )


@dataclass(frozen=True, slots=True)
class Jobs:
    """Assignments as arrays, by ascending id; codes and times as in `Logs`."""

    ids: pl.Series
    job: NDArray[np.int64]
    partner_job: NDArray[np.int64]
    aircraft: NDArray[np.int64]
    date: NDArray[np.int64]
    dated: NDArray[np.bool_]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    windowed: NDArray[np.bool_]
    open: NDArray[np.bool_]
    fields: Fields


def read_tables(
    logs: pl.DataFrame, assignments: pl.DataFrame, window_margin: float
) -> tuple[Logs, Jobs]:
    """Check both tables and turn them into arrays.

    Parameters
    ----------
    logs, assignments : polars.DataFrame
        As `satlog_native.jobs.matching.match_logs` takes them.
    window_margin : float
        Seconds by which every window is widened at both ends.

    Raises
    ------
    TableError
        As `match_logs` says.
    """
    _check(logs, LOG_COLUMNS, "logs")
    _check(assignments, ASSIGNMENT_COLUMNS, "assignments")
    # One order for ties and for the result, whatever order the caller's rows have.
    order = assignments["assignment_id"].arg_sort().to_numpy()
    codes = _codes(logs, assignments)
    return _logs(logs, codes), _jobs(assignments, codes, order, round(window_margin * 1e6))


def _check(table: pl.DataFrame, columns: tuple[str, ...], name: str) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise TableError(
            f"{name}: no column {', '.join(missing)}; expected {', '.join(columns)}, with nulls "
            "where a value is unknown"
        )
    key = table[columns[0]]
    if key.null_count() or key.n_unique() != len(key):
        raise TableError(f"{name}: {columns[0]} must be set and different in every row")


def _codes(logs: pl.DataFrame, assignments: pl.DataFrame) -> dict[str, NDArray[np.int64]]:
    """Number equal ids, labels and aircraft alike in both tables; -1 is unknown."""
    wanted = [
        *(("logs", logs, name) for name in ("filename_job_id", "job_label", "aircraft")),
        *(("assignments", assignments, name) for name in ("job_id", "partner_job_id", "aircraft")),
    ]
    keys = [_key(table[name], owner) for owner, table, name in wanted]
    ranks = pl.concat(keys).rank("dense").cast(pl.Int64)
    codes, start = {}, 0
    for owner, table, name in wanted:
        codes[f"{owner}.{name}"] = ranks[start : start + len(table)].fill_null(-1).to_numpy()
        start += len(table)
    return codes


def _key(column: pl.Series, owner: str) -> pl.Series:
    if column.dtype not in _TEXT and not column.dtype.is_integer():
        raise TableError(
            f"{owner}: column {column.name} is {column.dtype}, expected text or integers"
        )
    text = column.cast(pl.String).str.normalize("NFC").str.strip_chars().str.to_lowercase()
    return text.set(text == "", None).alias("key")


def _times(table: pl.DataFrame, name: str, owner: str) -> pl.Series:
    column = table[name]
    if column.dtype == pl.Null:
        return column.cast(pl.Int64)
    if column.dtype != pl.Datetime:
        raise TableError(f"{owner}: column {name} is {column.dtype}, expected Datetime")
    return column.dt.epoch("us")


def _logs(logs: pl.DataFrame, codes: dict[str, NDArray[np.int64]]) -> Logs:
    spans = pl.DataFrame(
        {name: _times(logs, name, "logs") for name in ("start_time", "end_time")}
    ).select(start=pl.min_horizontal(pl.all()), end=pl.max_horizontal(pl.all()))
    return Logs(
        ids=logs["log_id"],
        file_name=codes["logs.filename_job_id"],
        label=codes["logs.job_label"],
        aircraft=codes["logs.aircraft"],
        start=spans["start"].fill_null(0).to_numpy(),
        end=spans["end"].fill_null(0).to_numpy(),
        timed=spans["start"].is_not_null().to_numpy(),
        sprayed=geometries(logs["sprayed"], logs["log_id"]),
    )


def _jobs(
    assignments: pl.DataFrame,
    codes: dict[str, NDArray[np.int64]],
    order: NDArray[np.uint32],
    margin: int,
) -> Jobs:
    start = _times(assignments, "window_start", "assignments")
    end = _times(assignments, "window_end", "assignments")
    date = _times(assignments, "date", "assignments")
    date = date.zip_with(date.is_not_null(), start)
    if assignments["open"].dtype not in (pl.Boolean, pl.Null):
        raise TableError(
            f"assignments: column open is {assignments['open'].dtype}, expected Boolean"
        )
    is_open = assignments["open"].cast(pl.Boolean).fill_null(value=True)
    ids = assignments["assignment_id"].gather(order)
    return Jobs(
        ids=ids,
        job=codes["assignments.job_id"][order],
        partner_job=codes["assignments.partner_job_id"][order],
        aircraft=codes["assignments.aircraft"][order],
        date=date.fill_null(_LATEST).to_numpy()[order],
        dated=date.is_not_null().to_numpy()[order],
        start=(start - margin).fill_null(_EARLIEST).to_numpy()[order],
        end=(end + margin).fill_null(_LATEST).to_numpy()[order],
        windowed=(start.is_not_null() | end.is_not_null()).to_numpy()[order],
        open=is_open.to_numpy()[order],
        fields=Fields(assignments["field"].gather(order), ids),
    )
