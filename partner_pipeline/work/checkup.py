"""Everything that is configured, tried out: what works, what does not, and what to do.

Each check opens what it needs itself, so that one that fails hides no other.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, Literal

import httpx
import redis

from partner_pipeline.broker import open_broker
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.errors import InfrastructureError, PipelineError, StorageError, StoreError
from partner_pipeline.key_file import key_file, load_keys
from partner_pipeline.model.clock import utc_now
from partner_pipeline.model.ids import new_id
from partner_pipeline.model.people import PartnerSystemUser
from partner_pipeline.model.redact import SECRETS
from partner_pipeline.observe.mail import Mailer
from partner_pipeline.partners.auth_cache import MemoryAuthCache
from partner_pipeline.partners.credentials import KeyRing
from partner_pipeline.partners.registry import PartnerContext, PartnerRegistry
from partner_pipeline.settings import Settings
from partner_pipeline.store import Store, open_store
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.probe import probe_broker, probe_queue

#: Free space, bytes: below the first nothing more can be stored soon, below the second one should
#: make room.
_NO_ROOM: Final = 200_000_000
_LITTLE_ROOM: Final = 2_000_000_000
#: Leases last two minutes: clocks of machines must agree far better.
_CLOCK_DOUBTFUL: Final = timedelta(seconds=10)
_CLOCK_WRONG: Final = timedelta(seconds=60)
#: A message that waits longer in the outbox: nobody publishes it.
_OUTBOX: Final = timedelta(minutes=5)
_TIMEOUT: Final = 10.0
_LONGEST: Final = 240


@dataclass(frozen=True, slots=True)
class Check:
    """What came of one check.

    Attributes
    ----------
    name : str
    state : {"ok", "warn", "FAIL"}
    found : str
        What was found, without secrets.
    advice : str
        What to do; empty where nothing is to be done.
    """

    name: str
    state: Literal["ok", "warn", "FAIL"]
    found: str
    advice: str = ""


def check_up(settings: Settings) -> Iterator[Check]:
    """Try everything out, one after the other."""
    codes = {"SATLOC"}  # partners that there are accounts at; known once the store answers
    checks: tuple[tuple[str, Callable[[], Iterator[Check]], str], ...] = (
        ("settings", lambda: _settings(settings), ""),
        ("keys", lambda: _keys(settings), "see CREDENTIALS_KEYS in partner-pipeline config"),
        (
            "store",
            lambda: _store(settings, codes),
            "is the server up, and MONGODB_URI (or EMBEDDED_PATH) right?",
        ),
        (
            "broker",
            lambda: _broker(settings),
            "is the server up, are AMQP_URL and RABBITMQ_MANAGEMENT_URL right, and the plugin "
            "rabbitmq_management on?",
        ),
        (
            "redis",
            lambda: _redis(settings),
            "is the server up, and REDIS_URL right? The pipeline works without it, more slowly",
        ),
        ("partner", lambda: _partners(settings, codes), "repair or remove that partner's package"),
        ("clock", lambda: _clock(settings), ""),
        ("folder", lambda: _folders(settings), "see to it that this user may write there"),
        (
            "mail",
            lambda: _mail(settings),
            "check SMTP_HOST, SMTP_PORT, SMTP_USER and SMTP_PASS",
        ),
    )
    for name, check, advice in checks:
        try:
            yield from check()
        except PipelineError as error:
            yield Check(name, "FAIL", _brief(SECRETS.redact(str(error))), advice)


def _brief(text: str) -> str:
    """Some libraries tell their whole state with an error."""
    return text.rstrip(".") if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} …"


def _settings(settings: Settings) -> Iterator[Check]:
    found = f"ENVIRONMENT is {settings.environment}, tasks go to {', '.join(settings.task_queues)}"
    if settings.environment == "development" and settings.mongodb_uri and settings.amqp:
        advice = "set ENVIRONMENT=production where this is no trial"
        yield Check("settings", "warn", found, advice)
    else:
        yield Check("settings", "ok", found)


def _keys(settings: Settings) -> Iterator[Check]:
    keys = load_keys(settings)
    where = "CREDENTIALS_KEYS" if settings.credentials_keys else str(key_file(settings))
    yield Check("keys", "ok", f"{where}: current is {keys[0].id}, of {len(keys)}")


def _store(settings: Settings, codes: set[str]) -> Iterator[Check]:
    with closing(open_store(settings)) as store:
        store.ping()
        repositories = Repositories(store)
        repositories.ensure_indexes()
        _write_and_read(store)
        where = str(settings.embedded_path) if settings.mongodb_uri is None else "MONGODB_URI"
        found = f"{store.name} ({where}): written and read, indexes are there"
        if store.transactional:
            yield Check("store", "ok", found)
        else:
            advice = "run MongoDB as a replica set (one member will do): it has transactions then"
            yield Check("store", "warn", f"{found}; no transactions", advice)
        accounts = repositories.users.accounts()
        codes |= {account.partner_code for account in accounts}
        yield from _accounts(settings, accounts)
        yield _outbox(repositories)


def _write_and_read(store: Store) -> None:
    id = new_id()
    store.insert("probes", {"_id": id, "at": utc_now()})
    try:
        if store.get("probes", id) is None:
            raise StoreError("reading what was just written: it is not there")
    finally:
        store.delete("probes", {"_id": id})


def _accounts(settings: Settings, accounts: Sequence[PartnerSystemUser]) -> Iterator[Check]:
    if not accounts:
        advice = "run partner-pipeline setup, or partner-pipeline users add account"
        yield Check("accounts", "warn", "no customer has an account at a partner", advice)
        return
    keys = KeyRing(load_keys(settings))
    troubles = [trouble for account in accounts for trouble in _account(keys, account)]
    yield from troubles
    if not troubles:
        yield Check("accounts", "ok", f"{len(accounts):,}: passwords can be read, none fails")


def _account(keys: KeyRing, account: PartnerSystemUser) -> Iterator[Check]:
    name = f"{account.partner_code} account {account.username}"
    try:
        keys.decrypt(account.password, document_id=account.id)
    except PipelineError as error:
        advice = f"put its key back, or run partner-pipeline users password {account.username}"
        yield Check("accounts", "FAIL", f"{name}: {error}", advice)
        return
    if account.health.failures_in_a_row:
        found = f"{name} failed {account.health.failures_in_a_row} times in a row"
        why = _brief(SECRETS.redact(account.health.error or ""))
        advice = f"if its password is wrong: partner-pipeline users password {account.username}"
        yield Check("accounts", "warn", f"{found}: {why}", advice)


def _outbox(repositories: Repositories) -> Check:
    oldest = repositories.outbox.oldest()
    waits = timedelta(0) if oldest is None else utc_now() - oldest.not_before
    if waits <= _OUTBOX:
        return Check("outbox", "ok", "no message waits to be published")
    advice = "run partner-pipeline poll (or all): it publishes them"
    found = f"a message has waited {waits // timedelta(minutes=1):,} min to be published"
    return Check("outbox", "warn", found, advice)


def _broker(settings: Settings) -> Iterator[Check]:
    with closing(open_broker(settings)) as broker:
        broker.ping()
        broker.declare(settings.task_queues)
        probe_broker(broker, probe_queue(settings))
        yield Check("broker", "ok", f"{broker.name}: published, delivered and looked into")
        for queue in settings.task_queues:
            dead = broker.stats(dead_queue(queue)).messages
            found = f"{queue}: {dead:,} dead, {broker.stats(queue).messages:,} waiting"
            if dead >= settings.alert_dlq_warning:
                advice = "look at them: partner-pipeline dlq list"
                yield Check("queue", "warn", found, advice)
            else:
                yield Check("queue", "ok", found)


def _redis(settings: Settings) -> Iterator[Check]:
    if settings.redis_url is None:
        yield Check("redis", "ok", "not configured: each process keeps its authentications")
        return
    password = settings.redis_pwd
    options = {} if password is None else {"password": password.get_secret_value()}
    key = f"satlog:probe:{new_id()}"
    try:
        with closing(
            redis.Redis.from_url(
                settings.redis_url.get_secret_value(),
                socket_timeout=_TIMEOUT,
                socket_connect_timeout=_TIMEOUT,
                **options,
            )
        ) as client:
            client.set(key, b"probe", px=10_000)
            found = client.get(key)
            client.delete(key)
    except (redis.RedisError, OSError) as error:
        raise InfrastructureError(f"using Redis: {SECRETS.redact(str(error))}") from error
    if found != b"probe":
        raise InfrastructureError("reading from Redis what was just written: it is not there")
    yield Check("redis", "ok", "written and read")


def _partners(settings: Settings, codes: set[str]) -> Iterator[Check]:
    with closing(PartnerRegistry(PartnerContext(settings, MemoryAuthCache()))) as partners:
        for code in sorted(codes):
            begun = time.perf_counter()
            alive = partners.service(code).health_check()
            seconds = time.perf_counter() - begun
            if alive:
                yield Check("partner", "ok", f"{code} is alive, it took {seconds:.2f} s to say so")
            else:
                advice = "check the network, proxy and SATLOC_API_ENDPOINT; then ask the partner"
                where = f" at {settings.satloc_api_endpoint}" if code == "SATLOC" else ""
                yield Check("partner", "FAIL", f"{code} does not answer{where}", advice)


def _clock(settings: Settings) -> Iterator[Check]:
    try:
        answer = httpx.get(f"{settings.satloc_api_endpoint}/IsAlive", timeout=_TIMEOUT)
        difference = abs(parsedate_to_datetime(answer.headers["Date"]) - utc_now())
    except (httpx.HTTPError, KeyError, ValueError, TypeError):
        yield Check("clock", "warn", "no other clock to compare with", "see to a time server (NTP)")
        return
    found = f"{difference.total_seconds():.0f} s from the partner's"
    if difference > _CLOCK_DOUBTFUL:
        advice = "leases need clocks that agree: set this machine's by a time server (NTP)"
        yield Check("clock", "FAIL" if difference > _CLOCK_WRONG else "warn", found, advice)
    else:
        yield Check("clock", "ok", found)


def _folders(settings: Settings) -> Iterator[Check]:
    folders = {"logs": settings.satloc_storage_path, "archive": settings.dlq_archive_path}
    if settings.mongodb_uri is None or settings.amqp is None:
        folders["database"] = settings.embedded_path.absolute().parent
    for name, folder in folders.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder)
            free = shutil.disk_usage(folder).free
        except OSError as error:
            raise StorageError(f"writing to the folder of {name}, {folder}: {error}") from error
        found = f"{name} in {folder}: can be written, {free / 1e9:,.1f} GB free"
        state: Literal["ok", "warn", "FAIL"] = "ok"
        if free < _LITTLE_ROOM:
            state = "FAIL" if free < _NO_ROOM else "warn"
        yield Check("folder", state, found, "" if state == "ok" else "make room on that disk")


def _write(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"probe")
        file.flush()
        os.fsync(file.fileno())


def _mail(settings: Settings) -> Iterator[Check]:
    mailer = Mailer.of(settings)
    if mailer is None:
        advice = "set SMTP_HOST, ALERT_FROM_EMAIL and ALERT_EMAILS to have alerts mailed"
        yield Check("mail", "warn", "not configured: alerts are only logged", advice)
        return
    mailer.check()
    to = ", ".join(mailer.recipients)
    yield Check("mail", "ok", f"{mailer.host}:{mailer.port} takes mails; alerts go to {to}")
