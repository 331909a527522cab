"""The demo itself: all that the pipeline does, in one process, with three jobs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from partner_pipeline.cli.log_shown import because
from partner_pipeline.model.jobs import Job
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.people import Aircraft
from partner_pipeline.model.states import LogStatus
from partner_pipeline.observe.logs import configure_logging
from partner_pipeline.partners.simulator import (
    SatlocSimulator,
    SimulatedAccount,
    SimulatorConfig,
)
from partner_pipeline.settings import Settings
from partner_pipeline.work.assign import Assignee, assign
from partner_pipeline.work.context import Context
from partner_pipeline.work.founding import (
    found_account,
    found_aircraft,
    found_customer,
    found_partner,
)
from partner_pipeline.work.job_entry import add_job
from partner_pipeline.workers.opening import open_context
from partner_pipeline.workers.poller import Poller
from partner_pipeline.workers.running import Worker
from partner_pipeline.workers.sync import SyncWorker
from satlog_native.jobs.model import JobFile, JobPolygon, Ring, ring

Tell = Callable[[str], None]

_BY: Final = "demo"
#: L/ha: what the simulated aircraft are set to.
_RATE: Final = 30.0
_PATIENCE: Final = 45.0  # s
_FINAL: Final = frozenset({LogStatus.PROCESSED, LogStatus.FAILED, LogStatus.SKIPPED})


@dataclass(frozen=True, slots=True)
class Flown:
    """What became of a job.

    Attributes
    ----------
    status : str
        Of its log; ``no log`` where none came in time.
    area, rate : float or None
        Net area, ha, and applied rate, L/ha.
    """

    job: str
    aircraft: str
    status: str
    log: str | None = None
    area: float | None = None
    rate: float | None = None
    decision: str | None = None
    because: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


class DemoSettings(Settings):
    """Settings that the environment has no part in."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is given in Python."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo whose jobs are flown, and that goes on.

    Attributes
    ----------
    flown : list of Flown
    """

    context: Context
    satloc: SatlocSimulator
    flown: list[Flown]


@contextmanager
def run_demo(database: Path, logs: Path, tell: Tell) -> Iterator[Demo]:
    """Fly three jobs; partner and workers go on until the end.

    Parameters
    ----------
    database, logs : Path
        The embedded database, and the folder of logs.
    tell : callable
        Is told what happens.
    """
    with SatlocSimulator(SimulatorConfig(customers=1, aircraft=2, fly_delay=1.0)) as satloc:
        tell(f"simulated SatLoc Cloud answers at {satloc.endpoint}")
        settings = _settings(satloc.endpoint, database, logs)
        configure_logging(settings)
        with open_context(settings) as context:
            tell(f"store and queues are in {database}")
            aircraft = _founded(context, satloc.world.accounts[0], tell)
            with _running([Poller(context), SyncWorker(context)]):
                tell("workers poll, upload and process")
                pairs = _assigned(context, aircraft, tell)
                _wait(context, len(pairs), tell)
                flown = [_flown(context, job, user) for job, user in pairs]
                yield Demo(context, satloc, flown)


def _settings(endpoint: str, database: Path, logs: Path) -> Settings:
    return DemoSettings.load(
        satloc_api_endpoint=endpoint,
        satloc_storage_path=logs,
        satloc_rate_limit=6000,
        satloc_burst_limit=100,
        partner_sync_interval=timedelta(seconds=1),
        embedded_path=database,
        dlq_archive_path=database.with_name("dlq_archives"),
        log_level="WARNING",
        log_format="console",
    )


def _founded(context: Context, account: SimulatedAccount, tell: Tell) -> list[Aircraft]:
    """A customer with an account at the simulated partner, and its aircraft."""
    service = context.service("SATLOC")
    found_partner(context, service.code, by=_BY)
    customer = found_customer(context, "Rice Farms", by=_BY).id
    password = account.account().password
    found_account(context, service.code, customer, account.username, lambda: password, by=_BY)
    for listed in service.aircraft_list(context.account(service.code, customer)):
        found_aircraft(context, service.code, customer, listed, by=_BY)
    aircraft = context.repositories.users.aircraft_of(customer, service.code)
    names = ", ".join(each.name for each in aircraft)
    tell(f"customer Rice Farms has an account there, and aircraft {names}")
    return aircraft


@contextmanager
def _running(workers: Sequence[Worker]) -> Iterator[None]:
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join(10.0)


def _assigned(
    context: Context, aircraft: Sequence[Aircraft], tell: Tell
) -> list[tuple[Job, Aircraft]]:
    """Three jobs, each assigned to an aircraft and uploaded."""
    pairs = []
    for place, file in enumerate(_jobs()):
        user = aircraft[place % len(aircraft)]
        job = add_job(context, file, user.customer_id or "", rate=_RATE, by=_BY)
        done = assign(context, job.id, [Assignee(user.id)], _BY).assigned[0].synced
        said = f"{done.status} as {done.ext_job_id}" if done.ext_job_id else done.status
        tell(f"job {file.number} {file.name}: assigned to {user.name}, {said}")
        pairs.append((job, user))
    return pairs


def _wait(context: Context, count: int, tell: Tell) -> None:
    """Until all logs have come to an end, or it takes too long."""
    end = time.monotonic() + _PATIENCE
    seen: dict[str, LogStatus] = {}
    while time.monotonic() < end:
        trackers = context.repositories.trackers.recent(limit=100)
        for tracker in reversed(trackers):
            if seen.get(tracker.id) is not tracker.status:
                seen[tracker.id] = tracker.status
                tell(f"log {tracker.log_file_name}: {tracker.status.value}")
        if sum(tracker.status in _FINAL for tracker in trackers) >= count:
            return
        time.sleep(0.05)
    tell(f"not all logs came to an end within {_PATIENCE:.0f} s")


def _flown(context: Context, job: Job, user: Aircraft) -> Flown:
    repositories = context.repositories
    named = f"{job.number} {job.name}"
    ours = repositories.assigns.of_job(job.id)[0]
    tracker = _log_of(context, ours.ext_job_id)
    if tracker is None:
        return Flown(named, user.name, "no log")
    file = repositories.application_files.get(tracker.application_file_id or "")
    if file is None:
        why = tracker.error_message or ""
        return Flown(named, user.name, tracker.status.value, tracker.log_file_name, because=why)
    match = file.job_match
    chosen = next((c for c in match.candidates if c["assignId"] == match.assign_id), {})
    return Flown(
        job=named,
        aircraft=user.name,
        status=tracker.status.value,
        log=tracker.log_file_name,
        area=file.statistics["netArea"],
        rate=file.statistics["appliedRate"],
        decision=match.decision if match.job_id in (None, job.id) else "matched to another job",
        because=because(chosen, match.by),
    )


def _log_of(context: Context, ext_job_id: str | None) -> PartnerLogTracker | None:
    """The log that names the partner's id of a job."""
    named = f"JOB{ext_job_id}."
    trackers = context.repositories.trackers.recent(limit=100)
    return next((tracker for tracker in trackers if named in tracker.log_file_name), None)


def _jobs() -> Iterator[JobFile]:
    """Three fields near Jonesboro, Arkansas: a rectangle, a trapezium, one around a pond."""
    fields = {
        ("4711", "North 40"): (
            (35.860, -90.720),
            (35.8645, -90.720),
            (35.8645, -90.7155),
            (35.860, -90.7155),
        ),
        ("4712", "Levee"): (
            (35.850, -90.700),
            (35.8545, -90.699),
            (35.8545, -90.695),
            (35.850, -90.693),
        ),
        ("4713", "Pond"): (
            (35.840, -90.720),
            (35.846, -90.720),
            (35.846, -90.714),
            (35.840, -90.714),
        ),
    }
    pond = ((35.842, -90.7185), (35.844, -90.7185), (35.844, -90.7165), (35.842, -90.7165))
    for (number, name), corners in fields.items():
        holes: tuple[Ring, ...] = (ring(pond),) if name == "Pond" else ()
        yield JobFile(number, name, polygons=(JobPolygon(ring(corners), holes),))
