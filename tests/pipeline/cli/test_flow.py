"""From the field to the totals, by the commands that an operator types; each a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from partner_pipeline.cli.common import opened
from partner_pipeline.partners.simulator import Fault, SatlocSimulator
from partner_pipeline.work.own_file import submit_own_file
from pipeline.cli.tools import CUSTOMER, SCRIPT, Installed, Process, all_bytes, fits, write_job


def read(process: Process, *words: object) -> Any:
    done = process(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_whole_way(home: Path, process: Process, simulator: SatlocSimulator) -> None:
    assert process("setup").returncode == 0
    job = process("jobs", "add", write_job(home / "a.job", "4711"), "--customer", CUSTOMER)
    assert job.returncode == 0
    assert process("jobs", "assign", "4711", "N101SL").returncode == 0
    polled = process("poll", "--once")
    assert (polled.returncode, polled.stdout) == (0, "")
    assert "1 new, 1 downloaded, 0 failed" in polled.stderr
    synced = process("sync", "--once")
    assert (synced.returncode, synced.stdout) == (0, "")
    assert "tasks: 1 completed" in synced.stderr
    (log,) = read(process, "logs", "list")
    assert (log["status"], log["outcome"], log["aircraft"]) == ("processed", "job 4711", "N101SL")
    shown = process("logs", "show", log["id"][:12])
    assert "file name, job label, aircraft, overlap" in shown.stdout
    told = read(process, "logs", "show", log["id"])
    assert told["file"]["jobMatch"]["jobId"] == job.stdout.strip()
    assert [task["status"] for task in told["tasks"]] == ["completed"]
    # Nothing is new: nothing is done.
    again = process("all", "--once")
    assert again.returncode == 0
    assert "0 new, 0 downloaded" in again.stderr
    assert "tasks: none waited" in again.stderr
    known = [b"admin's password", simulator.world.accounts[0].password.encode()]
    assert not [secret for secret in known if secret in all_bytes(home)]


def test_pages_are_100_columns_wide(installed: Installed) -> None:
    log = installed.fly()
    for words in (
        *(["users", "list"], ["jobs", "list"], ["jobs", "show", "4711"], ["logs", "list"]),
        *(["tasks", "list"], ["dlq", "list"], ["dlq", "stats"], ["dlq", "e2e"], ["doctor"]),
        ["tasks", "chain", installed.json("tasks", "list")[0]["id"]],
    ):
        assert fits(installed.command(*words).stdout), words
    assert log[:12] in installed.command("logs", "list").stdout


def test_a_users_own_log_is_listed(installed: Installed, tmp_path: Path) -> None:
    log = installed.fly("4711")
    path = tmp_path / "brought.log"
    path.write_bytes(installed.simulator.world.logs[0].data())
    with opened() as context:
        customer = context.repositories.trackers.require(log).customer_id
        submit_own_file(context, customer, customer, path, path.name)
    installed.command("sync", "--once")
    listed = installed.json("logs", "list")
    (own,) = [each for each in listed if each["fileName"] == "brought.log"]
    assert (own["partnerCode"], own["status"], len(listed)) == ("USER", "processed", 2)
    assert "all: 2 processed" in installed.command("logs", "list").stderr
    assert installed.json("logs", "list", "--status", "failed") == []


def test_match_and_process_again(installed: Installed) -> None:
    log = installed.fly("4711")
    installed.add_job("4712")
    installed.command("jobs", "assign", "4712", "N102SL")
    matched = installed.command("logs", "match", log, "4712")
    assert "belongs to job 4712 now" in matched.stderr
    assert "its application has 1 log" in matched.stderr
    installed.command("logs", "reprocess", log)
    installed.command("sync", "--once")
    assert installed.json("logs", "list")[0]["outcome"] == "job 4712 by hand"
    installed.command("logs", "match", log, "--none")
    (unmatched,) = installed.json("logs", "list", "--unmatched")
    assert (unmatched["id"], unmatched["outcome"]) == (log, "manual: no job")
    installed.command("logs", "reprocess", log, "--download")
    assert installed.json("logs", "list", "--status", "pending")[0]["id"] == log
    installed.command("all", "--once")
    assert len(installed.simulator.received("GetAircraftLogData")) == 3  # 4712 was flown too
    chain = installed.json("tasks", "chain", installed.json("logs", "show", log)["tasks"][0]["id"])
    assert [task["status"] for task in chain] == ["completed"] * 3


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["match", "{log}"], "expected a JOB, or --none"),
        (["match", "{log}", "4711", "--none"], "expected a JOB, or --none"),
        (["match", "{log}", "4712"], "it is assigned to nobody"),
        (["match", "{log}", "nobody"], "looking for job 'nobody': there is none"),
        (["match", "nobody", "4711"], "looking for log 'nobody': there is none"),
        (["reprocess", "nobody"], "looking for log 'nobody': there is none"),
        (["list", "--unmatched", "--status", "failed"], "do not go together"),
    ],
)
def test_refused(words: list[str], why: str, installed: Installed) -> None:
    log = installed.fly("4711")
    installed.add_job("4712")
    done = installed.command("logs", *(word.format(log=log) for word in words), status=2)
    assert why in done.stderr
    assert done.stdout == ""


def test_log_that_is_none(installed: Installed) -> None:
    """What cannot be decoded ends as failed with its reason, and as a dead letter."""
    world = installed.simulator.world
    installed.add_job()
    installed.command("jobs", "assign", "4711", "N101SL")
    aircraft = world.aircraft(world.accounts[0])[0]
    world.add_log(aircraft.id, "../../\x1b[2Jevil.log", data=b"\x00" * 5000)
    installed.command("poll", "--once")
    synced = installed.command("sync", "--once", status=1)
    assert "1 completed" in synced.stderr
    assert "1 dlq" in synced.stderr
    (failed,) = installed.json("logs", "list", "--status", "failed")
    assert failed["errorCategory"] == "processing"
    shown = installed.command("logs", "list").stdout
    assert "\x1b" not in shown
    assert "processing log" in " ".join(shown.split())
    assert "\x1b" not in installed.command("logs", "show", failed["id"]).stdout
    (letter,) = installed.json("dlq", "list")
    assert letter["error_category"] == "processing"
    (task,) = installed.json("tasks", "list", "--status", "dlq")
    assert installed.json("tasks", "show", task["executionId"])["errorStack"]
    assert "flown.py" in installed.command("tasks", "show", task["id"]).stderr


def test_poll_that_fails(installed: Installed) -> None:
    installed.add_job()
    installed.command("jobs", "assign", "4711", "N101SL")
    installed.simulator.faults.rate("GetAircraftLogs", 1.0, Fault("status", status=500))
    done = installed.command("poll", "--once", status=1)
    assert "Error: listing the logs" in done.stderr
    # It rests now, which is no failure.
    assert "not polled before" in installed.command("poll", "--once").stderr


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("PARTNER_POLLING_ENABLED", ""),
        ("PARTNER_SYNC_ENABLED", "nothing to do: PARTNER_SYNC_ENABLED is false"),
    ],
)
def test_switched_off(
    variable: str, said: str, installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.add_job()
    installed.command("jobs", "assign", "4711", "N101SL")
    monkeypatch.setenv(variable, "false")
    installed.command("poll", "--once")
    assert said in installed.command("sync", "--once").stderr
    installed.command("all", "--once")
    logs = installed.json("logs", "list")
    assert [log["status"] for log in logs] == (["downloaded"] if said else [])


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A worker, ended at the latest with the block."""
    with subprocess.Popen(
        [SCRIPT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_workers_run_until_they_are_told_to_stop(number: int, installed: Installed) -> None:
    installed.add_job()
    with running("all") as workers:
        installed.command("jobs", "assign", "4711", "N101SL")
        end = time.monotonic() + 60
        while installed.json("logs", "list", "--status", "processed") == []:
            assert time.monotonic() < end
            assert workers.poll() is None
        workers.send_signal(number)
        output, errors = workers.communicate(timeout=60)
    assert workers.returncode == 0
    assert output == ""
    assert "Traceback" not in errors
    events = [json.loads(line)["event"] for line in errors.splitlines()]
    assert events.count("worker started") == 4
    assert events[-1] == "stopping"


@pytest.mark.parametrize("words", [["poll"], ["sync", "--threads", "3"], ["archive"], ["alert"]])
def test_each_worker_ends(words: list[str], installed: Installed) -> None:
    with running(*words) as worker:
        assert worker.stderr is not None
        assert "worker started" in worker.stderr.readline()
        os.kill(worker.pid, signal.SIGTERM)
        assert worker.wait(timeout=60) == 0


def test_the_api_is_served_until_it_is_told_to_stop(installed: Installed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with running("serve", "--port", str(port)) as server:
        end = time.monotonic() + 60
        while not _answers(f"{address}/api/health/live"):
            assert time.monotonic() < end
            assert server.poll() is None
        assert httpx.get(f"{address}/api/partners").status_code == 401
        server.send_signal(signal.SIGTERM)
        output, errors = server.communicate(timeout=60)
    assert (server.returncode, output) == (0, "")
    assert f"pages at {address}/, the API at {address}/api/docs" in errors
    assert "Traceback" not in errors


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
