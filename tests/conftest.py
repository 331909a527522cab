"""Hypothesis profiles: ``--hypothesis-profile=brief|dev|ci|long``; programs that tests start."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from provided import provided
from satlog_native import damage, decoding, index, log, streaming

# Whole layouts and logs are large draws; that they are slow is no news. Timing is never asserted.
# Fixtures of a function serve all its examples: they set what no example changes.
_COMMON = settings(
    deadline=None,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)

# For builds that trace or check every line: other inputs are the other runs' business.
settings.register_profile("brief", _COMMON, max_examples=15)
settings.register_profile("dev", _COMMON, max_examples=60)
settings.register_profile("ci", _COMMON, max_examples=100)
settings.register_profile("long", _COMMON, max_examples=10_000)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small log be split among threads, and walked in windows, as only large ones are."""
    monkeypatch.setattr(index, "LEAST_PER_THREAD", 16)
    monkeypatch.setattr(decoding, "LEAST_ROWS", 1)
    for module in (streaming, log):
        monkeypatch.setattr(module, "WINDOW", 3)
    monkeypatch.setattr(damage, "_STEP", 2)


@pytest.fixture
def no_index(small_steps: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small log be read as one that is too large to keep an index of."""
    monkeypatch.setattr(log, "KEPT_INDEX", 0)


@pytest.fixture(scope="session")
def prometheus_program() -> Path:
    """The server of Prometheus."""
    return Path(provided("prometheus", "PROMETHEUS"))


@pytest.fixture(scope="session")
def promtool() -> Path:
    """What checks Prometheus's files, and tests its rules."""
    return Path(provided("prometheus", "PROMTOOL"))


@pytest.fixture(scope="session")
def chromium_program() -> Path:
    """A browser, for playwright's ``executable_path``."""
    return Path(provided("chromium", "CHROMIUM"))
