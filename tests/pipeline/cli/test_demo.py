"""The demo."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from pipeline.cli.tools import SCRIPT, Process


def test_three_jobs_come_through(home: Path, process: Process) -> None:
    # Whatever servers are configured: the demo is the embedded default.
    hostile = {
        "MONGODB_URI": "mongodb://nowhere.invalid/x",
        "AMQP_URL": "amqp://nowhere.invalid/",
        "REDIS_URL": "redis://nowhere.invalid/",
        "PARTNER_POLLING_ENABLED": "false",
        "SATLOC_RATE_LIMIT": "wrong",
    }
    (home / ".env").write_text("PARTNER_SYNC_ENABLED=false\n")
    done = process("demo", "--json", env={**os.environ, **hostile})
    assert done.returncode == 0, done.stderr
    flown = json.loads(done.stdout)
    assert [each["job"] for each in flown] == ["4711 North 40", "4712 Levee", "4713 Pond"]
    for each in flown:
        assert (each["status"], each["decision"]) == ("processed", "matched")
        assert "file name, job label, aircraft, overlap" in each["because"]
        # What is sprayed is the field and its edges, at about the rate that is set.
        assert 15 < each["area"] < 40
        assert 28 < each["rate"] < 32
    for word in ("simulated SatLoc", "uploaded as 70001", "downloaded", "processed"):
        assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_look_further(home: Path, process: Process) -> None:
    shown = process("demo", "--folder", "trial")
    assert shown.returncode == 0, shown.stderr
    rows = shown.stdout.splitlines()
    assert rows[0].split() == [
        *("job", "aircraft", "log", "area,", "ha", "rate,", "L/ha", "decision", "because")
    ]
    assert [row.split()[0] for row in rows[1:] if row[0] != " "] == ["4711", "4712", "4713"]
    # As it says: the default settings find database and logs in that folder.
    listed = process("logs", "list", "--json", cwd=home / "trial")
    assert [log["status"] for log in json.loads(listed.stdout)] == ["processed"] * 3
    log = json.loads(listed.stdout)[0]["id"]
    stored = json.loads(process("logs", "show", log, "--json", cwd=home / "trial").stdout)
    assert (home / "trial" / "satloc-logs" / stored["log"]["savedLocalFile"]).is_file()


def test_replaces_only_when_told(home: Path, process: Process) -> None:
    (home / "mine").mkdir()
    (home / "mine" / "notes.txt").write_text("mine")
    (home / "mine" / "satlog-pipeline.db").write_text("no database at all")
    refused = process("demo", "--folder", "mine")
    assert refused.returncode == 2
    assert "give --overwrite or another --folder" in refused.stderr
    assert (home / "mine" / "satlog-pipeline.db").read_text() == "no database at all"
    assert process("demo", "--folder", "mine", "--overwrite").returncode == 0
    assert (home / "mine" / "notes.txt").read_text() == "mine"


def test_its_pages_have_a_login_and_logs_that_need_somebody(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    command = [str(SCRIPT), "demo", "--serve", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=home) as process:
        assert process.stderr is not None
        told = next(line for line in process.stderr if line.startswith("Open http"))
        found_login = re.fullmatch(r"Open (\S+) and log in as (\S+), password (\S+);.*\n", told)
        assert found_login is not None, told
        url, username, password = found_login.groups()
        transport = httpx.HTTPTransport(retries=8)  # until it listens
        with httpx.Client(base_url=url, transport=transport) as browser:
            login = {"username": username, "password": password}
            token = browser.post("/session", json=login).json()["accessToken"]
            browser.headers["authorization"] = f"Bearer {token}"
            _until_all_have_come(lambda: browser.get("/api/overview").json()["logs"])
        process.send_signal(signal.SIGINT)
        assert "Look further" in process.stderr.read()
    assert process.returncode == 0


def _until_all_have_come(logs: Callable[[], dict[str, Any]]) -> None:
    """The three of the jobs, one of no job, one that is damaged, and one that is none."""
    end = time.monotonic() + 60
    wanted = {"processed": 5, "failed": 1}
    while not wanted.items() <= (found := logs())["byStatus"].items():
        assert time.monotonic() < end, found
        time.sleep(0.05)
    assert (found["damaged"], found["unmatched"]) == (1, 2)
