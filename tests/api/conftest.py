"""The API, served: one for each test, or one for all of a module that changes little."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.world import World, open_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Of a whole module; its tests do not rely on what others have left as it was."""
    with open_world(tmp_path_factory.mktemp("api")) as opened:
        yield opened
