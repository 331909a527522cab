"""``satlog match``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.exceptions import Exit

from satlog_native.cli.common import (
    aligned,
    json_option,
    layout_option,
    logs_argument,
    note,
    note_damage,
    printable,
    to_json,
)
from satlog_native.cli.flight import settings_of, settings_options
from satlog_native.cli.group import DAMAGED, UNUSABLE, examples
from satlog_native.errors import AnalysisError, LogError

if TYPE_CHECKING:
    import polars as pl

    from satlog_native.flight import FlightSettings
    from satlog_native.jobs import Match, MatchSettings
    from satlog_native.layouts.model import Layout

#: Logs that are read, matched and shown together.
_TOGETHER: Final = 100
#: Candidates shown of a log that is not matched.
_SHOWN: Final = 3

#: What a candidate's reason is called where it holds, and where it does not.
_REASONS: Final = {
    "file_name": ("file name", ""),
    "job_label": ("job label", ""),
    "aircraft": ("aircraft", "other aircraft"),
    "time": ("time", "outside its time"),
}


@click.command(
    epilog=examples(
        "satlog match flight.LOG --jobs jobs.json", "satlog match *.LOG --jobs jobs/ --json"
    )
)
@logs_argument
@click.option(
    "--jobs",
    required=True,
    type=click.Path(),
    metavar="FILE|DIR",
    help="Job assignments: a JSON file, a .JOB file, or a folder of .JOB files.",
)
@click.option(
    "--no-first-assignment",
    is_flag=True,
    help="Do not take the aircraft's earliest open assignment where nothing else tells.",
)
@layout_option
@settings_options
@json_option
def command(
    *,
    logs: tuple[str, ...],
    jobs: str,
    no_first_assignment: bool,
    layout: str,
    swath_width: float | None,
    merge_gap: float,
    max_gap: float,
    as_json: bool,
) -> None:
    """Tell which job each log belongs to, and why.

    By the job id in the file's name, else by the log's job label; by aircraft and time; and by the
    share of the sprayed ground that lies in the job's polygons. A log is matched, ambiguous or
    unmatched; of the latter two, the best candidates are shown. JSON has one object a line for each
    log, with all candidates. The exit status is 1 if a log is damaged, and 2 if one cannot be read.

    A JSON file of assignments is a list of objects with assignmentId and what is known of jobId,
    extJobId (the partner's), aircraft, date, windowStart, windowEnd, open, and polygons (GeoJSON).
    """
    from satlog_native.jobs import MatchSettings, read_assignments
    from satlog_native.layouts import load

    how = MatchSettings(first_assignment_always_match=not no_first_assignment)
    assignments = read_assignments(jobs)
    reading = _Reading(
        load(layout),
        settings_of(swath_width, merge_gap, max_gap),
        ground=assignments["field"].null_count() < len(assignments),
    )
    rows: list[tuple[str, ...]] = [("log", "decision", "job", "assignment", "score", "because")]
    for start in range(0, len(logs), _TOGETHER):
        for result in _matched(reading, logs[start : start + _TOGETHER], assignments, how):
            if as_json:
                click.echo(to_json(result))
            elif "error" not in result:
                rows += _rows(result)
    if len(rows) > 1:
        click.echo("\n".join(aligned(rows)))
    raise Exit(reading.status)


@dataclass
class _Reading:
    """How logs are read, and what has to be told of them at the end."""

    layout: Layout
    settings: FlightSettings
    ground: bool
    status: int = field(default=0, init=False)

    def row(self, log: str) -> dict[str, Any]:
        """What matching compares of a log, or the error that it cannot be read with."""
        from satlog_native.log import open_log
        from satlog_native.matching import log_match_row

        try:
            with open_log(log, layout=self.layout) as opened:
                row, missing = log_match_row(
                    opened, Path(log).name, self.settings, ground=self.ground
                )
                report = opened.report
        except (LogError, AnalysisError) as error:
            self.status = UNUSABLE
            # What could not be read names itself.
            place = "" if isinstance(error, LogError) else f"{log}: "
            note(printable(f"Error: {place}{error}"))
            return {"error": str(error)}
        if missing:
            note(printable(f"{log}: overlap is unknown: {missing}"))
        if report.damaged:
            self.status = max(self.status, DAMAGED)
        note_damage(log, report)
        return row


def _matched(
    reading: _Reading, logs: Sequence[str], assignments: pl.DataFrame, how: MatchSettings
) -> Iterator[dict[str, Any]]:
    """For each log its decision and candidates, or its error."""
    from satlog_native.jobs import match_logs
    from satlog_native.matching import match_table

    rows = [reading.row(log) for log in logs]
    readable = {place: row for place, row in enumerate(rows) if "error" not in row}
    decisions: dict[int, dict[str, Any]] = {}
    candidates: dict[int, list[dict[str, Any]]] = {}
    if readable:
        match = match_logs(match_table(readable), assignments, how)
        decisions = {row.pop("log_id"): row for row in match.decisions.to_dicts()}
        candidates = _candidates(match, assignments)
    for place, (log, row) in enumerate(zip(logs, rows, strict=True)):
        if place in readable:
            told = {name: value for name, value in row.items() if name != "sprayed"}
            yield {"log": log, **decisions[place], **told, "candidates": candidates.get(place, [])}
        else:
            yield {"log": log, **row}


def _candidates(match: Match, assignments: pl.DataFrame) -> dict[int, list[dict[str, Any]]]:
    """The candidates of each log, best first, with the ids of their jobs."""
    import polars as pl

    ids = assignments.select("assignment_id", "job_id", "partner_job_id")
    named = match.candidates.join(ids, on="assignment_id", how="left", maintain_order="left")
    named = named.select("log_id", *ids.columns, pl.exclude("log_id", *ids.columns))
    parts = named.partition_by("log_id", as_dict=True, include_key=False)
    return {place: part.to_dicts() for (place,), part in parts.items()}


def _rows(result: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """A line of the table; for a log that is not matched, one for each candidate worth a look."""
    head = (printable(result["log"]), result["decision"])
    shown = _worth_showing(result)
    if not shown:
        yield (*head, "", "", "", "no assignment fits")
    for place, candidate in enumerate(shown):
        yield (
            *(head if place == 0 else ("", "")),
            printable(candidate["job_id"] or candidate["partner_job_id"] or ""),
            printable(candidate["assignment_id"]),
            f"{candidate['score']:.2f}",
            _because(candidate, result["by"]),
        )


def _worth_showing(result: dict[str, Any]) -> list[dict[str, Any]]:
    candidates: list[dict[str, Any]] = result["candidates"]
    if result["decision"] == "matched":
        return [one for one in candidates if one["assignment_id"] == result["assignment_id"]]
    possible = [one for one in candidates if one["score"] > 0][:_SHOWN]
    # One that the log names and aircraft or time excludes: a person should look at it.
    odd = [one for one in candidates if one["excluded"] and (one["file_name"] or one["job_label"])]
    return [*possible, *odd[:_SHOWN]]


def _because(candidate: dict[str, Any], by: str | None) -> str:
    reasons = ["earliest open assignment"] if by == "first_assignment" else []
    for name, (holds, fails) in _REASONS.items():
        word = {True: holds, False: fails, None: ""}[candidate[name]]
        reasons += [word] if word else []
    if candidate["overlap"] is not None:
        # Rounded down: less than all of it is never 100 %.
        reasons.append(f"overlap {int(100 * candidate['overlap'])} %")
    return ", ".join(reasons)
