"""A pipeline that has downloaded logs and works on them; the partner is not asked for anything."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from pydantic import SecretStr

from partner_pipeline.broker.base import Delivery, Peeked
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.model.applications import ApplicationFile
from partner_pipeline.model.ids import assignment_id, new_id
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.people import (
    Aircraft,
    Customer,
    Partner,
    PartnerInfo,
    PartnerSystemUser,
)
from partner_pipeline.model.states import AssignStatus, TaskStatus
from partner_pipeline.model.tasks import TaskTracker
from partner_pipeline.partners.storage import LogStorage
from partner_pipeline.settings import Settings
from partner_pipeline.store.base import Document
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.context import Context
from partner_pipeline.work.enqueueing import RECENTLY, enqueue_log, log_task
from partner_pipeline.work.handling import handle
from partner_pipeline.work.publishing import publish
from partner_pipeline.workers.opening import open_context
from pipeline.broker.tools import PATIENCE
from pipeline.repositories.tools import Clock
from satlog_native.synth import FlightPlan, fly, rectangle
from satlog_native.synth.plan import Polygon

CUSTOMER, AIRCRAFT, AT_PARTNER = "cust-1", "air-1", "partner-air-1"
NORTH, SOUTH = ((35.20, -90.90), (35.10, -90.90))
"""Centres of fields, far from each other."""


@lru_cache
def flight(place: tuple[float, float] = NORTH, label: str = "", seed: int = 1) -> bytes:
    """A short flight over a small field, whose label names no job unless it is given one."""
    latitude, longitude = place
    plan = FlightPlan(
        field=rectangle(latitude, longitude, 80.0, 300.0),
        airstrip=(longitude - 0.02, latitude),
        start_time="2025-09-15T13:24:00",
        aircraft_id="N42SL",
        job_id=None,
        job_label=label,
    )
    return fly(plan, seed=seed).data


def field_of(place: tuple[float, float]) -> dict[str, Any]:
    """The ground of a :func:`flight`, GeoJSON."""
    ring: Polygon = rectangle(*place, 80.0, 300.0)
    return {"type": "Polygon", "coordinates": [[list(point) for point in (*ring, ring[0])]]}


@dataclass(frozen=True, slots=True)
class Room:
    """One customer with an aircraft, and what the pipeline knows and does about them."""

    context: Context
    clock: Clock

    @property
    def store(self) -> Repositories:
        return self.context.repositories

    @property
    def settings(self) -> Settings:
        return self.context.settings

    @property
    def queue(self) -> str:
        return self.settings.task_queue

    def with_settings(self, **changed: Any) -> Room:
        settings = self.settings.model_copy(update=changed)
        return replace(self, context=replace(self.context, settings=settings))

    def with_chance(self, chance: float) -> Room:
        return replace(self, context=replace(self.context, chance=lambda: chance))

    def account(self) -> None:
        """The customer's account at the partner."""
        users = self.store.users
        users.insert(
            Partner(id="satloc", name="SatLoc", partner_code="SATLOC", partner_name="SatLoc")
        )
        users.insert(
            PartnerSystemUser(
                id="account",
                name="Rice Farms at SatLoc",
                partner="satloc",
                partner_code="SATLOC",
                customer_id=CUSTOMER,
                username="rice@farms.example",
                password=self.context.keys.encrypt(SecretStr("secret!!"), document_id="account"),
            )
        )

    def job(self, number: str, place: tuple[float, float] | None = None, **fields: Any) -> Job:
        """A job that the aircraft has to fly and the partner knows by its number."""
        polygons = [] if place is None else [field_of(place)]
        job = self.store.jobs.insert(
            Job(
                **{
                    "id": f"job-{number}",
                    "name": f"Field {number}",
                    "number": number,
                    "customer": CUSTOMER,
                    "polygons": polygons,
                    **fields,
                }
            )
        )
        self.store.assigns.assign(
            JobAssign(
                id=assignment_id(job.id, AIRCRAFT),
                job=job.id,
                user=AIRCRAFT,
                customer_id=CUSTOMER,
                status=AssignStatus.NEW,
                partner_code="SATLOC",
                date=self.clock(),
            )
        )
        assert self.store.assigns.uploaded(assignment_id(job.id, AIRCRAFT), f"ext-{number}")
        return job

    def log(
        self, file_name: str = "JOB7 x.log", data: bytes | None = None, log_id: str | None = None
    ) -> PartnerLogTracker:
        """A log that was downloaded and whose task waits in the queue."""
        log_id = log_id or new_id()
        storage = LogStorage(self.settings.satloc_storage_path, self.settings.satloc_max_file_size)
        with storage.draft("a test's log") as draft:
            draft.write(flight() if data is None else data)
            place = storage.place("SATLOC", CUSTOMER, AT_PARTNER, log_id, file_name)
            stored = storage.keep(draft, place)
        trackers = self.store.trackers
        offered = trackers.offered("SATLOC", CUSTOMER, AT_PARTNER, log_id, file_name)
        assert trackers.claim_download(offered.id, "download")
        tracker = trackers.downloaded(
            offered.id,
            "download",
            saved_local_file=stored.name,
            size=stored.size,
            sha256=stored.sha256,
        )
        assert tracker is not None
        self.enqueue(tracker)
        return self.tracker(tracker)

    def enqueue(self, tracker: PartnerLogTracker) -> None:
        decided = self.store.transact(lambda inside: enqueue_log(self.context, inside, tracker))
        assert publish(self.context, decided) == 1

    def again(self, tracker: PartnerLogTracker) -> TaskStatus | None:
        """Process a finished log once more."""
        self.clock.time += RECENTLY
        moved = self.store.trackers.again(tracker.id)
        assert moved is not None
        self.enqueue(moved)
        return self.work()

    def take(self) -> Delivery:
        """The next message; the consumer stays open until the room is closed."""
        delivery = self.context.broker.consume([self.queue], prefetch=1).get(PATIENCE)
        assert delivery is not None, "no message came"
        return delivery

    def work(self) -> TaskStatus | None:
        """Handle the next message."""
        with self.context.broker.consume([self.queue], prefetch=1) as consumer:
            delivery = consumer.get(PATIENCE)
            assert delivery is not None, "no message came"
            return handle(self.context, delivery)

    def tracker(self, tracker: PartnerLogTracker) -> PartnerLogTracker:
        return self.store.trackers.require(tracker.id)

    def chain(self, tracker: PartnerLogTracker) -> list[TaskTracker]:
        return self.store.tasks.chain(log_task(self.settings, tracker))

    def task(self, tracker: PartnerLogTracker) -> TaskTracker:
        return self.chain(tracker)[-1]

    def file(self, tracker: PartnerLogTracker) -> ApplicationFile:
        found = self.store.application_files.of_log("SATLOC", CUSTOMER, tracker.log_id)
        assert found is not None
        return found

    def details(self, tracker: PartnerLogTracker) -> list[Document]:
        return self.store.details.of_file(self.file(tracker).id)

    def path(self, tracker: PartnerLogTracker) -> Path:
        assert tracker.saved_local_file is not None
        return self.settings.satloc_storage_path / tracker.saved_local_file

    def waiting(self) -> list[Peeked]:
        return self.context.broker.peek(self.queue)

    def delayed(self) -> int:
        return self.context.broker.stats(self.queue).delayed

    def dead_letters(self) -> list[Peeked]:
        return self.context.broker.peek(dead_queue(self.queue))


@contextmanager
def open_room(folder: Path, clock: Clock | None = None, **servers: Any) -> Iterator[Room]:
    """The pipeline in a folder; on the embedded default unless servers are named."""
    clock = clock or Clock()
    settings = Settings.load(
        _env_file=None,
        **{
            **dict.fromkeys(("mongodb_uri", "amqp_url", "queue_host", "redis_url")),
            "embedded_path": folder / "pipeline.db",
            "satloc_storage_path": folder / "logs",
            "dlq_archive_path": folder / "archives",
            **servers,
        },
    )
    with open_context(settings, now=clock) as opened:
        room = Room(replace(opened, chance=lambda: 0.0), clock)
        if room.store.users.get(CUSTOMER) is None:
            _found(room)
        yield room


def _found(room: Room) -> None:
    users = room.store.users
    users.insert(Customer(id=CUSTOMER, name="Rice Farms"))
    info = PartnerInfo(partner_code="SATLOC", partner_aircraft_id=AT_PARTNER)
    users.insert(Aircraft(id=AIRCRAFT, name="N42SL", customer_id=CUSTOMER, partner_info=info))


def servers_of(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of real servers: a database and queues that no other test uses."""
    database = request.getfixturevalue("mongo_database")
    parts = urlsplit(request.getfixturevalue("mongo_uri"))
    return {
        "mongodb_uri": urlunsplit(parts._replace(path=f"/{database}")),
        "amqp_url": request.getfixturevalue("amqp_url"),
        "rabbitmq_management_url": request.getfixturevalue("amqp_management_url"),
        "queue_name_partner": f"{request.getfixturevalue('queue_prefix')}tasks",
        "environment": "production",  # in development queues get a prefix of their own
        "credentials_keys": f"k1:{b64encode(bytes(32)).decode()}",
    }


def at(monkeypatch: pytest.MonkeyPatch, place: str, do: Callable[[], object]) -> list[str]:
    """Do something, once, when processing a log comes to a place; the places it came to."""
    passed: list[str] = []

    def failpoint(name: str) -> None:
        passed.append(name)
        if name == place and passed.count(place) == 1:
            do()

    monkeypatch.setattr("partner_pipeline.work.processing.failpoint", failpoint)
    return passed
