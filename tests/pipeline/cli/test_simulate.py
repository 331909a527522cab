"""The simulated SatLoc as a command."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from pipeline.cli.tools import SCRIPT, Command, Process


@contextmanager
def simulating(*words: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [SCRIPT, "simulate", "--port", "0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serves_until_it_is_told_to_stop(number: int) -> None:
    with simulating("--json", "--accounts", "3", "--aircraft", "1", "--logs", "2") as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert len(told["accounts"]) == 3
        account = told["accounts"][2]
        with httpx.Client(base_url=told["endpoint"]) as client:
            assert client.get("/IsAlive").json() is True
            query = {"userLogin": account["username"], "password": account["password"]}
            user = client.get("/AuthenticateAPIUser", params=query).json()
            asked = {"userId": user["userId"], "aircraftId": account["aircraft"][0]["id"]}
            assert len(client.get("/GetAircraftLogs", params=asked).json()) == 2
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert errors == ""


def test_tells_people_what_to_set() -> None:
    with simulating("--seed", "7") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(7)]
    assert lines[0].split() == ["username", "password", "aircraft", "its", "id"]
    assert lines[1].startswith("pilot1@customer1.example  secret & ")
    assert lines[6].startswith("SATLOC_API_ENDPOINT=http://127.0.0.1:")


def test_faults() -> None:
    with simulating("--json", "--fault", "IsAlive:status=1,status=503,retry_after=7") as process:
        assert process.stdout is not None
        endpoint = json.loads(process.stdout.readline())["endpoint"]
        answer = httpx.get(f"{endpoint}/IsAlive")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("latency", "expected [ENDPOINT:]KIND=SHARE"),
        ("latency=2", "a share of at most 1"),
        ("IsDead:latency=1", "expected an endpoint of IsAlive"),
        ("gremlins=1", "expected one of none, latency"),
        ("latency=1,minutes=3", "there is no 'minutes' of a fault"),
        ("latency=1,seconds=soon", "could not convert"),
    ],
)
def test_fault_that_is_none(fault: str, why: str, command: Command) -> None:
    done = command("simulate", "--fault", fault, status=2)
    assert why in done.stderr


def test_port_that_is_taken(process: Process) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = process("simulate", "--port", taken.getsockname()[1])
    assert done.returncode == 2
    assert "choose another --port" in done.stderr
    assert done.stdout == ""
