"""The stage of the end-to-end tests, for processes that are killed."""

from __future__ import annotations

from pipeline.e2e.conftest import (  # noqa: F401 - fixtures
    backend,
    changed,
    clock,
    settings,
    simulator,
    stage,
)
