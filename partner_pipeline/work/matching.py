"""Which assignment a log belongs to: documents to tables, :mod:`satlog_native.jobs`, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, cast

import polars as pl

from partner_pipeline.model.applications import JobMatch
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.work.flown import FlownLog
from partner_pipeline.work.jobfiles import field_polygons, job_number
from satlog_native.errors import SatlogError
from satlog_native.jobs import MatchSettings, match_logs
from satlog_native.jobs.assignments import SCHEMA
from satlog_native.jobs.geometry import to_wkb
from satlog_native.matching import match_table

#: Candidates that are kept with a log, the best ones.
_KEPT: Final = 10

_log = get_logger(__name__)


def match_flown(
    flown: FlownLog,
    aircraft: str | None,
    assigns: Sequence[JobAssign],
    jobs: Mapping[str, Job],
    *,
    first_assignment: bool,
) -> JobMatch:
    """Match a log to the assignments that it may belong to.

    Parameters
    ----------
    flown : FlownLog
    aircraft : str or None
        Internal id of the aircraft that flew it; None: not known, any may have.
    assigns : sequence of JobAssign
    jobs : mapping of str to Job
        Of the assignments, by id; an assignment whose job is gone is no candidate.
    first_assignment : bool
        Whether a log that nothing tells a job of goes to the earliest open assignment.
    """
    candidates = {assign.id: assign for assign in assigns if assign.job in jobs}
    row = {
        "filename_job_id": flown.identity.filename_job_id,
        "job_label": flown.identity.job_label,
        "aircraft": aircraft,
        "start_time": flown.start,
        "end_time": flown.end,
        "sprayed": flown.treated,
    }
    found = match_logs(
        match_table({"log": row}),
        _table([(assign, jobs[assign.job]) for assign in candidates.values()]),
        MatchSettings(first_assignment_always_match=first_assignment),
    )
    decision = found.decisions.row(0, named=True)
    chosen = candidates.get(decision["assignment_id"] or "")
    return JobMatch(
        decision=cast(Literal["matched", "ambiguous", "unmatched"], decision["decision"]),
        assign_id=None if chosen is None else chosen.id,
        job_id=None if chosen is None else chosen.job,
        user_id=None if chosen is None else chosen.user,
        candidates=[
            _reasons(each, candidates[each["assignment_id"]])
            for each in found.candidates.head(_KEPT).iter_rows(named=True)
        ],
        by=decision["by"],
    )


def _reasons(row: dict[str, Any], assign: JobAssign) -> dict[str, Any]:
    return {
        "assignId": assign.id,
        "jobId": assign.job,
        "extJobId": assign.ext_job_id,
        "score": row["score"],
        "fileName": row["file_name"],
        "jobLabel": row["job_label"],
        "aircraft": row["aircraft"],
        "time": row["time"],
        "overlap": row["overlap"],
        "excluded": row["excluded"],
    }


def _table(pairs: Sequence[tuple[JobAssign, Job]]) -> pl.DataFrame:
    """The assignments as :func:`satlog_native.jobs.match_logs` takes them."""
    rows = [
        {
            "assignment_id": assign.id,
            "job_id": job_number(job),
            "partner_job_id": assign.ext_job_id,
            "aircraft": assign.user,
            "date": assign.date,
            "window_start": job.start_date,
            "window_end": job.end_date,
            "open": True,
            "field": _field(job),
        }
        for assign, job in pairs
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def _field(job: Job) -> bytes | None:
    """The job's polygons as WKB; None where it has none that can be used."""
    try:
        polygons = field_polygons(job)
        return to_wkb(polygons) if polygons else None
    except SatlogError as error:
        # The log can be told by its name still; that the ground cannot help must be known.
        _log.warning("field of a job cannot be used", job=job.id, error=str(error))
        return None
