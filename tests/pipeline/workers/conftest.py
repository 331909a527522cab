"""The pipeline with logs to work on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.workers.tools import Room, open_room, servers_of


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with open_room(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["embedded", "servers"])
def any_room(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Room]:
    servers = servers_of(request) if request.param == "servers" else {}
    with open_room(tmp_path, **servers) as opened:
        yield opened
