"""A folder of its own, a simulated SatLoc, and the command: in this process, and as a script."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from partner_pipeline.cli import main
from partner_pipeline.partners.simulator import SatlocSimulator, SimulatorConfig
from partner_pipeline.settings import variables
from pipeline.cli.tools import SCRIPT, Command, Installed, Process


@pytest.fixture
def simulator() -> Iterator[SatlocSimulator]:
    with SatlocSimulator(SimulatorConfig(customers=2, aircraft=2)) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, simulator: SatlocSimulator, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands run in, with an environment of their own; nothing is awaited."""
    for variable in (*(each.name for each in variables()), "USER_PASSWORD"):
        monkeypatch.delenv(variable, raising=False)
    account = simulator.world.accounts[0]
    given = {
        "SATLOC_API_ENDPOINT": simulator.endpoint,
        "SATLOC_API_TIMEOUT": "2000",
        "SATLOC_RETRY_ATTEMPTS": "0",
        "SATLOC_RATE_LIMIT": "100000",
        "SATLOC_BURST_LIMIT": "100000",
        "PARTNER_SYNC_INTERVAL": "200",
        "ADMIN_PASSWORD": "admin's password",
        "PARTNER_USERNAME": account.username,
        "PARTNER_PASSWORD": account.password,
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command(home: Path) -> Iterator[Command]:
    """Run a command in this process; its exit status and what it wrote."""

    def run(*words: object, status: int | None = 0, **how: Any) -> Result:
        named = [str(word) for word in words]
        result = CliRunner().invoke(main, named, prog_name="partner-pipeline", **how)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert status in (None, result.exit_code), result.output
        return result

    yield run
    # It would write to what was the command's standard error.
    root = logging.getLogger()
    for handler in [h for h in root.handlers if h.get_name() == "partner_pipeline"]:
        root.removeHandler(handler)
    logging.captureWarnings(False)


@pytest.fixture
def process(home: Path) -> Process:
    """Run the installed script."""

    def run(*words: object, **how: Any) -> subprocess.CompletedProcess[str]:
        how = {"stdin": subprocess.DEVNULL, "env": dict(os.environ), **how}
        return subprocess.run(
            [SCRIPT, *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **how,
        )

    return run


@pytest.fixture
def installed(command: Command, simulator: SatlocSimulator) -> Installed:
    """A pipeline with a customer, its account and its aircraft."""
    command("setup")
    return Installed(command, simulator)
