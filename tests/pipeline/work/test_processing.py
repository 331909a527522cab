"""A log to its data: what is stored, what is stored again, and who may store it."""

from __future__ import annotations

import json
from datetime import timedelta
from math import fsum
from pathlib import Path

import polars as pl
import pytest

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.message import Message
from partner_pipeline.errors import StoreError
from partner_pipeline.model.applications import DETAIL_FIELDS, SUMMED
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.ids import application_file_id, assignment_id
from partner_pipeline.model.people import Admin
from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.model.tasks import OWN_FILES
from partner_pipeline.work.flown import DETAIL_COLUMNS
from partner_pipeline.work.manual import match_by_hand
from partner_pipeline.work.own_file import OwnFile, submit_own_file
from partner_pipeline.work.recover import recover
from pipeline.repositories.tools import at_once
from pipeline.workers.tools import (
    AIRCRAFT,
    AT_PARTNER,
    CUSTOMER,
    NORTH,
    SOUTH,
    Room,
    at,
    field_of,
    flight,
)
from satlog_native import open_log
from satlog_native.synth import damage

# What is stored.


def test_every_position_is_a_document_as_the_platform_reads_it(any_room: Room) -> None:
    any_room.job("7", NORTH)
    log = any_room.log("JOB7 x.log")
    assert any_room.work() is TaskStatus.COMPLETED
    found = any_room.details(log)
    file_id = any_room.file(log).id
    assert all(set(one) == {"_id", *DETAIL_FIELDS} for one in found)
    assert {one["fileId"] for one in found} == {file_id}
    assert {one["satlocJobId"] for one in found} == {"ext-7"}
    assert {one["filenameJobId"] for one in found} == {"7"}
    assert {one["aircraftId"] for one in found} == {AT_PARTNER}
    with open_log(any_room.path(log)) as opened:
        track = opened.track()
    # MongoDB and SQLite keep milliseconds.
    expected = track.select(
        pl.col(name).alias(column) for name, column in DETAIL_COLUMNS.items()
    ).with_columns(pl.col("gpsTime").dt.truncate("1ms").cast(pl.Datetime("ms", "UTC")))
    stored = [{name: one[name] for name in expected.columns} for one in found]
    assert stored == expected.to_dicts()
    assert any_room.file(log).processing.records == len(found) == track.height


def test_totals_of_an_application_are_the_sums_of_its_files(any_room: Room) -> None:
    any_room.job("7", NORTH)
    logs = [any_room.log("JOB7 x.log", flight(seed=seed)) for seed in (1, 2)]
    assert [any_room.work() for _ in logs] == [TaskStatus.COMPLETED] * 2
    (application,) = any_room.store.applications.of_job("job-7")
    assert (application.user_id, application.customer_id) == (AIRCRAFT, CUSTOMER)
    assert application.partner_code == "SATLOC"
    files = [any_room.file(log) for log in logs]
    assert {file.application_id for file in files} == {application.id}
    totals = application.totals.to_document()
    for name in SUMMED:
        assert totals[name] == pytest.approx(fsum(file.statistics[name] or 0 for file in files))
    assert totals["netArea"] == pytest.approx(2 * 2.4, rel=0.05)  # ha
    assert application.totals.files == 2
    assert application.totals.records == sum(len(any_room.details(log)) for log in logs)
    assert application.totals.start_time == min(file.statistics["startTime"] for file in files)


def test_states_and_result_tell_what_was_done(any_room: Room) -> None:
    any_room.job("7", NORTH)
    log = any_room.log("JOB7 x.log")
    assert any_room.work() is TaskStatus.COMPLETED
    tracker, task, file = any_room.tracker(log), any_room.task(log), any_room.file(log)
    assert tracker.status is LogStatus.PROCESSED
    assert tracker.processed
    assert tracker.claim is None
    assert tracker.application_file_id == file.id
    assert file.id == application_file_id("SATLOC", CUSTOMER, log.log_id)
    assert (file.tracker_id, file.sha256) == (log.id, log.sha256)
    assert task.status is TaskStatus.COMPLETED
    assert task.result == {
        "status": "processed",
        "applicationFileId": file.id,
        "records": file.processing.records,
        "decision": "matched",
        "assignId": assignment_id("job-7", AIRCRAFT),
        "jobId": "job-7",
        "damaged": False,
    }
    assert set(file.processing.seconds) == {"decode", "analyse", "match"}
    assert file.processing.size == len(flight())
    assert any_room.waiting() == []
    text = any_room.context.metrics.text().decode()
    assert 'logs_total{status="processed"} 1.0' in text
    assert 'data_processing_duration_seconds_count{stage="store"} 1.0' in text


def test_a_log_of_no_job_is_kept_unmatched(room: Room) -> None:
    room.job("7", SOUTH)
    log = room.log("flight.log")
    assert room.work() is TaskStatus.COMPLETED
    file = room.file(log)
    assert (file.job_match.decision, file.application_id) == ("unmatched", None)
    assert room.store.application_files.unmatched() == [file]
    assert room.details(log)
    assert room.store.applications.count() == 0


def test_the_setting_gives_a_log_that_tells_nothing_to_the_first_assignment(room: Room) -> None:
    for number in ("7", "8"):
        room.job(number)
        room.clock.advance(minutes=1)
    # Of a partner that gives its jobs no ids.
    room.store.store.update_many("job_assigns", {}, {"$unset": ["extJobId"]})
    log = room.log("flight.log")
    assert room.work() is TaskStatus.COMPLETED
    match = room.file(log).job_match
    assert (match.decision, match.job_id, match.by) == ("matched", "job-7", "first_assignment")
    room = room.with_settings(satloc_1st_assignment_always_match=False)
    room.again(log)
    assert room.file(log).job_match.decision == "unmatched"


def test_damage_is_stored_beside_the_result(room: Room) -> None:
    hurt, _ = damage(flight(), seed=3, start=0x18, bit_flips=4, gaps=2, cut=9)
    log = room.log("JOB7 x.log", hurt)
    assert room.work() is TaskStatus.COMPLETED
    with open_log(hurt) as opened:
        report = opened.report
    assert report.bytes_lost > 0
    file, tracker = room.file(log), room.tracker(log)
    assert tracker.status is LogStatus.PROCESSED
    assert tracker.damage == file.damage
    assert file.damage["damaged"] is True
    assert file.damage["bytesLost"] == report.bytes_lost
    assert file.processing.bytes_lost_share == pytest.approx(report.bytes_lost / len(hurt))
    assert room.task(log).result["damaged"] is True  # type: ignore[index]


def test_a_log_without_positions_is_stored_as_such(any_room: Room) -> None:
    with open_log(flight()) as opened:
        first = min(opened["position"]["offset"].to_pylist())
    any_room.job("7", NORTH)
    log = any_room.log("JOB7 x.log", flight()[:first])
    assert any_room.work() is TaskStatus.COMPLETED
    assert any_room.details(log) == []
    (application,) = any_room.store.applications.of_job("job-7")
    assert (application.totals.files, application.totals.records) == (1, 0)
    assert application.totals.start_time is None


# Stored again.


def test_processing_again_replaces_and_counts_once(any_room: Room) -> None:
    any_room.job("7", NORTH)
    log = any_room.log("JOB7 x.log")
    any_room.work()
    before, details = any_room.file(log), any_room.details(log)
    assert any_room.again(log) is TaskStatus.COMPLETED
    after = any_room.file(log)
    assert any_room.details(log) == details
    assert after.uploaded_date == before.uploaded_date < (after.updated_at or before.uploaded_date)
    (application,) = any_room.store.applications.of_job("job-7")
    assert (application.totals.files, application.totals.records) == (1, len(details))
    assert [task.number for task in any_room.chain(log)] == [1, 2]


def test_a_shorter_log_leaves_nothing_of_the_longer_one(room: Room) -> None:
    log = room.log("JOB7 x.log")
    room.work()
    before = len(room.details(log))
    room.path(log).write_bytes(flight()[: len(flight()) // 2])
    room.again(log)
    assert 0 < len(room.details(log)) < before


def test_a_log_that_moves_to_another_job_leaves_the_first_ones_totals(any_room: Room) -> None:
    room = any_room
    job = room.job("7", NORTH)
    log = room.log("flight.log")
    room.work()
    assert room.file(log).job_match.job_id == "job-7"
    first = room.file(log).application_id
    room.store.jobs.change(job.model_copy(update={"polygons": [field_of(SOUTH)]}))
    room.job("8", NORTH)
    assert room.again(log) is TaskStatus.COMPLETED
    file = room.file(log)
    assert file.job_match.job_id == "job-8"
    assert first is not None
    assert room.store.applications.require(first).totals.files == 0
    assert room.store.applications.require(first).totals.net_area == 0.0
    (second,) = room.store.applications.of_job("job-8")
    assert (second.id, second.totals.files) == (file.application_id, 1)
    assert {one["satlocJobId"] for one in room.details(log)} == {"ext-8"}


def test_what_a_person_said_stays(any_room: Room) -> None:
    any_room.job("7", NORTH)
    any_room.job("8", SOUTH)
    log = any_room.log("JOB7 x.log")
    any_room.work()
    assign = assignment_id("job-8", AIRCRAFT)
    match_by_hand(any_room.context, any_room.file(log).id, assign, by="anna")
    assert any_room.again(log) is TaskStatus.COMPLETED
    match = any_room.file(log).job_match
    assert (match.decision, match.job_id, match.by) == ("manual", "job-8", "anna")
    assert {one["satlocJobId"] for one in any_room.details(log)} == {"ext-8"}
    (left,) = any_room.store.applications.of_job("job-7")
    (came,) = any_room.store.applications.of_job("job-8")
    assert (left.totals.files, came.totals.files) == (0, 1)


def test_what_a_person_says_meanwhile_stays(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.job("7", NORTH)
    room.job("8", SOUTH)
    log = room.log("JOB7 x.log")
    room.work()
    assign, file_id = assignment_id("job-8", AIRCRAFT), room.file(log).id

    def say() -> None:
        match_by_hand(room.context, file_id, assign, by="anna")

    at(monkeypatch, "process.stored", say)
    assert room.again(log) is TaskStatus.FAILED
    assert room.task(log).retry_count == 1
    room.clock.advance(seconds=3)
    assert room.work() is TaskStatus.COMPLETED
    assert room.file(log).job_match.by == "anna"
    assert {one["satlocJobId"] for one in room.details(log)} == {"ext-8"}


def test_a_log_that_is_processed_is_left_alone(room: Room) -> None:
    room.job("7", NORTH)
    log = room.log("JOB7 x.log")
    room.work()
    stored = room.file(log)
    task = room.task(log)
    # A second execution, though the log needs none.
    replayed = json.dumps({**task.metadata["message"], "executionId": "e2"}).encode()
    tracker = room.store.tasks.collection
    room.store.store.update_one(
        tracker, {"_id": task.id}, {"$set": {"status": "queued", "executionId": "e2"}}
    )
    room.context.broker.publish(room.queue, Message(replayed))
    assert room.work() is TaskStatus.COMPLETED
    assert room.task(log).result == {"status": "processed", "already": True}
    assert room.file(log) == stored
    assert 'logs_total{status="processed"} 1.0' in room.context.metrics.text().decode()


# Whose it is to store.


def test_who_was_given_up_for_dead_stores_nothing(
    any_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_room.job("7", NORTH)
    log = any_room.log("JOB7 x.log")

    def give_up() -> None:
        any_room.clock.time += any_room.settings.stuck_timeout + timedelta(seconds=1)
        assert recover(any_room.context).executions == 1

    passed = at(monkeypatch, "process.decoded", give_up)
    assert any_room.work() is None
    assert "process.stored" not in passed
    assert any_room.store.application_files.count() == 0
    assert any_room.tracker(log).status is LogStatus.DOWNLOADED
    assert any_room.work() is TaskStatus.COMPLETED
    assert any_room.tracker(log).status is LogStatus.PROCESSED
    assert [task.status for task in any_room.chain(log)] == [TaskStatus.COMPLETED]


def test_who_is_given_up_between_details_and_the_rest_ends_nothing(
    any_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_room.job("7", NORTH)
    log = any_room.log("JOB7 x.log")

    def give_up() -> None:
        any_room.clock.time += any_room.settings.stuck_timeout + timedelta(seconds=1)
        recover(any_room.context)

    at(monkeypatch, "process.stored", give_up)
    assert any_room.work() is None
    assert any_room.store.application_files.count() == 0
    assert any_room.store.applications.count() == 0
    assert any_room.work() is TaskStatus.COMPLETED
    (application,) = any_room.store.applications.of_job("job-7")
    assert application.totals.records == len(any_room.details(log))


def test_logs_of_one_job_processed_at_once_count_once_each(any_room: Room) -> None:
    any_room.job("7", NORTH)
    logs = [any_room.log("JOB7 x.log", flight(seed=seed)) for seed in (1, 2, 3, 4)]
    done = at_once(4, lambda _: any_room.work())
    while TaskStatus.FAILED in done:  # a conflict, tried again
        done.remove(TaskStatus.FAILED)
        any_room.clock.advance(minutes=1)
        done.append(any_room.work())
    assert set(done) == {TaskStatus.COMPLETED}
    (application,) = any_room.store.applications.of_job("job-7")
    assert application.totals.files == 4
    assert application.totals.records == sum(len(any_room.details(log)) for log in logs)


def test_a_store_that_fails_in_the_middle_undoes_the_rest(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.job("7", NORTH)
    log = room.log("JOB7 x.log")

    def fail() -> None:
        raise StoreError("writing: the disk is full")

    at(monkeypatch, "process.stored", fail)
    assert room.work() is TaskStatus.FAILED
    assert room.store.application_files.count() == 0
    assert room.tracker(log).status is LogStatus.DOWNLOADED
    assert room.task(log).retry_count == 0  # not the task's fault
    room.clock.advance(seconds=3)
    assert room.work() is TaskStatus.COMPLETED
    assert len(room.details(log)) == room.file(log).processing.records


# Logs that cannot be processed.


def test_a_file_that_is_gone_is_downloaded_again(any_room: Room) -> None:
    log = any_room.log("JOB7 x.log")
    any_room.path(log).unlink()
    assert any_room.work() is TaskStatus.COMPLETED
    tracker = any_room.tracker(log)
    assert (tracker.status, tracker.recoveries) == (LogStatus.PENDING, 1)
    assert tracker.error_message is not None
    assert "is gone" in tracker.error_message
    assert any_room.task(log).result == {"status": "pending", "fileGone": True}
    assert any_room.dead_letters() == []


def test_a_file_that_is_gone_each_time_is_given_up(room: Room) -> None:
    room = room.with_settings(partner_max_retries=1)
    log = room.log("JOB7 x.log", log_id="log-1")
    room.path(log).unlink()
    room.work()
    room.clock.advance(minutes=6)
    again = room.store.trackers.claim_download(log.id, "c")
    assert again is not None
    room.store.store.update_one(
        "partner_log_trackers", {"_id": log.id}, {"$set": {"status": "downloaded"}}
    )
    room.enqueue(room.tracker(log))
    assert room.work() is TaskStatus.COMPLETED
    assert room.tracker(log).status is LogStatus.FAILED
    assert room.task(log).result == {"status": "failed", "fileGone": True}


def test_a_name_that_leads_out_of_the_folder_is_refused(room: Room, tmp_path: Path) -> None:
    log = room.log("JOB7 x.log")
    (tmp_path / "outside.log").write_bytes(flight())
    room.store.store.update_one(
        "partner_log_trackers", {"_id": log.id}, {"$set": {"savedLocalFile": "../outside.log"}}
    )
    assert room.work() is TaskStatus.DEAD
    assert room.tracker(log).error_category is ErrorCategory.VALIDATION
    assert room.store.application_files.count() == 0


@pytest.mark.parametrize("data", [b"", b"no log at all", bytes(100_000)])
def test_what_is_no_log_becomes_a_dead_letter(room: Room, data: bytes) -> None:
    log = room.log("JOB7 x.log", data)
    assert room.work() is TaskStatus.DEAD
    tracker = room.tracker(log)
    assert (tracker.status, tracker.error_category) == (
        LogStatus.FAILED,
        ErrorCategory.PROCESSING,
    )
    (letter,) = room.dead_letters()
    assert letter.message.headers[headers.ERROR_CATEGORY] == "processing"


def test_a_log_without_tracker_becomes_a_dead_letter(room: Room) -> None:
    log = room.log("JOB7 x.log")
    room.store.store.delete("partner_log_trackers", {"_id": log.id})
    assert room.work() is TaskStatus.DEAD
    assert room.task(log).error_category is ErrorCategory.VALIDATION


def test_a_log_that_was_found_to_fail_is_not_taken_for_done(room: Room) -> None:
    """Whoever found out died before the dead letter was sent."""
    log = room.log("JOB7 x.log", b"no log")
    task = room.store.tasks.claim(room.task(log).execution_id, "died")
    assert task is not None
    room.store.trackers.claim_processing(log.id, "died")
    category = ErrorCategory.PROCESSING
    room.store.trackers.processing_failed(log.id, "died", "no frame", category, final=True)
    room.store.tasks.failed(task, "no frame", category)
    assert room.work() is TaskStatus.DEAD
    (letter,) = room.dead_letters()
    assert "no frame" in str(letter.message.headers[headers.ERROR_MESSAGE])
    assert room.task(log).status is TaskStatus.DEAD


# Logs that users bring.


@pytest.fixture
def own_log(tmp_path: Path) -> Path:
    path = tmp_path / "JOB7 mine.log"
    path.write_bytes(flight())
    return path


def _submit(room: Room, path: Path) -> OwnFile:
    if room.store.users.get("adm") is None:
        room.store.users.insert(Admin(id="adm", name="Ada"))
    return submit_own_file(room.context, CUSTOMER, "adm", path, path.name)


def test_a_users_own_log_is_matched_to_any_job_of_the_customer(
    any_room: Room, own_log: Path
) -> None:
    any_room.job("7", NORTH)
    submitted = _submit(any_room, own_log)
    assert any_room.work() is TaskStatus.COMPLETED
    file = any_room.store.application_files.of_log(OWN_FILES, CUSTOMER, submitted.sha256)
    assert file is not None
    assert (file.job_match.decision, file.job_match.job_id) == ("matched", "job-7")
    assert (file.tracker_id, file.aircraft_id) == (None, None)
    (application,) = any_room.store.applications.of_job("job-7")
    assert (application.partner_code, application.totals.files) == (None, 1)
    rows = any_room.store.details.of_file(file.id)
    assert {row["aircraftId"] for row in rows} == {"N42SL"}  # as the log says
    assert 'logs_total{status="processed"} 0.0' in any_room.context.metrics.text().decode()


def test_a_users_own_log_that_is_gone_is_asked_for_again(room: Room, own_log: Path) -> None:
    submitted = _submit(room, own_log)
    (room.context.own_files / submitted.name).unlink()
    assert room.work() is TaskStatus.DEAD
    task = room.store.tasks.latest(submitted.task_id)
    assert task is not None
    assert task.error_message is not None
    assert "upload it again" in task.error_message


def test_a_message_that_names_a_file_elsewhere_is_refused(
    room: Room, own_log: Path, tmp_path: Path
) -> None:
    submitted = _submit(room, own_log)
    (waiting,) = room.waiting()
    with room.context.broker.consume([room.queue], prefetch=1) as consumer:
        delivery = consumer.get(5)
        assert delivery is not None
        delivery.ack()
    body = {**waiting.message.content(), "savedLocalFile": "../../JOB7 mine.log"}
    room.context.broker.publish(room.queue, Message.of(body, waiting.message.headers))
    assert room.work() is TaskStatus.DEAD
    task = room.store.tasks.latest(submitted.task_id)
    assert task is not None
    assert task.error_category is ErrorCategory.VALIDATION
    assert room.store.application_files.count() == 0
