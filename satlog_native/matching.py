"""From logs to the table that job matching takes: see :func:`satlog_native.jobs.match_logs`.

>>> row, missing = log_match_row(log, "JOB146 HK4704.log")               # doctest: +SKIP
>>> match_logs(match_table({1: row}), read_assignments("jobs.json"))     # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from satlog_native.errors import SatlogError
from satlog_native.flight import Coverage, FlightSettings
from satlog_native.jobs import job_identity
from satlog_native.jobs.geometry import shapely_module
from satlog_native.log import Log

_TIME: Final = pl.Datetime("us", "UTC")

#: Columns of :func:`match_table` after ``log_id``.
_COLUMNS: Final[dict[str, pl.DataType]] = {
    "filename_job_id": pl.String(),
    "job_label": pl.String(),
    "aircraft": pl.String(),
    "start_time": _TIME,
    "end_time": _TIME,
    "sprayed": pl.Binary(),
}


def match_row(
    name: str | None,
    track: pl.DataFrame,
    coverage: Coverage | None = None,
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What matching compares of one log.

    Parameters
    ----------
    name : str or None
        The log's file name; folders are ignored.
    track : polars.DataFrame
        As :func:`~satlog_native.flight.track` gives it.
    coverage : Coverage, optional
        As :func:`~satlog_native.flight.coverage` gives it; without it, the ground that was sprayed
        is unknown.
    facts : mapping, optional
        ``aircraft`` and ``job_label``, as :func:`~satlog_native.flight.flight_facts` gives them.

    Returns
    -------
    dict
        ``filename_job_id``, ``job_label``, ``aircraft``; ``start_time`` and ``end_time`` of the
        earliest and the latest usable position; ``sprayed``, the treated ground as WKB, degrees,
        longitude first. None where the log does not tell.
    """
    facts = facts or {}
    identity = job_identity(name, facts.get("job_label"))
    times = usable_times(track)
    sprayed = None if coverage is None or coverage.treated.is_empty else coverage.treated
    return {
        "filename_job_id": identity.filename_job_id,
        "job_label": identity.job_label,
        "aircraft": facts.get("aircraft"),
        "start_time": times.min(),
        "end_time": times.max(),
        "sprayed": None if sprayed is None else shapely_module().to_wkb(sprayed),
    }


def usable_times(track: pl.DataFrame) -> pl.Series:
    """The times of a track's usable positions, which have a time and a place; in file order."""
    return track.select("time", "latitude", "longitude").drop_nulls()["time"]


def match_table(rows: Mapping[Any, Mapping[str, Any]]) -> pl.DataFrame:
    """The table of logs that :func:`~satlog_native.jobs.match_logs` takes.

    Parameters
    ----------
    rows : mapping
        By log id (all of one type), what :func:`match_row` gives.
    """
    columns = {name: [row[name] for row in rows.values()] for name in _COLUMNS}
    table = pl.DataFrame(columns, schema=_COLUMNS)
    return table.select(pl.Series("log_id", list(rows)), pl.all())


def log_match_row(
    log: Log, name: str | None, settings: FlightSettings | None = None, *, ground: bool = True
) -> tuple[dict[str, Any], str | None]:
    """The row of an open log, and why the ground that it sprayed is unknown where it is.

    Parameters
    ----------
    log : Log
    name : str or None
        Its file name, which may tell its job.
    settings : FlightSettings, optional
    ground : bool
        Whether to find out the ground that was sprayed: most of the work.

    Raises
    ------
    AnalysisError
        If the layout has no positions with time and place.
    """
    track = log.track(settings)
    coverage, missing = None, None
    if ground:
        try:
            coverage = log.coverage(settings)
        except SatlogError as error:  # no swath width, or the extra geo is not installed
            missing = str(error)
    return match_row(name, track, coverage, log.facts()), missing
