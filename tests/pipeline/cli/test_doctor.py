"""The check-up."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from partner_pipeline.partners.simulator import SatlocSimulator
from pipeline.cli.tools import Command, Installed, fits

#: Nothing listens there.
NOWHERE = "127.0.0.1:9"


def checks(output: str) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for check in json.loads(output):
        found[check["name"]].append(check)
    return found


def states(output: str) -> dict[str, str]:
    return {name: found[0]["state"] for name, found in checks(output).items()}


def test_all_is_well(installed: Installed, home: Path) -> None:
    shown = installed.command("doctor").stdout
    assert fits(shown)
    assert "FAIL" not in shown
    assert states(installed.command("doctor", "--json").stdout) == {
        **dict.fromkeys(("settings", "keys", "store", "accounts", "outbox", "broker"), "ok"),
        **dict.fromkeys(("queue", "redis", "partner", "clock", "folder"), "ok"),
        "mail": "warn",
    }
    # What was tried out has left nothing behind.
    assert installed.json("dlq", "list") == []
    assert list((home / "satloc-logs").iterdir()) == []


def test_before_setup(command: Command) -> None:
    accounts = checks(command("doctor", "--json").stdout)["accounts"][0]
    assert accounts["state"] == "warn"
    assert "partner-pipeline setup" in accounts["advice"]


def test_nothing_answers(command: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("no folder")
    broken = {
        "MONGODB_URI": f"mongodb://ops:planted-1@{NOWHERE}/satlog?serverSelectionTimeoutMS=200",
        "AMQP_URL": f"amqp://ops:planted-2@{NOWHERE}/",
        "REDIS_URL": f"redis://:planted-3@{NOWHERE}/0",
        "SATLOC_API_ENDPOINT": f"http://{NOWHERE}/api",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": "9",
        "SMTP_PASS": "planted-4",
        "ALERT_EMAILS": "ops@x.example",
        "ALERT_FROM_EMAIL": "satlog@x.example",
        "SATLOC_STORAGE_PATH": str(home / "file" / "logs"),
    }
    for name, value in broken.items():
        monkeypatch.setenv(name, value)
    done = command("doctor", "--json", status=1)
    found = states(done.stdout)
    assert [name for name, state in found.items() if state == "FAIL"] == [
        *("store", "broker", "redis", "partner", "folder", "mail")
    ]
    assert all(
        c["advice"] for each in checks(done.stdout).values() for c in each if c["state"] != "ok"
    )
    assert done.stderr == ""
    assert "planted" not in done.output


def test_password_that_cannot_be_read(installed: Installed, home: Path) -> None:
    (keys,) = home.glob("*.keys")
    keys.unlink()
    done = installed.command("doctor", "--json", status=1)
    accounts = checks(done.stdout)["accounts"][0]
    assert accounts["state"] == "FAIL"
    assert "partner-pipeline users password" in accounts["advice"]


def test_account_that_fails(installed: Installed, simulator: SatlocSimulator) -> None:
    installed.fly()
    simulator.world.change_password(simulator.world.accounts[0].username, "another")
    installed.command("poll", "--once", status=1)
    accounts = checks(installed.command("doctor", "--json").stdout)["accounts"][0]
    assert accounts["state"] == "warn"
    assert "failed 1 times in a row" in accounts["found"]


class Refusing:
    """A mail server that knows no password, and counts mails."""

    def __init__(self) -> None:
        self.mails = 0

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails += 1
        return "250 OK"

    def authenticate(self, *_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)


class AnyPort(Controller):
    """A server on any port that is free."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[Refusing]:
    handler = Refusing()
    server = AnyPort(
        handler,
        hostname="127.0.0.1",
        port=0,
        authenticator=handler.authenticate,
        auth_require_tls=False,
    )
    server.start()
    settings = {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(server.port),
        "ALERT_EMAILS": "ops@x.example",
        "ALERT_FROM_EMAIL": "satlog@x.example",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    yield handler
    server.stop()


def test_mail_server(command: Command, mail_server: Refusing) -> None:
    (mail,) = checks(command("doctor", "--json").stdout)["mail"]
    assert mail["state"] == "ok"
    assert "ops@x.example" in mail["found"]
    assert mail_server.mails == 0


def test_mail_server_that_refuses_the_account(
    command: Command, mail_server: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_USER", "ops")
    monkeypatch.setenv("SMTP_PASS", "planted-6")
    done = command("doctor", "--json", status=1)
    (mail,) = checks(done.stdout)["mail"]
    assert mail["state"] == "FAIL"
    assert "refuses SMTP_USER and SMTP_PASS" in mail["found"]
    assert "planted-6" not in done.output


@pytest.fixture
def servers(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings of real servers."""
    value = request.getfixturevalue
    return {
        "ENVIRONMENT": "production",
        "CREDENTIALS_KEYS": f"2026:{'A' * 43}=",
        "MONGODB_URI": f"{value('mongo_uri')}/{value('mongo_database')}",
        "AMQP_URL": value("amqp_url"),
        "RABBITMQ_MANAGEMENT_URL": value("amqp_management_url"),
        "REDIS_URL": value("redis_url"),
        "QUEUE_NAME_PARTNER": f"{value('queue_prefix')}tasks",
    }


def test_real_servers(
    command: Command, servers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in servers.items():
        monkeypatch.setenv(name, value)
    found = states(command("doctor", "--json").stdout)
    assert {found[name] for name in ("settings", "store", "broker", "queue", "redis")} == {"ok"}
    command("dlq", "e2e")
