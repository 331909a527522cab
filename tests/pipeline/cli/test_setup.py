"""The first users."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from partner_pipeline.partners.simulator import SatlocSimulator
from pipeline.cli.tools import SCRIPT, Command, Process, all_bytes, fits

WHAT = ["partner", "admin", "customer", "account", "aircraft", "aircraft"]


def made(output: str) -> list[tuple[bool, str, str]]:
    return [(each["made"], each["what"], each["name"]) for each in json.loads(output)]


def test_makes_what_is_missing(home: Path, process: Process, simulator: SatlocSimulator) -> None:
    first = process("setup")
    assert first.returncode == 0
    assert first.stderr == ""
    assert fits(first.stdout)
    assert [line.split()[:2] for line in first.stdout.splitlines()[1:]] == [
        ["made", what] for what in WHAT
    ]
    again = process("setup", "--json")
    assert again.returncode == 0
    assert [(is_new, what) for is_new, what, _ in made(again.stdout)] == [
        (False, what) for what in WHAT
    ]
    names = {name for _, what, name in made(again.stdout) if what == "aircraft"}
    assert names == {"N101SL", "N102SL"}
    secrets = [b"admin's password", simulator.world.accounts[0].password.encode()]
    assert not [secret for secret in secrets if secret in all_bytes(home)]


def test_only_what_is_asked_for(command: Command) -> None:
    words = ["--account", "", "--customer", "Rice Farms", "--aircraft", "tail-7", "--admin", "ann"]
    told = made(command("setup", *words, "--json").stdout)
    assert told == [
        (True, "partner", "SATLOC"),
        (True, "admin", "ann"),
        (True, "customer", "Rice Farms"),
        (True, "aircraft", "tail-7"),
    ]


def test_password_that_the_partner_refuses(
    command: Command, monkeypatch: pytest.MonkeyPatch, simulator: SatlocSimulator
) -> None:
    monkeypatch.setenv("PARTNER_PASSWORD", "planted and wrong")
    done = command("setup", status=1)
    assert "SatLoc refuses the credentials" in done.stderr
    assert "partner-pipeline users password" in done.stderr
    assert "planted and wrong" not in done.output
    # As it says: set the password, and run setup again.
    monkeypatch.setenv("USER_PASSWORD", simulator.world.accounts[0].password)
    command("users", "password", simulator.world.accounts[0].username)
    assert [what for is_new, what, _ in made(command("setup", "--json").stdout) if is_new] == [
        *("aircraft", "aircraft")
    ]


def test_partner_that_does_not_answer(command: Command, simulator: SatlocSimulator) -> None:
    simulator.stop()
    done = command("setup", status=1)
    assert "run setup again when that is mended" in done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()[1:]] == WHAT[:4]


@pytest.mark.parametrize("missing", ["ADMIN_PASSWORD", "PARTNER_PASSWORD"])
def test_nobody_to_ask(missing: str, process: Process) -> None:
    environment = {name: value for name, value in os.environ.items() if name != missing}
    done = process("setup", env=environment)
    assert done.returncode == 2
    assert f"set {missing}, or run this in a terminal" in done.stderr


def read_until(terminal: int, text: bytes) -> bytes:
    shown = b""
    while text not in shown:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # Linux tells the end of a terminal so
            break
    return shown


@pytest.mark.usefixtures("home")
def test_asks_in_a_terminal(simulator: SatlocSimulator) -> None:
    account = simulator.world.accounts[0]
    terminal, end = pty.openpty()
    asked = {name: value for name, value in os.environ.items() if "PASSWORD" not in name}
    del asked["PARTNER_USERNAME"]
    process = subprocess.Popen([SCRIPT, "setup"], stdin=end, stdout=end, stderr=end, env=asked)
    os.close(end)
    answers = {
        b"Password of admin:": "admin's password",
        b"Repeat for confirmation:": "admin's password",
        b"no account):": account.username,
        f"Password of {account.username} at SATLOC:".encode(): account.password,
    }
    shown = b""
    for prompt, answer in answers.items():
        shown += read_until(terminal, prompt)
        os.write(terminal, f"{answer}\n".encode())
    shown += read_until(terminal, b"never comes")
    os.close(terminal)
    assert process.wait(timeout=60) == 0
    assert b"N102SL" in shown
    assert b"admin's password" not in shown
    assert account.password.encode() not in shown
