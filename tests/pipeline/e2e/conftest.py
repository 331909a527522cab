"""The whole pipeline, on its embedded default and on servers."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from partner_pipeline.partners.simulator import SatlocSimulator, SimulatorConfig
from partner_pipeline.settings import Settings
from partner_pipeline.workers.opening import open_context
from pipeline.e2e.stage import Stage
from pipeline.repositories.tools import Clock
from pipeline.work.tools import found_accounts

KEY = "e2e:" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simulator(clock: Clock) -> Iterator[SatlocSimulator]:
    with SatlocSimulator(SimulatorConfig(customers=2, aircraft=2), now=clock) as running:
        yield running


@pytest.fixture(params=["embedded", "servers"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """Where documents, queues and authentications are kept."""
    if request.param == "embedded":
        # Not what the environment may say, where the services are.
        none = dict.fromkeys(("mongodb_uri", "amqp_url", "queue_host", "redis_url"))
        return {"embedded_path": tmp_path / "pipeline.db", **none}
    mongo = urlsplit(request.getfixturevalue("mongo_uri"))
    database = request.getfixturevalue("mongo_database")
    return {
        "mongodb_uri": mongo._replace(path=f"/{database}").geturl(),
        "amqp_url": request.getfixturevalue("amqp_url"),
        "rabbitmq_management_url": request.getfixturevalue("amqp_management_url"),
        "redis_url": request.getfixturevalue("redis_url"),
        "queue_name_partner": f"{request.getfixturevalue('queue_prefix')}tasks",
    }


@pytest.fixture
def changed() -> dict[str, Any]:
    """Settings that a test module wants otherwise."""
    return {}


@pytest.fixture
def settings(
    backend: dict[str, Any], changed: dict[str, Any], tmp_path: Path, simulator: SatlocSimulator
) -> Settings:
    """Of a partner that has all the time, and of a pipeline that has none."""
    values = {
        "environment": "production",  # queues without a prefix of their own
        "credentials_keys": KEY,
        "satloc_storage_path": tmp_path / "logs",
        "dlq_archive_path": tmp_path / "archives",
        "satloc_api_endpoint": simulator.endpoint,
        "satloc_rate_limit": 100_000,
        "satloc_burst_limit": 100_000,
        "satloc_retry_attempts": 0,
        "partner_max_concurrent_jobs": 4,
        "circuit_failures": 100,
        "file_circuit_failures": 100,
    }
    return Settings.load(_env_file=None, **{**values, **backend, **changed})


@pytest.fixture
def stage(settings: Settings, simulator: SatlocSimulator, clock: Clock) -> Iterator[Stage]:
    with open_context(settings, now=clock, sleep=lambda _: None) as context:
        accounts = found_accounts(context, simulator)
        stage = Stage(settings, context, clock, simulator, accounts)
        with stage.processes:
            yield stage
