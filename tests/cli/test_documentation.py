"""What README and tutorial show works as shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from satlog_native import layouts

TREE = Path(__file__).parents[2]
README = (TREE / "README.md").read_text(encoding="utf-8")
TUTORIAL = (TREE / "docs" / "layouts.md").read_text(encoding="utf-8")
FIRST_MINUTES = README.partition("## The first ten minutes")[2].partition("\n## ")[0]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def run(command: list[str] | str, folder: Path) -> None:
    """Run a command where the environment's own scripts are found first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def test_first_ten_minutes(tmp_path: Path) -> None:
    commands = "".join(blocks(FIRST_MINUTES, "sh")).splitlines()
    assert len(commands) > 5
    for command in commands:
        run(command, tmp_path)
    for script in blocks(FIRST_MINUTES, "python"):
        run([sys.executable, "-W", "error", "-c", script], tmp_path)


@pytest.mark.parametrize("text", blocks(TUTORIAL, "toml"), ids=["framing", "finished"])
def test_layouts_of_the_tutorial(text: str) -> None:
    assert layouts.loads(text).name == "ag2"
