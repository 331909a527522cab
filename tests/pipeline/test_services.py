"""scripts/services: what the other tests of the pipeline stand on."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "services.py"

_VARIABLES = ("REDIS_URL", "PROMETHEUS", "PROMTOOL")

Services = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def services(redis_url: str, tmp_path: Path) -> Iterator[Services]:
    """Runs the script on a folder of the test's own, where Redis can be had."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {n: v for n, v in os.environ.items() if n not in _VARIABLES}
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
    assert (down.returncode, down.stdout) == (1, "redis      down\n")
    assert services("up", "redis").stdout == first.stdout
    assert services("down").returncode == 0
    assert [file.name for file in (tmp_path / "services").iterdir()] == ["lock"]
    assert services("status", "redis").returncode == 1


def test_a_service_that_is_given_is_left_alone(services: Services, tmp_path: Path) -> None:
    given = services("up", "redis", REDIS_URL="redis://elsewhere:1/0")
    assert given.stdout == "export REDIS_URL=redis://elsewhere:1/0\n"
    assert services("status", "redis").stdout == "redis      down\n"


def test_an_unknown_service(services: Services) -> None:
    answer = services("up", "cassandra")
    assert answer.returncode == 2
    assert "no such service: cassandra" in answer.stderr


# Programs that the tests start themselves.


def test_a_program_is_installed_and_no_more(services: Services, promtool: Path) -> None:
    up = services("up", "prometheus")
    assert up.stdout == "export PROMETHEUS=/usr/bin/prometheus\nexport PROMTOOL=/usr/bin/promtool\n"
    assert services("kill", "prometheus").returncode == 0
    status = services("status", "prometheus")
    assert (status.returncode, status.stdout) == (
        0,
        "prometheus /usr/bin/prometheus /usr/bin/promtool\n",
    )
    assert services("down", "prometheus").returncode == 0
    assert promtool.exists()


def test_a_program_that_is_given_is_left_alone(services: Services, promtool: Path) -> None:
    given = services("up", "prometheus", PROMETHEUS="/opt/a folder/prometheus")
    assert "export PROMETHEUS='/opt/a folder/prometheus'\n" in given.stdout


def test_what_cannot_be_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = _imported()
    monkeypatch.setenv("PATH", str(tmp_path))  # no apt-get
    missing = tmp_path / "slide-rule"
    program = module.Program("slide-rule", {"SLIDE_RULE": str(missing)})
    with pytest.raises(module.ServiceError, match=f"{missing} is missing: sudo apt-get .*slide-r"):
        program.up()
    assert not program.status()
    assert capsys.readouterr().out == "slide-rule missing\n"


def _imported() -> ModuleType:
    spec = importlib.util.spec_from_file_location("services_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module
