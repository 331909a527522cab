"""200 logs, and RabbitMQ and the store are killed and started again in the middle of them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.model.states import LogStatus
from pipeline.crash.harness import Orders, child, ended, tail
from pipeline.crash.tools import offer_many, processed, values_of, wait_for
from pipeline.e2e.ledger import check_all
from pipeline.e2e.stage import Stage, is_done

_SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "services.py"
_SERVICES = ("rabbitmq", "mongodb", "redis")
_URLS = ("AMQP_URL", "RABBITMQ_MANAGEMENT_URL", "MONGODB_URI", "REDIS_URL")

LOGS = 200


class Services:
    """Servers that nobody else uses: they can be killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shared = _SCRIPT.parent.parent / "build" / "services" / "packages"
        if shared.is_dir():
            (folder / "packages").symlink_to(shared)  # what was downloaded for the shared ones

    def do(self, command: str, *services: str) -> str:
        line = [sys.executable, str(_SCRIPT), command, *services, "--folder", str(self._folder)]
        mine = {name: value for name, value in os.environ.items() if name not in _URLS}
        done = subprocess.run(line, capture_output=True, text=True, check=False, env=mine)
        if done.returncode:
            reason = f"scripts/services {command} failed: {done.stderr}"
            if os.environ.get("SATLOG_REQUIRE_SERVICES"):
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
        return done.stdout

    def restart(self, service: str) -> None:
        self.do("kill", service)
        self.do("up", service)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    services = Services(tmp_path_factory.mktemp("services"))
    try:
        yield services
    finally:
        services.do("down", *_SERVICES)


@pytest.fixture(scope="module")
def urls(services: Services) -> dict[str, str]:
    lines = services.do("up", *_SERVICES).splitlines()
    pairs = (shlex.split(line)[1].partition("=") for line in lines)
    return {name: value for name, _, value in pairs}


# In the place of those that all tests share.


@pytest.fixture(scope="module")
def mongo_uri(urls: dict[str, str]) -> str:
    return urls["MONGODB_URI"]


@pytest.fixture(scope="module")
def amqp_url(urls: dict[str, str]) -> str:
    return urls["AMQP_URL"]


@pytest.fixture(scope="module")
def amqp_management_url(urls: dict[str, str]) -> str:
    return urls["RABBITMQ_MANAGEMENT_URL"]


@pytest.fixture(scope="module")
def redis_url(urls: dict[str, str]) -> str:
    return urls["REDIS_URL"]


@pytest.fixture
def changed() -> dict[str, Any]:
    """What is lost is looked for soon."""
    return {"stuck_timeout": 5000, "partner_sync_interval": 2000}


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["servers"], indirect=True)
def test_servers_that_go_away_cost_nothing(
    stage: Stage, services: Services, tmp_path: Path
) -> None:
    for customer in (0, 1):
        stage.flown(customer)
    offer_many(stage, LOGS - 2)
    offered = [log.id for log in stage.simulator.world.logs]
    log = tmp_path / "children.log"
    settings = values_of(stage.settings)

    def reaches(count: int) -> None:
        wait_for(
            lambda: processed(stage.store) >= count or not process.is_alive(),
            lambda: f"{processed(stage.store)} of {count} logs are processed\n{tail(log)}",
            240.0,
        )
        assert process.is_alive(), tail(log)

    with child(Orders("serving", settings, stage.clock.time, log)) as process:
        for count, service in ((20, "mongodb"), (60, "rabbitmq"), (100, "redis")):
            reaches(count)
            services.restart(service)
        reaches(LOGS)
        wait_for(lambda: is_done(stage.context, offered), stage.told, 60.0)
    stage.clock.advance(hours=1)
    assert ended(Orders("finishing", settings, stage.clock.time, log, offered=offered)) == 0
    stage.clock.advance(days=1)
    assert stage.statuses() == {LogStatus.PROCESSED: LOGS}
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)
