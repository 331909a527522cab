"""A simulated SatLoc, and services that talk to it over real HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.partners.auth_cache import AuthCache, MemoryAuthCache
from partner_pipeline.partners.base import Account
from partner_pipeline.partners.satloc import SatlocService
from partner_pipeline.partners.simulator import SatlocSimulator, SimulatorConfig
from pipeline.partners.tools import FakeTime, OpenService, service_settings


@pytest.fixture
def simulator() -> Iterator[SatlocSimulator]:
    with SatlocSimulator(SimulatorConfig(logs=3)) as running:
        yield running


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def open_service(
    simulator: SatlocSimulator, fake_time: FakeTime, tmp_path: Path
) -> Iterator[OpenService]:
    """Services that never really wait between tries; deadlines are real time's."""
    opened: list[SatlocService] = []

    def open_one(
        auth_cache: AuthCache | None = None,
        *,
        clock: Callable[[], float] | None = None,
        **settings: Any,
    ) -> SatlocService:
        places = {"endpoint": simulator.endpoint, "storage": tmp_path / "logs"}
        service = SatlocService(
            service_settings(**{**places, **settings}),
            MemoryAuthCache() if auth_cache is None else auth_cache,
            sleep=fake_time.sleep,
            clock=time.monotonic if clock is None else clock,
        )
        opened.append(service)
        return service

    yield open_one
    for service in opened:
        service.close()


@pytest.fixture
def satloc(open_service: OpenService) -> SatlocService:
    return open_service()


@pytest.fixture
def customer(simulator: SatlocSimulator) -> Account:
    return simulator.world.accounts[0].account()


@pytest.fixture
def aircraft_id(simulator: SatlocSimulator) -> str:
    return simulator.world.aircraft(simulator.world.accounts[0])[0].id
