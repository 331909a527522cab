"""Every implementation of the store, empty; the contract's tests run on each of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from partner_pipeline.store.base import Store
from pipeline.store.tools import Place


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    return Place("sqlite", str(tmp_path / "store.db"))


@pytest.fixture
def mongodb_place(mongo_uri: str, mongo_database: str) -> Place:
    return Place("mongodb", urlunsplit(urlsplit(mongo_uri)._replace(path=f"/{mongo_database}")))


@pytest.fixture(params=["sqlite", "mongodb"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    opened = place.open()
    yield opened
    opened.close()
