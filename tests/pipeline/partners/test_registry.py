"""Partners by code: satlog's own, and those of other packages."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.errors import (
    PartnerDownError,
    PartnerUnavailable,
    SettingsError,
    ValidationError,
)
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.partners.agidronex import AgidronexService
from partner_pipeline.partners.auth_cache import MemoryAuthCache
from partner_pipeline.partners.registry import PartnerContext, PartnerRegistry
from partner_pipeline.partners.satloc import SatlocService, SatlocSettings
from partner_pipeline.settings import Settings
from pipeline.partners.tools import account, job_upload

PARTNER = """
from partner_pipeline.partners.agidronex import AgidronexService

class CropHawk(AgidronexService):
    code = "CROPHAWK"
    closed = False

    def __init__(self, context):
        self.context = context

    def health_check(self):
        return True

    def close(self):
        self.closed = True

class WrongCode(CropHawk):
    code = "OTHER"

def broken(context):
    raise TypeError("broken on purpose")

NOT_A_SERVICE = lambda context: "a text"
"""

Install = Callable[..., None]


@pytest.fixture
def context() -> PartnerContext:
    return PartnerContext(Settings.load(_env_file=None), MemoryAuthCache())


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a distribution with entry points where Python finds it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "crophawk_satlog.py").write_text(PARTNER)
    monkeypatch.delitem(sys.modules, "crophawk_satlog", raising=False)

    def install_one(name: str = "crophawk", **points: str) -> None:
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [f"{code} = {value}" for code, value in points.items()]
        (folder / "entry_points.txt").write_text("[satlog.partners]\n" + "\n".join(lines) + "\n")

    return install_one


def test_satlogs_own(context: PartnerContext) -> None:
    registry = PartnerRegistry(context)
    assert registry.codes() == ("AGIDRONEX", "SATLOC")
    assert isinstance(registry.service("SATLOC"), SatlocService)
    assert isinstance(registry.service("AGIDRONEX"), AgidronexService)
    registry.close()


def test_one_service_each_whatever_the_case(context: PartnerContext) -> None:
    registry = PartnerRegistry(context)
    found: list[Any] = []
    codes = ["SATLOC", "satloc", " SatLoc "] * 4
    threads = [
        threading.Thread(target=lambda code=code: found.append(registry.service(code)))
        for code in codes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(codes)
    assert len(set(map(id, found))) == 1
    registry.close()


def test_unknown(context: PartnerContext) -> None:
    registry = PartnerRegistry(context)
    with pytest.raises(ValidationError, match="'NOBODY': known are AGIDRONEX, SATLOC"):
        registry.service("NOBODY")


def test_another_packages_partner(context: PartnerContext, install: Install) -> None:
    install(CropHawk="crophawk_satlog:CropHawk")
    registry = PartnerRegistry(context)
    assert registry.codes() == ("AGIDRONEX", "CROPHAWK", "SATLOC")
    service: Any = registry.service("crophawk")
    assert service.health_check() is True
    assert service.context is context
    again: Any = registry.service("CROPHAWK")
    assert again is service
    registry.close()
    assert service.closed


def test_nobody_replaces_a_partner_of_satlogs_own(
    context: PartnerContext, install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    install(satloc="crophawk_satlog:CropHawk")
    with caplog.at_level(logging.WARNING):
        registry = PartnerRegistry(context)
    assert isinstance(registry.service("SATLOC"), SatlocService)
    assert "crophawk_satlog:CropHawk is not used" in caplog.text
    registry.close()


def test_two_packages_that_claim_one_partner(context: PartnerContext, install: Install) -> None:
    install("one", CROPHAWK="crophawk_satlog:CropHawk")
    install("two", CropHawk="crophawk_satlog:WrongCode")
    with pytest.raises(SettingsError, match="both claim CROPHAWK; remove one"):
        PartnerRegistry(context)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("no_such_module:Service", "ModuleNotFoundError"),
        ("crophawk_satlog:NoSuchName", "AttributeError"),
        ("crophawk_satlog:broken", "broken on purpose"),
        ("crophawk_satlog:NOT_A_SERVICE", "found a str"),
        ("crophawk_satlog:WrongCode", "found a WrongCode with code 'OTHER'"),
    ],
)
def test_a_broken_package_harms_nobody_else(
    context: PartnerContext, install: Install, value: str, message: str
) -> None:
    install(CROPHAWK=value)
    registry = PartnerRegistry(context)
    with pytest.raises(SettingsError, match=f"CROPHAWK from {value}.*{message}"):
        registry.service("CROPHAWK")
    assert isinstance(registry.service("SATLOC"), SatlocService)
    registry.close()


def test_satloc_is_told_what_settings_say() -> None:
    settings = Settings.load(
        _env_file=None,
        satloc_api_endpoint="https://example.test/api/",
        satloc_api_timeout=5000,
        satloc_retry_attempts=7,
        satloc_retry_delay=250,
        satloc_rate_limit=11,
        satloc_burst_limit=3,
        satloc_storage_path="/somewhere",
        satloc_max_file_size=99,
        circuit_failures=9,
        circuit_reset=timedelta(seconds=12),
        file_circuit_failures=4,
    )
    told = SatlocSettings.of(settings)
    assert told.endpoint == "https://example.test/api"
    assert (told.timeout, told.download_time) == (5.0, 20.0)
    assert (told.retries.tries, told.retries.delay) == (8, 0.25)
    assert (told.per_minute, told.burst) == (11, 3)
    assert (told.storage, told.max_file_size) == (Path("/somewhere"), 99)
    assert (told.circuit_failures, told.circuit_rest, told.file_failures) == (9, 12.0, 4)


def test_agidronex_says_that_it_is_not_there(context: PartnerContext) -> None:
    service = PartnerRegistry(context).service("AGIDRONEX")
    assert service.health_check() is False
    mine = account()
    asked: list[Callable[[], Any]] = [
        lambda: service.authenticate(mine),
        lambda: service.authenticate_and_cache(mine),
        lambda: service.aircraft_list(mine),
        lambda: service.aircraft_logs(mine, "N1"),
        lambda: service.log_data(mine, "log", "a.log", aircraft_id="N1"),
        lambda: service.upload_job(mine, "N1", job_upload(), {}),
        lambda: service.storage_path(mine, "N1"),
        lambda: service.resolve_log_file("a.log"),
    ]
    for ask in asked:
        with pytest.raises(PartnerUnavailable, match=r"AGIDRONEX.*another partner") as caught:
            ask()
        assert isinstance(caught.value, PartnerDownError)
        assert caught.value.category is ErrorCategory.PARTNER_DOWN
    service.close()
