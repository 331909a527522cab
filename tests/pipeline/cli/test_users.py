"""Users of all kinds, by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli.tools import CUSTOMER, Installed, all_bytes, fits


def test_list(installed: Installed) -> None:
    shown = installed.command("users", "list").stdout
    assert fits(shown)
    for name in ("admin", CUSTOMER, "N101SL", "N102SL", "SATLOC"):
        assert name in shown
    aircraft = installed.json("users", "list", "aircraft", "--customer", CUSTOMER)
    assert [each["name"] for each in aircraft] == ["N101SL", "N102SL"]
    everything = json.dumps(installed.json("users", "list", "--all"))
    assert "argon2" not in everything
    assert "password" not in everything.lower()


def test_add_show_and_deactivate(installed: Installed) -> None:
    command = installed.command
    added = command("users", "add", "customer", "Rice Farms")
    rice = added.stdout.strip()
    pilot = command("users", "add", "pilot", "Ann Lee", "--customer", rice[:6]).stdout.strip()
    words = ("--customer", "Rice Farms", "--partner-id", "tail/7")
    command("users", "add", "aircraft", "N7", *words)
    shown = command("users", "show", "Ann Lee").stdout
    assert rice in shown
    assert "create by cli:" in shown
    assert installed.json("users", "show", "N7")["partnerInfo"]["partnerAircraftId"] == "tail/7"
    command("users", "deactivate", pilot[:8])
    assert [u["id"] for u in installed.json("users", "list", "pilot")] == []
    assert [u["id"] for u in installed.json("users", "list", "pilot", "--all")] == [pilot]
    command("users", "activate", "Ann Lee")
    assert [u["id"] for u in installed.json("users", "list", "pilot")] == [pilot]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["aircraft", "N9", "--customer", CUSTOMER], "--customer and --partner-id are needed"),
        (["account", "x@y.example"], "--customer is needed"),
        (["pilot", "P"], "a pilot belongs to a customer"),
        (["pilot", "P", "--customer", "Nobody"], "looking for customer 'Nobody': there is none"),
        (["admin", "A", "--username", "admin"], "'admin': it is there already"),
        (["admin", "A", "--username", "a2"], None),
    ],
)
def test_refused(
    words: list[str], why: str | None, installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER_PASSWORD", "planted password")
    done = installed.command("users", "add", *words, status=0 if why is None else 2)
    if why is None:
        assert "planted password" not in done.output
        return
    assert done.stdout == ""
    assert why in done.stderr


def test_password(installed: Installed, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = installed.simulator.world.accounts[0]
    installed.fly()
    installed.simulator.world.change_password(account.username, "planted & changed")
    refused = installed.command("poll", "--once", status=1)
    assert "refuses the credentials" in refused.stderr
    monkeypatch.setenv("USER_PASSWORD", "planted & changed")
    done = installed.command("users", "password", account.username)
    assert "planted" not in done.output
    monkeypatch.setenv("RETRY_POLL", "delay=0")
    installed.command("poll", "--once")
    assert b"planted & changed" not in all_bytes(home)


def test_word_that_means_several(installed: Installed) -> None:
    for _ in range(2):
        installed.command("users", "add", "customer", "Twin")
    done = installed.command("users", "show", "Twin", status=2)
    assert "several fit" in done.stderr
    assert "looking for user 'nobody': there is none" in (
        installed.command("users", "show", "nobody", status=2).stderr
    )
