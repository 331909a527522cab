"""The metrics of a worker's own process."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from partner_pipeline.observe.endpoint import metrics_endpoint
from partner_pipeline.observe.metrics import Metrics
from pipeline.monitoring.plant import (
    COMMANDS,
    PATIENCE,
    SCRIPT,
    TOKEN,
    environment,
    free_port,
    running,
)

WORKERS = [*(command for command in COMMANDS.values() if command != "serve"), "all"]


@pytest.mark.parametrize("command", WORKERS)
def test_a_worker_tells_its_metrics_as_long_as_it_runs(tmp_path: Path, command: str) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/metrics"
    settings = environment(METRICS_PORT=str(port), METRICS_TOKEN=TOKEN)
    retries = httpx.HTTPTransport(retries=10)  # until it listens
    with (
        running([SCRIPT, command], tmp_path, command, **settings) as process,
        httpx.Client(transport=retries) as client,
    ):
        assert client.get(url).status_code == 401
        answer = client.get(url, headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        for metric in ("process_resident_memory_bytes ", "tasks_total{", "log_records_total "):
            assert f"\n{metric}" in answer.text
        # Queues are the API's business.
        assert "\nqueue_depth{" not in answer.text
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0, (tmp_path / f"{command}.log").read_text()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_without_a_port_nothing_is_served(tmp_path: Path) -> None:
    done = _run(tmp_path, "archive", "--once", METRICS_HOST="not a host")
    assert (done.returncode, "METRICS_HOST" in done.stderr) == (2, True)
    assert _run(tmp_path, "archive", "--once", METRICS_HOST="nowhere.invalid").returncode == 0


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with metrics_endpoint(Metrics(), "127.0.0.1", 0) as port:
        done = _run(tmp_path, "archive", METRICS_PORT=str(port))
    assert done.returncode == 2
    assert f"serving metrics at 127.0.0.1:{port}" in done.stderr
    assert "give it another one" in done.stderr
    assert "Traceback" not in done.stderr


def test_production_does_not_tell_everybody(tmp_path: Path) -> None:
    done = _run(
        tmp_path, "archive", ENVIRONMENT="production", METRICS_PORT="9800", METRICS_HOST="0.0.0.0"
    )
    assert (done.returncode, "METRICS_TOKEN" in done.stderr) == (2, True)


def _run(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *words],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
