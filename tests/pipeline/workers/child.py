"""A worker in a process of its own: ``child.py FOLDER GRACE``.

It says ``in hand`` when it has claimed a log, and goes on when it reads a line.
"""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import patch

from partner_pipeline.workers.running import run
from partner_pipeline.workers.sync import SyncWorker
from pipeline.workers.tools import open_room


def _wait_here(place: str) -> None:
    if place == "process.claimed":
        print("in hand", flush=True)
        sys.stdin.readline()


def main() -> int:
    folder, grace = sys.argv[1:]
    with (
        patch("partner_pipeline.work.processing.failpoint", _wait_here),
        open_room(Path(folder)) as room,
    ):
        return 0 if run([SyncWorker(room.context, threads=1)], float(grace)) else 1


if __name__ == "__main__":
    sys.exit(main())
