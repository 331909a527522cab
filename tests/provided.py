"""What the tests need of the machine: that of the environment, else that of scripts/services."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

_SERVICES = Path(__file__).resolve().parents[1] / "scripts" / "services.py"


def provided(name: str, variable: str) -> str:
    """The URL of a service, or the path of a program.

    It is started or installed when it is not there; several test processes share it.
    """
    if given := os.environ.get(variable):
        return given
    command = [sys.executable, str(_SERVICES), "up", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = f"{variable} is not set, and scripts/services up {name} failed: {done.stderr}"
        if os.environ.get("SATLOG_REQUIRE_SERVICES"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    lines = (shlex.split(line)[1].partition("=") for line in done.stdout.splitlines())
    return {found: value for found, _, value in lines}[variable]
