"""Jobs: ``.JOB`` files, the job identity of a log, and matching logs to job assignments.

Tables in, tables out: nothing here opens a log. Names are imported when first used, so that reading
a job file loads no polars and matching without polygons loads no shapely.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from satlog_native.jobs.assignments import read_assignments
    from satlog_native.jobs.convert import convert_job, load_job, save_job
    from satlog_native.jobs.identity import JobIdentity, job_identity, with_job_identity
    from satlog_native.jobs.jobfile import parse_job, read_job, write_job
    from satlog_native.jobs.matching import Match, MatchSettings, match_logs
    from satlog_native.jobs.model import JobFile, JobPolygon, Tolerated

_HOMES = {
    "JobFile": "model",
    "JobIdentity": "identity",
    "JobPolygon": "model",
    "Match": "matching",
    "MatchSettings": "matching",
    "Tolerated": "model",
    "convert_job": "convert",
    "job_identity": "identity",
    "load_job": "convert",
    "match_logs": "matching",
    "parse_job": "jobfile",
    "read_assignments": "assignments",
    "read_job": "jobfile",
    "save_job": "convert",
    "with_job_identity": "identity",
    "write_job": "jobfile",
}

__all__ = [
    "JobFile",
    "JobIdentity",
    "JobPolygon",
    "Match",
    "MatchSettings",
    "Tolerated",
    "convert_job",
    "job_identity",
    "load_job",
    "match_logs",
    "parse_job",
    "read_assignments",
    "read_job",
    "save_job",
    "with_job_identity",
    "write_job",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
