"""The pipeline on SQLite and embedded queues, its clock set by tests, and a simulated SatLoc."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.broker.embedded import EmbeddedBroker
from partner_pipeline.key_file import load_keys
from partner_pipeline.partners.auth_cache import MemoryAuthCache
from partner_pipeline.partners.credentials import KeyRing
from partner_pipeline.partners.registry import PartnerContext
from partner_pipeline.partners.simulator import SatlocSimulator, SimulatorConfig
from partner_pipeline.settings import Settings
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.store.sqlite import SqliteStore
from partner_pipeline.work.context import Context
from pipeline.repositories.tools import Clock
from pipeline.work.tools import HookedRegistry, Outbox, Pipeline, found_accounts


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simulator(clock: Clock) -> Iterator[SatlocSimulator]:
    with SatlocSimulator(SimulatorConfig(customers=2, aircraft=2), now=clock) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, simulator: SatlocSimulator) -> Settings:
    """Of a partner that is never waited for."""
    values: dict[str, Any] = {
        "embedded_path": tmp_path / "pipeline.db",
        "satloc_storage_path": tmp_path / "logs",
        "dlq_archive_path": tmp_path / "archives",
        "satloc_api_endpoint": simulator.endpoint,
        "satloc_rate_limit": 100_000,
        "satloc_burst_limit": 100_000,
        "satloc_retry_attempts": 0,
        "circuit_failures": 100,
        "file_circuit_failures": 100,
        "partner_max_concurrent_jobs": 4,
    }
    return Settings.load(_env_file=None, **values)


@pytest.fixture
def pipeline(settings: Settings, simulator: SatlocSimulator, clock: Clock) -> Iterator[Pipeline]:
    with ExitStack() as opened:
        store = SqliteStore(settings.embedded_path)
        opened.callback(store.close)
        repositories = Repositories(store, clock)
        repositories.ensure_indexes()
        broker = opened.enter_context(
            EmbeddedBroker(settings.embedded_path, retention=timedelta(days=365), now=clock)
        )
        broker.declare(settings.task_queues)
        partners = HookedRegistry(
            PartnerContext(settings, MemoryAuthCache(now=clock), sleep=lambda _: None)
        )
        opened.callback(partners.close)
        mails: Any = Outbox()
        numbers = itertools.count(1)
        context = Context(
            settings=settings,
            repositories=repositories,
            broker=broker,
            partners=partners,
            keys=KeyRing(load_keys(settings)),
            owner=f"process-{next(numbers)}",
            mailer=mails,
            now=clock,
            chance=lambda: 0.0,
        )
        accounts = found_accounts(context, simulator)
        yield Pipeline(context, simulator, clock, mails, partners.hooks, accounts)
