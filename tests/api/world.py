"""A served API above the pipeline on its embedded default, and everybody who may ask it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from partner_pipeline.model.ids import deterministic_id
from partner_pipeline.model.people import Partner, Pilot, User, UserKind
from partner_pipeline.partners.simulator import SatlocSimulator, SimulatorConfig
from partner_pipeline.serving import listening, server
from partner_pipeline.settings import Settings
from partner_pipeline.work import people
from partner_pipeline.work.context import Context
from partner_pipeline.workers.sync import SyncWorker
from pipeline.repositories.tools import Clock
from pipeline.work.tools import Account, Outbox, Pipeline, found_accounts, open_context

PASSWORD = "correct horse battery"
#: As expensive as argon2 can be, a test of every route would take minutes.
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

ROLES = ("admin", "customer", "pilot")
#: Who logs in, and as whom.
USERNAMES = {"admin": "root", "customer": "rice", "pilot": "pat", "stranger": "wheat"}


@dataclass(slots=True)
class World:
    """Everything that a test of the API may want to look at.

    Customer 0 is the one who asks as ``customer``, and whose pilot asks as ``pilot``; customer 1
    asks as ``stranger``.
    """

    pipeline: Pipeline
    app: FastAPI
    url: str
    folder: Path
    users: dict[str, User]
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        return self.pipeline.context

    @property
    def clock(self) -> Clock:
        return self.pipeline.clock

    @property
    def simulator(self) -> SatlocSimulator:
        return self.pipeline.simulator

    @property
    def accounts(self) -> tuple[Account, ...]:
        return self.pipeline.accounts

    def client(self, headers: dict[str, str] | None = None) -> httpx.Client:
        """One who is not logged in."""
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def login(self, who: str, password: str = PASSWORD) -> dict[str, Any]:
        with self.client() as client:
            body = {"username": USERNAMES.get(who, who), "password": password}
            answer = client.post("/api/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def logged_in(self, who: str) -> httpx.Client:
        token = self.login(who)["accessToken"]
        return self.client({"authorization": f"Bearer {token}"})

    def as_(self, who: str) -> httpx.Client:
        """One who is logged in; ``nobody`` is not."""
        if who not in self._clients:
            self._clients[who] = self.client() if who == "nobody" else self.logged_in(who)
        return self._clients[who]

    def work(self) -> dict[str, int]:
        """Work on what waits now, as a worker does."""
        return {status.value: n for status, n in SyncWorker(self.context).once().items()}

    def fly(self, customer: int = 0, aircraft: int = 0) -> str:
        """Have a job flown; the id of its log, which is processed."""
        account = self.accounts[customer]
        job = self.pipeline.job(customer, rate=28.5, swath_width=20.0)
        before = set(self.pipeline.logs(customer, aircraft))
        report = self.pipeline.assign(job, account.aircraft[aircraft].id)
        assert report.summary == {"uploaded": 1}
        with self.client({"authorization": self.as_("admin").headers["authorization"]}) as admin:
            answer = admin.post("/api/partners/syncData", json={"customerId": account.id})
        assert answer.status_code == 200, answer.text
        assert self.work() == {"completed": 1}
        (log,) = self.pipeline.logs(customer, aircraft).keys() - before
        return self.pipeline.logs(customer, aircraft)[log].id

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


def is_error(answer: httpx.Response, status: int, tag: str) -> bool:
    """Whether an answer is an error, in the shape of all of them."""
    if answer.status_code != status:
        return False
    error = answer.json()["error"]
    return set(error) == {".tag", "message", "details"} and error[".tag"] == tag


@contextmanager
def serving(context: Context) -> Iterator[tuple[FastAPI, str]]:
    """The API on a port of its own, served as `partner-pipeline serve` does."""
    with listening("127.0.0.1", 0) as address:
        host, port = address.getsockname()
        running = server(context)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [address]})
        thread.start()
        try:
            while not running.started and thread.is_alive():
                time.sleep(0.005)
            app = running.config.app
            assert isinstance(app, FastAPI)
            yield app, f"http://{host}:{port}"
        finally:
            running.should_exit = True
            thread.join()


@contextmanager
def open_world(folder: Path, clock: Clock | None = None, **changed: Any) -> Iterator[World]:
    """The API with two customers; `changed` are other settings."""
    clock = clock or Clock()
    with ExitStack() as opened:
        simulator = opened.enter_context(SatlocSimulator(SimulatorConfig(), now=clock))
        values: dict[str, Any] = {
            "embedded_path": folder / "pipeline.db",
            "satloc_storage_path": folder / "logs",
            "dlq_archive_path": folder / "archives",
            "satloc_api_endpoint": simulator.endpoint,
            "satloc_rate_limit": 100_000,
            "satloc_burst_limit": 100_000,
            "satloc_retry_attempts": 0,
            "circuit_failures": 100,
            "file_circuit_failures": 100,
            **changed,
        }
        settings = Settings.load(_env_file=None, **values)
        context, partners = opened.enter_context(open_context(settings, clock))
        mailer = Outbox("localhost", 25, "satlog@x.example", ["admin@x.example"])
        context = replace(context, mailer=mailer)
        accounts = found_accounts(context, simulator)
        pipeline = Pipeline(context, simulator, clock, mailer, partners.hooks, accounts)
        users = _people(context, accounts)
        app, url = opened.enter_context(serving(context))
        world = World(pipeline, app, url, folder, users)
        opened.callback(world.close)
        yield world


def _people(context: Context, accounts: tuple[Account, ...]) -> dict[str, User]:
    users = context.repositories.users
    admin = people.add_person(context, UserKind.ADMIN, "Ada", by="test")
    pilot = people.add_person(context, UserKind.PILOT, "Pat", customer_id=accounts[0].id, by="test")
    assert isinstance(pilot, Pilot)
    found = {
        "admin": admin,
        "customer": users.require(accounts[0].id),
        "pilot": pilot,
        "stranger": users.require(accounts[1].id),
    }
    return {who: with_login(context, user, USERNAMES[who]) for who, user in found.items()}


def with_login(context: Context, user: User, username: str) -> User:
    """A user who can log in with `PASSWORD`."""
    told = {"username": username, "password_hash": _CHEAP.hash(PASSWORD)}
    return context.repositories.users.change(user.model_copy(update=told))


def second_partner(context: Context) -> str:
    """The organisation of a partner that nobody has an account at; its id."""
    found = context.repositories.users.partner("AGIDRONEX")
    if found is None:
        found = people.add_partner(context, "AGIDRONEX", by="test")
    assert isinstance(found, Partner)
    assert found.id == deterministic_id("partner", "AGIDRONEX")
    return found.id
