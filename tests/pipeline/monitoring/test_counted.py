"""What is counted of what happens: of each kind of thing, once, and under its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from api.world import World, open_world
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.errors import PipelineError
from partner_pipeline.observe.metrics import Metrics
from partner_pipeline.partners.auth_cache import MemoryAuthCache
from partner_pipeline.partners.base import Account
from partner_pipeline.partners.satloc import SatlocService
from partner_pipeline.partners.simulator import Fault, SatlocSimulator, SimulatorConfig
from partner_pipeline.work.asked import download_job
from partner_pipeline.work.assign import Assignee, assign
from partner_pipeline.work.dead_letters import letter_stats
from pipeline.partners.tools import FakeTime, job_upload, service_settings
from pipeline.workers.tools import Room


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


# Calls to a partner.


@dataclass(slots=True)
class Partner:
    """A simulated partner, its service, and the calls that it was told of."""

    simulator: SatlocSimulator
    satloc: SatlocService
    customer: Account
    calls: list[tuple[str, str, str]] = field(default_factory=list)

    def outcomes(self, endpoint: str) -> list[str]:
        return [
            status for code, asked, status in self.calls if (code, asked) == ("SATLOC", endpoint)
        ]


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[Partner]:
    calls: list[tuple[str, str, str]] = []
    time = FakeTime()

    def called(code: str, endpoint: str, status: str, seconds: float) -> None:
        assert seconds >= 0
        calls.append((code, endpoint, status))

    with SatlocSimulator(SimulatorConfig()) as simulator:
        settings = service_settings(
            endpoint=simulator.endpoint, storage=tmp_path, timeout=1.0, download_time=1.0
        )
        satloc = SatlocService(settings, MemoryAuthCache(), sleep=time.sleep, called=called)
        yield Partner(simulator, satloc, simulator.world.accounts[0].account(), calls)
        satloc.close()


def test_a_call_that_succeeds(partner: Partner) -> None:
    assert partner.satloc.aircraft_list(partner.customer)
    assert partner.satloc.health_check()
    assert partner.calls == [
        ("SATLOC", "AuthenticateAPIUser", "200"),
        ("SATLOC", "GetAircraftList", "200"),
        ("SATLOC", "IsAlive", "200"),
    ]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault("status", status=503), "503"),
        (Fault("status", status=429), "429"),
        (Fault("redirect"), "302"),
        (Fault("time_out", seconds=3.0), "timeout"),
        (Fault("reset"), "connection"),
        (Fault("truncated"), "connection"),
        (Fault("web_page"), "transient"),
        (Fault("trickle"), "transient"),
        (Fault("refused"), "validation"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else value,
)
def test_each_try_is_counted_with_what_became_of_it(
    partner: Partner, fault: Fault, status: str
) -> None:
    partner.satloc.aircraft_list(partner.customer)
    partner.simulator.faults.script("GetAircraftList", fault)
    tries = 1
    try:
        partner.satloc.aircraft_list(partner.customer)
        tries = 2
    except PipelineError:
        pass
    expected = ["200", status] + ["200"] * (tries - 1)
    assert partner.outcomes("GetAircraftList") == expected
    assert len(partner.simulator.received("GetAircraftList")) == len(expected)


@pytest.mark.parametrize(
    ("fault", "status"), [(Fault("wrong_credentials"), "400"), (Fault("refused"), "authentication")]
)
def test_refused_credentials(partner: Partner, fault: Fault, status: str) -> None:
    partner.simulator.faults.script("AuthenticateAPIUser", fault)
    with pytest.raises(PipelineError):
        partner.satloc.authenticate(partner.customer)
    assert partner.outcomes("AuthenticateAPIUser") == [status]


def test_an_upload_that_nobody_knows_of(partner: Partner) -> None:
    aircraft = partner.simulator.world.aircraft(partner.simulator.world.accounts[0])[0].id
    partner.simulator.faults.script("UploadJobData", Fault("reset_after"))
    with pytest.raises(PipelineError):
        partner.satloc.upload_job(partner.customer, aircraft, job_upload(), {})
    assert partner.outcomes("UploadJobData") == ["connection"]


@pytest.mark.parametrize("answer", [Fault("status"), Fault("refused"), Fault("web_page")])
def test_a_partner_that_is_not_alive_was_not_called_with_success(
    partner: Partner, answer: Fault
) -> None:
    partner.simulator.faults.script("IsAlive", answer)
    assert not partner.satloc.health_check()
    (status,) = partner.outcomes("IsAlive")
    assert status != "200"


def test_a_circuit_that_is_open_is_no_call(tmp_path: Path, partner: Partner) -> None:
    calls: list[Any] = []
    settings = service_settings(
        endpoint=partner.simulator.endpoint, storage=tmp_path, circuit_failures=1
    )
    time = FakeTime()
    service = SatlocService(
        settings, MemoryAuthCache(), sleep=time.sleep, called=lambda *call: calls.append(call)
    )
    partner.simulator.faults.rate("*", 1.0, Fault("status", status=503))
    for _ in range(3):
        with pytest.raises(PipelineError):
            service.aircraft_list(partner.customer)
    service.close()
    assert len(calls) == len(partner.simulator.received()) == 1


# Queues.


def test_how_long_the_oldest_has_waited_is_known_of_each_broker(any_room: Room) -> None:
    """RabbitMQ does not tell; the store does."""
    assert letter_stats(any_room.context, any_room.queue).waiting.oldest is None
    any_room.log()
    came = any_room.clock()
    any_room.clock.advance(minutes=7)
    any_room.log("another.log")
    stats = letter_stats(any_room.context, any_room.queue).waiting
    assert (stats.messages, stats.oldest) == (2, came)


def test_queues_that_cannot_be_measured_are_not_told_of(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        client, context = world.as_("nobody"), world.context
        context.broker.publish(dead_queue(world.pipeline.queue), Message(b"{}"))
        assert "\ndlq_messages{" in client.get("/metrics").text
        context.broker.close()
        answer = client.get("/metrics")
        assert answer.status_code == 200
        for gone in ("queue_depth", "queue_oldest_message_seconds", "dlq_messages"):
            assert f"\n{gone}{{" not in answer.text
        assert "\ntasks_total{" in answer.text


# Jobs and tasks.


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as opened:
        yield opened


def test_a_job_that_a_pilot_fetches(world: World) -> None:
    metrics, pipeline = world.context.metrics, world.pipeline
    job = pipeline.job()
    pilot = world.users["pilot"]
    assign(world.context, job.id, [Assignee(pilot.id)], "admin")
    (assigned,) = world.context.repositories.assigns.of_job(job.id)
    for _ in range(2):
        download_job(world.context, job, assigned, "native", by="admin")
    assert value(metrics, "job_assignments_total", status="NEW") == 1
    assert value(metrics, "job_assignments_total", status="DOWNLOADED") == 1
    assert value(metrics, "job_assignments_total", status="UPLOADED") == 0


def test_what_is_uploaded_flown_and_processed(world: World) -> None:
    metrics = world.context.metrics
    world.fly()
    assert value(metrics, "job_assignments_total", status="UPLOADED") == 1
    assert value(metrics, "sync_duration_seconds_count", operation="upload", status="ok") == 1
    assert value(metrics, "sync_duration_seconds_count", operation="poll", status="ok") == 1
    for status in ("downloaded", "processed"):
        assert value(metrics, "logs_total", status=status) == 1
    done = {"type": "process_partner_log", "status": "completed", "category": ""}
    assert value(metrics, "tasks_total", **done) == 1
    for stage in ("decode", "analyse", "match", "store", "all"):
        assert value(metrics, "data_processing_duration_seconds_count", stage=stage) == 1
    assert value(metrics, "log_decode_seconds_count") == 1
    (log,) = world.pipeline.logs().values()
    file = world.context.repositories.application_files.of_log(
        "SATLOC", log.customer_id, log.log_id
    )
    assert file is not None
    assert value(metrics, "log_records_total") == file.processing.records
    assert value(metrics, "log_damage_bytes_total") == 0
    called = {"partner": "SATLOC", "endpoint": "UploadJobData", "status": "200"}
    assert value(metrics, "partner_api_requests_total", **called) == 1
