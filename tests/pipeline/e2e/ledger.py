"""What must hold when all is quiet: logs at their end, data stored once, nothing left over."""

from __future__ import annotations

from collections import Counter

import pytest

from partner_pipeline.broker.base import Broker
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.model.applications import SUMMED, ApplicationFile
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.states import ACTIVE_TASKS, LogStatus, TaskStatus
from partner_pipeline.model.tasks import OWN_FILES
from partner_pipeline.partners.simulator import SatlocSimulator, SimulatedLog
from partner_pipeline.store.repositories import Repositories
from satlog_native import open_log

FINAL = {LogStatus.PROCESSED, LogStatus.FAILED, LogStatus.SKIPPED}


def check_all(store: Repositories, broker: Broker, queue: str, simulator: SatlocSimulator) -> None:
    """Everything below."""
    check_stored(store, {log.id: log for log in simulator.world.logs})
    check_nothing_is_left(store, broker, queue)
    check_uploads(simulator)


def check_stored(store: Repositories, offered: dict[str, SimulatedLog]) -> None:
    """What is stored of these logs, and that there is nothing else."""
    trackers = check_logs(store, offered)
    check_data(store, trackers, offered)
    check_totals(store)


def check_logs(
    store: Repositories, offered: dict[str, SimulatedLog]
) -> dict[str, PartnerLogTracker]:
    """Each log that is offered is tracked once, and has come to its end."""
    trackers = store.trackers.recent(limit=100_000)
    assert Counter(tracker.log_id for tracker in trackers) == Counter(list(offered))
    for tracker in trackers:
        assert tracker.status in FINAL, tracker
        assert tracker.claim is None
        assert tracker.processed == (tracker.status is LogStatus.PROCESSED)
        if tracker.status is not LogStatus.PROCESSED:
            assert tracker.error_message, "a log that failed says why"
    return {tracker.log_id: tracker for tracker in trackers}


def check_data(
    store: Repositories,
    trackers: dict[str, PartnerLogTracker],
    offered: dict[str, SimulatedLog],
) -> None:
    """The data of each processed log is there once, whole, and there is no other."""
    files = {file.id: file for file in _files(store) if file.partner_code != OWN_FILES}
    processed = [each for each in trackers.values() if each.status is LogStatus.PROCESSED]
    assert sorted(files) == sorted(each.application_file_id or "" for each in processed)
    for tracker in processed:
        file = files[tracker.application_file_id or ""]
        assert file.log_id == tracker.log_id
        if not file.damage["damaged"]:
            assert file.processing.records == positions(offered[tracker.log_id].data())
    for file in _files(store):
        # Twice the same frame cannot be: it is part of a position's id.
        assert store.details.count(file.id) == file.processing.records > 0
    rows = store.store.count("application_details")
    assert rows == sum(file.processing.records for file in _files(store))


def check_totals(store: Repositories) -> None:
    """Each application's totals are those of its files."""
    by_application: dict[str, list[ApplicationFile]] = {}
    for file in _files(store):
        if file.application_id is not None:
            by_application.setdefault(file.application_id, []).append(file)
    applications = store.applications.among(list(by_application))
    assert set(applications) == set(by_application)
    for key, files in by_application.items():
        totals = applications[key].totals.to_document()
        assert totals["files"] == len(files)
        assert totals["records"] == sum(file.processing.records for file in files)
        for name in SUMMED:
            values = [file.statistics.get(name) or 0.0 for file in files]
            assert totals[name] == pytest.approx(sum(values))
    for other in store.store.find("applications", fields=("totals.files",)):
        assert other["_id"] in by_application or other["totals"]["files"] == 0


def check_nothing_is_left(store: Repositories, broker: Broker, queue: str) -> None:
    """No task is active, and every message is a dead letter of a dead execution, or gone."""
    counts = store.tasks.counts()
    assert {status: counts[status] for status in ACTIVE_TASKS} == dict.fromkeys(ACTIVE_TASKS, 0)
    assert counts[TaskStatus.FAILED] == _superseded(store), "a failure that nothing followed"
    assert store.outbox.count() == 0
    stats = broker.stats(queue)
    assert (stats.messages, stats.delayed) == (0, 0)
    dead = broker.stats(dead_queue(queue)).messages
    assert dead >= counts[TaskStatus.DEAD]


def check_uploads(simulator: SatlocSimulator) -> None:
    """The partner got each job's file once at most."""
    received = Counter((each.aircraft_id, each.file_name) for each in simulator.world.uploads)
    assert all(count == 1 for count in received.values()), received


def positions(data: bytes) -> int:
    """How many positions a log holds."""
    with open_log(data) as log:
        return log.kinds["position"]


def _files(store: Repositories) -> list[ApplicationFile]:
    documents = store.store.find("application_files", sort=(("_id", 1),))
    return [ApplicationFile.from_document(document) for document in documents]


def _superseded(store: Repositories) -> int:
    return store.store.count("task_trackers", {"status": "failed", "supersededBy": {"$gt": ""}})
