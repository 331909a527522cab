"""Jobs to those who fly them: assigned, and on their way to the partner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from partner_pipeline.errors import NotFoundError, PipelineError
from partner_pipeline.model.ids import assignment_id
from partner_pipeline.model.jobs import DownloadOption, Job, JobAssign
from partner_pipeline.model.people import Aircraft, Pilot, User
from partner_pipeline.model.states import AssignStatus
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.context import Context
from partner_pipeline.work.failpoints import failpoint
from partner_pipeline.work.failure import Failure
from partner_pipeline.work.upload_decisions import Synced, sync_assignment

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Assignee:
    """Who is to fly a job, and what is said to them."""

    user_id: str
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """What became of one assignment.

    Attributes
    ----------
    assign_id : str or None
        None: there is no assignment, since `synced` failed.
    partner_code : str or None
        None: no partner is concerned.
    """

    user_id: str
    assign_id: str | None
    partner_code: str | None
    synced: Synced


@dataclass(frozen=True, slots=True)
class AssignReport:
    """What became of a request.

    Attributes
    ----------
    assigned : tuple of Assigned
        One for each user, in their order.
    unassigned : tuple of str
        Users that the job was taken back from.
    """

    job_id: str
    assigned: tuple[Assigned, ...]
    unassigned: tuple[str, ...]

    @property
    def summary(self) -> dict[str, int]:
        """How many assignments are in each state."""
        return dict(Counter(each.synced.status for each in self.assigned))


def assign(
    context: Context,
    job_id: str,
    assignees: Sequence[Assignee],
    by: str,
    *,
    un_assign: Sequence[str] = (),
    download_type: int | str | None = None,
) -> AssignReport:
    """Assign a job, and upload it to the partners of those who are to fly it.

    A partner that does not answer gets it later, and a user that cannot have it stops no other.

    Parameters
    ----------
    context : Context
    job_id : str
    assignees : sequence of Assignee
        Aircraft and pilots of the job's customer; assigned twice is assigned once.
    by : str
        Who asks, for the audit.
    un_assign : sequence of str
        Ids of users that the job is taken back from, before anything else.
    download_type : int or str, optional
        The platform's ``dlOp.type``; kept with the job.

    Raises
    ------
    NotFoundError
        There is no such job.
    InfrastructureError
        The job cannot be read.
    """
    repositories = context.repositories
    job = repositories.jobs.require(job_id)
    if download_type is not None and download_type != job.dl_op.type:
        changed = job.model_copy(update={"dl_op": DownloadOption(type=download_type)})
        repositories.audit.record(by, "update", "jobs", job.id, {"dlOp": {"type": download_type}})
        job = repositories.jobs.change(changed)
    taken_back = dict.fromkeys(un_assign)
    unassigned = tuple(user for user in taken_back if _unassign(context, job, user, by))
    wanted = {each.user_id: each for each in assignees}
    users = repositories.users.among(list(wanted))
    alive: dict[str, bool] = {}
    assigned = [
        _assign(context, job, each, users.get(each.user_id), by=by, alive=alive)
        for each in wanted.values()
    ]
    return AssignReport(job_id, tuple(assigned), unassigned)


def _unassign(context: Context, job: Job, user_id: str, by: str) -> bool:
    def take_back(repositories: Repositories) -> bool:
        if not repositories.assigns.unassign(job.id, user_id):
            return False
        changes = {"job": job.id, "user": user_id}
        subject_id = assignment_id(job.id, user_id)
        repositories.audit.record(by, "unassign", "job_assigns", subject_id, changes)
        return True

    return context.repositories.transact(take_back)


def _assign(
    context: Context,
    job: Job,
    wanted: Assignee,
    user: User | None,
    *,
    by: str,
    alive: dict[str, bool],
) -> Assigned:
    """One assignment; `alive` remembers which partners answer."""
    stored: JobAssign | None = None
    try:
        partner_code = _partner_code(job, wanted.user_id, user)
        stored = _store(context, job, wanted, partner_code, by)
        failpoint("assign.stored")
        if partner_code is not None and partner_code not in alive:
            alive[partner_code] = context.service(partner_code).health_check()
        synced = sync_assignment(context, stored, alive=alive.get(partner_code or ""))
    except PipelineError as error:
        failure = Failure.of(error)
        _log.error("job not assigned", job=job.id, user=wanted.user_id, error=failure.message)
        synced = Synced("failed", error=failure.message, error_category=failure.category)
    return Assigned(
        user_id=wanted.user_id,
        assign_id=None if stored is None else stored.id,
        partner_code=None if stored is None else stored.partner_code,
        synced=synced,
    )


def _partner_code(job: Job, user_id: str, user: User | None) -> str | None:
    """The partner of who is to fly; None: no partner's."""
    # Another customer's user is as good as none: nobody learns that it exists.
    known = isinstance(user, Aircraft | Pilot) and user.customer_id == job.customer
    if user is None or not known:
        raise NotFoundError(
            f"assigning job {job.id}: customer {job.customer!r} has no aircraft or pilot "
            f"{user_id!r}"
        )
    if not user.active:
        raise NotFoundError(f"assigning job {job.id}: {user_id!r} is not active any more")
    info = user.partner_info if isinstance(user, Aircraft) else None
    return None if info is None else info.partner_code


def _store(
    context: Context, job: Job, wanted: Assignee, partner_code: str | None, by: str
) -> JobAssign:
    """The assignment; the one that is there, where it was asked for before."""
    now = context.now()
    new = JobAssign(
        id=assignment_id(job.id, wanted.user_id),
        job=job.id,
        user=wanted.user_id,
        customer_id=job.customer,
        status=AssignStatus.NEW,
        partner_code=partner_code,
        notes=wanted.notes,
        date=now,
        updated_at=now,
    )

    def store(repositories: Repositories) -> tuple[JobAssign, bool]:
        before = repositories.assigns.get(new.id)
        if before is not None:
            return before, False
        changes = {"job": job.id, "user": wanted.user_id, "partnerCode": partner_code}
        repositories.audit.record(by, "assign", "job_assigns", new.id, changes)
        return repositories.assigns.assign(new), True

    stored, is_new = context.repositories.transact(store)
    if is_new:
        context.metrics.assignment(AssignStatus.NEW)
    return stored
