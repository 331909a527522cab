"""What the tests of the commands share."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import Result

from partner_pipeline.partners.simulator import SatlocSimulator

SCRIPT = Path(sys.executable).with_name("partner-pipeline")

#: What ``setup`` calls the customer.
CUSTOMER = "Sample customer"

#: Runs a command in this process, and checks its exit status.
Command = Callable[..., Result]
#: Runs the installed script.
Process = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Installed:
    """A pipeline that is set up, and the partner it talks to."""

    command: Command
    simulator: SatlocSimulator

    def json(self, *words: object, status: int | None = 0) -> Any:
        """What a command says to programs."""
        return json.loads(self.command(*words, "--json", status=status).stdout)

    def add_job(self, number: str = "4711", *options: object) -> str:
        """Add a job of some 12 ha; its id."""
        path = write_job(Path(f"{number}.job"), number)
        added = self.command("jobs", "add", path, "--customer", CUSTOMER, *options)
        return added.stdout.strip()

    def fly(self, number: str = "4711", aircraft: str = "N101SL") -> str:
        """Have a job flown and its log processed; the log's id."""
        self.add_job(number)
        self.command("jobs", "assign", number, aircraft)
        self.command("poll", "--once")
        self.command("sync", "--once")
        return str(self.json("logs", "list")[0]["id"])


def write_job(path: Path, number: str, latitude: float = 35.2) -> Path:
    """A ``.JOB`` file with a small field."""
    corners = [(0.0, 0.0), (0.0015, 0.0), (0.0015, 0.004), (0.0, 0.004)]
    lines = "".join(f"\t{latitude + n:.6f} {-90.9 + e:.6f}\r\n" for n, e in corners)
    path.write_bytes(
        f".JOB {number} NORTH {number}\r\n.VERSION 2\r\n.POL 1\r\n\tINC\r\n{lines}".encode()
    )
    return path


def all_bytes(folder: Path) -> bytes:
    """Everything that is on the disk below a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def fits(text: str, columns: int = 100) -> bool:
    """Whether no line is longer than a page is wide."""
    return max(map(len, text.splitlines()), default=0) <= columns
