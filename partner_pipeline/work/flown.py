"""What one log tells, as the pipeline stores it: decoded and analysed, nothing stored yet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
from pydantic.alias_generators import to_camel

from partner_pipeline.errors import ProcessingError, StorageError
from satlog_native import __version__, flight, open_log
from satlog_native.errors import AnalysisError, LogError, SatlogError
from satlog_native.jobs import JobIdentity, job_identity
from satlog_native.log import Log

#: Columns of the track under the names that the platform reads them by.
DETAIL_COLUMNS: Final = {
    "frame": "frame",
    "time": "gpsTime",
    "latitude": "lat",
    "longitude": "lon",
    "altitude": "alt",
    "ground_speed": "grSpeed",
    "track": "track",
    "cross_track": "xTrack",
    "spray_on": "sprayStat",
    "swath_number": "swath",
    "flow_rate": "flowRate",
    "target_rate": "targetRate",
    "applied_rate": "appRate",
    "wind_speed": "windSpd",
    "wind_direction": "windDir",
    "air_temperature": "temp",
    "relative_humidity": "humid",
    "laser_height": "height",
}

#: Lost runs that are kept with a log: a hostile one has millions.
_MOST_RUNS: Final = 10

_NO_LINES: Final[dict[str, Any]] = {"type": "MultiLineString", "coordinates": []}


@dataclass(frozen=True, slots=True)
class FlownLog:
    """A log as far as it can be told without knowing its job.

    Attributes
    ----------
    identity : JobIdentity
        What file name and record 120 say of the job.
    aircraft : str or None
        As the log names it.
    start, end : datetime or None
        Of the flight, UTC.
    meta, statistics, damage : dict
        Parts of the ApplicationFile.
    passes : list of dict
    segments : dict
        The sprayed track, a GeoJSON MultiLineString.
    treated : bytes or None
        What was sprayed, WKB, degrees, longitude first; None where no swath width is known.
    notes : list of str
        What could not be told, and why.
    details : polars.DataFrame
        One row a position, columns as the platform names them.
    seconds : dict of str to float
        Duration of each step.
    """

    identity: JobIdentity
    aircraft: str | None
    start: datetime | None
    end: datetime | None
    meta: dict[str, Any]
    statistics: dict[str, Any]
    damage: dict[str, Any]
    passes: list[dict[str, Any]]
    segments: dict[str, Any]
    treated: bytes | None
    notes: list[str]
    details: pl.DataFrame
    seconds: dict[str, float] = field(default_factory=dict)


def read_flown_log(path: Path, file_name: str, layout: str = "satloc_air") -> FlownLog:
    """Decode and analyse a log.

    Parameters
    ----------
    path : Path
        Where the log was stored.
    file_name : str
        Its name at the partner, which may tell the job.
    layout : str
        Name or TOML file of the layout.

    Raises
    ------
    ProcessingError
        If the file is no log of the layout, or cannot be analysed.
    StorageError
        If the file cannot be read.
    """
    seconds: dict[str, float] = {}
    try:
        with ExitStack() as opened:
            with _timed(seconds, "decode"):
                log = opened.enter_context(open_log(path, layout=layout))
                tables = log.tables(_kinds(log))
                damage = log.report.to_dict()
            with _timed(seconds, "analyse"):
                return _told(log, tables, file_name, damage, seconds)
    except (LogError, AnalysisError) as error:
        # The disk's trouble is not the log's.
        kind = StorageError if isinstance(error.__cause__, OSError) else ProcessingError
        # Customers read this too, whose business our folders are not.
        told = str(error).replace(str(path), path.name)
        raise kind(f"processing log {file_name!r}: {told}") from error


def _kinds(log: Log) -> list[str]:
    wanted = dict.fromkeys((*flight.TRACK_KINDS, *flight.FACT_KINDS))
    return [kind for kind in wanted if kind in log.layout.by_name]


def _told(
    log: Log,
    tables: dict[str | int, Any],
    file_name: str,
    damage: dict[str, Any],
    seconds: dict[str, float],
) -> FlownLog:
    track = flight.track(tables)
    passes = flight.passes(track)
    facts = flight.flight_facts(tables)
    coverage, segments, notes = _ground(track)
    summary = flight.summary(track, passes, coverage, {**facts, **damage}).row(0, named=True)
    return FlownLog(
        identity=job_identity(file_name, facts["job_label"], facts["job_id"]),
        aircraft=facts["aircraft"],
        start=summary["start_time"],
        end=summary["end_time"],
        meta={
            "type": "satloc",
            "matType": facts["material"],
            "operator": facts["pilot"],
            "fcName": facts["controller"],
            "decoderVersion": __version__,
            "layout": log.layout.name,
            "layoutVersion": log.layout.version,
            "layoutStatus": log.layout.status,
        },
        statistics=_document(summary),
        damage=_damage(damage),
        passes=[_document(row) for row in passes.iter_rows(named=True)],
        segments=segments,
        treated=None if coverage is None else _wkb(coverage.treated),
        notes=notes,
        details=_details(track),
        seconds=seconds,
    )


def _damage(told: dict[str, Any]) -> dict[str, Any]:
    lost = told["lost"]
    return _document({**told, "lost": len(lost), "lost_runs": list(lost[:_MOST_RUNS])})


def _ground(track: pl.DataFrame) -> tuple[flight.Coverage | None, dict[str, Any], list[str]]:
    """Coverage and sprayed lines; a log that tells no swath width, or leaps, is a log still."""
    notes = []
    coverage, lines = None, _NO_LINES
    try:
        coverage = flight.coverage(track)
    except SatlogError as error:
        notes.append(str(error))
    try:
        lines = flight.to_geojson(flight.segments(track))
    except SatlogError as error:
        notes.append(str(error))
    return coverage, lines, notes


def _wkb(geometry: Any) -> bytes | None:
    return None if geometry.is_empty else bytes(geometry.wkb)


def _document(row: dict[str, Any]) -> dict[str, Any]:
    """Names as documents have them."""
    return {to_camel(name): value for name, value in row.items()}


def _details(track: pl.DataFrame) -> pl.DataFrame:
    return track.select(
        pl.col(name).alias(column) if name in track.columns else pl.lit(None).alias(column)
        for name, column in DETAIL_COLUMNS.items()
    ).with_columns(pl.col("gpsTime").dt.cast_time_unit("ms"), pl.col("frame").cast(pl.Int64))


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[step] = seconds.get(step, 0.0) + time.perf_counter() - start
