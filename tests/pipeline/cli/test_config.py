"""The settings in force."""

from __future__ import annotations

import json

import pytest

from partner_pipeline.settings import variables
from pipeline.cli.tools import Command, fits

SECRETS = {
    "MONGODB_URI": ("mongodb://ops:planted-1@db.example/satlog", "planted-1"),
    "AMQP_URL": ("amqp://ops:planted-2@mq.example/", "planted-2"),
    "REDIS_PWD": ("planted-3", "planted-3"),
    "SMTP_PASS": ("planted-4", "planted-4"),
    "CREDENTIALS_KEYS": (f"2026:{'A' * 43}=", "A" * 43),
}


def test_masks_secrets(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (value, _) in SECRETS.items():
        monkeypatch.setenv(name, value)
    for words in (["config"], ["config", "--json"]):
        shown = command(*words).output
        assert not [secret for _, secret in SECRETS.values() if secret in shown]
    told = {row["variable"]: row["value"] for row in json.loads(shown)}
    assert told["MONGODB_URI"] == "mongodb://***@db.example/satlog"


def test_every_variable_is_shown(command: Command) -> None:
    shown = command("config").stdout
    assert fits(shown)
    told = {row["variable"]: row for row in json.loads(command("config", "--json").stdout)}
    for variable in variables():
        assert f" {variable.name} " in shown
        assert told[variable.name]["meaning"] == variable.meaning


def test_what_differs_is_marked(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUCK_TIMEOUT_MS", "2*60*1000")
    lines = command("config").stdout.splitlines()
    (changed,) = [line for line in lines if " STUCK_TIMEOUT_MS " in line]
    assert changed.startswith("*  STUCK_TIMEOUT_MS")
    assert "120000 ms" in changed
    (unchanged,) = [line for line in lines if " SMTP_PORT " in line]
    assert unchanged.startswith("   SMTP_PORT")


def test_wrong_settings(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATLOC_RATE_LIMIT", "many")
    monkeypatch.setenv("MONGODB_URI", "http://planted-5@x/")
    for words in (["config"], ["doctor"], ["logs", "list"], ["poll", "--once"]):
        done = command(*words, status=2)
        assert done.stdout == ""
        assert "SATLOC_RATE_LIMIT: expected a whole number" in done.stderr
        assert "MONGODB_URI: expected an address" in done.stderr
        assert "planted-5" not in done.stderr
        assert "Traceback" not in done.stderr
