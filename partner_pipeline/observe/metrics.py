"""Metrics of a process: one table of names, and a method for each thing that is worth counting."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.states import AssignStatus, LogStatus, TaskStatus
from partner_pipeline.model.tasks import TaskType

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Operation = Literal["poll", "upload"]
#: Of processing a log; ``all`` is the whole.
STAGES: Final = ("decode", "analyse", "match", "store", "all")
#: Those that logs are counted in; pending: its file is gone, and it is downloaded once more.
_LOG_STATES: Final = (
    *(LogStatus.PENDING, LogStatus.DOWNLOADED),
    *(LogStatus.PROCESSED, LogStatus.FAILED),
)

_FAST: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SLOW: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its name as Prometheus reads it, its kind, labels, meaning and (s) buckets."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str
    buckets: tuple[float, ...] = ()


API_REQUESTS: Final = Metric(
    "partner_api_requests_total",
    "counter",
    ("partner", "endpoint", "status"),
    "Calls to a partner; status is HTTP's or, where no usable answer came, what went wrong.",
)
API_DURATION: Final = Metric(
    "partner_api_duration_seconds",
    "histogram",
    ("partner", "endpoint"),
    "Duration of calls to a partner.",
    _FAST,
)
QUEUE_DEPTH: Final = Metric(
    "queue_depth", "gauge", ("queue",), "Messages that wait for a worker, or for their time."
)
QUEUE_OLDEST: Final = Metric(
    "queue_oldest_message_seconds",
    "gauge",
    ("queue",),
    "How long the oldest message that can be worked on has waited.",
)
DEAD_LETTERS: Final = Metric("dlq_messages", "gauge", ("queue",), "Dead letters of a main queue.")
ASSIGNMENTS: Final = Metric(
    "job_assignments_total", "counter", ("status",), "Job assignments that came to a state."
)
SYNC_DURATION: Final = Metric(
    "sync_duration_seconds",
    "histogram",
    ("operation", "status"),
    "Duration of polls and uploads; status is ok or a category of failure.",
    _SLOW,
)
PROCESSING_DURATION: Final = Metric(
    "data_processing_duration_seconds",
    "histogram",
    ("stage",),
    "Duration of each stage of processing a log.",
    _FAST,
)
DECODE: Final = Metric("log_decode_seconds", "histogram", (), "Duration of decoding a log.", _FAST)
RECORDS: Final = Metric("log_records_total", "counter", (), "Positions of logs that were stored.")
DAMAGE: Final = Metric("log_damage_bytes_total", "counter", (), "Bytes of logs that were lost.")
LOGS: Final = Metric("logs_total", "counter", ("status",), "Logs that came to a state.")
TASKS: Final = Metric(
    "tasks_total",
    "counter",
    ("type", "status", "category"),
    "Executions of tasks that ended; category is empty where none failed.",
)

METRICS: Final = (
    *(API_REQUESTS, API_DURATION, QUEUE_DEPTH, QUEUE_OLDEST, DEAD_LETTERS, ASSIGNMENTS),
    *(SYNC_DURATION, PROCESSING_DURATION, DECODE, RECORDS, DAMAGE, LOGS, TASKS),
)
"""Every metric: rules and dashboards name no other ones."""


# A sample more for each counter, which says when it was made: Prometheus knows by its first scrape.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The metrics of one process, in a registry of its own. Thread-safe.

    Series whose labels are known from the start are there from the start, at 0: a counter that
    appears with its first event does not *increase* by it, so that no rule would see it.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._api_requests = self._counter(API_REQUESTS)
        self._api_duration = self._histogram(API_DURATION)
        self._queue_depth = self._gauge(QUEUE_DEPTH)
        self._queue_oldest = self._gauge(QUEUE_OLDEST)
        self._dead_letters = self._gauge(DEAD_LETTERS)
        self._assignments = self._counter(ASSIGNMENTS)
        self._sync_duration = self._histogram(SYNC_DURATION)
        self._processing_duration = self._histogram(PROCESSING_DURATION)
        self._decode = self._histogram(DECODE)
        self._records = self._counter(RECORDS)
        self._damage = self._counter(DAMAGE)
        self._logs = self._counter(LOGS)
        self._tasks = self._counter(TASKS)
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        for assigned in AssignStatus:
            self._assignments.labels(status=assigned.name)
        for operation in get_args(Operation):
            for status in ("ok", *ErrorCategory):
                self._sync_duration.labels(operation=operation, status=status)
        for stage in STAGES:
            self._processing_duration.labels(stage=stage)
        for log in _LOG_STATES:
            self._logs.labels(status=log.value)
        for kind in TaskType:
            self._tasks.labels(type=kind.value, status=TaskStatus.COMPLETED.value, category="")
            for failed in (TaskStatus.FAILED, TaskStatus.DEAD):
                for category in ErrorCategory:
                    self._tasks.labels(type=kind.value, status=failed.value, category=category)

    def _counter(self, metric: Metric) -> Counter:
        return Counter(metric.name, metric.meaning, metric.labels, registry=self.registry)

    def _gauge(self, metric: Metric) -> Gauge:
        return Gauge(metric.name, metric.meaning, metric.labels, registry=self.registry)

    def _histogram(self, metric: Metric) -> Histogram:
        return Histogram(
            metric.name,
            metric.meaning,
            metric.labels,
            buckets=metric.buckets,
            registry=self.registry,
        )

    def text(self) -> bytes:
        """All metrics as Prometheus reads them; its content type is `CONTENT_TYPE`."""
        return generate_latest(self.registry)

    def api_call(self, partner: str, endpoint: str, status: str, seconds: float) -> None:
        """A partner was called; `status` is HTTP's or, of no usable answer, what went wrong."""
        self._api_requests.labels(partner=partner, endpoint=endpoint, status=status).inc()
        self._api_duration.labels(partner=partner, endpoint=endpoint).observe(seconds)

    def queue(self, queue: str, messages: int, oldest_seconds: float | None) -> None:
        """A main queue holds so many messages; the oldest has waited so long (None: none waits)."""
        self._queue_depth.labels(queue=queue).set(messages)
        self._queue_oldest.labels(queue=queue).set(oldest_seconds or 0.0)

    def dead_letters(self, queue: str, messages: int) -> None:
        """A main queue has so many dead letters."""
        self._dead_letters.labels(queue=queue).set(messages)

    def queue_unknown(self, queue: str) -> None:
        """A main queue cannot be measured: what was known of it says nothing any more."""
        for gauge in (self._queue_depth, self._queue_oldest, self._dead_letters):
            with suppress(KeyError):  # it was never measured
                gauge.remove(queue)

    def assignment(self, status: AssignStatus) -> None:
        """A job assignment came to a state."""
        self._assignments.labels(status=status.name).inc()

    def sync(
        self,
        operation: Operation,
        seconds: float,
        failed: ErrorCategory | None = None,
    ) -> None:
        """A poll of an account or an upload of a job ended."""
        status = "ok" if failed is None else failed.value
        self._sync_duration.labels(operation=operation, status=status).observe(seconds)

    def stage(self, stage: str, seconds: float) -> None:
        """A stage of processing a log took so long; ``decode`` counts apart as well."""
        self._processing_duration.labels(stage=stage).observe(seconds)
        if stage == "decode":
            self._decode.observe(seconds)

    def stored(self, records: int, bytes_lost: int) -> None:
        """The data of a log was stored."""
        self._records.inc(records)
        self._damage.inc(bytes_lost)

    def log(self, status: LogStatus) -> None:
        """A log came to a state."""
        self._logs.labels(status=status.value).inc()

    def task(
        self, kind: TaskType, status: TaskStatus, category: ErrorCategory | None = None
    ) -> None:
        """An execution of a task ended."""
        failed = "" if category is None else category.value
        self._tasks.labels(type=kind.value, status=status.value, category=failed).inc()
