"""Fetching logs from partners: whose, in which order, and what one's trouble means for others.

Polls never overlap: one holds a lease. Within a poll, calls are made by a few threads at once, and
one thread, the caller's, decides everything: customers take turns, so that none waits for another;
what failed for the moment is tried again after everything else; an account that the partner refuses
is left alone until its back-off is over.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from partner_pipeline.errors import BrokerError, PipelineError, StorageError, StoreError
from partner_pipeline.model.backoff import RetryPolicy
from partner_pipeline.model.categories import POLICIES, ErrorCategory
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.people import AccountHealth, Aircraft
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.work.alerting import raise_alert
from partner_pipeline.work.context import Context
from partner_pipeline.work.failure import Failure
from partner_pipeline.work.fetching import Fetched, Listing, Source, fetch_log, list_logs
from partner_pipeline.work.lease import DURATION, HeldLease, lease

LEASE: Final = "poll"

#: Failures that the account's other calls would share.
_OF_ACCOUNT: Final = frozenset(
    {ErrorCategory.AUTHENTICATION, ErrorCategory.PARTNER_DOWN, ErrorCategory.RATE_LIMIT}
)

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AccountPoll:
    """What became of one customer's account at a partner.

    Attributes
    ----------
    aircraft : int
        Of its uploaded assignments.
    listed : int
        Aircraft whose logs the partner has listed.
    offered, new : int
        Logs in those lists, and those of them that were not known before.
    downloaded, enqueued, failed : int
        Logs.
    error : str or None
        Why the account could not be polled to its end.
    error_category : ErrorCategory or None
    resting_until : datetime or None
        It was not polled: it failed a short time ago.
    """

    partner_code: str
    customer_id: str
    aircraft: int = 0
    listed: int = 0
    offered: int = 0
    new: int = 0
    downloaded: int = 0
    enqueued: int = 0
    failed: int = 0
    error: str | None = None
    error_category: ErrorCategory | None = None
    resting_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollReport:
    """What became of a poll.

    Attributes
    ----------
    busy : bool
        Another poll is under way: nothing was done.
    cut_short : bool
        It was stopped, or lost its lease: what is missing comes with the next one.
    """

    accounts: tuple[AccountPoll, ...] = ()
    busy: bool = False
    cut_short: bool = False


def poll(
    context: Context,
    customer_id: str | None = None,
    partner_code: str | None = None,
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> PollReport:
    """Fetch the new logs of all aircraft that uploaded jobs are assigned to.

    Parameters
    ----------
    context : Context
    customer_id : str, optional
        Only of this customer, now: whether or not its account is resting.
    partner_code : str, optional
        Only from this partner.
    stopping : callable
        Whether to come to an end.

    Raises
    ------
    InfrastructureError
        If the store does not work.
    """
    with lease(context, LEASE) as held:
        if held is None:
            _log.info("another poll is under way")
            return PollReport(busy=True)
        accounts = [
            _opened(context, *owner, aircraft, rest=customer_id is None)
            for owner, aircraft in _accounts(context, customer_id, partner_code).items()
        ]
        return _Poll(context, held, stopping, accounts).run()


@dataclass(frozen=True, slots=True)
class _Step:
    """One call to a partner: a list of logs or, with a tracker, one log."""

    source: Source
    tracker: PartnerLogTracker | None = None
    tries: int = 0


@dataclass(slots=True, eq=False)
class _Polled:
    """An account while it is polled."""

    report: AccountPoll
    user_id: str | None = None
    steps: deque[_Step] = field(default_factory=deque)
    running: int = 0
    begun: float | None = None
    failure: Failure | None = None

    @property
    def is_refused(self) -> bool:
        """Whether none of its calls would succeed."""
        return self.failure is not None and self.failure.category in _OF_ACCOUNT

    def count(self, **more: int) -> None:
        counted = {name: getattr(self.report, name) + number for name, number in more.items()}
        self.report = replace(self.report, **counted)


def _accounts(
    context: Context, customer_id: str | None, partner_code: str | None
) -> dict[tuple[str, str], list[str]]:
    """Ids of aircraft at partners that are in use, by partner and customer."""
    repositories = context.repositories
    found: dict[tuple[str, str], dict[str, None]] = {}
    codes = context.partners.codes() if partner_code is None else (partner_code,)
    for code in filter(repositories.users.in_use, codes):
        assigns = repositories.assigns.at_partner(code, customer_id=customer_id)
        users = repositories.users.among(list({assign.user for assign in assigns}))
        for assign in assigns:
            user = users.get(assign.user)
            info = user.partner_info if isinstance(user, Aircraft) and user.active else None
            if info is not None and info.partner_code == code:
                of_account = found.setdefault((code, assign.customer_id), {})
                of_account[info.partner_aircraft_id] = None
    return {owner: list(aircraft) for owner, aircraft in found.items()}


def _opened(
    context: Context, partner_code: str, customer_id: str, aircraft: list[str], *, rest: bool
) -> _Polled:
    """An account ready to be polled, or why it cannot be."""
    polled = _Polled(AccountPoll(partner_code, customer_id, aircraft=len(aircraft)))
    user = context.repositories.users.account(partner_code, customer_id)
    if user is not None:
        polled.user_id = user.id
        until = _resting_until(user.health, context.settings.retry_poll)
        if rest and until is not None and until > context.now():
            polled.report = replace(polled.report, resting_until=until)
            return polled
    try:
        account = context.account(partner_code, customer_id)
        service = context.service(partner_code)
    except StoreError:
        raise
    except PipelineError as error:
        polled.failure = Failure.of(error)
        return polled
    polled.steps.extend(_Step(Source(service, account, each)) for each in aircraft)
    return polled


def _resting_until(health: AccountHealth, policy: RetryPolicy) -> datetime | None:
    """When an account that has failed is polled again; later after each failure in a row."""
    if not health.failures_in_a_row or health.last_failure is None:
        return None
    exponent = min(health.failures_in_a_row - 1, 64)
    seconds = min(policy.delay * policy.factor**exponent, policy.longest)
    return health.last_failure + timedelta(seconds=seconds)


class _Poll:
    """One poll: everything but the calls themselves happens in the thread of :meth:`run`."""

    def __init__(
        self,
        context: Context,
        held: HeldLease,
        stopping: Callable[[], bool],
        accounts: list[_Polled],
    ) -> None:
        self._context = context
        self._held = held
        self._stopping = stopping
        self._accounts = accounts
        self._turns = deque(accounts)
        self._threads = context.settings.partner_max_concurrent_jobs
        # A partner that answers one customer slowly keeps only half of the threads waiting.
        self._most = self._threads if len(accounts) == 1 else max(1, self._threads // 2)
        self._cut_short = False
        self._broken: PipelineError | None = None

    def run(self) -> PollReport:
        """Poll until nothing is left to do, or one must stop.

        Raises
        ------
        StoreError, BrokerError
            If there is no way to go on; what was begun is recovered later.
        """
        for account in [each for each in self._accounts if not each.steps]:
            self._close(account)
        running: dict[Future[Listing | Fetched], tuple[_Polled, _Step]] = {}
        with ThreadPoolExecutor(self._threads, thread_name_prefix="poll") as pool:
            while True:
                self._check()
                while len(running) < self._threads and (turn := self._next()) is not None:
                    running[pool.submit(self._do, turn[1])] = turn
                if not running:
                    break
                pause = DURATION.total_seconds() / 6
                done, _ = wait(running, timeout=pause, return_when=FIRST_COMPLETED)
                for future in done:
                    self._ended(*running.pop(future), future)
        if self._broken is not None:
            raise self._broken
        reports = tuple(account.report for account in self._accounts)
        return PollReport(reports, cut_short=self._cut_short)

    def _check(self) -> None:
        """Begin nothing more where this poll must come to an end."""
        if self._broken is None and self._held.keep() and not self._stopping():
            return
        for account in self._accounts:
            self._cut_short = self._cut_short or bool(account.steps)
            account.steps.clear()

    def _next(self) -> tuple[_Polled, _Step] | None:
        for _ in range(len(self._turns)):
            account = self._turns[0]
            self._turns.rotate(-1)
            if account.steps and account.running < self._most:
                account.running += 1
                account.begun = account.begun or time.perf_counter()
                return account, account.steps.popleft()
        return None

    def _do(self, step: _Step) -> Listing | Fetched:
        """In a thread of the pool."""
        if step.tracker is None:
            return list_logs(self._context, step.source)
        return fetch_log(self._context, step.source, step.tracker)

    def _ended(self, account: _Polled, step: _Step, future: Future[Listing | Fetched]) -> None:
        account.running -= 1
        error = future.exception()
        if error is None:
            self._succeeded(account, step, future.result())
        elif isinstance(error, StoreError | BrokerError):
            self._broken = error
        elif isinstance(error, Exception):
            self._failed(account, step, error)
        else:
            raise error
        if not account.steps and not account.running:
            self._close(account)

    def _succeeded(self, account: _Polled, step: _Step, done: Listing | Fetched) -> None:
        if isinstance(done, Fetched):
            account.count(downloaded=done.downloaded, enqueued=done.enqueued)
            return
        account.count(listed=1, offered=done.offered, new=done.new)
        if account.is_refused:
            return
        # Logs before the next list: they are on their way while the other lists are asked for.
        account.steps.extendleft(
            replace(step, tracker=each, tries=0) for each in reversed(done.wanted)
        )

    def _failed(self, account: _Polled, step: _Step, error: Exception) -> None:
        failure = Failure.of(error)
        aircraft = step.source.aircraft_id
        told = {"category": failure.category.value, "error": failure.message}
        _log.warning("poll of an aircraft failed", aircraft=aircraft, **told)
        if failure.category in _OF_ACCOUNT:
            account.steps.clear()
            account.failure = failure
        elif self._is_tried_again(step, failure) and not account.is_refused:
            account.steps.append(replace(step, tries=step.tries + 1))
        elif step.tracker is None:
            account.failure = account.failure or failure
            self._alert(f"aircraft:{account.report.partner_code}:{aircraft}", failure)
        else:
            account.count(failed=1)
            if isinstance(error, StorageError):
                self._alert("storage", failure)

    def _is_tried_again(self, step: _Step, failure: Failure) -> bool:
        again = step.tries + 1 < self._context.settings.retry_poll.tries
        return again and failure.category is ErrorCategory.TRANSIENT

    def _alert(self, cause: str, failure: Failure) -> None:
        level = POLICIES[failure.category].alert
        raise_alert(self._context, cause, level, "Logs cannot be fetched", failure.message)

    def _close(self, account: _Polled) -> None:
        """Nothing is left to do for an account: how it went is written down."""
        self._turns.remove(account)
        failure, report = account.failure, account.report
        if report.resting_until is not None:
            return
        seconds = 0.0 if account.begun is None else time.perf_counter() - account.begun
        if failure is None:
            self._worked(account, seconds)
            return
        account.report = replace(report, error=failure.message, error_category=failure.category)
        if account.user_id is None:
            self._alert(f"account:{report.partner_code}:{report.customer_id}", failure)
        elif account.is_refused or not report.listed:
            users = self._context.repositories.users
            users.account_failed(account.user_id, failure.message, failure.category)
        self._context.metrics.sync("poll", seconds, failure.category)

    def _worked(self, account: _Polled, seconds: float) -> None:
        if account.user_id is not None and account.report.listed:
            self._context.repositories.users.account_worked(account.user_id)
        self._context.metrics.sync("poll", seconds)
