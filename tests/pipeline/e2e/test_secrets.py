"""Planted secrets, a story with everything that goes wrong in it, and a look into every corner."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from pydantic import SecretStr

from partner_pipeline.broker.topology import archive_queue, dead_queue
from partner_pipeline.errors import PipelineError
from partner_pipeline.observe.logs import configure_logging
from partner_pipeline.partners.simulator import Fault
from partner_pipeline.settings import Settings
from partner_pipeline.work.alerting import check_alerts
from partner_pipeline.work.archive import archive
from partner_pipeline.work.people import set_password
from partner_pipeline.workers.opening import open_context
from pipeline.e2e.stage import Stage

SMTP = 'Pl4nted-"smtp" & more'
NEW = "Pl4nted new/partner+password?"
AMQP = "Pl4nted@amqp:#/pass"
KEY = b"Pl4nted key of 32 bytes 01234567"
ELSEWHERE = "Pl4nted-elsewhere%20"


class Inbox:
    """A mail server that wants the password."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.logins = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 OK"

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        self.logins += data.password == SMTP.encode()
        return AuthResult(success=data.password == SMTP.encode(), handled=False)


class _Controller(Controller):
    """A server on any port that is free."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    inbox = Inbox()
    server = _Controller(
        inbox,
        hostname="127.0.0.1",
        port=0,
        authenticator=inbox.authenticate,
        auth_require_tls=False,
    )
    server.start()
    yield inbox, server.port
    server.stop()


@pytest.fixture
def amqp_user(backend: dict[str, Any]) -> Iterator[str | None]:
    """RabbitMQ's URL with a user whose password is planted; None: there is no RabbitMQ."""
    if backend["amqp_url"] is None:
        yield None
        return
    url = urlsplit(backend["amqp_url"])
    name = f"{backend['queue_name_partner']}-user"
    with httpx.Client(base_url=backend["rabbitmq_management_url"]) as api:
        told = {"password": AMQP, "tags": "administrator"}
        api.put(f"/api/users/{name}", json=told).raise_for_status()
        rights = dict.fromkeys(("configure", "write", "read"), ".*")
        api.put(f"/api/permissions/%2F/{name}", json=rights).raise_for_status()
        account = f"{name}:{quote(AMQP, safe='')}"
        yield url._replace(netloc=f"{account}@{url.hostname}:{url.port}").geturl()
        api.delete(f"/api/users/{name}")


@pytest.fixture
def changed(
    inbox: tuple[Inbox, int], amqp_user: str | None, backend: dict[str, Any]
) -> dict[str, Any]:
    return {
        "credentials_keys": "planted:" + base64.b64encode(KEY).decode(),
        "smtp_host": "127.0.0.1",
        "smtp_port": inbox[1],
        "smtp_user": "alerts",
        "smtp_pass": SMTP,
        "alert_emails": "operator@example.com",
        "alert_from_email": "satlog@example.com",
        "alert_dlq_warning": 1,
        "alert_dlq_critical": 1,
        "alert_account_failures": 1,
        "satloc_api_timeout": 400,
        "log_level": "DEBUG",
        "log_format": "json",
        "log_modules": "httpx=DEBUG,httpcore=DEBUG,pika=DEBUG,pymongo=DEBUG",
        **({} if amqp_user is None else {"amqp_url": amqp_user}),
    }


@pytest.fixture
def lines(settings: Settings) -> Iterator[io.StringIO]:
    """Every line of every library, as a process would write it."""
    names = ("httpcore", "httpx", "pika", "pymongo", "urllib3", "uvicorn.access")
    loggers = [logging.getLogger(name) for name in (None, *names)]
    before = [logger.level for logger in loggers]
    lines = io.StringIO()
    handler = configure_logging(settings, lines)
    yield lines
    logging.getLogger().removeHandler(handler)
    logging.captureWarnings(False)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def test_no_secret_is_anywhere(
    lines: io.StringIO, stage: Stage, inbox: tuple[Inbox, int], tmp_path: Path
) -> None:
    planted = secrets(stage)
    told = [*story(stage)]
    check_alerts(stage.context)
    told.append(everything_said(stage))
    stage.clock.advance(days=400)
    told.append(repr(archive(stage.context)))
    told += [mail.decode() for mail in inbox[0].mails]
    told += [lines.getvalue(), *documents(stage), *cached(stage), *files(tmp_path)]

    assert inbox[0].mails, "somebody was told"
    assert inbox[0].logins == len(inbox[0].mails), "with the password"
    assert "You asked" in lines.getvalue(), "the partner's echo was told"
    everything = "\n".join(told)
    assert stage.accounts[0].username in everything, "what is no secret is found"
    assert not leaks(planted, everything)


def secrets(stage: Stage) -> set[str]:
    accounts = stage.simulator.world.accounts
    ids = {each for known in accounts for each in (known.user_id, known.company_id)}
    passwords = {known.password for known in accounts}
    known = {*ids, *passwords, SMTP, NEW, AMQP, KEY.decode()}
    return {form for value in known for form in forms(value)}


def forms(value: str) -> set[str]:
    """A value as it might be written."""
    return {
        value,
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        json.dumps(value)[1:-1],
        repr(value)[1:-1],
        base64.b64encode(value.encode()).decode(),
        value.encode().hex(),
    }


def story(stage: Stage) -> Iterator[str]:
    """Everything that goes wrong; what is returned by whom."""
    faults, world = stage.simulator.faults, stage.simulator.world
    echo = "You asked {query}"
    stage.flown()
    stage.offer()
    for fault in (
        Fault("status", status=500, message=echo),
        Fault("status", status=503, message="x" * 190 + echo),
        Fault("status", status=429, retry_after="1", message=echo),
        Fault("status", status=400, message=echo),
        Fault("refused", message=echo),
        Fault("redirect"),
        Fault("reset"),
        Fault("truncated"),
        Fault("time_out"),
        Fault("wrong_credentials"),
        Fault("web_page"),
    ):
        for endpoint in ("AuthenticateAPIUser", "GetAircraftLogs", "GetAircraftLogData"):
            faults.script(endpoint, fault)
    for _ in range(15):
        yield repr(stage.poll())
        stage.work()
        stage.clock.advance(hours=1)
    for fault in (
        Fault("status", status=400, message=echo),
        Fault("refused", message=echo),
        Fault("reset_after"),
    ):
        faults.clear()
        faults.script("UploadJobData", fault)
        yield repr(stage.assign(stage.job()))
    faults.clear()
    world.change_password(stage.accounts[0].username, NEW)
    yield repr(stage.poll())
    yield repr(stage.accounts[0].user)
    set_password(stage.context, stage.accounts[0].user.id, SecretStr(NEW), by="test")
    stage.clock.advance(days=1)
    stage.offer("letter.log", data=b"no log " * 100)
    yield repr(stage.poll())
    stage.work()
    yield repr(stage.context.account("SATLOC", stage.accounts[0].id))


def everything_said(stage: Stage) -> str:
    """What the parts of the process show of themselves, and what waits in queues."""
    context, queue = stage.context, stage.queue
    queues = (queue, dead_queue(queue), archive_queue(queue))
    messages = [each for name in queues for each in context.broker.peek(name, limit=1000)]
    assert messages, "there are dead letters"
    users = context.repositories.users
    return "\n".join(
        [
            repr(context),
            repr(context.settings),
            repr(context.settings.masked()),
            repr([each.shown() for each in users.accounts()]),
            repr(context.broker),
            context.broker.name,
            repr(context.mailer),
            repr(context.keys),
            repr(vars(context.service("SATLOC"))),
            *(repr(each) + each.message.body.decode() for each in messages),
        ]
    )


def documents(stage: Stage) -> Iterator[str]:
    """Every document in MongoDB; SQLite's are looked at as the file that they are in."""
    if stage.settings.mongodb_uri is None:
        return
    import pymongo

    uri = stage.settings.mongodb_uri.get_secret_value()
    with pymongo.MongoClient[dict[str, Any]](uri) as client:
        database = client.get_default_database()
        for name in database.list_collection_names():
            if name != "application_details":
                yield from map(repr, database[name].find())


def cached(stage: Stage) -> Iterator[str]:
    """Everything in Redis."""
    if stage.settings.redis_url is None:
        return
    import redis

    with redis.Redis.from_url(stage.settings.redis_url.get_secret_value()) as client:
        for key in client.scan_iter():
            yield f"{key!r} {client.get(key)!r}"


def files(folder: Path) -> Iterator[str]:
    """Every file that the pipeline has written: queues, documents, logs, archives."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield f"{path} {path.read_bytes().decode('latin-1')}"


def leaks(planted: set[str], told: str) -> list[str]:
    """Where a planted secret stands, with what is around it."""
    return [told[max(0, told.find(f) - 200) :][: 300 + len(f)] for f in planted if f in told]


def test_a_store_that_cannot_be_reached_is_told_without_its_password(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    uri = f"mongodb://u:{quote(ELSEWHERE)}@127.0.0.1:1/x?serverSelectionTimeoutMS=1"
    none = dict.fromkeys(("mongodb_uri", "amqp_url", "queue_host", "redis_url"))
    places = {"embedded_path": tmp_path / "p.db", "satloc_storage_path": tmp_path / "logs"}
    settings = Settings.load(_env_file=None, **{**none, **places, "mongodb_uri": uri})
    caplog.set_level(logging.DEBUG)
    with pytest.raises(PipelineError) as raised, open_context(settings):
        pass
    told = f"{raised.value} {raised.value!r} {settings!r} {settings.masked()} {caplog.text}"
    assert "127.0.0.1:1" in told
    assert not leaks(forms(ELSEWHERE), told)
