"""``partner-pipeline logs``: list, show, reprocess, match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from partner_pipeline.cli.common import (
    limit_option,
    opened,
    operator,
    short,
    show_table,
    when,
)
from partner_pipeline.errors import NotFoundError, ValidationError
from satlog_native.cli.common import counted, json_option, note, printable, to_json
from satlog_native.cli.group import examples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from partner_pipeline.model.applications import ApplicationFile
    from partner_pipeline.model.jobs import Job, JobAssign
    from partner_pipeline.model.logs import PartnerLogTracker
    from partner_pipeline.store.repositories import Repositories
    from partner_pipeline.work.seen_logs import SeenLog

_STATUS: Final = (
    *("pending", "downloading", "downloaded", "processing"),
    *("processed", "failed", "skipped"),
)


@click.group(
    epilog=examples("partner-pipeline logs list", "partner-pipeline logs match 26750e7e357d 4711")
)
def command() -> None:
    """List logs, process them again, match them by hand.

    LOG is an id as the list shows it, or the beginning of one.
    """


@command.command(
    "list",
    epilog=examples(
        "partner-pipeline logs list --status failed", "partner-pipeline logs list --unmatched"
    ),
)
@click.option("--status", type=click.Choice(_STATUS), help="Only logs in this state.")
@click.option("--customer", help="Only this customer's.")
@click.option(
    "--unmatched", is_flag=True, help="Only logs that belong to no job, users' own files too."
)
@limit_option
@json_option
def list_(
    *, status: str | None, customer: str | None, unmatched: bool, limit: int, as_json: bool
) -> None:
    """List logs, the last changed first, and what came of them."""
    from partner_pipeline.cli.finding import find_customer
    from partner_pipeline.model.states import LogStatus
    from partner_pipeline.work.seen_logs import LogFilter, list_logs, log_counts

    if unmatched and status is not None:
        raise ValidationError("listing logs: --status and --unmatched do not go together")
    with opened() as context:
        repositories = context.repositories
        owner = None if customer is None else find_customer(repositories, customer).id
        if unmatched:
            rows = _unmatched(repositories, owner, limit)
        else:
            wanted = LogFilter(customer_id=owner, status=LogStatus(status) if status else None)
            seen = [log for _, log in list_logs(context, wanted, limit=limit)]
            rows = _listed(repositories, seen)
        counts = log_counts(context)
    if as_json:
        click.echo(to_json(rows))
        return
    head = ("id", "status", "aircraft", "file", "changed", "outcome")
    table = [
        (
            short(r["id"]),
            r["status"],
            r["aircraft"],
            r["fileName"],
            when(r["changed"]),
            r["outcome"],
        )
        for r in rows
    ]
    show_table([head, *table], narrow={2: 12, 3: 22}, none="no logs")
    note("all: " + ", ".join(f"{count:,} {each}" for each, count in counts.items() if count))


def _listed(repositories: Repositories, logs: Sequence[SeenLog]) -> list[dict[str, Any]]:
    """Logs, each with what came of it."""
    jobs = {log.file.job_match.job_id for log in logs if log.file is not None}
    named = repositories.jobs.among(sorted(filter(None, jobs)))
    aircraft = _tail_numbers(repositories)
    return [_row(log, named, aircraft) for log in logs]


def _row(log: SeenLog, jobs: Mapping[str, Job], aircraft: Mapping[str, str]) -> dict[str, Any]:
    tracker, file = log.tracker, log.file
    if tracker is None:
        return _of_data(log.data, jobs, aircraft)
    error = f"{tracker.error_category or ''} {tracker.error_message or ''}".strip()
    return {
        "id": tracker.id,
        "status": tracker.status.value,
        "partnerCode": tracker.partner_code,
        "customerId": tracker.customer_id,
        "logId": tracker.log_id,
        "aircraft": aircraft.get(tracker.aircraft_id, short(tracker.aircraft_id)),
        "fileName": tracker.log_file_name,
        "changed": tracker.updated_at,
        "outcome": error or ("" if file is None else _decision(file, jobs)),
        "errorCategory": tracker.error_category,
        "errorMessage": tracker.error_message,
        "applicationFileId": tracker.application_file_id,
    }


def _of_data(
    file: ApplicationFile, jobs: Mapping[str, Job], aircraft: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "id": file.tracker_id or file.id,
        "status": "processed",
        "partnerCode": file.partner_code,
        "customerId": file.customer_id,
        "logId": file.log_id,
        "aircraft": aircraft.get(file.aircraft_id or "", short(file.aircraft_id)),
        "fileName": file.log_file_name,
        "changed": file.updated_at,
        "outcome": _decision(file, jobs),
        "applicationFileId": file.id,
    }


def _decision(file: ApplicationFile, jobs: Mapping[str, Job]) -> str:
    match = file.job_match
    if match.job_id is None:
        return "manual: no job" if match.decision == "manual" else match.decision
    job = jobs.get(match.job_id)
    named = short(match.job_id) if job is None else job.number or job.name
    return f"job {named}{' by hand' if match.decision == 'manual' else ''}"


def _unmatched(
    repositories: Repositories, customer_id: str | None, limit: int
) -> list[dict[str, Any]]:
    names = _tail_numbers(repositories)
    files = repositories.application_files.unmatched(customer_id, limit=limit)
    return [_of_data(file, {}, names) for file in files]


def _tail_numbers(repositories: Repositories) -> dict[str, str]:
    """Aircraft as people call them, by the partner's id."""
    from partner_pipeline.model.people import Aircraft, UserKind

    users = repositories.users.of_kind(UserKind.AIRCRAFT, active=False)
    known = [user for user in users if isinstance(user, Aircraft) and user.partner_info]
    return {user.partner_info.partner_aircraft_id: user.name for user in known if user.partner_info}


@command.command(epilog=examples("partner-pipeline logs show 26750e7e357d"))
@click.argument("log")
@json_option
def show(log: str, as_json: bool) -> None:
    """Show a log: its file, the flight, which job it belongs to and why."""
    from partner_pipeline.cli import log_shown

    with opened() as context:
        repositories = context.repositories
        tracker, file = _find(repositories, log)
        seen = log_shown.look(context, tracker, file)
    if as_json:
        click.echo(to_json(seen.to_dict()))
    else:
        seen.show()


@command.command(
    epilog=examples(
        "partner-pipeline logs reprocess 26750e7e357d",
        "partner-pipeline logs reprocess 26750e7e357d --download",
    )
)
@click.argument("logs", metavar="LOG...", nargs=-1, required=True)
@click.option("--download", is_flag=True, help="From the partner, not from the file that is here.")
def reprocess(logs: tuple[str, ...], download: bool) -> None:
    """Process logs again; what is stored of them is replaced.

    The sync worker does it; with --download, once the poll worker has fetched them. What a person
    said of their jobs stays.
    """
    from partner_pipeline.model.states import LogStatus
    from partner_pipeline.work.manual import reprocess as process_again

    with opened() as context:
        for log in logs:
            tracker, file = _find(context.repositories, log)
            if tracker is None:
                name = log if file is None else file.log_file_name
                raise ValidationError(
                    f"processing {name!r} again: it is a user's own file; submit it again"
                )
            again = process_again(context, tracker.id, download=download, by=operator())
            waits = again.status is LogStatus.PENDING
            said = "downloaded by the next poll" if waits else "its task is queued"
            note(printable(f"{again.log_file_name}: {said}"))


@command.command(
    epilog=examples(
        "partner-pipeline logs match 26750e7e357d 4711",
        "partner-pipeline logs match 26750e7e357d --none",
    )
)
@click.argument("log")
@click.argument("job", required=False)
@click.option("--none", "nothing", is_flag=True, help="It belongs to none of the jobs.")
def match(log: str, job: str | None, nothing: bool) -> None:
    """Say which job a log belongs to. It stays so when the log is processed again.

    JOB is a job's number or id, or the id of an assignment. The totals of the jobs concerned are
    computed anew.
    """
    from partner_pipeline.work.manual import match_by_hand

    if nothing == (job is not None):
        raise ValidationError("matching a log: expected a JOB, or --none")
    with opened() as context:
        _, file = _find(context.repositories, log)
        if file is None:
            raise NotFoundError(f"matching log {log!r}: it is not processed yet")
        assign = None if job is None else _assignment(context.repositories, file, job)
        done = match_by_hand(context, file.id, None if assign is None else assign.id, by=operator())
        application = None
        if done.application_id is not None:
            application = context.repositories.applications.get(done.application_id)
    said = "belongs to no job now" if job is None else f"belongs to job {job} now"
    note(printable(f"{done.log_file_name} {said}"))
    if application is not None:
        totals = application.totals
        note(
            f"its application has {counted(totals.files, 'log')}, {totals.net_area:,.2f} ha, "
            f"{totals.volume:,.0f} L"
        )


def _find(
    repositories: Repositories, word: str
) -> tuple[PartnerLogTracker | None, ApplicationFile | None]:
    """A partner's log and its data, or the data of a user's own log."""
    from partner_pipeline.cli.finding import by_id, find

    files = repositories.application_files
    if by_id(repositories.trackers, word):
        tracker = find(repositories.trackers, "log", word)
        return tracker, files.get(tracker.application_file_id or "")
    file = find(files, "log", word)
    return repositories.trackers.get(file.tracker_id or ""), file


def _assignment(repositories: Repositories, file: ApplicationFile, word: str) -> JobAssign:
    """The assignment that is meant; of a job's several, that to the aircraft of the log."""
    from partner_pipeline.cli.finding import by_id, find, find_job

    if by_id(repositories.assigns, word):
        return find(repositories.assigns, "assignment", word)
    job = find_job(repositories, word)
    assigns = repositories.assigns.of_job(job.id)
    flown = repositories.users.aircraft_at(
        file.customer_id, file.partner_code, file.aircraft_id or ""
    )
    own = [assign for assign in assigns if flown is not None and assign.user == flown.id]
    chosen = own if len(own) == 1 else assigns
    if len(chosen) != 1:
        found = "it is assigned to nobody" if not chosen else "it has several assignments"
        raise ValidationError(
            f"matching log {file.log_file_name!r} to job {word}: {found}; give an assignment "
            f"(partner-pipeline jobs show {word})"
        )
    return chosen[0]
