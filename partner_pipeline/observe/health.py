"""Whether the pipeline is well: store, queues, partners, accounts, and this process itself.

``unhealthy`` is what nobody can work with: no store, no broker. ``degraded`` works on, and somebody
should look: a partner that is down, half of the accounts failing, a queue over its limit.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from partner_pipeline.broker.base import Broker
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.errors import PipelineError
from partner_pipeline.model.clock import Now
from partner_pipeline.model.people import PartnerSystemUser
from partner_pipeline.model.redact import SECRETS
from partner_pipeline.partners.registry import PartnerRegistry
from partner_pipeline.settings import Settings
from partner_pipeline.store.repositories import Repositories

Status = Literal["healthy", "degraded", "unhealthy"]

_WORST_LAST: Final[tuple[Status, ...]] = ("healthy", "degraded", "unhealthy")
#: Share of accounts that fail from which something common is wrong.
_FAILING_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Check:
    """One part, and how it is; ``details`` are for administrators."""

    name: str
    status: Status
    message: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """All parts together: as bad as the worst of them."""

    checks: tuple[Check, ...]

    @property
    def status(self) -> Status:
        """Of the worst part."""
        return max((check.status for check in self.checks), key=_WORST_LAST.index)


@dataclass(frozen=True, slots=True)
class Alive:
    """What a partner last answered; None: it was not asked yet."""

    alive: bool | None
    at: datetime | None


class PartnerWatch:
    """Remembers which partners answer, and asks again when that is too old. Thread-safe.

    One caller asks a partner; those who come meanwhile get the last answer. So a page that is
    refreshed does not call anybody, and a partner that answers slowly keeps one caller waiting.

    Parameters
    ----------
    partners : PartnerRegistry
    interval : timedelta
        An answer is good for so long.
    now : callable
    clock : callable
        Seconds, never going back.
    """

    def __init__(
        self,
        partners: PartnerRegistry,
        interval: timedelta,
        *,
        now: Now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._partners = partners
        self._interval = interval.total_seconds()
        self._now = now
        self._clock = clock
        self._lock = threading.Lock()
        self._asking: set[str] = set()
        self._known: dict[str, tuple[float, Alive]] = {}

    def alive(self, code: str, *, fresh: bool = False) -> Alive:
        """Whether a partner answers; `fresh`: asked now. Never raises."""
        with self._lock:
            asked, known = self._known.get(code, (0.0, Alive(None, None)))
            good = known.at is not None and self._clock() - asked < self._interval
            if code in self._asking or (good and not fresh):
                return known
            self._asking.add(code)
        try:
            known = Alive(self._ask(code), self._now())
        finally:
            with self._lock:
                self._asking.discard(code)
                self._known[code] = (self._clock(), known)
        return known

    def _ask(self, code: str) -> bool:
        try:
            return self._partners.service(code).health_check()
        except PipelineError:
            return False


def check_health(
    settings: Settings,
    repositories: Repositories,
    broker: Broker,
    watch: PartnerWatch,
    now: Now,
) -> Health:
    """Look at all parts. Never raises: what cannot be looked at is unhealthy."""
    accounts: Sequence[PartnerSystemUser] = ()
    try:
        repositories.store.ping()
        accounts = repositories.users.accounts()
        store = Check("store", "healthy", "answers", {"name": repositories.store.name})
    except PipelineError as error:
        store = _broken("store", "The store does not work.", error)
    return Health(
        (
            store,
            _queues(settings, broker, now),
            _partners(watch, accounts),
            _accounts(accounts),
            _application(settings),
        )
    )


def check_ready(repositories: Repositories, broker: Broker) -> Health:
    """Whether work can be done at all: store and broker answer."""
    return Health(
        (
            _answers("store", repositories.store.ping),
            _answers("queues", broker.ping),
        )
    )


def _answers(name: str, ping: Callable[[], None]) -> Check:
    try:
        ping()
    except PipelineError as error:
        return _broken(name, "It does not answer.", error)
    return Check(name, "healthy", "answers")


def _broken(name: str, message: str, error: Exception) -> Check:
    return Check(name, "unhealthy", message, {"error": SECRETS.redact(str(error))})


def _queues(settings: Settings, broker: Broker, now: Now) -> Check:
    details: dict[str, Any] = {}
    over = []
    try:
        for queue in settings.task_queues:
            waiting, dead = broker.stats(queue), broker.stats(dead_queue(queue))
            age = None if waiting.oldest is None else (now() - waiting.oldest).total_seconds()
            details[queue] = {
                "messages": waiting.messages,
                "delayed": waiting.delayed,
                "oldestSeconds": age,
                "deadLetters": dead.messages,
            }
            if waiting.messages > settings.health_queue_limit:
                over.append(f"{queue} holds {waiting.messages:,} messages")
            if dead.messages >= settings.alert_dlq_critical:
                over.append(f"{queue} has {dead.messages:,} dead letters")
    except PipelineError as error:
        return _broken("queues", "The message broker does not work.", error)
    if over:
        return Check("queues", "degraded", "; ".join(over), details)
    return Check("queues", "healthy", "within their limits", details)


def _partners(watch: PartnerWatch, accounts: Iterable[PartnerSystemUser]) -> Check:
    """Those at which customers have accounts."""
    codes = sorted({account.partner_code for account in accounts})
    alive = {code: watch.alive(code).alive for code in codes}
    down = [code for code, answers in alive.items() if answers is False]
    if down:
        return Check("partners", "degraded", f"no answer from {', '.join(down)}", alive)
    return Check("partners", "healthy", "all answer", alive)


def _accounts(accounts: Sequence[PartnerSystemUser]) -> Check:
    failing = [each for each in accounts if each.health.failures_in_a_row]
    details = {"active": len(accounts), "failing": len(failing)}
    message = _how_many_fail(len(failing), len(accounts))
    if accounts and len(failing) >= _FAILING_SHARE * len(accounts):
        return Check("accounts", "degraded", message, details)
    return Check("accounts", "healthy", message, details)


def _how_many_fail(failing: int, accounts: int) -> str:
    named = f"{accounts:,} account{'' if accounts == 1 else 's'}"
    if failing == 0:
        return f"{named}, none fails" if accounts else "there is none"
    return f"{failing:,} of {named} {'fails' if failing == 1 else 'fail'}"


def _application(settings: Settings) -> Check:
    memory = memory_in_use()
    limit = settings.health_memory_limit
    details = {"memory": memory, "limit": limit, "threads": threading.active_count()}
    message = f"{memory / 1e6:,.0f} MB in use"
    return Check("application", "degraded" if memory > limit else "healthy", message, details)


def memory_in_use() -> int:
    """Bytes of memory that this process has now; where the system does not tell, at most had."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
