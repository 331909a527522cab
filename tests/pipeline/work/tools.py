"""What the tests of the use cases share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from partner_pipeline.broker.base import Peeked
from partner_pipeline.broker.embedded import EmbeddedBroker
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.errors import ValidationError
from partner_pipeline.key_file import load_keys
from partner_pipeline.model.clock import Now
from partner_pipeline.model.ids import assignment_id, new_id
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.people import Aircraft, PartnerSystemUser, Pilot, UserKind
from partner_pipeline.model.states import LogStatus
from partner_pipeline.model.tasks import TaskMessage, UploadJobTask
from partner_pipeline.observe.mail import Mailer
from partner_pipeline.observe.metrics import Metrics
from partner_pipeline.partners.auth_cache import MemoryAuthCache
from partner_pipeline.partners.base import BasePartnerService
from partner_pipeline.partners.credentials import KeyRing
from partner_pipeline.partners.registry import PartnerContext, PartnerRegistry
from partner_pipeline.partners.simulator import Fault, SatlocSimulator
from partner_pipeline.settings import Settings
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.store.sqlite import SqliteStore
from partner_pipeline.work import people
from partner_pipeline.work.assign import Assignee, AssignReport, assign
from partner_pipeline.work.context import Context
from partner_pipeline.work.upload import upload_task
from pipeline.repositories.tools import Clock

#: A field of 24 ha, GeoJSON.
FIELD: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [
        [[-90.9, 35.2], [-90.896, 35.2], [-90.896, 35.206], [-90.9, 35.206], [-90.9, 35.2]]
    ],
}

NO_ANSWER = Fault("reset_after")


@dataclass(frozen=True, slots=True)
class Outbox(Mailer):
    """A mailer that keeps what it is to send: only the way to a mail server is left out."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    broken: list[Exception] = field(default_factory=list)

    def send(self, subject: str, text: str) -> tuple[str, ...]:
        if self.broken:
            raise self.broken[0]
        self.sent.append((subject, text))
        return ()


class HookedRegistry(PartnerRegistry):
    """The real services, each call of a method preceded by what a test wants to happen then."""

    def __init__(self, context: PartnerContext) -> None:
        super().__init__(context)
        self.hooks: dict[str, Callable[..., object]] = {}

    def service(self, code: str) -> BasePartnerService:
        found: Any = _Hooked(super().service(code), self.hooks)
        return found if self.hooks else super().service(code)


class _Hooked:
    def __init__(self, service: BasePartnerService, hooks: dict[str, Callable[..., object]]):
        self._service = service
        self._hooks = hooks

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._service, name)
        hook = self._hooks.get(name)
        if hook is None:
            return attribute

        def call(*args: Any, **options: Any) -> Any:
            hook(*args)
            return attribute(*args, **options)

        return call


@dataclass(frozen=True, slots=True)
class Account:
    """A customer with its account and its aircraft, here and at the simulated partner."""

    id: str
    user: PartnerSystemUser
    username: str
    aircraft: tuple[Aircraft, ...]

    def at_partner(self, which: int = 0) -> str:
        info = self.aircraft[which].partner_info
        assert info is not None
        return info.partner_aircraft_id


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The pipeline on its embedded default, and the partner that it talks to."""

    context: Context
    simulator: SatlocSimulator
    clock: Clock
    mailer: Outbox
    hooks: dict[str, Callable[..., object]]
    accounts: tuple[Account, ...]

    @property
    def mails(self) -> list[tuple[str, str]]:
        """Subjects and texts."""
        return self.mailer.sent

    @property
    def store(self) -> Repositories:
        return self.context.repositories

    @property
    def queue(self) -> str:
        return self.context.settings.task_queue

    def with_settings(self, **changed: Any) -> Pipeline:
        """The same with other settings for the use cases; services keep theirs."""
        settings = self.context.settings.model_copy(update=changed)
        return replace(self, context=replace(self.context, settings=settings))

    def another_process(self, owner: str = "another") -> Context:
        return replace(self.context, owner=owner)

    def without_mailer(self) -> Context:
        return replace(self.context, mailer=None)

    def job(self, customer: int = 0, **fields: Any) -> Job:
        number = len(self.store.jobs.of_customer(self.accounts[customer].id)) + 1
        fields = {"polygons": [FIELD], "number": f"{customer + 1}{number:03d}", **fields}
        return self.store.jobs.insert(
            Job(
                id=f"job-{customer}-{number}",
                name="North & South",
                customer=self.accounts[customer].id,
                **fields,
            )
        )

    def pilot(self, customer: int = 0) -> Pilot:
        user = people.add_person(
            self.context, UserKind.PILOT, "P", customer_id=self.accounts[customer].id, by="test"
        )
        assert isinstance(user, Pilot)
        return user

    def assign(self, job: Job, *users: str, **options: Any) -> AssignReport:
        return assign(self.context, job.id, [Assignee(user) for user in users], "admin", **options)

    def uploaded(self, customer: int = 0, aircraft: int = 0) -> JobAssign:
        """An assignment that the partner has, without any log of it."""
        user = self.accounts[customer].aircraft[aircraft]
        job = self.job(customer, polygons=[])
        self.assign(job, user.id)
        done = self.store.assigns.uploaded(assignment_id(job.id, user.id), f"ext-{job.id}")
        assert done is not None
        return done

    def forget_tasks(self, assign_id: str) -> JobAssign:
        """As if its process had died before it could queue anything: also of the messages."""
        self.store.store.delete("task_trackers", {})
        self.clock.advance(minutes=5)
        self.context.broker.purge(self.queue)
        self.clock.advance(minutes=-5)
        return self.store.assigns.require(assign_id)

    @contextmanager
    def with_broker(self) -> Iterator[Pipeline]:
        """The same after the broker has come back."""
        settings = self.context.settings
        retention = settings.dlq_retention
        with EmbeddedBroker(settings.embedded_path, retention=retention, now=self.clock) as broker:
            yield replace(self, context=replace(self.context, broker=broker))

    def logs(self, customer: int = 0, aircraft: int = 0) -> dict[str, PartnerLogTracker]:
        account = self.accounts[customer]
        owner = ("SATLOC", account.id, account.at_partner(aircraft))
        return self.store.trackers.of_aircraft(*owner)

    def statuses(self, customer: int = 0, aircraft: int = 0) -> list[LogStatus]:
        return [log.status for log in self.logs(customer, aircraft).values()]

    def messages(self) -> list[Peeked]:
        return self.context.broker.peek(self.queue, limit=10_000)

    def upload(self, waiting: Peeked) -> str:
        """Do what a message asks for, if it is an upload; why it could not be done, if so."""
        task = TaskMessage.parse(waiting.message.body)
        try:
            if isinstance(task, UploadJobTask):
                upload_task(self.context, task)
        except ValidationError as error:
            return str(error)
        return ""

    def dead_letters(self) -> list[Peeked]:
        return self.context.broker.peek(dead_queue(self.queue), limit=10_000)

    def calls(self, endpoint: str) -> int:
        return len(self.simulator.received(endpoint))

    def files(self) -> list[Path]:
        """Logs in the storage folder, not those that were never wholly there."""
        root = self.context.settings.satloc_storage_path
        return [p for p in root.rglob("*") if p.is_file() and p.parent.name != ".partial"]


@contextmanager
def open_context(settings: Settings, now: Now) -> Iterator[tuple[Context, HookedRegistry]]:
    """The embedded default, as a process of its own has it."""
    with ExitStack() as opened:
        store = SqliteStore(settings.embedded_path)
        opened.callback(store.close)
        repositories = Repositories(store, now)
        repositories.ensure_indexes()
        broker = opened.enter_context(
            EmbeddedBroker(settings.embedded_path, retention=settings.dlq_retention, now=now)
        )
        broker.declare(settings.task_queues)
        metrics = Metrics()
        partners = HookedRegistry(
            PartnerContext(
                settings, MemoryAuthCache(now=now), sleep=lambda _: None, called=metrics.api_call
            )
        )
        opened.callback(partners.close)
        context = Context(
            settings=settings,
            repositories=repositories,
            broker=broker,
            partners=partners,
            keys=KeyRing(load_keys(settings)),
            owner=f"process-{new_id()}",
            metrics=metrics,
            now=now,
            chance=lambda: 0.0,
        )
        yield context, partners


def found_accounts(context: Context, simulator: SatlocSimulator) -> tuple[Account, ...]:
    """Everybody whom the simulated partner knows, set up here."""
    partner = people.add_partner(context, "SATLOC", by="test")
    assert partner.partner_code == "SATLOC"
    return tuple(
        _found_account(context, simulator, number)
        for number in range(len(simulator.world.accounts))
    )


def _found_account(context: Context, simulator: SatlocSimulator, number: int) -> Account:
    known = simulator.world.accounts[number]
    customer = people.add_person(context, UserKind.CUSTOMER, f"Customer {number}", by="test")
    user = people.add_account(
        context,
        "SATLOC",
        customer.id,
        username=known.username,
        password=SecretStr(known.password),
        by="test",
    )
    aircraft = tuple(
        people.add_aircraft(
            context,
            each.tail_number,
            customer_id=customer.id,
            partner_code="SATLOC",
            partner_aircraft_id=each.id,
            by="test",
        )
        for each in simulator.world.aircraft(known)
    )
    return Account(customer.id, user, known.username, aircraft)
