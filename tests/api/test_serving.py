"""Serving in a process of its own: begun, and ended in order."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from api.world import World
from partner_pipeline.errors import InfrastructureError
from partner_pipeline.serving import listening, serve

SERVE = """
import sys
from pathlib import Path
from partner_pipeline.serving import serve
from partner_pipeline.settings import Settings
from partner_pipeline.workers.opening import open_context

folder, port = Path(sys.argv[1]), int(sys.argv[2])
with open_context(Settings.load(_env_file=None, embedded_path=folder / "x.db")) as context:
    serve(context, "127.0.0.1", port)
print("closed in order", flush=True)
"""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    port = _free_port()
    command = [sys.executable, "-c", SERVE, str(tmp_path), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        transport = httpx.HTTPTransport(retries=8)  # until it listens
        with httpx.Client(transport=transport, base_url=f"http://127.0.0.1:{port}") as client:
            assert client.get("/api/health/ready").json()["status"] == "healthy"
        process.send_signal(number)
        told, _ = process.communicate(timeout=30)
    assert (process.returncode, told) == (0, "closed in order\n")


def test_an_address_that_is_taken(world: World) -> None:
    with listening("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InfrastructureError, match=f"serving at 127.0.0.1:{port}: .*in use"):
            serve(world.context, "127.0.0.1", port)
    with pytest.raises(InfrastructureError, match="give another host"):
        serve(world.context, "203.0.113.9", 80)
