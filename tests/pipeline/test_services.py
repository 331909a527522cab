"""scripts/services: what the other tests of the pipeline stand on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "services.py"

Services = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def services(redis_url: str, tmp_path: Path) -> Iterator[Services]:
    """Runs the script on a folder of the test's own, where Redis can be had."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {n: v for n, v in os.environ.items() if n != "REDIS_URL"}
        return subprocess.run(
            [sys.executable, str(SCRIPT), *arguments, "--folder", str(tmp_path / "services")],
            env={**environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    yield run
    run("down")


def test_up_kill_up_down(services: Services, tmp_path: Path, redis_url: str) -> None:
    first = services("up", "redis")
    assert first.stdout.startswith("export REDIS_URL=redis://127.0.0.1:"), first.stderr
    assert redis_url not in first.stdout
    again = services("up", "redis")
    assert (again.stdout, again.stderr) == (first.stdout, "")
    assert services("status", "redis").returncode == 0
    assert services("kill", "redis").returncode == 0
    down = services("status", "redis")
    assert (down.returncode, down.stdout) == (1, "redis     down\n")
    assert services("up", "redis").stdout == first.stdout
    assert services("down").returncode == 0
    assert [file.name for file in (tmp_path / "services").iterdir()] == ["lock"]
    assert services("status", "redis").returncode == 1


def test_a_service_that_is_given_is_left_alone(services: Services, tmp_path: Path) -> None:
    given = services("up", "redis", REDIS_URL="redis://elsewhere:1/0")
    assert given.stdout == "export REDIS_URL=redis://elsewhere:1/0\n"
    assert services("status", "redis").stdout == "redis     down\n"


def test_an_unknown_service(services: Services) -> None:
    answer = services("up", "cassandra")
    assert answer.returncode == 2
    assert "no such service: cassandra" in answer.stderr
