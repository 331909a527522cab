"""The pipeline with jobs and logs to work on: embedded, or on servers."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import uuid
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

from partner_pipeline.model.ids import assignment_id
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.model.people import (
    Aircraft,
    Customer,
    Partner,
    PartnerInfo,
    PartnerSystemUser,
)
from partner_pipeline.model.states import AssignStatus
from partner_pipeline.observe.logs import configure_logging
from partner_pipeline.partners.storage import LogStorage
from partner_pipeline.settings import Settings
from partner_pipeline.work.context import Context
from partner_pipeline.work.enqueueing import enqueue_log
from partner_pipeline.work.publishing import publish
from partner_pipeline.workers.opening import open_context
from satlog_native.synth import rectangle

_SERVICES: Final = Path(__file__).resolve().parent.parent / "scripts" / "services.py"
_VARIABLES: Final = ("MONGODB_URI", "AMQP_URL", "RABBITMQ_MANAGEMENT_URL")
_KEY: Final = f"k1:{b64encode(bytes(32)).decode()}"
#: A customer's jobs, over one of which each log was flown.
_JOBS: Final = 20


def find_servers() -> dict[str, str] | str:
    """URLs of MongoDB and RabbitMQ by variable, started where they are not set; else why not."""
    found = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    if len(found) == len(_VARIABLES):
        return found
    command = [sys.executable, str(_SERVICES), "up", "mongodb", "rabbitmq"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return " ".join(done.stderr.split()) or f"scripts/services exits {done.returncode}"
    lines = (shlex.split(line)[1].partition("=") for line in done.stdout.splitlines())
    return {name: value for name, _, value in lines if name in _VARIABLES} | found


@dataclass(frozen=True)
class Place:
    """Where a pipeline is: a folder, and servers' database and queues that nobody else uses."""

    folder: Path
    servers: dict[str, str] | None
    name: str = field(default_factory=lambda: f"bench_{uuid.uuid4().hex[:12]}")

    @property
    def variables(self) -> dict[str, str]:
        """The settings as environment variables."""
        found = {
            "ENVIRONMENT": "production",
            "EMBEDDED_PATH": str(self.folder / self.name / "pipeline.db"),
            "SATLOC_STORAGE_PATH": str(self.folder / self.name / "logs"),
            "QUEUE_NAME_PARTNER": f"{self.name}_tasks",
            "CREDENTIALS_KEYS": _KEY,
            "LOG_LEVEL": "CRITICAL",
        }
        if self.servers is not None:
            found |= {**self.servers, "MONGODB_URI": self.database}
        return found

    @property
    def database(self) -> str:
        """URI of the database."""
        assert self.servers is not None
        return urlunsplit(urlsplit(self.servers["MONGODB_URI"])._replace(path=f"/{self.name}"))

    def remove(self) -> None:
        """Delete database and queues."""
        if self.servers is None:
            return
        import httpx
        import pymongo
        from pika import URLParameters

        with pymongo.MongoClient[dict[str, Any]](self.servers["MONGODB_URI"]) as client:
            client.drop_database(self.name)
        vhost = quote(URLParameters(self.servers["AMQP_URL"]).virtual_host, safe="")
        with httpx.Client(base_url=self.servers["RABBITMQ_MANAGEMENT_URL"]) as api:
            for queue in api.get(f"/api/queues/{vhost}?columns=name").raise_for_status().json():
                if queue["name"].startswith(self.name):
                    api.delete(f"/api/queues/{vhost}/{queue['name']}")


@contextmanager
def open_room(folder: Path, servers: dict[str, str] | None) -> Iterator[tuple[Place, Context]]:
    """An empty pipeline; its database and queues are deleted afterwards."""
    place = Place(folder, servers)
    (folder / place.name).mkdir(parents=True)
    # What the environment says of servers is not for the embedded pipeline.
    without = dict.fromkeys((*map(str.lower, _VARIABLES), "queue_host", "redis_url"))
    values = {name.lower(): value for name, value in place.variables.items()}
    settings = Settings.load(_env_file=None, **{**without, **values})
    configure_logging(settings)
    try:
        with open_context(settings) as context:
            yield place, context
    finally:
        place.remove()


def found_customer(context: Context, number: int, aircraft: int) -> list[str]:
    """A customer with an account, jobs, and aircraft that fly them; ids of the aircraft."""
    users, customer = context.repositories.users, f"customer-{number}"
    if number == 0:
        users.insert(
            Partner(id="satloc", name="SatLoc", partner_code="SATLOC", partner_name="SatLoc")
        )
    users.insert(Customer(id=customer, name="Rice Farms"))
    account = f"account-{number}"
    users.insert(
        PartnerSystemUser(
            id=account,
            name="Rice Farms at SatLoc",
            partner="satloc",
            partner_code="SATLOC",
            customer_id=customer,
            username=f"rice{number}@farms.example",
            password=context.keys.encrypt("secret!!", document_id=account),
        )
    )
    found = [f"aircraft-{number}-{which}" for which in range(aircraft)]
    for each in found:
        info = PartnerInfo(partner_code="SATLOC", partner_aircraft_id=f"at-partner-{each}")
        users.insert(Aircraft(id=each, name=each, customer_id=customer, partner_info=info))
    _found_jobs(context, customer, found)
    return found


def _found_jobs(context: Context, customer: str, aircraft: Sequence[str]) -> None:
    """Jobs in turn to the aircraft, each of which has one at least."""
    repositories = context.repositories
    for number in range(max(_JOBS, len(aircraft))):
        ring = rectangle(35.2 + number % 40 / 50, -90.9, 500.0, 800.0)
        polygon = {"type": "Polygon", "coordinates": [[list(at) for at in (*ring, ring[0])]]}
        job = f"{customer}-job-{number}"
        repositories.jobs.insert(
            Job(id=job, name=job, number=str(number), customer=customer, polygons=[polygon])
        )
        user = aircraft[number % len(aircraft)]
        id_ = assignment_id(job, user)
        repositories.assigns.assign(
            JobAssign(
                id=id_,
                job=job,
                user=user,
                customer_id=customer,
                status=AssignStatus.NEW,
                partner_code="SATLOC",
                date=context.now(),
            )
        )
        repositories.assigns.uploaded(id_, f"{customer}-{number}")


def put_logs(context: Context, aircraft: str, data: bytes, count: int) -> None:
    """Logs that were downloaded, each with its task in the queue."""
    storage = LogStorage(context.settings.satloc_storage_path, len(data))
    owner = ("SATLOC", "customer-0", f"at-partner-{aircraft}")
    for number in range(count):
        name = f"20250715_JOB{number % _JOBS}.log"
        with storage.draft("writing a log") as draft:
            draft.write(data)
            stored = storage.keep(draft, storage.place(*owner, str(number), name))
        trackers = context.repositories.trackers
        offered = trackers.offered(*owner, str(number), name)
        trackers.claim_download(offered.id, "bench")
        tracker = trackers.downloaded(
            offered.id,
            "bench",
            saved_local_file=stored.name,
            size=stored.size,
            sha256=stored.sha256,
        )
        assert tracker is not None
        publish(context, enqueue_log(context, context.repositories, tracker))
