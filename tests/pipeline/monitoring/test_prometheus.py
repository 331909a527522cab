"""A real Prometheus, set up as deployed, that watches all processes at real work."""

from __future__ import annotations

import math
from pathlib import Path

from partner_pipeline.partners.simulator import Fault
from pipeline.crash.tools import wait_for
from pipeline.monitoring.plant import PATIENCE, Plant, Prometheus, open_plant
from pipeline.monitoring.tools import queries, rules

#: What Grafana puts into queries: all partners, all queues, and times that hold the whole test.
_VARIABLES = {
    "$partner": ".*",
    "$queue": ".*",
    "$__rate_interval": "5m",
    "$__range": "1h",
}


def test_what_is_deployed_sees_what_happens(tmp_path: Path, prometheus_program: Path) -> None:
    # One test: each of its parts would start six processes.
    with open_plant(tmp_path, prometheus_program) as plant:
        _a_day(plant)
        _the_numbers_are_true(plant)
        _every_query_finds_something(plant.prometheus)
        _all_rules_work(plant.prometheus)
        _a_worker_that_ends_is_missed(plant)


def _a_day(plant: Plant) -> None:
    """A job out and its log back, a damaged log, a log that is none, and a partner that fails."""
    seen, world = plant.prometheus, plant.simulator.world
    aircraft = plant.accounts[0].at_partner()
    plant.assign()
    seen.wait('sum(logs_total{status="processed"})', 1)
    plant.simulator.faults.script("GetAircraftLogData", Fault("damaged"))
    world.add_log(aircraft)
    seen.wait('sum(logs_total{status="processed"})', 2)
    world.add_log(aircraft, "broken.log", data=b"no log at all")
    seen.wait("sum(dlq_messages)", 1)
    plant.simulator.faults.script("GetAircraftLogs", *[Fault("status", status=503)] * 4)
    seen.wait('sum(partner_api_requests_total{status="503"})', 4)


def _the_numbers_are_true(plant: Plant) -> None:
    seen, store = plant.prometheus, plant.context.repositories
    seen.wait('sum(logs_total{status="downloaded"})', 3)
    seen.wait('sum(logs_total{status="failed"})', 1)
    seen.wait('sum(tasks_total{status="completed"})', 2)
    seen.wait('sum(tasks_total{status="dlq",category="processing"})', 1)
    seen.wait('sum(job_assignments_total{status="UPLOADED"})', 1)
    seen.wait("sum(queue_depth)", 0)
    account = plant.accounts[0]
    logs = store.trackers.of_aircraft("SATLOC", account.id, account.at_partner()).values()
    processed = [log.application_file_id for log in logs if log.application_file_id]
    files = [store.application_files.require(file) for file in processed]
    assert len(files) == 2
    seen.wait("sum(log_records_total)", sum(file.processing.records for file in files))
    lost = sum(file.damage["bytesLost"] for file in files)
    assert lost > 0
    seen.wait("sum(log_damage_bytes_total)", lost)
    for endpoint in ("GetAircraftLogData", "UploadJobData"):
        received = len(plant.simulator.received(endpoint))
        seen.wait(f'sum(partner_api_requests_total{{endpoint="{endpoint}"}})', received)
    # Each process tells of its own work.
    assert seen.value('sum(tasks_total{job="satlog-worker",status="completed"})') == 2
    assert seen.value('sum(job_assignments_total{job="satlog-api",status="UPLOADED"})') == 1
    assert seen.value('sum(logs_total{job="satlog-poller",status="downloaded"})') == 3
    asked = 'partner_api_requests_total{job="satlog-alerter",endpoint="IsAlive",status="200"}'
    assert (seen.value(asked) or 0) > 0
    assert {each["job"] for each, _ in seen.query("queue_depth")} == {"satlog-api"}


def _every_query_finds_something(seen: Prometheus) -> None:
    """None may be empty: what has not happened is told as 0, and everything else has happened."""
    empty = []
    for query in queries():
        expr = query.expr
        for name, value in _VARIABLES.items():
            expr = expr.replace(name, value)
        assert "$" not in expr
        found = seen.query(expr)
        if not any(math.isfinite(value) for _, value in found):
            empty.append((query.panel, expr, found))
        for labels, _ in found:
            assert all(
                f"{{{{{label}}}}}" in query.legend for label in labels if label != "__name__"
            )
    assert not empty


def _all_rules_work(seen: Prometheus) -> None:
    def found() -> dict[str, str]:
        (group,) = seen.ask("/api/v1/rules")["groups"]
        assert not any(rule.get("lastError") for rule in group["rules"])
        return {rule["name"]: rule["health"] for rule in group["rules"]}

    expected = {rule["alert"]: "ok" for rule in rules()}
    wait_for(lambda: found() == expected, lambda: f"the rules are {found()}", PATIENCE)


def _a_worker_that_ends_is_missed(plant: Plant) -> None:
    seen = plant.prometheus
    missing = 'ALERTS{alertname="MetricsMissing"}'
    assert seen.query(missing) == []
    assert plant.stop("satlog-worker") == 0
    seen.wait('up{job="satlog-worker"}', 0)
    wait_for(lambda: bool(seen.query(missing)), lambda: "no alert is pending", PATIENCE)
    ((labels, _),) = seen.query(missing)
    assert (labels["job"], labels["alertstate"]) == ("satlog-worker", "pending")
