"""What ``partner-pipeline logs show`` tells of one log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import click

from partner_pipeline.cli.common import number, short, show_facts, show_table, when
from partner_pipeline.cli.tasks import outcome, told
from partner_pipeline.model.applications import ApplicationFile, JobMatch
from partner_pipeline.model.jobs import Job
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.tasks import OWN_FILES, TaskTracker, file_task_id
from partner_pipeline.work.context import Context
from partner_pipeline.work.enqueueing import log_task
from satlog_native.cli.common import counted

#: Figures of a flight: name, statistic, unit, digits.
_FIGURES: Final = (
    ("flight time", "flightTime", "s", 0),
    ("spray time", "sprayTime", "s", 0),
    ("passes", "passes", "", 0),
    ("gross area", "grossArea", "ha", 2),
    ("net area", "netArea", "ha", 2),
    ("volume", "volume", "L", 0),
    ("applied rate", "appliedRate", "L/ha", 1),
    ("target rate", "targetRate", "L/ha", 1),
)
#: A candidate's reasons: what is said where it holds, and where it does not.
_REASONS: Final = {
    "fileName": ("file name", ""),
    "jobLabel": ("job label", ""),
    "aircraft": ("aircraft", "other aircraft"),
    "time": ("time", "outside its time"),
}


@dataclass(frozen=True, slots=True)
class SeenLog:
    """A log with all that belongs to it."""

    tracker: PartnerLogTracker | None
    file: ApplicationFile | None
    jobs: Mapping[str, Job]
    chain: Sequence[TaskTracker]

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "log": None if self.tracker is None else _document(self.tracker),
            "file": None if self.file is None else _document(self.file),
            "tasks": [told(task) for task in self.chain],
        }

    def show(self) -> None:
        """For people."""
        if self.tracker is not None:
            show_facts(_log(self.tracker))
        if self.file is not None:
            click.echo()
            show_facts(_data(self.file))
            click.echo()
            self._show_match(self.file.job_match)
        click.echo()
        head = ("task", "status", "try", "queued", "outcome")
        rows = [
            (short(t.id), t.status.value, str(t.number), when(t.enqueued_at), outcome(t))
            for t in self.chain
        ]
        show_table([head, *rows], right=(2,), none="it has no task")

    def _show_match(self, match: JobMatch) -> None:
        head = ("", "job", "assignment", "score", "because")
        rows = [
            (
                "*" if each["assignId"] == match.assign_id else "",
                self._job(each["jobId"]),
                short(each["assignId"]),
                number(each["score"], 2),
                because(each, match.by if each["assignId"] == match.assign_id else None),
            )
            for each in match.candidates
        ]
        show_table([head, *rows], right=(3,), none="no assignment fits")

    def _job(self, job_id: str) -> str:
        job = self.jobs.get(job_id)
        return short(job_id) if job is None else f"{job.number or ''} {job.name}".strip()


def look(
    context: Context, tracker: PartnerLogTracker | None, file: ApplicationFile | None
) -> SeenLog:
    """Gather what belongs to a log."""
    tasks = context.repositories.tasks
    chain: Sequence[TaskTracker] = []
    if tracker is not None:
        chain = tasks.chain(log_task(context.settings, tracker))
    elif file is not None and file.partner_code == OWN_FILES:
        queue = context.settings.task_queue
        chain = tasks.chain(file_task_id(queue, file.customer_id, file.sha256 or ""))
    wanted = [] if file is None else [each["jobId"] for each in file.job_match.candidates]
    return SeenLog(tracker, file, context.repositories.jobs.among(wanted), chain)


def because(candidate: Mapping[str, Any], by: str | None = None) -> str:
    """Why a candidate was chosen, or was not."""
    reasons = ["earliest open assignment"] if by == "first_assignment" else []
    for name, (holds, fails) in _REASONS.items():
        value = candidate.get(name)
        reasons += [] if value is None else [holds if value else fails]
    overlap = candidate.get("overlap")
    if overlap is not None:
        # Rounded down: less than all of it is never 100 %.
        reasons.append(f"overlap {int(100 * overlap)} %")
    return ", ".join(filter(None, reasons)) or (f"said by {by}" if by else "")


def _log(tracker: PartnerLogTracker) -> dict[str, str]:
    return {
        "id": tracker.id,
        "file": tracker.log_file_name,
        "status": tracker.status.value,
        "partner": f"{tracker.partner_code}, log {tracker.log_id}, aircraft {tracker.aircraft_id}",
        "customer": tracker.customer_id,
        "stored as": tracker.saved_local_file or "",
        "size": f"{number(tracker.size)} bytes" if tracker.size is not None else "",
        "offered": when(tracker.created_at),
        "enqueued": when(tracker.enqueued_at),
        "processed": when(tracker.processed_at),
        "failures": number(tracker.retry_count) if tracker.retry_count else "",
        "taken up again": number(tracker.recoveries) if tracker.recoveries else "",
        "error": f"{tracker.error_category or ''} {tracker.error_message or ''}".strip(),
    }


def _data(file: ApplicationFile) -> dict[str, str]:
    statistics, identity = file.statistics, file.identity
    figures = {
        name: f"{number(statistics[key], digits)} {unit}".strip()
        for name, key, unit, digits in _FIGURES
        if statistics.get(key) is not None
    }
    by = f" by {_words(file.job_match.by)}" if file.job_match.by else ""
    return {
        "flown": f"{when(statistics.get('startTime'))} to {when(statistics.get('endTime'))}",
        "pilot": str(file.meta.get("operator") or ""),
        "controller": str(file.meta.get("fcName") or ""),
        "job in the log": f"{identity.get('id')} ({_words(identity.get('source'))})"
        if identity.get("id")
        else "none",
        **figures,
        "records": number(file.processing.records),
        "damage": _damage(file),
        "notes": "; ".join(file.notes),
        "decision": f"{file.job_match.decision}{by}",
        "application": file.application_id or "",
    }


def _words(name: Any) -> str:
    """How matching decided, as people say it; who decided stays as it is."""
    return {"file_name": "file name", "job_label": "job label"}.get(str(name), str(name))


def _damage(file: ApplicationFile) -> str:
    if not file.damage.get("damaged"):
        return "none"
    lost = counted(file.damage.get("bytesLost", 0), "byte")
    return f"{lost} lost ({100 * file.processing.bytes_lost_share:.2g} %)"


def _document(document: PartnerLogTracker | ApplicationFile) -> dict[str, Any]:
    found = document.model_dump(by_alias=True, exclude_none=True, mode="json")
    return {"id": found.pop("_id"), **found}
