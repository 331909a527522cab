"""A real Chromium, and a world that is worth looking at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from api.world import World, open_world
from web.stage import fill, this_moment
from web.tools import Visitor

_ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
)


@pytest.fixture(scope="session")
def browser(chromium_program: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium_program, args=_ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """After an ordinary day; the tests of a module share it."""
    with open_world(tmp_path_factory.mktemp("web"), this_moment()) as found:
        fill(found)
        yield found


@pytest.fixture
def visitor(browser: Browser, world: World) -> Iterator[Visitor]:
    found = Visitor(browser, world)
    yield found
    found.close()
