"""Metrics over HTTP, of a process that serves nothing else."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from partner_pipeline.errors import InfrastructureError
from partner_pipeline.model.states import LogStatus
from partner_pipeline.observe.endpoint import metrics_endpoint, metrics_served
from partner_pipeline.observe.metrics import CONTENT_TYPE, Metrics
from partner_pipeline.settings import Settings

TOKEN = "m7s0Jq9vN2xR4tY6wZ8bC1dF3gH5jL0k"


@pytest.fixture
def metrics() -> Metrics:
    found = Metrics()
    found.log(LogStatus.PROCESSED)
    return found


@pytest.fixture
def url(metrics: Metrics) -> Iterator[str]:
    with metrics_endpoint(metrics, "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


def test_what_was_counted_is_told(metrics: Metrics, url: str) -> None:
    answer = httpx.get(f"{url}/metrics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, CONTENT_TYPE)
    assert len(answer.content) == int(answer.headers["content-length"])
    families = {each.name: each for each in text_string_to_metric_families(answer.text)}
    told = {tuple(each.labels.items()): each.value for each in families["logs"].samples}
    assert told[("status", "processed"),] == 1
    metrics.log(LogStatus.PROCESSED)
    assert 'logs_total{status="processed"} 2.0' in httpx.get(f"{url}/metrics?x=y").text


@pytest.mark.parametrize("path", ["/", "/metrics/", "/api/health", "/metricsx"])
def test_nothing_else_is_told(url: str, path: str) -> None:
    answer = httpx.get(url + path)
    assert answer.status_code == 404
    assert "logs_total" not in answer.text


def test_nothing_can_be_sent(url: str) -> None:
    assert httpx.post(f"{url}/metrics", content=b"x").status_code == 501


@pytest.mark.parametrize(
    "sent", ["", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", "Bearer \u00e4", None]
)
def test_who_has_no_token_is_told_nothing(metrics: Metrics, sent: str | None) -> None:
    with metrics_endpoint(metrics, "127.0.0.1", 0, SecretStr(TOKEN)) as port:
        headers = {} if sent is None else {b"authorization": sent.encode()}
        for path in ("/metrics", "/"):
            answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert "logs_total" not in answer.text
            assert TOKEN not in answer.text


def test_who_has_the_token(metrics: Metrics) -> None:
    with metrics_endpoint(metrics, "127.0.0.1", 0, SecretStr(TOKEN)) as port:
        headers = {"authorization": f"Bearer {TOKEN}"}
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", headers=headers)
    assert (answer.status_code, "logs_total" in answer.text) == (200, True)


def test_a_reader_that_says_nothing_keeps_nobody_waiting(url: str) -> None:
    parts = httpx.URL(url)
    with socket.create_connection((parts.host, parts.port or 0)):
        assert httpx.get(f"{url}/metrics", timeout=5).status_code == 200


def test_a_reader_that_goes_away_disturbs_nobody(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    parts = httpx.URL(url)
    with socket.create_connection((parts.host, parts.port or 0)) as reader:
        # Nothing is said goodbye: the connection is reset.
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        reader.sendall(b"GET /metrics HTTP/1.0\r\n\r")
    assert httpx.get(f"{url}/metrics").status_code == 200
    assert "Traceback" not in capfd.readouterr().err


def test_it_is_served_as_long_as_it_is_wanted(metrics: Metrics) -> None:
    with metrics_endpoint(metrics, "127.0.0.1", 0) as port:
        assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 200
    assert "metrics" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics")
    with metrics_endpoint(metrics, "127.0.0.1", port) as again:
        assert again == port


def test_an_address_that_is_taken(metrics: Metrics) -> None:
    with (
        metrics_endpoint(metrics, "127.0.0.1", 0) as port,
        pytest.raises(InfrastructureError, match=f"127.0.0.1:{port}: .*in use; .*METRICS_PORT"),
        metrics_endpoint(metrics, "127.0.0.1", port),
    ):
        pass


def test_an_address_that_is_not_here(metrics: Metrics) -> None:
    with (
        pytest.raises(InfrastructureError, match="another METRICS_HOST"),
        metrics_endpoint(metrics, "203.0.113.9", 9800),
    ):
        pass


def test_the_settings_say_whether_it_is_served(metrics: Metrics) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    unset = Settings.load(_env_file=None, metrics_port=None)
    with metrics_served(unset, metrics), pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics")
    told = Settings.load(_env_file=None, metrics_port=port, metrics_token=TOKEN)
    with metrics_served(told, metrics):
        assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 401
