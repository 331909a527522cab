"""One aircraft's logs: which the partner offers, and each of them into the folder and the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from partner_pipeline.errors import ValidationError
from partner_pipeline.model.categories import POLICIES, ErrorCategory
from partner_pipeline.model.housekeeping import OutboxMessage
from partner_pipeline.model.ids import new_id
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.states import ACTIVE_TASKS, LogStatus
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.partners.base import Account, BasePartnerService, PartnerLog, StoredLog
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.alerting import raise_alert
from partner_pipeline.work.context import Context
from partner_pipeline.work.enqueueing import enqueue_log, log_task
from partner_pipeline.work.failpoints import failpoint
from partner_pipeline.work.failure import Failure
from partner_pipeline.work.publishing import publish

#: A log whose download keeps failing is given up, but not before it was offered for so long: a
#: partner's bad day must cost no log.
_GIVE_UP: Final = timedelta(days=1)

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """An aircraft at a partner, and the account that it is reached through."""

    service: BasePartnerService
    account: Account
    aircraft_id: str

    @property
    def owner(self) -> tuple[str, str, str]:
        """Partner, customer and aircraft, as trackers have them."""
        return self.account.partner_code, self.account.customer_id, self.aircraft_id


@dataclass(frozen=True, slots=True)
class Listing:
    """What a partner offers of one aircraft.

    Attributes
    ----------
    offered : int
        Logs in the list, each counted once.
    new : int
        Logs that were not known before.
    wanted : tuple of PartnerLogTracker
        Logs to be fetched, or only enqueued, in the order of the list.
    """

    offered: int
    new: int
    wanted: tuple[PartnerLogTracker, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was done about one log; neither: somebody else is at it."""

    downloaded: bool
    enqueued: bool


def list_logs(context: Context, source: Source) -> Listing:
    """Ask a partner for an aircraft's logs, and track those that are new.

    Raises
    ------
    PipelineError
        As :meth:`BasePartnerService.aircraft_logs`.
    """
    listed = _listed(source)
    known = context.repositories.trackers.of_aircraft(*source.owner)
    new = [log for log in listed.values() if log.log_id not in known]
    if new:
        tracked = context.repositories.transact(lambda inside: _track(inside, source, new))
        known |= {tracker.log_id: tracker for tracker in tracked}
        failpoint("poll.tracked")
    return Listing(len(listed), len(new), _wanted(context, [known[log_id] for log_id in listed]))


def _listed(source: Source) -> dict[str, PartnerLog]:
    """The logs in the partner's list, each once."""
    listed: dict[str, PartnerLog] = {}
    for log in source.service.aircraft_logs(source.account, source.aircraft_id):
        if log.log_id and log.log_id == _storable(log.log_id):
            listed.setdefault(log.log_id, log)
        else:
            _log.warning("a log without a proper id is left out", aircraft=source.aircraft_id)
    return listed


def _storable(text: str) -> str:
    """Text without halves of surrogate pairs, which JSON can bring and no store takes."""
    return text.encode("utf-8", "replace").decode()


def _track(
    repositories: Repositories, source: Source, logs: list[PartnerLog]
) -> list[PartnerLogTracker]:
    offered = repositories.trackers.offered
    return [offered(*source.owner, log.log_id, _storable(log.file_name)) for log in logs]


def _wanted(context: Context, listed: list[PartnerLogTracker]) -> tuple[PartnerLogTracker, ...]:
    """Logs that are not here yet, and those that are here and that nothing will come of."""
    here = {
        each.id: log_task(context.settings, each)
        for each in listed
        if each.status is LogStatus.DOWNLOADED
    }
    # Asked for together: of a long queue, each log is seen by many polls.
    newest = context.repositories.tasks.newest(list(here.values()))
    active = {task_id for task_id, task in newest.items() if task.status in ACTIVE_TASKS}
    return tuple(
        each
        for each in listed
        if each.status is LogStatus.PENDING or (each.id in here and here[each.id] not in active)
    )


def fetch_log(context: Context, source: Source, tracker: PartnerLogTracker) -> Fetched:
    """Download a log and enqueue it; one that lies here already is only enqueued.

    Raises
    ------
    PipelineError
        As :meth:`BasePartnerService.log_data`; what follows from it is stored with the log.
    """
    if tracker.status is LogStatus.DOWNLOADED:
        decided = context.repositories.transact(
            lambda repositories: enqueue_log(context, repositories, tracker)
        )
        publish(context, decided)
        return Fetched(downloaded=False, enqueued=decided is not None)
    claim = new_id()
    claimed = context.repositories.trackers.claim_download(tracker.id, claim)
    if claimed is None:
        return Fetched(downloaded=False, enqueued=False)
    failpoint("poll.claimed")
    try:
        stored = _download(source, claimed)
    except Exception as error:
        _download_failed(context, claimed, claim, Failure.of(error))
        raise
    failpoint("poll.downloaded")
    return _record(context, claimed, claim, stored)


def _download(source: Source, tracker: PartnerLogTracker) -> StoredLog:
    def download() -> StoredLog:
        return source.service.log_data(
            source.account, tracker.log_id, tracker.log_file_name, aircraft_id=source.aircraft_id
        )

    try:
        return download()
    except ValidationError as error:
        # Ids that a partner has replaced look like a log that cannot be had, and are forgotten
        # then. A log is only given up when it is refused to fresh ones.
        _log.info("log refused, asked for once more", log=tracker.log_id, error=str(error))
        return download()


def _record(context: Context, tracker: PartnerLogTracker, claim: str, stored: StoredLog) -> Fetched:
    """The file is here: that, and its task, in one transaction."""

    def record(repositories: Repositories) -> tuple[bool, OutboxMessage | None]:
        moved = repositories.trackers.downloaded(
            tracker.id,
            claim,
            saved_local_file=stored.name,
            size=stored.size,
            sha256=stored.sha256,
        )
        if moved is None:
            return False, None
        return True, enqueue_log(context, repositories, moved)

    downloaded, decided = context.repositories.transact(record)
    failpoint("poll.recorded")
    publish(context, decided)
    if downloaded:
        context.metrics.log(LogStatus.DOWNLOADED)
    else:
        _log.warning("log was taken up by somebody else during its download", log=tracker.log_id)
    return Fetched(downloaded, decided is not None)


def _download_failed(
    context: Context, tracker: PartnerLogTracker, claim: str, failure: Failure
) -> None:
    final = _is_final(context, tracker, failure)
    failed = context.repositories.trackers.download_failed(
        tracker.id, claim, failure.message, failure.category, final=final
    )
    if not final or failed is None:
        return
    context.metrics.log(LogStatus.FAILED)
    raise_alert(
        context,
        f"downloads:{tracker.partner_code}:{tracker.customer_id}",
        POLICIES[failure.category].alert,
        f"{tracker.partner_code}: a log of customer {tracker.customer_id} cannot be had",
        f"Log {tracker.log_id!r} ({tracker.log_file_name!r}) was given up: {failure.message}",
    )


def _is_final(context: Context, tracker: PartnerLogTracker, failure: Failure) -> bool:
    if POLICIES[failure.category].retry == "none":
        return True
    often = tracker.retry_count + 1 >= context.settings.partner_max_retries
    long = context.now() - tracker.created_at >= _GIVE_UP
    return failure.category is ErrorCategory.TRANSIENT and often and long
