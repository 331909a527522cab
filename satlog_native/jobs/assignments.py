"""Read job assignments: from JSON as the platform keeps them, or from ``.JOB`` files.

A JSON file is a list of objects. Keys (camelCase, any other key is ignored):

============================== ====================================================================
``assignmentId`` (or ``id``,   text or integer; required, different in every object
``_id``)
``jobId`` (or ``job``)         text or integer: the platform's job id
``extJobId``                   text or integer: the partner's job id
``aircraft`` (or               text or integer, as the logs name aircraft
``aircraftId``)
``date``                       when the assignment was given
``windowStart``, ``windowEnd`` first and last moment a log of the job may be flown; a date without a
                               time counts from its first or to its last microsecond
``status``                     0 ``NEW``, 1 ``DOWNLOADED``, 2 ``UPLOADED``: all of them open
``open``                       true or false; outranks ``status``
``polygons``                   GeoJSON geometry, Feature or FeatureCollection, or a list of them
============================== ====================================================================

Times are ISO 8601; without a zone they are UTC. Null and absent mean unknown.

A folder gives one assignment for each ``.JOB`` file in it (in any case, not in its subfolders): the
file's name is the assignment id, the ``.JOB`` number the job id, everything else unknown.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import polars as pl

from satlog_native.errors import JobFileError
from satlog_native.jobs.features import job_polygons
from satlog_native.jobs.geojson import load_json, read_geometry
from satlog_native.jobs.geometry import to_wkb
from satlog_native.jobs.jobfile import read_job, read_limited
from satlog_native.jobs.model import Tolerated, reason

__all__ = ["MAX_BYTES", "SCHEMA", "parse_assignments", "read_assignments"]

_TIME = pl.Datetime("us", "UTC")

SCHEMA = pl.Schema(
    {
        "assignment_id": pl.String(),
        "job_id": pl.String(),
        "partner_job_id": pl.String(),
        "aircraft": pl.String(),
        "date": _TIME,
        "window_start": _TIME,
        "window_end": _TIME,
        "open": pl.Boolean(),
        "field": pl.Binary(),
    }
)
"""The table that `match_logs` takes; ``field`` is WKB, degrees, longitude first."""

MAX_BYTES = 256 * 1024 * 1024
"""Larger JSON files are refused: 10,000 assignments with 100-point fields are 50 MB."""

_STATES = (0, 1, 2, "NEW", "DOWNLOADED", "UPLOADED")


def read_assignments(path: str | os.PathLike[str]) -> pl.DataFrame:
    """Read assignments from a JSON file, a ``.JOB`` file or a folder of ``.JOB`` files.

    Returns
    -------
    polars.DataFrame
        Columns as in `SCHEMA`, rows in the file's order or by file name.

    Raises
    ------
    JobFileError
        A file that cannot be read, or an object that is not as described: which one, which key,
        what was expected.
    """
    source = Path(path)
    if source.is_dir():
        return _table([_from_job_file(file) for file in _job_files(source)])
    if source.suffix.lower() == ".job":
        return _table([_from_job_file(source)])
    return parse_assignments(
        load_json(read_limited(source, MAX_BYTES), source=str(source)), source=str(source)
    )


def _job_files(folder: Path) -> list[Path]:
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".job")
    except OSError as error:
        raise JobFileError(f"cannot be read: {reason(error)}", source=str(folder)) from error
    if not files:
        raise JobFileError("no .JOB file in the folder", source=str(folder))
    return files


def _from_job_file(path: Path) -> dict[str, object]:
    job = read_job(path)
    return {
        "assignment_id": path.name,
        "job_id": job.number,
        "field": to_wkb(job.polygons) if job.polygons else None,
    }


def parse_assignments(documents: object, *, source: str = "assignments") -> pl.DataFrame:
    """Make the table of assignments from what a JSON file holds; see `read_assignments`."""
    if not isinstance(documents, list):
        raise JobFileError(
            "expected a list of assignments, each an object with an assignmentId", source=source
        )
    rows = [
        _assignment(document, f"{source}, assignment {position}")
        for position, document in enumerate(documents, start=1)
    ]
    seen: dict[object, int] = {}
    for position, row in enumerate(rows, start=1):
        first = seen.setdefault(row["assignment_id"], position)
        if first != position:
            raise JobFileError(
                f"the same assignmentId as assignment {first}",
                source=f"{source}, assignment {position}",
                text=str(row["assignment_id"]),
            )
    return _table(rows)


def _table(rows: list[dict[str, object]]) -> pl.DataFrame:
    columns = {name: [row.get(name) for row in rows] for name in SCHEMA}
    return pl.DataFrame(columns, schema=SCHEMA)


def _assignment(document: object, place: str) -> dict[str, object]:
    if not isinstance(document, dict):
        raise JobFileError("expected an object", source=place, text=repr(document))
    identifier = _id(document, ("assignmentId", "id", "_id"), place)
    if identifier is None:
        raise JobFileError(
            "expected an assignmentId (or id), text or integer", source=place, text=repr(document)
        )
    start = _moment(document, "windowStart", time.min, place)
    end = _moment(document, "windowEnd", time.max, place)
    if start is not None and end is not None and end < start:
        raise JobFileError("windowEnd is before windowStart", source=place)
    return {
        "assignment_id": identifier,
        "job_id": _id(document, ("jobId", "job"), place),
        "partner_job_id": _id(document, ("extJobId",), place),
        "aircraft": _id(document, ("aircraft", "aircraftId"), place),
        "date": _moment(document, "date", time.min, place),
        "window_start": start,
        "window_end": end,
        "open": _is_open(document, place),
        "field": _field(document.get("polygons"), place),
    }


def _id(document: Mapping[str, Any], keys: tuple[str, ...], place: str) -> str | None:
    for key in keys:
        value = document.get(key)
        if value is None or value == "":
            continue
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise _wrong(place, key, "text or an integer", value)
        return str(value)
    return None


def _moment(document: Mapping[str, Any], key: str, of_day: time, place: str) -> datetime | None:
    value = document.get(key)
    if value is None or value == "":
        return None
    try:
        moment = datetime.fromisoformat(value)
        if len(value) <= len("2025-W38-1"):  # a date alone, in any form of ISO 8601
            moment = datetime.combine(moment, of_day)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise _wrong(place, key, "an ISO 8601 date or time", value) from error


def _is_open(document: Mapping[str, Any], place: str) -> bool | None:
    value, status = document.get("open"), document.get("status")
    if isinstance(value, bool):
        return value
    if value is not None:
        raise _wrong(place, "open", "true or false", value)
    if status is None:
        return None
    if isinstance(status, bool) or status not in _STATES:
        raise _wrong(place, "status", "one of 0, 1, 2, NEW, DOWNLOADED, UPLOADED", status)
    return True


def _field(value: object, place: str) -> bytes | None:
    if value is None or value == []:
        return None
    where = f"{place}, polygons"
    report: list[Tolerated] = []
    shapes = value if isinstance(value, list) else [value]
    polygons = [
        polygon
        for shape in shapes
        for polygon in job_polygons(read_geometry(shape, where, report), source=where)
    ]
    if not polygons:
        raise JobFileError("expected at least one polygon", source=where)
    return to_wkb(polygons)


def _wrong(place: str, key: str, expected: str, found: object) -> JobFileError:
    return JobFileError(f"{key}: expected {expected}", source=place, text=repr(found))
