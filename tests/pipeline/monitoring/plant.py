"""All processes of the pipeline as they are deployed, and a Prometheus that watches them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from api.world import PASSWORD, with_login
from partner_pipeline.model.jobs import Job
from partner_pipeline.model.people import UserKind
from partner_pipeline.partners.simulator import SatlocSimulator, SimulatorConfig
from partner_pipeline.settings import Settings, variables
from partner_pipeline.work import people
from partner_pipeline.work.context import Context
from partner_pipeline.workers.opening import open_context
from pipeline.crash.tools import wait_for
from pipeline.monitoring.tools import CONFIG, RULES
from pipeline.work.tools import FIELD, Account, found_accounts

TOKEN: Final = "m7s0Jq9vN2xR4tY6wZ8bC1dF3gH5jL0k"
PATIENCE: Final = 60.0
SCRIPT: Final = Path(sys.executable).with_name("partner-pipeline")
#: As deploy/compose.yaml has them.
COMMANDS: Final = {
    "satlog-api": "serve",
    "satlog-poller": "poll",
    "satlog-worker": "sync",
    "satlog-archiver": "archive",
    "satlog-alerter": "alert",
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@contextmanager
def running(command: list[str | Path], folder: Path, name: str, **variables: str) -> Iterator[Any]:
    """A process with an environment of its own; ended, at the latest, with the block."""
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)


def environment(**given: str) -> dict[str, str]:
    """This process's, without settings of the pipeline but those given."""
    ours = {variable.name for variable in variables()}
    return {name: value for name, value in os.environ.items() if name not in ours} | given


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A server of Prometheus, asked over HTTP."""

    client: httpx.Client

    def ask(self, path: str, **query: str) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        content = answer.json()
        assert content["status"] == "success", content
        return content["data"]

    def query(self, expr: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each series that a query finds now."""
        found = self.ask("/api/v1/query", query=expr)
        assert found["resultType"] == "vector"
        return [(each["metric"], float(each["value"][1])) for each in found["result"]]

    def value(self, expr: str) -> float | None:
        """Of a query that finds one series at most."""
        found = self.query(expr)
        assert len(found) <= 1, found
        return found[0][1] if found else None

    def wait(self, expr: str, value: float) -> None:
        """Until a query has a value."""
        wait_for(
            lambda: self.value(expr) == value,
            lambda: f"{expr} is {self.value(expr)} instead of {value}",
            PATIENCE,
        )


@dataclass(frozen=True, slots=True)
class Plant:
    """What the test may look at, and the processes by the name of their job."""

    prometheus: Prometheus
    api: httpx.Client
    processes: dict[str, Any]
    context: Context
    accounts: tuple[Account, ...]
    simulator: SatlocSimulator
    folder: Path

    def assign(self) -> None:
        """Have a job uploaded, by the REST API."""
        account = self.accounts[0]
        job = Job(
            id="job-1",
            name="North",
            number="1001",
            customer=account.id,
            polygons=[FIELD],
            rate=28.5,
            swath_width=20.0,
        )
        self.context.repositories.jobs.insert(job)
        asked = {"asUsers": [{"uid": account.aircraft[0].id}]}
        answer = self.api.post(f"/api/jobs/{job.id}/assign", json=asked)
        assert answer.json()["summary"] == {"uploaded": 1}, answer.text

    def stop(self, job: str) -> int:
        """End a process as a supervisor does; its exit status."""
        self.processes[job].send_signal(signal.SIGTERM)
        status: int = self.processes[job].wait(PATIENCE)
        return status


@contextmanager
def open_plant(folder: Path, prometheus: Path) -> Iterator[Plant]:
    """Five processes on one SQLite file, and Prometheus as deploy/prometheus sets it up."""
    with ExitStack() as opened:
        simulator = opened.enter_context(SatlocSimulator(SimulatorConfig()))
        settings = environment(
            EMBEDDED_PATH=str(folder / "pipeline.db"),
            SATLOC_STORAGE_PATH=str(folder / "logs"),
            SATLOC_API_ENDPOINT=simulator.endpoint,
            SATLOC_RETRY_ATTEMPTS="0",
            SATLOC_RATE_LIMIT="100000",
            SATLOC_BURST_LIMIT="100000",
            PARTNER_SYNC_INTERVAL="300",
            PARTNER_HEALTH_CHECK_INTERVAL="300",
            METRICS_TOKEN=TOKEN,
        )
        same = Settings.load(
            _env_file=None,
            embedded_path=folder / "pipeline.db",
            satloc_storage_path=folder / "logs",
            satloc_api_endpoint=simulator.endpoint,
        )
        context = opened.enter_context(open_context(same))
        accounts = found_accounts(context, simulator)
        with_login(context, people.add_person(context, UserKind.ADMIN, "Ada", by="test"), "root")
        ports = {job: free_port() for job in COMMANDS}
        processes = {
            job: opened.enter_context(_process(job, ports[job], folder, settings))
            for job in COMMANDS
        }
        watching = opened.enter_context(_prometheus(prometheus, folder, ports))
        watching.wait('count(up{job=~"satlog-.+"} == 1)', len(COMMANDS))
        api = opened.enter_context(_logged_in(f"http://127.0.0.1:{ports['satlog-api']}"))
        yield Plant(watching, api, processes, context, accounts, simulator, folder)


@contextmanager
def _process(job: str, port: int, folder: Path, settings: dict[str, str]) -> Iterator[Any]:
    command: list[str | Path] = [SCRIPT, COMMANDS[job]]
    served = {"METRICS_PORT": str(port)}
    if job == "satlog-api":
        command += ["--port", str(port)]
    with running(command, folder, job, **settings, **served) as process:
        yield process


@contextmanager
def _prometheus(program: Path, folder: Path, ports: dict[str, int]) -> Iterator[Prometheus]:
    config = yaml.safe_load(CONFIG.read_text())
    config["global"] = {"scrape_interval": "500ms", "evaluation_interval": "500ms"}
    config["rule_files"] = [str(RULES)]
    token = folder / "token"
    token.write_text(TOKEN)
    for each in config["scrape_configs"]:
        each["authorization"]["credentials_file"] = str(token)
        each.pop("dns_sd_configs", None)
        each["static_configs"] = [{"targets": [f"127.0.0.1:{ports[each['job_name']]}"]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command: list[str | Path] = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    url = f"http://127.0.0.1:{port}"
    with (
        running(command, folder, "prometheus", **environment()),
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        wait_for(lambda: _is_ready(client), (folder / "prometheus.log").read_text, PATIENCE)
        yield Prometheus(client)


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def _logged_in(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=30) as client:
        body = {"username": "root", "password": PASSWORD}
        token = client.post("/api/auth/login", json=body).json()["accessToken"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client
