"""``partner-pipeline jobs``: list, show, add, assign, resolve."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import Exit

from partner_pipeline.cli.common import (
    limit_option,
    number,
    opened,
    operator,
    short,
    show_facts,
    show_table,
    when,
)
from partner_pipeline.cli.group import FAILED
from partner_pipeline.errors import ValidationError
from satlog_native.cli.common import counted, json_option, note, printable, to_json
from satlog_native.cli.group import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partner_pipeline.model.jobs import Job, JobAssign
    from partner_pipeline.model.people import User
    from partner_pipeline.work.assign import AssignReport

_DATE = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.group(
    epilog=examples(
        "partner-pipeline jobs add north40.job --customer 'Rice Farms'",
        "partner-pipeline jobs assign 4711 N101SL",
    )
)
def command() -> None:
    """List and add jobs, and assign them.

    JOB is a job's number, its id or the beginning of that.
    """


@command.command(
    "list",
    epilog=examples(
        "partner-pipeline jobs list", "partner-pipeline jobs list --customer 'Rice Farms' --json"
    ),
)
@click.option("--customer", help="Only this customer's.")
@limit_option
@json_option
def list_(customer: str | None, limit: int, as_json: bool) -> None:
    """List jobs, the last added first."""
    from partner_pipeline.cli.finding import find_customer

    with opened() as context:
        repositories = context.repositories
        owner = None if customer is None else find_customer(repositories, customer).id
        jobs = repositories.jobs.recent(owner, limit=limit)
        customers = repositories.users.among(list({job.customer for job in jobs}))
        assigned = {job.id: repositories.assigns.of_job(job.id) for job in jobs}
    if as_json:
        click.echo(to_json([_told(job, assigned[job.id]) for job in jobs]))
        return
    head = ("id", "number", "name", "customer", "polygons", "rate, L/ha", "assigned", "uploaded")
    rows = [_row(job, customers.get(job.customer), assigned[job.id]) for job in jobs]
    show_table([head, *rows], right=(4, 5, 6, 7), narrow={2: 24, 3: 20}, none="no jobs")


def _row(job: Job, customer: User | None, assigns: Sequence[JobAssign]) -> tuple[str, ...]:
    return (
        short(job.id),
        job.number or "",
        job.name,
        short(job.customer) if customer is None else customer.name,
        number(len(job.polygons)),
        number(job.rate, 1),
        number(len(assigns)),
        number(sum(assign.ext_job_id is not None for assign in assigns)),
    )


def _told(job: Job, assigns: Sequence[JobAssign]) -> dict[str, Any]:
    told = job.model_dump(by_alias=True, exclude_none=True)
    return {
        "id": told.pop("_id"),
        **told,
        "assignments": [
            {"id": assign.id, **assign.model_dump(by_alias=True, exclude={"id"}, exclude_none=True)}
            for assign in assigns
        ],
    }


@command.command(epilog=examples("partner-pipeline jobs show 4711"))
@click.argument("job")
@json_option
def show(job: str, as_json: bool) -> None:
    """Show a job, who it is assigned to, and whether the partner has it."""
    from partner_pipeline.cli.finding import find_job
    from partner_pipeline.work.jobfiles import field_polygons
    from satlog_native.errors import SatlogError
    from satlog_native.jobs.geometry import area

    with opened() as context:
        found = find_job(context.repositories, job)
        assigns = context.repositories.assigns.of_job(found.id)
        users = context.repositories.users.among([assign.user for assign in assigns])
        customer = context.repositories.users.get(found.customer)
    if as_json:
        click.echo(to_json(_told(found, assigns)))
        return
    try:
        hectares: float | None = sum(map(area, field_polygons(found)))
    except SatlogError as error:
        hectares = None
        note(printable(str(error)))
    show_facts(
        {
            "id": found.id,
            "number": found.number or "",
            "name": found.name,
            "customer": found.customer if customer is None else f"{customer.name} ({customer.id})",
            "polygons": number(len(found.polygons)),
            "area": f"{number(hectares, 2)} ha" if hectares is not None else "",
            "rate": f"{found.rate:g} L/ha" if found.rate is not None else "",
            "swath width": f"{found.swath_width:g} m" if found.swath_width is not None else "",
            "from": when(found.start_date),
            "to": when(found.end_date),
        }
    )
    click.echo()
    head = ("assignment", "to", "status", "partner's id", "since", "trouble")
    rows = [_assign_row(assign, users.get(assign.user)) for assign in assigns]
    show_table([head, *rows], none="assigned to nobody")


def _assign_row(assign: JobAssign, user: User | None) -> tuple[str, ...]:
    uncertain = assign.sync.uncertain_since
    trouble = assign.sync.error or ""
    if uncertain is not None and not trouble:
        trouble = f"uncertain since {when(uncertain)}"
    return (
        short(assign.id),
        short(assign.user) if user is None else user.name,
        assign.status.name.lower(),
        assign.ext_job_id or "",
        when(assign.date),
        trouble,
    )


@command.command(
    epilog=examples(
        "partner-pipeline jobs add north40.job --customer 'Rice Farms'",
        "partner-pipeline jobs add field.kml --number 4711 --customer 'Rice Farms' --rate 28",
    )
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--customer", required=True, help="Whose job it is.")
@click.option(
    "--number",
    "job_number",
    metavar="TEXT",
    help="The job's number.  [default: as FILE says; where it does not, its file name]",
)
@click.option("--name", help="The job's name.  [default: as FILE says]")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="To be applied, L/ha.")
@click.option("--swath-width", type=click.FloatRange(0, min_open=True), help="In m.")
@click.option("--from", "start", type=_DATE, help="Not to be flown before, UTC.")
@click.option("--to", "end", type=_DATE, help="Not to be flown after, UTC.")
def add(
    *,
    file: Path,
    customer: str,
    job_number: str | None,
    name: str | None,
    rate: float | None,
    swath_width: float | None,
    start: datetime | None,
    end: datetime | None,
) -> None:
    """Add a job from a .JOB, GeoJSON, KML, Shapefile or GeoPackage file.

    Its id goes to standard output.
    """
    from partner_pipeline.cli.finding import find_customer
    from partner_pipeline.work.job_entry import add_job, job_of_file

    read = job_of_file(file, number=job_number)
    for tolerated in read.report:
        note(printable(f"{file}: {tolerated}"))
    with opened() as context:
        job = add_job(
            context,
            read,
            find_customer(context.repositories, customer).id,
            name=name,
            rate=rate,
            swath_width=swath_width,
            start=_utc(start),
            end=_utc(end),
            by=operator(),
        )
    note(printable(f"job {job.number} added: {job.name}, {counted(len(job.polygons), 'polygon')}"))
    click.echo(job.id)


def _utc(moment: datetime | None) -> datetime | None:
    from datetime import UTC

    return None if moment is None else moment.replace(tzinfo=UTC)


@command.command(
    epilog=examples(
        "partner-pipeline jobs assign 4711 N101SL",
        "partner-pipeline jobs assign 4711 --undo N101SL",
    )
)
@click.argument("job")
@click.argument("users", metavar="USER...", nargs=-1)
@click.option("--undo", multiple=True, metavar="USER", help="Take the job back; may be repeated.")
@click.option("--notes", help="What is said to whom it is assigned.")
@json_option
def assign(
    job: str, users: tuple[str, ...], undo: tuple[str, ...], notes: str | None, as_json: bool
) -> None:
    """Assign a job to aircraft or pilots, and upload it to their partners.

    Where the partner does not answer the job is queued: the sync worker uploads it. The exit status
    is 1 if somebody could not have it.
    """
    from partner_pipeline.cli.finding import find_job, find_user
    from partner_pipeline.work.assign import Assignee
    from partner_pipeline.work.assign import assign as assign_job

    if not users and not undo:
        raise ValidationError("assigning a job: expected at least one USER, or --undo")
    with opened() as context:
        found = find_job(context.repositories, job)
        named = {find_user(context.repositories, user).id: user for user in (*users, *undo)}
        taken = [find_user(context.repositories, user).id for user in undo]
        report = assign_job(
            context,
            found.id,
            [Assignee(user, notes) for user in named if user not in taken],
            operator(),
            un_assign=taken,
        )
    if as_json:
        click.echo(to_json(_report(report)))
    else:
        _show_assigned(report, named)
    if report.summary.get("failed"):
        raise Exit(FAILED)


def _show_assigned(report: AssignReport, named: dict[str, str]) -> None:
    head = ("user", "assignment", "status", "partner", "its id", "because")
    rows = [
        (
            named[each.user_id],
            short(each.assign_id),
            each.synced.status,
            each.partner_code or "",
            each.synced.ext_job_id or "",
            each.synced.error or "",
        )
        for each in report.assigned
    ]
    show_table([head, *rows], none="assigned to nobody")
    for user in report.unassigned:
        note(f"taken back from {named[user]}")


def _report(report: AssignReport) -> dict[str, Any]:
    return {
        "jobId": report.job_id,
        "unassigned": list(report.unassigned),
        "assigned": [
            {
                "userId": each.user_id,
                "assignId": each.assign_id,
                "partnerCode": each.partner_code,
                "status": each.synced.status,
                "extJobId": each.synced.ext_job_id,
                "error": each.synced.error,
                "errorCategory": each.synced.error_category,
            }
            for each in report.assigned
        ],
    }


@command.command(
    epilog=examples(
        "partner-pipeline jobs resolve 0af3c2d1e4b5 --uploaded-as 70012",
        "partner-pipeline jobs resolve 0af3c2d1e4b5 --not-there",
    )
)
@click.argument("assignment")
@click.option("--uploaded-as", metavar="ID", help="The partner has the job, under this id.")
@click.option("--not-there", is_flag=True, help="The partner does not have it: upload it.")
@click.option("--again", is_flag=True, help="It was uploaded: upload it once more.")
def resolve(assignment: str, uploaded_as: str | None, not_there: bool, again: bool) -> None:
    """Decide on an upload, after a look at the partner.

    An upload whose answer was lost is uncertain: the partner may have the job. It is not sent again
    before somebody has looked there and says here what became of it.
    """
    from partner_pipeline.cli.finding import find
    from partner_pipeline.work import upload_decisions as decide

    if (uploaded_as is not None) + not_there + again != 1:
        raise ValidationError(
            "deciding on an upload: expected one of --uploaded-as, --not-there and --again"
        )
    with opened() as context:
        id = find(context.repositories.assigns, "assignment", assignment).id
        if uploaded_as is not None:
            decided = decide.confirm_uploaded(context, id, uploaded_as, operator())
        elif not_there:
            decided = decide.not_there(context, id, operator())
        else:
            decided = decide.upload_again(context, id, operator())
    said = "its upload is queued" if uploaded_as is None else f"uploaded as {uploaded_as}"
    note(f"assignment {short(decided.id)}: {said}")
