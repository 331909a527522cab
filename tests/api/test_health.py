"""Health, metrics and the overview: what an operator is told, and who is not."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.world import World, is_error, open_world, second_partner
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.observe.health import PartnerWatch, memory_in_use
from partner_pipeline.partners.simulator import Fault

TOKEN = "m7s0Jq9vN2xR4tY6wZ8bC1dF3gH5jL0k"


def checks(answer: httpx.Response) -> dict[str, str]:
    return {check["name"]: check["status"] for check in answer.json()["checks"]}


def test_all_is_well(shared: World) -> None:
    answer = shared.as_("admin").get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "healthy")
    assert checks(answer) == dict.fromkeys(
        ("store", "queues", "partners", "accounts", "application"), "healthy"
    )


@pytest.mark.parametrize("who", ["nobody", "customer", "pilot"])
def test_details_are_for_administrators(shared: World, who: str) -> None:
    answer = shared.as_(who).get("/api/health")
    assert answer.json() == {"status": "healthy", "checks": None}


def test_a_bad_token_is_nobodys(shared: World) -> None:
    with shared.client({"authorization": "Bearer nonsense"}) as client:
        assert client.get("/api/health").json() == {"status": "healthy", "checks": None}


def test_a_partner_that_is_down(world: World) -> None:
    world.simulator.faults.rate("IsAlive", 1.0, Fault("status", status=503))
    answer = world.as_("admin").get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert checks(answer)["partners"] == "degraded"


def _message(answer: httpx.Response, name: str) -> str:
    (found,) = [check for check in answer.json()["checks"] if check["name"] == name]
    return str(found["message"])


def test_half_of_the_accounts_fail(world: World) -> None:
    admin = world.as_("admin")
    assert _message(admin.get("/api/health"), "accounts") == "2 accounts, none fails"
    for number, status in ((0, "degraded"), (1, "degraded")):
        account = world.accounts[number].user.id
        world.pipeline.store.users.account_failed(account, "no", ErrorCategory.AUTHENTICATION)
        assert checks(world.as_("admin").get("/api/health"))["accounts"] == status
        said = ("1 of 2 accounts fails", "2 of 2 accounts fail")[number]
        assert _message(admin.get("/api/health"), "accounts") == said
    for number in (0, 1):
        world.pipeline.store.users.account_worked(world.accounts[number].user.id)
    assert checks(world.as_("admin").get("/api/health"))["accounts"] == "healthy"


def test_a_queue_over_its_limit_and_too_much_memory(tmp_path: Path) -> None:
    with open_world(tmp_path, health_queue_limit=1, health_memory_limit=1) as world:
        admin, queue = world.as_("admin"), world.pipeline.queue
        assert checks(admin.get("/api/health"))["queues"] == "healthy"
        for _ in range(2):
            world.context.broker.publish(queue, Message(b"{}"))
        found = checks(admin.get("/api/health"))
        assert (found["queues"], found["application"]) == ("degraded", "degraded")


def test_many_dead_letters(tmp_path: Path) -> None:
    with open_world(tmp_path, alert_dlq_warning=1, alert_dlq_critical=2) as world:
        for expected in ("healthy", "degraded"):
            world.context.broker.publish(dead_queue(world.pipeline.queue), Message(b"{}"))
            assert checks(world.as_("admin").get("/api/health"))["queues"] == expected


def test_without_a_broker_it_is_unhealthy(world: World) -> None:
    admin, nobody = world.as_("admin"), world.as_("nobody")
    assert nobody.get("/api/health/ready").status_code == 200
    world.context.broker.close()
    for path in ("/api/health", "/api/health/ready"):
        answer = nobody.get(path)
        assert (answer.status_code, answer.json()["status"]) == (503, "unhealthy")
    assert nobody.get("/api/health/live").json() == {"status": "alive"}
    assert checks(admin.get("/api/health"))["queues"] == "unhealthy"


def test_without_a_store_it_is_unhealthy_and_alive(world: World) -> None:
    admin, nobody = world.as_("admin"), world.as_("nobody")
    world.pipeline.store.store.close()
    answer = nobody.get("/api/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "unhealthy", "checks": None})
    assert nobody.get("/api/health/ready").status_code == 503
    assert nobody.get("/api/health/live").status_code == 200
    assert is_error(admin.get("/api/jobs"), 503, "infrastructure")


# How partners are watched.


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _watch(world: World, clock: Seconds) -> PartnerWatch:
    return PartnerWatch(world.context.partners, timedelta(minutes=5), now=world.clock, clock=clock)


def test_a_partner_is_asked_now_and_then(world: World) -> None:
    clock = Seconds()
    watch = _watch(world, clock)
    assert watch.alive("SATLOC").alive is True
    world.simulator.faults.rate("IsAlive", 1.0, Fault("status", status=503))
    clock.now += 299
    assert watch.alive("SATLOC").alive is True
    assert world.pipeline.calls("IsAlive") == 1
    clock.now += 1
    assert watch.alive("SATLOC").alive is False
    assert watch.alive("SATLOC", fresh=True).alive is False
    assert world.pipeline.calls("IsAlive") == 3
    assert watch.alive("NOBODY").alive is False


def test_a_slow_partner_keeps_one_caller_waiting(world: World) -> None:
    clock, asked, go_on = Seconds(), threading.Event(), threading.Event()

    def wait(*_: object) -> None:
        asked.set()
        assert go_on.wait(30)

    world.pipeline.hooks["health_check"] = wait
    watch = _watch(world, clock)
    found: list[Any] = []
    first = threading.Thread(target=lambda: found.append(watch.alive("SATLOC").alive))
    first.start()
    assert asked.wait(30)
    assert watch.alive("SATLOC").alive is None, "not known yet"
    go_on.set()
    first.join()
    assert found == [True]
    assert watch.alive("SATLOC").alive is True


def test_memory_is_that_of_a_process() -> None:
    before = memory_in_use()
    assert 1e6 < before < 1e12


# Metrics.


def _metrics(answer: httpx.Response) -> dict[tuple[str, tuple[str, ...]], float]:
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_metrics_are_of_this_moment(world: World) -> None:
    queue, client = world.pipeline.queue, world.as_("nobody")
    assert _metrics(client.get("/metrics"))["queue_depth", (queue,)] == 0
    for _ in range(3):
        world.context.broker.publish(queue, Message(b"{}"))
    world.context.broker.publish(dead_queue(queue), Message(b"{}"))
    world.clock.advance(minutes=2)
    found = _metrics(client.get("/metrics"))
    assert found["queue_depth", (queue,)] == 3
    assert found["queue_oldest_message_seconds", (queue,)] == 120
    assert found["dlq_messages", (queue,)] == 1


def test_metrics_are_for_this_machine(shared: World) -> None:
    assert shared.as_("nobody").get("/metrics").status_code == 200
    with shared.client({"x-forwarded-for": "203.0.113.9"}) as elsewhere:
        assert is_error(elsewhere.get("/metrics"), 403, "forbidden")


def test_metrics_with_a_token(tmp_path: Path) -> None:
    with open_world(tmp_path, metrics_token=TOKEN) as world:
        assert is_error(world.as_("nobody").get("/metrics"), 401, "not_authenticated")
        assert is_error(world.as_("admin").get("/metrics"), 401, "not_authenticated")
        told = {"authorization": f"Bearer {TOKEN}", "x-forwarded-for": "203.0.113.9"}
        with world.client(told) as prometheus:
            assert prometheus.get("/metrics").status_code == 200


# The overview.


def test_troubles_tell_their_job_and_their_log(world: World) -> None:
    customer = world.as_("customer")
    world.fly()
    world.clock.advance(minutes=1)
    world.simulator.world.add_log(world.accounts[0].at_partner(), "bad.log", data=b"bad")
    customer.post("/api/partners/syncData", json={})
    assert world.work() == {"dlq": 1}
    (log,) = customer.get("/api/logs?status=failed").json()["items"]
    aircraft, faults = world.accounts[0].aircraft, world.simulator.faults
    refused, late = world.pipeline.job(), world.pipeline.job()
    faults.script("UploadJobData", Fault("refused", message="no"))
    world.pipeline.assign(refused, aircraft[0].id)
    faults.script("IsAlive", Fault("status", status=503))
    world.pipeline.assign(late, aircraft[1].id)
    faults.script("UploadJobData", Fault("refused", message="no"))
    world.clock.advance(hours=1)
    assert world.work() == {"dlq": 1}
    with world.logged_in("customer") as later:
        troubles = later.get("/api/overview").json()["recentErrors"]
        partner = later.get("/api/partners").json()["items"][0]["id"]
        status = later.get(f"/api/partners/{partner}/status").json()
    assert status["errors"] == troubles
    assert {(each["what"], each["jobId"], each["logId"]) for each in troubles} == {
        ("assignment", refused.id, None),
        ("assignment", late.id, None),
        ("task", late.id, None),
        ("task", None, log["id"]),
    }


def test_the_overview(world: World) -> None:
    second_partner(world.context)
    world.fly(0)
    admin = world.as_("admin").get("/api/overview").json()
    assert (admin["status"], len(admin["checks"])) == ("healthy", 5)
    alive = {each["partnerCode"]: each["alive"] for each in admin["partners"]}
    assert alive == {"SATLOC": True, "AGIDRONEX": False}
    assert admin["logs"]["byStatus"]["processed"] == admin["logs"]["total"] == 1
    assert admin["tasks"]["errorRate"] == 0
    assert [each["queue"] for each in admin["queues"]] == [world.pipeline.queue]
    other = world.as_("stranger").get("/api/overview").json()
    assert (other["checks"], other["queues"]) == (None, None)
    assert (other["logs"]["total"], other["tasks"]["errorRate"]) == (0, None)
    assert [each["activeJobs"] for each in other["partners"]] == [0, 0]
    world.clock.advance(hours=13)
    with world.logged_in("admin") as later:
        tomorrow = later.get("/api/overview").json()
    assert tomorrow["logs"]["since"] == "2025-09-16T00:00:00.000Z"
    assert tomorrow["logs"]["total"] == 0
