"""Another key for the passwords of accounts."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

import pytest

from pipeline.cli.tools import Command, Installed


def key(name: str) -> str:
    return f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def test_key_file(installed: Installed, home: Path) -> None:
    (keys,) = home.glob("*.keys")
    before = keys.read_text()
    installed.fly()
    done = installed.command("rotate-keys")
    assert "1 password encrypted anew" in done.stdout
    after = keys.read_text()
    assert after.count(":") == 1
    assert after.split(":")[1] != before.split(":")[1]
    assert keys.stat().st_mode & 0o077 == 0
    installed.command("poll", "--once")
    assert after.split(":")[1].strip() not in done.output


def test_keys_of_the_environment(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = key("2025"), key("2026")
    monkeypatch.setenv("CREDENTIALS_KEYS", old)
    command("setup")
    monkeypatch.setenv("CREDENTIALS_KEYS", f"{new},{old}")
    done = command("rotate-keys")
    assert done.stdout == "key 2026: 1 password encrypted anew, 0 before\n"
    assert "all keys but 2026 can be taken out" in done.stderr
    monkeypatch.setenv("CREDENTIALS_KEYS", new)
    assert command("rotate-keys").stdout == "key 2026: 0 passwords encrypted anew, 1 before\n"
    assert "passwords can be read" in command("doctor").stdout


def test_key_that_is_lost(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_KEYS", key("2025"))
    command("setup")
    monkeypatch.setenv("CREDENTIALS_KEYS", key("2026"))
    done = command("rotate-keys", status=1)
    assert "encrypted with key '2025'" in done.stderr
    assert "can be taken out" not in done.stderr
