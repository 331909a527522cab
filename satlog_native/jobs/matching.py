"""Match logs to job assignments: a score and its reasons for every pair, one decision a log.

Reasons, one column each; null where it cannot be told:

``file_name``
    The job id in the log's file name equals the assignment's partner's job id or its job id.
``job_label``
    The same for record 120's job label.
``aircraft``
    Same aircraft. False excludes the pair, unknown neither excludes nor helps.
``time``
    The log's time span meets the assignment's window. False excludes, unknown does not.
``overlap``
    Share of the sprayed area inside the job's polygons, 0 to 1. Not computed for excluded pairs.

Ids and aircraft are compared in any case, without blanks at the ends.

Score of a pair::

    excluded                      0
    file name names the job       0.85 + 0.15 × overlap
    only the job label does       0.80 + 0.15 × overlap
    no id                         0.65 × overlap

An unknown overlap counts as one half beside an id and as 0 without one. The steps follow from what
must hold: any id (≥ 0.80) is further above anything without one (≤ 0.65) than `ambiguity`
reaches; among ids, the ground decides when one field is sprayed and the other is not (0.15 > 0.1);
a file name and a label that name two different jobs are `matched` only if the ground does not
contradict the file name.

Decision of a log, on the best candidate that is not excluded:

``matched``
    It is named by an id, or at least `min_overlap` of the spray lies in its field, and no other
    candidate is within `ambiguity` of its score.
``ambiguous``
    It would do, but another is within `ambiguity`; or it has no id while the log names an
    assignment that aircraft or time excludes: then something is wrong with the log, the assignment
    or the aircraft, and a person should look.
``unmatched``
    Neither.

With `first_assignment_always_match`, a log that would be ambiguous or unmatched goes to its
aircraft's earliest open assignment where no candidate has a partner's job id and no id names one.
The rule chooses only among the candidates within `ambiguity` of the best, and never one whose field
is known and holds less than `min_overlap` of the spray: it fills gaps in what is known and
overrules nothing. Where two are equally early, the log is ambiguous.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from satlog_native.jobs.overlap import overlap_shares
from satlog_native.jobs.tables import Jobs, Logs, read_tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Match", "MatchSettings", "match_logs"]

_PAIRS_AT_ONCE = 2_000_000  # keeps the working memory near 200 MB
_UNKNOWN, _TRUE = -1, 1
_ROUNDING = 1e-9  # two scores exactly `ambiguity` apart are ambiguous, whatever their last bit


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """What may be chosen about matching.

    Attributes
    ----------
    ambiguity : float
        Two candidates whose scores are this close or closer cannot be told apart; 0 to 0.14.
    min_overlap : float
        Share of the sprayed area that must lie in a job's field to match without an id; 0 to 1.
    window_margin : float
        Seconds by which every assignment's window is widened at both ends.
    first_assignment_always_match : bool
        Give the log to its aircraft's earliest open assignment where partners give no job ids.
    """

    ambiguity: float = 0.1
    min_overlap: float = 0.5
    window_margin: float = 0.0
    first_assignment_always_match: bool = True

    def __post_init__(self) -> None:
        limits = {"ambiguity": (0.0, 0.14), "min_overlap": (0.0, 1.0), "window_margin": (0.0, 1e9)}
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be {low:g} to {high:g}, found {value}")


@dataclass(frozen=True, slots=True)
class Match:
    """What `match_logs` found.

    Attributes
    ----------
    candidates : polars.DataFrame
        One row a pair: ``log_id, assignment_id, score, file_name, job_label, aircraft, time,
        overlap, excluded``; logs in their order, best candidates first.
    decisions : polars.DataFrame
        One row a log, in their order: ``log_id``; ``decision`` (matched, ambiguous, unmatched);
        ``assignment_id`` (only where matched); ``score`` of the best candidate and of the
        ``second`` best (null where there is none); ``by``, what decided (file_name, job_label,
        overlap, first_assignment; only where matched).
    """

    candidates: pl.DataFrame
    decisions: pl.DataFrame


def match_logs(
    logs: pl.DataFrame,
    assignments: pl.DataFrame,
    settings: MatchSettings | None = None,
    *,
    keep_excluded: bool = True,
) -> Match:
    """Match logs to job assignments.

    The result does not depend on the order of rows in either table.

    Parameters
    ----------
    logs : polars.DataFrame
        `LOG_COLUMNS`, nulls where unknown: ``log_id`` (unique), ``filename_job_id`` and
        ``job_label`` (see `with_job_identity`), ``aircraft``, ``start_time``, ``end_time``
        (Datetime; without zone: UTC), ``sprayed`` (polygons as WKB or shapely geometries, degrees,
        longitude first).
    assignments : polars.DataFrame
        `ASSIGNMENT_COLUMNS`, nulls where unknown: ``assignment_id`` (unique), ``job_id``,
        ``partner_job_id``, ``aircraft``, ``date`` (when it was given; where unknown its window's
        start counts), ``window_start``, ``window_end`` (both inclusive; null: no limit), ``open``
        (null counts as open), ``field`` (polygons as for logs).
    settings : MatchSettings, optional
        Defaults as documented there.
    keep_excluded : bool
        Whether pairs excluded by aircraft or time get a row in `Match.candidates`.

    Raises
    ------
    TableError
        A column that is missing or of a type that cannot be compared, ids that are null or not
        unique, geometries that cannot be read.
    """
    settings = settings or MatchSettings()
    log_side, jobs = read_tables(logs, assignments, settings.window_margin)
    step = max(1, _PAIRS_AT_ONCE // max(1, len(assignments)))
    candidates, decisions = [], []
    for start in range(0, max(1, len(logs)), step):
        part = log_side.part(start, start + step)
        pairs = _score(part, jobs)
        candidates.append(_candidates(part, jobs, pairs, keep_excluded=keep_excluded))
        decisions.append(_decisions(part, jobs, pairs, settings))
    return Match(candidates=pl.concat(candidates), decisions=pl.concat(decisions))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Arrays of shape (logs, assignments); reasons are 1, 0 or -1 for unknown."""

    file_name: NDArray[np.int8]
    job_label: NDArray[np.int8]
    aircraft: NDArray[np.int8]
    time: NDArray[np.int8]
    overlap: NDArray[np.float64]
    excluded: NDArray[np.bool_]
    score: NDArray[np.float64]

    @property
    def named(self) -> NDArray[np.bool_]:
        """Whether the log names the assignment, excluded or not."""
        named: NDArray[np.bool_] = (self.file_name == _TRUE) | (self.job_label == _TRUE)
        return named

    @property
    def rank(self) -> NDArray[np.float64]:
        """The score, and -1 for what is excluded: below the worst candidate."""
        return np.where(self.excluded, -1.0, self.score)


def _score(logs: Logs, jobs: Jobs) -> _Pairs:
    file_name = _same_id(logs.file_name, jobs)
    job_label = _same_id(logs.label, jobs)
    aircraft = _reason(
        (logs.aircraft >= 0)[:, None] & (jobs.aircraft >= 0),
        logs.aircraft[:, None] == jobs.aircraft,
    )
    time = _reason(
        logs.timed[:, None] & jobs.windowed,
        (logs.start[:, None] <= jobs.end) & (logs.end[:, None] >= jobs.start),
    )
    excluded = (aircraft == 0) | (time == 0)
    overlap = overlap_shares(logs.sprayed, jobs.fields, excluded)
    unknown = np.isnan(overlap)
    beside_id = 0.15 * np.where(unknown, 0.5, overlap)
    score = np.where(unknown, 0.0, 0.65 * overlap)
    score = np.where(job_label == _TRUE, 0.80 + beside_id, score)
    score = np.where(file_name == _TRUE, 0.85 + beside_id, score)
    score[excluded] = 0.0
    return _Pairs(file_name, job_label, aircraft, time, overlap, excluded, score)


def _same_id(log_id: NDArray[np.int64], jobs: Jobs) -> NDArray[np.int8]:
    log_id = log_id[:, None]
    return _reason(
        (log_id >= 0) & ((jobs.job >= 0) | (jobs.partner_job >= 0)),
        (log_id == jobs.job) | (log_id == jobs.partner_job),
    )


def _reason(known: NDArray[np.bool_], holds: NDArray[np.bool_]) -> NDArray[np.int8]:
    return np.where(known, holds.astype(np.int8), np.int8(_UNKNOWN))


def _candidates(logs: Logs, jobs: Jobs, pairs: _Pairs, *, keep_excluded: bool) -> pl.DataFrame:
    # Stable, so that equal scores keep the ascending order of assignment ids.
    order = np.argsort(-pairs.rank, axis=1, kind="stable")
    row = np.repeat(np.arange(order.shape[0]), order.shape[1])
    column = order.ravel()
    if not keep_excluded:
        kept = ~pairs.excluded[row, column]
        row, column = row[kept], column[kept]
    reasons = ("file_name", "job_label", "aircraft", "time")
    return pl.DataFrame(
        {
            "log_id": logs.ids.gather(row),
            "assignment_id": jobs.ids.gather(column),
            "score": pairs.score[row, column],
            **{name: getattr(pairs, name)[row, column] for name in reasons},
            "overlap": pairs.overlap[row, column],
            "excluded": pairs.excluded[row, column],
        }
    ).with_columns(
        *(pl.when(pl.col(name) != _UNKNOWN).then(pl.col(name) == _TRUE) for name in reasons),
        pl.col("overlap").fill_nan(None),
    )


def _decisions(logs: Logs, jobs: Jobs, pairs: _Pairs, settings: MatchSettings) -> pl.DataFrame:
    rows = np.arange(len(logs.ids))
    if not len(jobs.ids):
        nothing = np.full(len(rows), -1.0)
        words = np.full(len(rows), "unmatched")
        return _decision_table(
            logs, jobs, decision=words, chosen=rows, best=nothing, second=nothing, by=words
        )
    rank = pairs.rank
    top = rank.argmax(axis=1)
    best = rank[rows, top]
    rank[rows, top] = -1.0
    second = rank.max(axis=1)
    named = pairs.named[rows, top] & (best >= 0)
    tied = (second >= 0) & (best - second <= settings.ambiguity + _ROUNDING)
    contradicted = (pairs.named & pairs.excluded).any(axis=1) & ~named
    would_do = named | (pairs.overlap[rows, top] >= settings.min_overlap)
    matched = would_do & ~tied & ~contradicted
    by = np.select(
        [pairs.file_name[rows, top] == _TRUE, named], ["file_name", "job_label"], "overlap"
    )
    if settings.first_assignment_always_match:
        first, equally_early = _first_assignment(jobs, pairs, best, settings)
        taken = ~matched & (first >= 0)
        top, by = np.where(taken, first, top), np.where(taken, "first_assignment", by)
        matched, would_do = matched | taken, would_do | equally_early
    decision = np.select([matched, would_do], ["matched", "ambiguous"], "unmatched")
    return _decision_table(
        logs, jobs, decision=decision, chosen=top, best=best, second=second, by=by
    )


def _first_assignment(
    jobs: Jobs, pairs: _Pairs, best: NDArray[np.float64], settings: MatchSettings
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Find each log's earliest open assignment, -1 where there is none or the rule is not for it.

    The second array tells the logs where several are equally early, or of unknown date.
    """
    partner_ids = ~pairs.excluded & (jobs.partner_job >= 0)
    stays_out = (pairs.named | partner_ids).any(axis=1, keepdims=True)
    pool = ~pairs.excluded & jobs.open & (pairs.aircraft == _TRUE) & ~stays_out
    pool &= np.isnan(pairs.overlap) | (pairs.overlap >= settings.min_overlap)
    pool &= pairs.score >= best[:, None] - settings.ambiguity - _ROUNDING
    earliest = np.where(pool, jobs.date, np.iinfo(np.int64).max).min(axis=1)
    rivals: NDArray[np.bool_] = pool & ((jobs.date == earliest[:, None]) | ~jobs.dated)
    count = rivals.sum(axis=1)
    return np.where(count == 1, rivals.argmax(axis=1), -1), count > 1


def _decision_table(
    logs: Logs,
    jobs: Jobs,
    *,
    decision: NDArray[np.str_],
    chosen: NDArray[np.intp],
    best: NDArray[np.float64],
    second: NDArray[np.float64],
    by: NDArray[np.str_],
) -> pl.DataFrame:
    matched = decision == "matched"
    row = pl.Series(np.where(matched, chosen, 0), dtype=pl.UInt32).set(pl.Series(~matched), None)
    return pl.DataFrame(
        {
            "log_id": logs.ids,
            "decision": pl.Series(decision, dtype=pl.String),
            "assignment_id": jobs.ids.gather(row),
            "score": best,
            "second": second,
            "by": pl.Series(by, dtype=pl.String).set(pl.Series(~matched), None),
        }
    ).with_columns(
        pl.when(pl.col(name) >= 0).then(pl.col(name)).alias(name) for name in ("score", "second")
    )
