"""Every example of docs/api.md works as it stands, and every route has one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from api.test_matrix import ENTRIES
from api.world import PASSWORD, World
from partner_pipeline.model.people import Admin
from partner_pipeline.workers.sync import SyncWorker

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def _asked() -> set[str]:
    """Routes that the examples ask, as method and path."""
    commands = re.sub(r"\\\n\s*", " ", "".join(BLOCKS))
    found = set()
    for command in re.findall(r"curl [^\n]*?\"\$API(?:/[^\"]*)\"[^\n]*", commands):
        (path,) = re.findall(r"\"\$API(/[^\"?]*)", command)
        sends = re.search(r" (--json|-F) ", command)
        named = re.search(r"-X (\w+)", command)
        method = named[1] if named else "POST" if sends else "GET"
        found.add(f"{method} {path}")
    return found


def _is_asked(route: str, asked: set[str]) -> bool:
    pattern = re.sub(r"\\\{\w+\\\}", r"[^/]+", re.escape(route))
    return any(re.fullmatch(pattern, each) for each in asked)


@pytest.mark.parametrize("route", sorted(ENTRIES))
def test_every_route_has_an_example(route: str) -> None:
    assert _is_asked(route, _asked())


@pytest.mark.parametrize("route", sorted(ENTRIES))
def test_every_route_is_in_the_table(route: str) -> None:
    method, path = route.split(" ")
    last = path.rpartition("/")[2]
    rows = [row for row in TEXT.splitlines() if row.startswith("| ") and method in row]
    assert any(path in row or f"`/{last}`" in row for row in rows) or "docs.css" in route


def test_the_examples_work(world: World, tmp_path: Path) -> None:
    missing = [name for name in ("bash", "curl", "jq") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")
    admin = world.users["admin"]
    assert isinstance(admin, Admin)
    store = world.context.repositories.users
    store.change(admin.model_copy(update={"username": "admin"}))
    folder = tmp_path / "examples"
    folder.mkdir()
    worker = SyncWorker(world.context, threads=1)
    worker.start()
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(BLOCKS)],
            cwd=folder,
            env={
                **os.environ,
                "API": world.url,
                "ADMIN_PASSWORD": PASSWORD,
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            },
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    finally:
        worker.stop()
        worker.join(30)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert done.stderr == ""
    assert (folder / "4711.job").read_bytes().startswith(b".")
