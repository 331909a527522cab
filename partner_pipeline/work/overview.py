"""How partners, accounts, logs and tasks do: what is looked at first, of all or of one customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final, Literal

from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.people import Partner, PartnerSystemUser, UserKind
from partner_pipeline.model.states import AssignStatus, LogStatus, TaskStatus
from partner_pipeline.model.tasks import OWN_FILES
from partner_pipeline.observe.health import Alive, PartnerWatch
from partner_pipeline.store.repositories.application_files import ApplicationFiles
from partner_pipeline.store.repositories.paging import Order
from partner_pipeline.store.repositories.trackers import LogTrackers
from partner_pipeline.work.context import Context

_RECENT: Final = 20
_DAY: Final = timedelta(hours=24)
_OWN: Final = {"partnerCode": OWN_FILES}
_LATEST_QUEUED_FIRST: Final = Order("enqueuedAt", -1)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that went wrong and still is.

    Attributes
    ----------
    what : str
        ``account``, ``assignment`` or ``task``.
    id : str
        Of the account, the assignment, or the execution.
    job_id, log_id : str or None
        What it is about, where that is a job or a partner's log.
    """

    at: datetime
    what: Literal["account", "assignment", "task"]
    id: str
    customer_id: str
    partner_code: str
    message: str
    category: ErrorCategory | None
    job_id: str | None = None
    log_id: str | None = None


@dataclass(frozen=True, slots=True)
class PartnerNumbers:
    """A partner, and how much there is of it: of all customers, or of one."""

    partner: Partner
    active_accounts: int
    failing_accounts: int
    active_jobs: int
    pending_syncs: int
    last_sync: datetime | None


@dataclass(frozen=True, slots=True)
class LogNumbers:
    """Logs that changed since then: in each state, and what needs a look."""

    since: datetime
    by_status: dict[LogStatus, int]
    damaged: int
    unmatched: int


@dataclass(frozen=True, slots=True)
class TaskNumbers:
    """Executions that were queued since then, by how they ended."""

    since: datetime
    completed: int
    failed: int
    dead: int

    @property
    def error_rate(self) -> float | None:
        """The share of them that did not complete; None: none ended."""
        ended = self.completed + self.failed + self.dead
        return (self.failed + self.dead) / ended if ended else None


def partner_numbers(
    context: Context, partner: Partner, customer_id: str | None = None
) -> PartnerNumbers:
    """How much there is of a partner: of all customers, or of one."""
    repositories, code = context.repositories, partner.partner_code
    accounts = _accounts(context, code, customer_id)
    counts = repositories.assigns.counts(code, customer_id)
    synced = [each.health.last_success for each in accounts]
    return PartnerNumbers(
        partner=partner,
        active_accounts=len(accounts),
        failing_accounts=sum(each.health.failures_in_a_row > 0 for each in accounts),
        active_jobs=counts[AssignStatus.UPLOADED],
        pending_syncs=counts[AssignStatus.NEW] + counts[AssignStatus.DOWNLOADED],
        last_sync=max((each for each in synced if each is not None), default=None),
    )


def partners(context: Context) -> list[Partner]:
    """All partners' organisations, also inactive ones, by name."""
    users = context.repositories.users.of_kind(UserKind.PARTNER, active=False)
    return [user for user in users if isinstance(user, Partner)]


def troubles(
    context: Context, partner_code: str | None = None, customer_id: str | None = None
) -> list[Trouble]:
    """What went wrong last, at a partner or at any, the latest first."""
    found = [
        *_failing_accounts(_accounts(context, partner_code, customer_id)),
        *_failing_assignments(context, partner_code, customer_id),
        *_dead_tasks(context, partner_code, customer_id),
    ]
    return sorted(found, key=attrgetter("at"), reverse=True)[:_RECENT]


def accounts_of(context: Context, customer_id: str | None) -> list[PartnerSystemUser]:
    """Accounts at all partners, also inactive ones: of everybody, or of one customer."""
    accounts = context.repositories.users.accounts(active=False)
    return [each for each in accounts if customer_id in {None, each.customer_id}]


def _accounts(
    context: Context, code: str | None, customer_id: str | None
) -> Sequence[PartnerSystemUser]:
    accounts = context.repositories.users.accounts(code)
    return [each for each in accounts if customer_id in {None, each.customer_id}]


def _failing_accounts(accounts: Iterable[PartnerSystemUser]) -> list[Trouble]:
    return [
        Trouble(
            at=each.health.last_failure,
            what="account",
            id=each.id,
            customer_id=each.customer_id,
            partner_code=each.partner_code,
            message=each.health.error or "",
            category=each.health.error_category,
        )
        for each in accounts
        if each.health.failures_in_a_row and each.health.last_failure is not None
    ]


def _failing_assignments(
    context: Context, code: str | None, customer_id: str | None
) -> list[Trouble]:
    failing = context.repositories.assigns.failing(code, customer_id, limit=_RECENT)
    return [
        Trouble(
            at=each.sync.last_attempt or each.date,
            what="assignment",
            id=each.id,
            customer_id=each.customer_id,
            partner_code=each.partner_code or "",
            message=each.sync.error or "",
            category=each.sync.error_category,
            job_id=each.job,
        )
        for each in failing
    ]


def _dead_tasks(context: Context, code: str | None, customer_id: str | None) -> list[Trouble]:
    wanted = {"partnerCode": code, "customerId": customer_id, "status": TaskStatus.DEAD}
    dead = context.repositories.tasks.page(wanted, _LATEST_QUEUED_FIRST, limit=_RECENT)
    messages = {each.id: each.metadata.get("message") or {} for each in dead}
    uploads = [told["assignId"] for told in messages.values() if "assignId" in told]
    assigns = context.repositories.assigns.among(uploads)
    jobs = {id: assign.job for id, assign in assigns.items()}
    return [
        Trouble(
            at=each.failed_at or each.enqueued_at,
            what="task",
            id=each.execution_id,
            customer_id=each.customer_id,
            partner_code=each.partner_code,
            message=each.error_message or "",
            category=each.error_category,
            job_id=jobs.get(messages[each.id].get("assignId", "")),
            log_id=messages[each.id].get("trackerId"),
        )
        for each in dead
    ]


def logs_since(
    context: Context, since: datetime | None = None, customer_id: str | None = None
) -> LogNumbers:
    """Logs that changed since then, or (None) today, UTC: those that the list of logs has."""
    begin = since or context.now().replace(hour=0, minute=0, second=0, microsecond=0)

    def tracked(**wanted: object) -> int:
        return _changed(context.repositories.trackers, begin, customer_id, wanted)

    def stored(wanted: Mapping[str, object]) -> int:
        return _changed(context.repositories.application_files, begin, customer_id, wanted)

    # A user's own log has no tracker: it is there once its data are.
    by_status = {status: tracked(status=status) for status in LogStatus}
    by_status[LogStatus.PROCESSED] += stored(_OWN)
    damaged = {"damage.damaged": True}
    return LogNumbers(
        since=begin,
        by_status=by_status,
        damaged=tracked(**damaged) + stored({**_OWN, **damaged}),
        unmatched=sum(stored({"jobMatch.decision": each}) for each in ("unmatched", "ambiguous")),
    )


def _changed(
    repository: LogTrackers | ApplicationFiles,
    since: datetime,
    customer_id: str | None,
    wanted: Mapping[str, object],
) -> int:
    return repository.tally({"customerId": customer_id, **wanted}, path="updatedAt", since=since)


def tasks_lately(context: Context, customer_id: str | None = None) -> TaskNumbers:
    """Executions that were queued within the last 24 hours."""
    since = context.now() - _DAY

    def count(*states: TaskStatus) -> int:
        wanted = [{"customerId": customer_id, "status": state} for state in states]
        tasks = context.repositories.tasks
        return sum(tasks.tally(each, path="enqueuedAt", since=since) for each in wanted)

    return TaskNumbers(
        since=since,
        completed=count(TaskStatus.COMPLETED),
        failed=count(TaskStatus.FAILED),
        dead=count(TaskStatus.DEAD, TaskStatus.ARCHIVED),
    )


def partner_alive(context: Context, watch: PartnerWatch, partner: Partner) -> Alive:
    """Whether a partner answers; one without a service never does."""
    if partner.partner_code not in context.partners.codes():
        return Alive(False, None)
    return watch.alive(partner.partner_code)
