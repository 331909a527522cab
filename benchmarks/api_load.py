"""Many clients at once against the API on the embedded default: errors, and how long they wait.

    python -m benchmarks.api_load --clients 50 --seconds 30

Serves in a process of its own, on a database of its own that holds some flown jobs, and asks what
pages ask: mostly lists and logs, now and then a change. Prints requests, errors and, for each
route, the median and 95th percentile of its time; the exit status is 1 if there was an error.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from partner_pipeline.model.people import UserKind
from partner_pipeline.partners.base import PartnerAircraft
from partner_pipeline.partners.simulator import SatlocSimulator, SimulatorConfig
from partner_pipeline.serving import listening, server
from partner_pipeline.settings import Settings
from partner_pipeline.work import founding, people
from partner_pipeline.work.assign import Assignee, assign
from partner_pipeline.work.context import Context
from partner_pipeline.work.job_entry import add_job
from partner_pipeline.work.poll import poll
from partner_pipeline.workers.opening import open_context
from partner_pipeline.workers.sync import SyncWorker
from satlog_native.jobs.model import JobFile, JobPolygon

PASSWORD = "correct horse battery"
_JOBS = 4
_FIELD = ((35.2, -90.9), (35.2, -90.896), (35.206, -90.896), (35.206, -90.9), (35.2, -90.9))

#: What is asked, and how often among the others.
_READS = {
    "GET /api/overview": 4,
    "GET /api/logs": 6,
    "GET /api/logs/{log}": 6,
    "GET /api/logs/{log}/map.geojson": 1,
    "GET /api/jobs": 4,
    "GET /api/partners": 2,
    "GET /api/partners/systemUsers": 2,
    "GET /api/tasks": 3,
    "GET /api/dlq": 2,
    "GET /api/health": 2,
    "GET /api/auth/me": 2,
    "PUT /api/users/{pilot}": 1,
}


@dataclass(slots=True)
class Seen:
    """What the clients saw."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, name: str, seconds: float, error: str | None) -> None:
        with self.lock:
            self.seconds[name].append(seconds)
            if error is not None:
                self.errors[f"{name}: {error}"] += 1

    @property
    def requests(self) -> int:
        """How many were answered, or failed."""
        return sum(map(len, self.seconds.values()))


@dataclass(frozen=True, slots=True)
class Load:
    """So many clients, for so long, and what they saw."""

    clients: int
    lasted: float  # s
    seen: Seen

    def rows(self) -> Iterator[tuple[str, int, float, float]]:
        """Of each route, and of all: requests, median and 95th percentile, s."""
        whole: list[float] = []
        for name in _READS:
            whole += (found := self.seen.seconds.get(name, []))
            if found:
                yield name, len(found), _at(found, 50), _at(found, 95)
        yield "all", len(whole), _at(whole, 50), _at(whole, 95)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0)
    told = parser.parse_args()
    load = measure(told.clients, told.seconds)
    _tell(load)
    return 1 if load.seen.errors else 0


def measure(clients: int, seconds: float) -> Load:
    """Serve, and ask."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="satlog-load-") as folder:
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=_serve, args=(folder, theirs))
        process.start()
        try:
            url, ids = ours.recv()
            begun = time.perf_counter()
            seen = _load(url, ids, clients, seconds)
            return Load(clients, time.perf_counter() - begun, seen)
        finally:
            ours.send("stop")
            process.join(60)


def _serve(folder: str, pipe: Any) -> None:
    """In a process of its own: what the clients ask."""
    with ExitStack() as opened:
        satloc = opened.enter_context(SatlocSimulator(SimulatorConfig(customers=1, aircraft=1)))
        settings = Settings.load(
            _env_file=None,
            embedded_path=Path(folder, "load.db"),
            satloc_storage_path=Path(folder, "logs"),
            satloc_api_endpoint=satloc.endpoint,
            satloc_rate_limit=100_000,
            satloc_burst_limit=100_000,
        )
        context = opened.enter_context(open_context(settings))
        ids = _fill(context, satloc)
        address = opened.enter_context(listening("127.0.0.1", 0))
        host, port = address.getsockname()
        running = server(context)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [address]})
        thread.start()
        while not running.started:
            time.sleep(0.01)
        pipe.send((f"http://{host}:{port}", ids))
        pipe.recv()
        running.should_exit = True
        thread.join()


def _fill(context: Context, satloc: SatlocSimulator) -> dict[str, str]:
    """Some jobs, flown; the ids that are asked for."""
    by = "load"
    known = satloc.world.accounts[0]
    founding.found_partner(context, "SATLOC", by=by)
    founding.found_admin(context, "admin", lambda: SecretStr(PASSWORD), by=by)
    customer = founding.found_customer(context, "Rice Farms", by=by).id
    founding.found_account(
        context, "SATLOC", customer, known.username, lambda: SecretStr(known.password), by=by
    )
    (flown, *_) = satloc.world.aircraft(known)
    aircraft = founding.found_aircraft(
        context, "SATLOC", customer, PartnerAircraft(flown.id, flown.tail_number), by=by
    ).id
    pilot = people.add_person(context, UserKind.PILOT, "Pat", customer_id=customer, by=by).id
    for number in range(_JOBS):
        file = JobFile(str(4711 + number), "Field", polygons=(JobPolygon(_FIELD),))
        job = add_job(context, file, customer, by=by)
        assign(context, job.id, [Assignee(aircraft)], by)
    poll(context)
    SyncWorker(context).once()
    (log, *_) = context.repositories.trackers.recent(limit=1)
    return {"log": log.id, "pilot": pilot}


def _load(url: str, ids: dict[str, str], clients: int, seconds: float) -> Seen:
    with httpx.Client(base_url=url, timeout=60) as client:
        body = {"username": "admin", "password": PASSWORD}
        token = client.post("/api/auth/login", json=body).raise_for_status().json()["accessToken"]
    seen, until = Seen(), time.perf_counter() + seconds
    headers = {"authorization": f"Bearer {token}"}
    threads = [
        threading.Thread(
            target=_client,
            args=(
                httpx.Client(base_url=url, headers=headers, timeout=60),
                ids,
                number,
                until,
                seen,
            ),
        )
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def _client(
    client: httpx.Client, ids: dict[str, str], number: int, until: float, seen: Seen
) -> None:
    """One client: its next request as soon as it has the answer, as impatient as can be."""
    chance = random.Random(number)
    names, weights = list(_READS), list(_READS.values())
    with client:
        while time.perf_counter() < until:
            (name,) = chance.choices(names, weights)
            method, path = name.format(**ids).split(" ")
            body: dict[str, Any] | None = None
            if method == "PUT":
                body = {"name": f"Pat {chance.random():.6f}"}
            begun = time.perf_counter()
            error = None
            try:
                answer = client.request(method, path, json=body)
                if not answer.is_success:
                    error = f"{answer.status_code} {answer.text[:200]}"
            except httpx.HTTPError as trouble:
                error = repr(trouble)
            seen.note(name, time.perf_counter() - begun, error)


def _tell(load: Load) -> None:
    print(f"{'route':36} {'requests':>9} {'median':>9} {'p95':>9}")
    for name, count, median, p95 in load.rows():
        print(f"{name:36} {count:9,} {1e3 * median:6.0f} ms {1e3 * p95:6.0f} ms")
    errors, rate = load.seen.errors, load.seen.requests / load.lasted
    print(
        f"{load.clients} clients, {load.lasted:.1f} s: {rate:,.0f} requests a second, "
        f"{errors.total():,} errors"
    )
    for error, count in errors.most_common(5):
        print(f"  {count:,} x {error}", file=sys.stderr)


def _at(seconds: list[float], percent: int) -> float:
    if len(seconds) < 2:
        return seconds[0]
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    sys.exit(main())
