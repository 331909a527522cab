"""Repositories over each store, empty, with all indexes and a clock that tests set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from partner_pipeline.store.base import Store
from partner_pipeline.store.mongo import MongoStore
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.store.sqlite import SqliteStore
from pipeline.repositories.tools import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    store = SqliteStore(tmp_path / "store.db")
    yield store
    store.close()


@pytest.fixture
def mongodb_store(mongo_uri: str, mongo_database: str) -> Iterator[Store]:
    parts = urlsplit(mongo_uri)
    store = MongoStore(urlunsplit(parts._replace(path=f"/{mongo_database}")))
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "mongodb"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(f"{request.param}_store")
    assert found.name == request.param
    return found


@pytest.fixture
def repositories(store: Store, clock: Clock) -> Repositories:
    made = Repositories(store, clock)
    made.ensure_indexes()
    return made
