"""What the tests of partners share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pydantic import SecretStr

from partner_pipeline.model.backoff import RetryPolicy
from partner_pipeline.partners.auth_cache import AuthCache
from partner_pipeline.partners.base import Account, JobUpload
from partner_pipeline.partners.satloc import SatlocService, SatlocSettings

#: Of a field of 24 ha near Memphis.
FIELD = ((35.2, -90.9), (35.206, -90.9), (35.206, -90.896), (35.2, -90.896))


class FakeTime:
    """A clock that only sleeping moves; remembers how long was slept."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class OpenService(Protocol):
    """Opens a service that talks to the simulator; closed after the test."""

    def __call__(
        self,
        auth_cache: AuthCache | None = None,
        *,
        clock: Callable[[], float] | None = None,
        **settings: Any,
    ) -> SatlocService: ...


def service_settings(**changed: Any) -> SatlocSettings:
    """Patient where nothing is awaited, and in no hurry to open a circuit."""
    settings: dict[str, Any] = {
        "timeout": 10.0,
        "retries": RetryPolicy(tries=4, delay=10.0, factor=2.0, longest=60.0),
        "per_minute": 100_000,
        "burst": 100_000,
        "circuit_failures": 100,
        "file_failures": 100,
    }
    return SatlocSettings(**{**settings, **changed})


def account(
    customer_id: str = "c1", username: str = "u@x.example", password: str = "geheim!!"
) -> Account:
    return Account("SATLOC", customer_id, username, SecretStr(password))


def job_upload(number: str = "4711", field: Any = FIELD) -> JobUpload:
    from satlog_native.jobs import JobFile, JobPolygon
    from satlog_native.jobs.model import ring

    return JobUpload.of(JobFile(number, "North", polygons=(JobPolygon(ring(field)),)))
