"""Metrics: what is counted comes out under the names of the table, and no other."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.states import AssignStatus, LogStatus, TaskStatus
from partner_pipeline.model.tasks import TaskType
from partner_pipeline.observe.metrics import METRICS, Metrics

# As the design names them.
DESIGN = {
    "partner_api_requests_total": {"partner", "endpoint", "status"},
    "partner_api_duration_seconds": {"partner", "endpoint"},
    "queue_depth": {"queue"},
    "queue_oldest_message_seconds": {"queue"},
    "job_assignments_total": {"status"},
    "sync_duration_seconds": {"operation", "status"},
    "data_processing_duration_seconds": {"stage"},
    "log_decode_seconds": set(),
    "log_records_total": set(),
    "log_damage_bytes_total": set(),
    "logs_total": {"status"},
    "tasks_total": {"type", "status", "category"},
    "dlq_messages": {"queue"},
}


@pytest.fixture
def metrics() -> Metrics:
    found = Metrics()
    found.api_call("SATLOC", "IsAlive", "200", 0.1)
    found.api_call("SATLOC", "IsAlive", "timeout", 30.0)
    found.queue("partner_tasks", 7, 12.5)
    found.dead_letters("partner_tasks", 2)
    found.assignment(AssignStatus.UPLOADED)
    found.sync("poll", 1.0)
    found.sync("upload", 2.0, ErrorCategory.TRANSIENT)
    found.stage("decode", 0.05)
    found.stage("store", 0.5)
    found.stored(21_601, 120)
    found.log(LogStatus.PROCESSED)
    found.task(TaskType.PROCESS_LOG, TaskStatus.COMPLETED)
    found.task(TaskType.UPLOAD_JOB, TaskStatus.FAILED, ErrorCategory.VALIDATION)
    return found


def _value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_the_table_is_that_of_the_design() -> None:
    assert {metric.name: set(metric.labels) for metric in METRICS} == DESIGN


def test_what_comes_out_is_in_the_table(metrics: Metrics) -> None:
    families = {family.name: family for family in text_string_to_metric_families(_text(metrics))}
    names = {name.removesuffix("_total") for name in DESIGN}
    own = {name for name in families if not name.startswith("process_")}
    assert own == names
    for name, labels in DESIGN.items():
        family = families[name.removesuffix("_total")]
        assert family.samples
        for sample in family.samples:
            assert sample.labels.keys() - {"le"} == labels
        assert family.documentation


def _text(metrics: Metrics) -> str:
    return metrics.text().decode()


def test_counts(metrics: Metrics) -> None:
    assert (
        _value(
            metrics,
            "partner_api_requests_total",
            partner="SATLOC",
            endpoint="IsAlive",
            status="timeout",
        )
        == 1
    )
    assert _value(metrics, "queue_depth", queue="partner_tasks") == 7
    assert _value(metrics, "queue_oldest_message_seconds", queue="partner_tasks") == 12.5
    assert _value(metrics, "dlq_messages", queue="partner_tasks") == 2
    assert _value(metrics, "job_assignments_total", status="UPLOADED") == 1
    assert _value(metrics, "sync_duration_seconds_sum", operation="poll", status="ok") == 1
    assert _value(metrics, "log_decode_seconds_count") == 1
    assert _value(metrics, "data_processing_duration_seconds_count", stage="store") == 1
    assert _value(metrics, "log_records_total") == 21_601
    assert _value(metrics, "log_damage_bytes_total") == 120
    failed = {"type": "upload_partner_job", "status": "failed", "category": "validation"}
    assert _value(metrics, "tasks_total", **failed) == 1


def test_an_empty_queue_has_no_old_message(metrics: Metrics) -> None:
    metrics.queue("partner_tasks", 0, None)
    assert _value(metrics, "queue_oldest_message_seconds", queue="partner_tasks") == 0


def test_two_in_one_process_do_not_meet() -> None:
    first, second = Metrics(), Metrics()
    first.log(LogStatus.PROCESSED)
    assert _value(second, "logs_total", status="processed") == 0


def test_what_can_be_known_is_there_before_it_happens() -> None:
    """Else a rule would not see the first time: a counter must go up, not appear."""
    fresh = Metrics()
    for status in ("NEW", "DOWNLOADED", "UPLOADED"):
        assert _value(fresh, "job_assignments_total", status=status) == 0
    for status in ("pending", "downloaded", "processed", "failed"):
        assert _value(fresh, "logs_total", status=status) == 0
    for stage in ("decode", "analyse", "match", "store", "all"):
        assert _value(fresh, "data_processing_duration_seconds_count", stage=stage) == 0
    categories = [each.value for each in ErrorCategory]
    for operation in ("poll", "upload"):
        for status in ("ok", *categories):
            labels = {"operation": operation, "status": status}
            assert _value(fresh, "sync_duration_seconds_count", **labels) == 0
    for kind in ("upload_partner_job", "process_partner_log", "process_partner_data_file"):
        assert _value(fresh, "tasks_total", type=kind, status="completed", category="") == 0
        for status in ("failed", "dlq"):
            for category in categories:
                labels = {"type": kind, "status": status, "category": category}
                assert _value(fresh, "tasks_total", **labels) == 0


def test_a_queue_that_cannot_be_measured_is_not_told_of(metrics: Metrics) -> None:
    metrics.queue("other", 1, 1.0)
    for _ in range(2):
        metrics.queue_unknown("partner_tasks")
    for name in ("queue_depth", "queue_oldest_message_seconds", "dlq_messages"):
        assert _value(metrics, name, queue="partner_tasks") is None
    assert _value(metrics, "queue_depth", queue="other") == 1
