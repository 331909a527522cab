"""How the pipeline and its partners do."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field

from partner_pipeline.api.paging import Query
from partner_pipeline.api.schemas.common import Facts, Schema, Time
from partner_pipeline.api.schemas.tasks import DlqStats
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.observe.health import Check, Health, Status
from partner_pipeline.work.overview import LogNumbers, PartnerNumbers, TaskNumbers, Trouble


class CheckShown(Schema):
    """One part, and how it is."""

    name: str
    status: Status
    message: str
    details: Facts

    @classmethod
    def of(cls, check: Check) -> Self:
        """Of a part."""
        return cls(
            name=check.name, status=check.status, message=check.message, details=check.details
        )


class HealthAnswer(Schema):
    """How the pipeline is."""

    status: Status
    checks: Annotated[list[CheckShown] | None, Field(description="For administrators.")] = None

    @classmethod
    def of(cls, health: Health, *, whole: bool) -> Self:
        """As bad as its worst part."""
        checks = [CheckShown.of(check) for check in health.checks] if whole else None
        return cls(status=health.status, checks=checks)


class LiveAnswer(Schema):
    """What a process says that answers."""

    status: Literal["alive"] = "alive"


class TroubleShown(Schema):
    """Something that went wrong and still is."""

    at: Time
    what: Literal["account", "assignment", "task"]
    id: str
    customer_id: str
    partner_code: str
    message: str
    category: ErrorCategory | None
    job_id: Annotated[str | None, Field(description="What it is about, if that is a job.")]
    log_id: Annotated[str | None, Field(description="What it is about, if that is a log.")]

    @classmethod
    def of(cls, trouble: Trouble) -> Self:
        """Of what went wrong."""
        return cls(**{name: getattr(trouble, name) for name in cls.model_fields})


class PartnerStatus(Schema):
    """How a partner does."""

    partner_id: str
    partner_code: str
    status: Literal["online", "offline", "inactive"]
    checked_at: Time | None
    last_sync: Time | None
    active_jobs: Annotated[int, Field(description="Assignments that the partner has.")]
    pending_syncs: Annotated[int, Field(description="Assignments on their way to it.")]
    errors: list[TroubleShown]


class PartnerCount(Schema):
    """How many there are."""

    total: int
    active: int


class AccountCount(PartnerCount):
    """How many accounts there are, and how many of the active ones fail."""

    failing: int


class PartnerFigures(Schema):
    """How much there is of a partner."""

    partner_id: str
    partner_code: str
    partner_name: str
    active: bool
    active_accounts: int
    failing_accounts: int
    active_jobs: int
    pending_syncs: int

    @classmethod
    def of(cls, numbers: PartnerNumbers) -> Self:
        """Of a partner."""
        return cls.model_validate(_figures(numbers))


class PartnerStats(Schema):
    """All partners together."""

    partners: PartnerCount
    accounts: AccountCount
    recent_errors: list[TroubleShown]
    by_partner: list[PartnerFigures]


class PartnerSeen(PartnerFigures):
    """A partner on the overview."""

    alive: Annotated[bool | None, Field(description="null: not known yet.")]
    checked_at: Time | None
    last_sync: Time | None

    @classmethod
    def seen(cls, numbers: PartnerNumbers, alive: bool | None, checked_at: Any) -> Self:
        """Of a partner, and whether it answers."""
        told = {"alive": alive, "checked_at": checked_at, "last_sync": numbers.last_sync}
        return cls.model_validate({**_figures(numbers), **told})


def _figures(numbers: PartnerNumbers) -> dict[str, Any]:
    return {
        "partner_id": numbers.partner.id,
        "partner_code": numbers.partner.partner_code,
        "partner_name": numbers.partner.partner_name,
        "active": numbers.partner.active,
        "active_accounts": numbers.active_accounts,
        "failing_accounts": numbers.failing_accounts,
        "active_jobs": numbers.active_jobs,
        "pending_syncs": numbers.pending_syncs,
    }


class LogFigures(Schema):
    """Logs that changed since then."""

    since: Time
    total: int
    by_status: dict[str, int]
    damaged: int
    unmatched: Annotated[int, Field(description="Also those that are ambiguous.")]

    @classmethod
    def of(cls, numbers: LogNumbers) -> Self:
        """Of a day."""
        by_status = {status.value: count for status, count in numbers.by_status.items()}
        return cls(
            since=numbers.since,
            total=sum(by_status.values()),
            by_status=by_status,
            damaged=numbers.damaged,
            unmatched=numbers.unmatched,
        )


class TaskFigures(Schema):
    """Executions that were queued since then."""

    since: Time
    completed: int
    failed: int
    dead: int
    error_rate: Annotated[float | None, Field(description="0 to 1; null: none ended.")]

    @classmethod
    def of(cls, numbers: TaskNumbers) -> Self:
        """Of a day."""
        return cls(
            since=numbers.since,
            completed=numbers.completed,
            failed=numbers.failed,
            dead=numbers.dead,
            error_rate=numbers.error_rate,
        )


class OverviewQuery(Query):
    """Of when."""

    since: Annotated[
        AwareDatetime | None,
        Field(description="Logs that changed then or later; else today, UTC."),
    ] = None


class Overview(Schema):
    """What an operator looks at first."""

    at: Time
    status: Status
    checks: Annotated[list[CheckShown] | None, Field(description="For administrators.")]
    partners: list[PartnerSeen]
    logs: LogFigures
    queues: Annotated[list[DlqStats] | None, Field(description="For administrators.")]
    tasks: TaskFigures
    recent_errors: list[TroubleShown]
