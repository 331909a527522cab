"""How fast the pipeline is: embedded in SQLite, and on MongoDB and RabbitMQ where they are.

``python -m benchmarks.pipeline`` tells it; ``--quick`` only shows that it works.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import polars as pl
import pymongo
from bson.raw_bson import RawBSONDocument

from benchmarks.pairs import Race, timed
from benchmarks.pipeline_room import Place, find_servers, found_customer, open_room, put_logs
from partner_pipeline.broker.message import Message
from partner_pipeline.model.states import TaskStatus
from partner_pipeline.partners.base import Account, PartnerLog, StoredLog
from partner_pipeline.partners.simulator import SatlocSimulator, SimulatorConfig
from partner_pipeline.partners.storage import LogStorage
from partner_pipeline.store.repositories import INDEXES
from partner_pipeline.work.context import Context
from partner_pipeline.work.flown import read_flown_log
from partner_pipeline.work.handling import handle
from partner_pipeline.work.poll import poll
from partner_pipeline.workers.sync import SyncWorker
from satlog_native.synth import bulk

#: What processing a log is made of, as the pipeline's own metrics tell it.
STEPS: Final = ("decode", "analyse", "match", "store")
_CUSTOMERS: Final = 10
_DETAILS: Final = "application_details"

Servers = dict[str, str] | None


@dataclass(frozen=True)
class Amounts:
    """How much is done; a race of workers and each way to store details is run `rounds` times."""

    records: int
    logs: int
    aircraft: int
    new_logs: int
    messages: int
    details: int
    rounds: int


FULL: Final = Amounts(21_601, 40, 1_000, 10, 2_000, 21_601, 3)
#: On servers; the stand-in for MongoDB looks at every document of a collection to change one.
FULL_ON_SERVERS: Final = replace(FULL, logs=16, aircraft=50)
QUICK: Final = Amounts(500, 3, _CUSTOMERS, 2, 20, 100, 1)


@dataclass(frozen=True)
class Working:
    """One worker, from its first message taken to its last log processed.

    Attributes
    ----------
    processor : float
        Seconds of processor time of the process.
    steps : dict
        Mean seconds of each step of a log.
    """

    threads: int
    logs: int
    records: int
    seconds: float
    processor: float
    steps: dict[str, float]

    @property
    def a_second(self) -> float:
        """Logs."""
        return self.logs / self.seconds


@dataclass(frozen=True)
class Polling:
    """Seconds of a poll that finds new logs, and of the next, that finds none."""

    aircraft: int
    logs: int
    seconds: float
    nothing_new: float


@dataclass(frozen=True)
class Measured:
    """All that was measured on one kind of store and queue.

    Attributes
    ----------
    working : tuple of Working
        By one thread, and by as many as a worker has unless it is told otherwise.
    polling : Polling
    published, taken : float
        Messages a second: published, each confirmed; taken and acknowledged, one by one.
    details : dict
        Seconds that storing a log's positions takes, by the way it is done; the pipeline's first.
    workers : Race
        Two processes, one thread each, against one.
    """

    name: str
    working: tuple[Working, ...]
    polling: Polling
    published: float
    taken: float
    details: dict[str, float]
    workers: Race


@dataclass(frozen=True)
class Results:
    """Of the embedded pipeline and of that on servers, or why there is none.

    Attributes
    ----------
    download : float
        Seconds from the simulated partner to a log in the folder, over HTTP on this machine.
    """

    amounts: Amounts
    download: float
    measured: tuple[Measured, ...]
    missing: str


def measure(folder: Path, *, quick: bool) -> Results:
    """Measure everything."""
    amounts = QUICK if quick else FULL
    servers = find_servers()
    data = bulk(amounts.records, seed=1)
    log = folder / "pipeline.log"
    log.write_bytes(data)
    found = [_measure("SQLite", folder, None, log, amounts)]
    if isinstance(servers, dict):
        fewer = QUICK if quick else FULL_ON_SERVERS
        found.append(_measure("servers ¹", folder, servers, log, fewer))
    missing = servers if isinstance(servers, str) else ""
    return Results(amounts, _download(folder, data, amounts), tuple(found), missing)


def _measure(name: str, folder: Path, servers: Servers, log: Path, amounts: Amounts) -> Measured:
    data = log.read_bytes()
    _tell(f"the pipeline on {name}: workers")
    with open_room(folder, servers) as (_, context):
        configured = context.settings.worker_threads
    working = tuple(
        _work(folder, servers, data, amounts, threads) for threads in dict.fromkeys((1, configured))
    )
    _tell(f"the pipeline on {name}: polling")
    polling = _poll(folder, servers, amounts)
    _tell(f"the pipeline on {name}: queue, details")
    published, taken = _queue(folder, servers, amounts)
    details = _details(folder, servers, amounts)
    _tell(f"the pipeline on {name}: one worker, two workers")
    workers = _race_workers(folder, servers, log, amounts)
    return Measured(name, working, polling, published, taken, details, workers)


# A worker.


def _work(folder: Path, servers: Servers, data: bytes, amounts: Amounts, threads: int) -> Working:
    with open_room(folder, servers) as (_, context):
        (aircraft,) = found_customer(context, 0, 1)
        put_logs(context, aircraft, data, amounts.logs + 1)
        with context.broker.consume(context.settings.task_queues, prefetch=1) as consumer:
            first = consumer.get(10.0)
            assert first is not None
            assert handle(context, first) is TaskStatus.COMPLETED  # imports, prepares statements
        before = {step: _total(context, step) for step in STEPS}
        worker = SyncWorker(context, threads)
        start, processor = time.perf_counter(), time.process_time()
        worker.start()
        while _total(context, "store", "count") <= amounts.logs:
            time.sleep(0.005)
        seconds, used = time.perf_counter() - start, time.process_time() - processor
        worker.stop()
        assert worker.join(60.0)
        records = _stored(context)
        steps = {step: (_total(context, step) - before[step]) / amounts.logs for step in STEPS}
        return Working(threads, amounts.logs, records, seconds, used, steps)


def _total(context: Context, step: str, what: str = "sum") -> float:
    name = f"data_processing_duration_seconds_{what}"
    return context.metrics.registry.get_sample_value(name, {"stage": step}) or 0.0


def _stored(context: Context) -> int:
    """Positions of one log."""
    (file, *_) = context.repositories.application_files.of_application(
        context.repositories.applications.of_job("customer-0-job-0")[0].id
    )
    return file.processing.records


def _race_workers(folder: Path, servers: Servers, log: Path, amounts: Amounts) -> Race:
    two, one = [], []
    for _ in range(amounts.rounds):
        two.append(_by_processes(folder, servers, log, amounts, 2))
        one.append(_by_processes(folder, servers, log, amounts, 1))
    return Race(tuple(two), tuple(one))


def _by_processes(folder: Path, servers: Servers, log: Path, amounts: Amounts, count: int) -> float:
    """Seconds until so many workers have processed all logs."""
    with open_room(folder, servers) as (place, context):
        (aircraft,) = found_customer(context, 0, 1)
        put_logs(context, aircraft, log.read_bytes(), amounts.logs)
        with ExitStack() as started:
            workers = [started.enter_context(_worker(place, log)) for _ in range(count)]
            for worker in workers:
                assert _line(worker) == "ready"
            start = time.time()
            for worker in workers:
                assert worker.stdin is not None
                worker.stdin.write("\n")
                worker.stdin.flush()
            told = [_line(worker).split() for worker in workers]
        assert sum(int(done) for done, _ in told) == amounts.logs
        return max(float(ended) for _, ended in told) - start


def _worker(place: Place, log: Path) -> subprocess.Popen[str]:
    without = {name: value for name, value in os.environ.items() if name not in _SERVED}
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.pipeline_worker", str(log)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**without, **place.variables},
        text=True,
    )


_SERVED: Final = {"MONGODB_URI", "AMQP_URL", "RABBITMQ_MANAGEMENT_URL", "QUEUE_HOST", "REDIS_URL"}


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


# From the partner.


class _Cloud:
    """A partner that answers at once: what is left is the pipeline's own time."""

    code = "SATLOC"

    def __init__(self, storage: LogStorage, logs: int) -> None:
        self._storage = storage
        self._logs = logs

    def codes(self) -> tuple[str, ...]:
        return (self.code,)

    def service(self, _: str) -> _Cloud:
        return self

    def close(self) -> None:
        pass

    def aircraft_logs(self, _: Account, aircraft_id: str) -> list[PartnerLog]:
        return [
            PartnerLog(f"{aircraft_id}-{number}", f"20250715_JOB{number}.log")
            for number in range(self._logs)
        ]

    def log_data(
        self, account: Account, log_id: str, file_name: str, *, aircraft_id: str
    ) -> StoredLog:
        place = self._storage.place(self.code, account.customer_id, aircraft_id, log_id, file_name)
        with self._storage.draft("downloading a log") as draft:
            draft.write(b"a small body" * 100)
            return self._storage.keep(draft, place)


def _poll(folder: Path, servers: Servers, amounts: Amounts) -> Polling:
    with open_room(folder, servers) as (_, context):
        for customer in range(_CUSTOMERS):
            found_customer(context, customer, amounts.aircraft // _CUSTOMERS)
        storage = LogStorage(context.settings.satloc_storage_path, 1 << 20)
        cloud: Any = _Cloud(storage, amounts.new_logs)
        polled = replace(context, partners=cloud)
        start = time.perf_counter()
        report = poll(polled)
        seconds = time.perf_counter() - start
        expected = amounts.aircraft * amounts.new_logs
        assert sum(account.enqueued for account in report.accounts) == expected
        start = time.perf_counter()
        assert not sum(account.new for account in poll(polled).accounts)
        return Polling(amounts.aircraft, expected, seconds, time.perf_counter() - start)


def _download(folder: Path, data: bytes, amounts: Amounts) -> float:
    """Median seconds of a download by SatLoc's client, from a partner simulated on this machine."""
    with (
        SatlocSimulator(SimulatorConfig(customers=1, aircraft=1)) as simulator,
        open_room(folder, None) as (_, context),
    ):
        known = simulator.world.accounts[0]
        aircraft = simulator.world.aircraft(known)[0].id
        log = simulator.world.add_log(aircraft, "JOB1.log", data=data)
        settings = context.settings.model_copy(
            update={
                "satloc_api_endpoint": simulator.endpoint,
                "satloc_rate_limit": 100_000,
                "satloc_burst_limit": 100_000,
            }
        )
        service = _satloc(settings)

        def download() -> object:
            return service.log_data(known.account(), log.id, "JOB1.log", aircraft_id=aircraft)

        timed(download)
        seconds = median(timed(download) for _ in range(10 * amounts.rounds))
        service.close()
        return seconds


def _satloc(settings: Any) -> Any:
    from partner_pipeline.partners.auth_cache import MemoryAuthCache
    from partner_pipeline.partners.registry import PartnerContext
    from partner_pipeline.partners.satloc import open_service

    return open_service(PartnerContext(settings, MemoryAuthCache()))


# The queue and the store.


def _queue(folder: Path, servers: Servers, amounts: Amounts) -> tuple[float, float]:
    """Messages a second: published, each confirmed; taken and acknowledged."""
    with open_room(folder, servers) as (_, context):
        broker, queue = context.broker, context.settings.task_queue
        body = {"taskType": "process_partner_log", "taskId": "t" * 80, "executionId": "e" * 36}
        start = time.perf_counter()
        for number in range(amounts.messages):
            broker.publish(queue, Message.of(body, {"x-retry-count": number}))
        published = amounts.messages / (time.perf_counter() - start)
        with broker.consume([queue], prefetch=10) as consumer:
            start = time.perf_counter()
            for _ in range(amounts.messages):
                delivery = consumer.get(10.0)
                assert delivery is not None
                delivery.ack()
            return published, amounts.messages / (time.perf_counter() - start)


def _details(folder: Path, servers: Servers, amounts: Amounts) -> dict[str, float]:
    """Seconds of each way to store so many positions, indexes and all; the pipeline's first."""
    rows = _positions(folder, amounts.details)
    with open_room(folder, servers) as (place, context), ExitStack() as opened:
        store = context.repositories.store
        store.ensure_indexes([index for index in INDEXES if index.collection == _DETAILS])
        ways: dict[str, Callable[[pl.DataFrame], object]] = {
            "`insert_table`": lambda table: store.insert_table(_DETAILS, table),
        }
        if servers is None:
            ways["`insert_many`"] = lambda table: store.insert_many(_DETAILS, table.to_dicts())
        else:
            # Not the store's own: its transaction would be too large for many a server's cache.
            client = opened.enter_context(pymongo.MongoClient[dict[str, Any]](place.database))
            plain = client.get_default_database()[_DETAILS]
            raw: Any = plain
            ways["pymongo, `insert_many`"] = lambda table: plain.insert_many(table.to_dicts())
            ways["pymongo, raw BSON"] = lambda table: raw.insert_many(_raw(table))
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(amounts.rounds * 3):
            for way, work in ways.items():
                table = _of_file(rows, f"{way}{number}")
                seconds[way].append(_seconds(work, table))
    return {way: median(found[amounts.rounds // 2 :]) for way, found in seconds.items()}


def _seconds(work: Callable[[pl.DataFrame], object], table: pl.DataFrame) -> float:
    start = time.perf_counter()
    work(table)
    return time.perf_counter() - start


def _positions(folder: Path, count: int) -> pl.DataFrame:
    """Positions as the platform reads them."""
    path = folder / "details.log"
    path.write_bytes(bulk(count * 8 // 5 + 200, seed=1))
    found = read_flown_log(path, "JOB1.log").details.head(count)
    assert found.height == count
    names = ("satlocJobId", "filenameJobId", "swathingJobId", "jobLongLabelName", "aircraftId")
    return found.with_columns(pl.lit("70001").alias(name) for name in names)


def _of_file(rows: pl.DataFrame, file: str) -> pl.DataFrame:
    return rows.select(
        pl.format("{}:{}", pl.lit(file), pl.col("frame")).alias("_id"),
        pl.lit(file).alias("fileId"),
        pl.all(),
    )


def _raw(table: pl.DataFrame) -> list[RawBSONDocument]:
    import bson

    return [RawBSONDocument(bson.encode(row)) for row in table.iter_rows(named=True)]


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    from benchmarks.pipeline_report import lines

    parser = argparse.ArgumentParser(prog="benchmarks.pipeline", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little work: to show that it works")
    quick = parser.parse_args(arguments).quick
    with TemporaryDirectory(prefix="satlog-bench-") as folder:
        print("\n".join(lines(measure(Path(folder), quick=quick))))


if __name__ == "__main__":
    main()
