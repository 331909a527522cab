"""The pipeline on SQLite and embedded queues, its clock set by tests, and a simulated SatLoc."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.partners.simulator import SatlocSimulator, SimulatorConfig
from partner_pipeline.settings import Settings
from pipeline.repositories.tools import Clock
from pipeline.work.tools import Outbox, Pipeline, found_accounts, open_context


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
    with open_context(settings, clock) as (opened, partners):
        mailer = Outbox("localhost", 25, "satlog@x.example", ["admin@x.example"])
        context = replace(opened, mailer=mailer)
        accounts = found_accounts(context, simulator)
        yield Pipeline(context, simulator, clock, mailer, partners.hooks, accounts)
