"""Logs from partners: each once, whatever goes wrong with another one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from partner_pipeline.broker import message as headers
from partner_pipeline.errors import AuthenticationError, StorageError, StoreError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.people import AccountHealth
from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.model.tasks import ProcessLogTask, TaskMessage
from partner_pipeline.partners.simulator import Fault
from partner_pipeline.store.repositories.trackers import LogTrackers
from partner_pipeline.work.changing import change_partner
from partner_pipeline.work.lease import DURATION
from partner_pipeline.work.poll import LEASE, AccountPoll, PollReport, poll
from pipeline.work.tools import Pipeline


def offer(pipeline: Pipeline, number: int = 1, customer: int = 0, aircraft: int = 0) -> list[str]:
    """Have the partner offer logs of an aircraft; their ids."""
    at_partner = pipeline.accounts[customer].at_partner(aircraft)
    return [pipeline.simulator.world.add_log(at_partner).id for _ in range(number)]


def of(report: PollReport, pipeline: Pipeline, customer: int = 0) -> AccountPoll:
    wanted = pipeline.accounts[customer].id
    (found,) = (each for each in report.accounts if each.customer_id == wanted)
    return found


def health(pipeline: Pipeline, customer: int = 0) -> AccountHealth:
    account = pipeline.store.users.account("SATLOC", pipeline.accounts[customer].id)
    assert account is not None
    return account.health


def test_a_new_log_is_downloaded_and_queued(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    (log_id,) = offer(pipeline)
    report = poll(pipeline.context)
    done = of(report, pipeline)
    assert (done.aircraft, done.listed, done.offered, done.new) == (1, 1, 1, 1)
    assert (done.downloaded, done.enqueued, done.failed, done.error) == (1, 1, 0, None)
    tracker = pipeline.logs()[log_id]
    assert (tracker.status, tracker.enqueued_at) == (LogStatus.DOWNLOADED, pipeline.clock.time)
    service = pipeline.context.service("SATLOC")
    data = service.resolve_log_file(tracker.saved_local_file or "").read_bytes()
    (offered,) = pipeline.simulator.world.logs
    assert data == offered.data()
    (queued,) = pipeline.messages()
    task = TaskMessage.parse(queued.message.body)
    assert isinstance(task, ProcessLogTask)
    assert (task.tracker_id, task.log_id) == (tracker.id, log_id)
    assert queued.message.headers[headers.TASK_TYPE] == "process_partner_log"
    (execution,) = pipeline.store.tasks.chain(task.task_id)
    assert execution.status is TaskStatus.QUEUED
    assert execution.task_id == f"partner_tasks:SATLOC:{tracker.aircraft_id}:{log_id}"
    assert health(pipeline).last_success == pipeline.clock.time
    assert pipeline.store.outbox.oldest() is None


def test_a_second_poll_finds_nothing_to_do(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    offer(pipeline, 3)
    poll(pipeline.context)
    for minutes in (1, 10):
        pipeline.clock.advance(minutes=minutes)
        done = of(poll(pipeline.context), pipeline)
        assert (done.offered, done.new, done.downloaded, done.enqueued) == (3, 0, 0, 0)
    assert pipeline.calls("GetAircraftLogData") == 3
    assert len(pipeline.messages()) == 3


@pytest.mark.parametrize("minutes", [4, 6])
def test_a_log_is_not_enqueued_twice_in_five_minutes(pipeline: Pipeline, minutes: int) -> None:
    pipeline.uploaded()
    offer(pipeline)
    poll(pipeline.context)
    (execution,) = pipeline.store.tasks.recent()
    pipeline.store.tasks.dead(execution.execution_id)  # nobody works on it any more
    pipeline.clock.advance(minutes=minutes)
    assert of(poll(pipeline.context), pipeline).enqueued == (minutes > 5)
    assert pipeline.calls("GetAircraftLogData") == 1


@pytest.mark.parametrize("status", ["processed", "failed", "skipped", "processing"])
def test_what_has_ended_or_is_in_hand_is_left_alone(pipeline: Pipeline, status: str) -> None:
    pipeline.uploaded()
    offer(pipeline)
    poll(pipeline.context)
    (tracker,) = pipeline.logs().values()
    trackers, claim = pipeline.store.trackers, "worker"
    if status == "skipped":
        trackers.skipped(tracker.id, "not wanted")
    else:
        trackers.claim_processing(tracker.id, claim)
    if status == "processed":
        trackers.processed(tracker.id, claim, application_file_id="f", damage={})
    if status == "failed":
        category = ErrorCategory.PROCESSING
        trackers.processing_failed(tracker.id, claim, "no log", category, final=True)
    pipeline.clock.advance(hours=1)
    done = of(poll(pipeline.context), pipeline)
    assert (done.offered, done.downloaded, done.enqueued) == (1, 0, 0)
    assert pipeline.statuses() == [LogStatus(status)]


def test_only_aircraft_of_uploaded_assignments(pipeline: Pipeline) -> None:
    pipeline.uploaded(0, 0)
    offer(pipeline, 1, 0, 0)
    offer(pipeline, 1, 0, 1)
    offer(pipeline, 1, 1, 0)
    report = poll(pipeline.context)
    assert [each.customer_id for each in report.accounts] == [pipeline.accounts[0].id]
    assert (len(pipeline.logs(0, 0)), len(pipeline.logs(0, 1)), len(pipeline.logs(1, 0))) == (
        1,
        0,
        0,
    )
    aircraft = pipeline.accounts[0].aircraft[0]
    pipeline.store.users.change(aircraft.model_copy(update={"active": False}))
    assert poll(pipeline.context).accounts == ()


def test_one_customer_or_partner(pipeline: Pipeline) -> None:
    for customer in (0, 1):
        pipeline.uploaded(customer)
        offer(pipeline, 1, customer)
    assert poll(pipeline.context, partner_code="AGIDRONEX").accounts == ()
    report = poll(pipeline.context, pipeline.accounts[1].id)
    assert [each.customer_id for each in report.accounts] == [pipeline.accounts[1].id]
    assert (len(pipeline.logs(0)), len(pipeline.logs(1))) == (0, 1)


def test_a_partner_that_is_deactivated_is_left_alone(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    offer(pipeline, 1)
    partner = pipeline.store.users.partner("SATLOC")
    assert partner is not None
    change_partner(pipeline.context, partner.id, active=False, by="test")
    assert poll(pipeline.context).accounts == ()
    job = pipeline.job()
    (assigned,) = pipeline.assign(job, pipeline.accounts[0].aircraft[0].id).assigned
    assert "the partner is deactivated; activate it first" in str(assigned.synced)
    assert pipeline.calls("GetAircraftLogs") == pipeline.calls("UploadJobData") == 0
    change_partner(pipeline.context, partner.id, active=True, by="test")
    assert of(poll(pipeline.context), pipeline).new == 1


def test_duplicated_and_reordered_lists(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    ids = offer(pipeline, 4)
    for fault in (Fault("duplicated"), Fault("reordered"), Fault("envelope")):
        pipeline.simulator.faults.script("GetAircraftLogs", (fault, Fault("duplicated")))
        poll(pipeline.context)
    assert sorted(pipeline.logs()) == sorted(ids)
    assert pipeline.calls("GetAircraftLogData") == 4
    assert len(pipeline.messages()) == 4


def test_one_customers_failure_stops_nobody_else(pipeline: Pipeline) -> None:
    for customer in (0, 1):
        for aircraft in (0, 1):
            pipeline.uploaded(customer, aircraft)
            offer(pipeline, 1, customer, aircraft)
    pipeline.simulator.world.change_password(pipeline.accounts[0].username, "another one")
    report = poll(pipeline.context)
    failed, worked = of(report, pipeline, 0), of(report, pipeline, 1)
    assert failed.error_category is ErrorCategory.AUTHENTICATION
    assert (failed.listed, failed.downloaded) == (0, 0)
    assert (worked.listed, worked.downloaded, worked.error) == (2, 2, None)
    assert health(pipeline, 0).failures_in_a_row == 1
    assert health(pipeline, 0).error_category is ErrorCategory.AUTHENTICATION
    assert health(pipeline, 1).failures_in_a_row == 0


def test_an_account_that_failed_rests_longer_each_time(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    pipeline.simulator.world.change_password(pipeline.accounts[0].username, "another one")
    for seconds in (10, 20, 40):
        asked = pipeline.calls("AuthenticateAPIUser")
        poll(pipeline.context)
        assert pipeline.calls("AuthenticateAPIUser") > asked
        asked = pipeline.calls("AuthenticateAPIUser")
        pipeline.clock.advance(seconds=seconds - 1)
        resting = of(poll(pipeline.context), pipeline)
        assert resting.resting_until == pipeline.clock.time + timedelta(seconds=1)
        assert pipeline.calls("AuthenticateAPIUser") == asked
        pipeline.clock.advance(seconds=1)
    assert health(pipeline).failures_in_a_row == 3
    # Asked for by name it is polled all the same.
    poll(pipeline.context)
    poll(pipeline.context, pipeline.accounts[0].id)
    assert health(pipeline).failures_in_a_row == 5


def test_without_an_account_people_are_told(pipeline: Pipeline) -> None:
    pipeline.uploaded(0)
    pipeline.uploaded(1)
    offer(pipeline, 1, 1)
    user = pipeline.accounts[0].user
    pipeline.store.users.change(user.model_copy(update={"active": False}))
    report = poll(pipeline.context)
    assert "no active one" in (of(report, pipeline, 0).error or "")
    assert of(report, pipeline, 1).downloaded == 1
    assert len(pipeline.mails) == 1


def test_trouble_of_the_moment_is_tried_again_within_the_poll(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    offer(pipeline, 2)
    cut = Fault("truncated")
    pipeline.simulator.faults.script("GetAircraftLogs", Fault("reset"), Fault("web_page"))
    pipeline.simulator.faults.script("GetAircraftLogData", cut, cut)
    done = of(poll(pipeline.context), pipeline)
    assert (done.downloaded, done.enqueued, done.failed, done.error) == (2, 2, 0, None)
    assert health(pipeline).failures_in_a_row == 0


def test_a_download_that_fails_comes_with_the_next_poll(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    offer(pipeline)
    pipeline.simulator.faults.rate("GetAircraftLogData", 1.0, Fault("truncated"))
    done = of(poll(pipeline.context), pipeline)
    assert (done.downloaded, done.failed) == (0, 1)
    (tracker,) = pipeline.logs().values()
    assert (tracker.status, tracker.claim) == (LogStatus.PENDING, None)
    assert tracker.error_category is ErrorCategory.TRANSIENT
    assert health(pipeline).failures_in_a_row == 0, "the account itself works"
    pipeline.simulator.faults.clear()
    assert of(poll(pipeline.context), pipeline).downloaded == 1
    (tracker,) = pipeline.logs().values()
    assert (tracker.error_message, tracker.retry_count) == (None, 0)


def test_a_download_that_never_works_is_given_up_but_not_in_a_day(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    offer(pipeline)
    pipeline.simulator.faults.rate("GetAircraftLogData", 1.0, Fault("truncated"))
    for _ in range(9):
        poll(pipeline.context)
        pipeline.clock.advance(hours=2)
    assert pipeline.statuses() == [LogStatus.PENDING]
    pipeline.clock.advance(hours=6)
    poll(pipeline.context)
    assert pipeline.statuses() == [LogStatus.FAILED]
    assert len(pipeline.mails) == 1


def test_a_partner_that_is_down_is_not_asked_on(pipeline: Pipeline) -> None:
    pipeline.uploaded(0, 0)
    pipeline.uploaded(0, 1)
    pipeline.simulator.faults.rate("GetAircraftLogs", 1.0, Fault("redirect"))
    one = pipeline.with_settings(partner_max_concurrent_jobs=1)
    done = of(poll(one.context), pipeline)
    assert done.error_category is ErrorCategory.PARTNER_DOWN
    assert pipeline.calls("GetAircraftLogs") == 1
    assert health(pipeline).failures_in_a_row == 1


def test_a_rate_limit_ends_the_accounts_poll(pipeline: Pipeline) -> None:
    pipeline.uploaded(0, 0)
    pipeline.uploaded(0, 1)
    limit = Fault("status", status=429, retry_after="30")
    pipeline.simulator.faults.rate("GetAircraftLogs", 1.0, limit)
    one = pipeline.with_settings(partner_max_concurrent_jobs=1)
    assert of(poll(one.context), pipeline).error_category is ErrorCategory.RATE_LIMIT
    assert pipeline.calls("GetAircraftLogs") == 1


def test_one_aircraft_that_the_partner_does_not_know(pipeline: Pipeline) -> None:
    pipeline.uploaded(0, 0)
    pipeline.uploaded(0, 1)
    offer(pipeline, 1, 0, 0)
    wrong = pipeline.accounts[0].aircraft[1]
    info = wrong.partner_info
    assert info is not None
    info = info.model_copy(update={"partner_aircraft_id": "11111111-1111-4111-8111-111111111111"})
    pipeline.store.users.change(wrong.model_copy(update={"partner_info": info}))
    done = of(poll(pipeline.context), pipeline)
    assert (done.listed, done.downloaded) == (1, 1)
    assert done.error_category is ErrorCategory.VALIDATION
    assert health(pipeline).failures_in_a_row == 0
    assert len(pipeline.mails) == 1


def test_a_log_that_is_too_large_fails_with_its_reason(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    at_partner = pipeline.accounts[0].at_partner()
    most = pipeline.context.settings.satloc_max_file_size
    pipeline.simulator.world.add_log(at_partner, "huge.log", data=bytes(most + 1))
    (good,) = offer(pipeline)
    done = of(poll(pipeline.context), pipeline)
    assert (done.downloaded, done.failed) == (1, 1)
    logs = {log.log_file_name: log for log in pipeline.logs().values()}
    assert logs["huge.log"].status is LogStatus.FAILED
    assert f"larger than {most:,} bytes" in (logs["huge.log"].error_message or "")
    assert pipeline.logs()[good].status is LogStatus.DOWNLOADED
    asked = pipeline.calls("GetAircraftLogData")
    poll(pipeline.context)
    assert pipeline.calls("GetAircraftLogData") == asked
    assert "huge.log" in pipeline.mails[0][1]


@pytest.mark.parametrize("name", ["../../x", "C:\\x", "a\0b", "n" * 4000, "", "\u202egol.txt"])
def test_hostile_names_stay_in_the_folder(pipeline: Pipeline, name: str) -> None:
    pipeline.uploaded()
    at_partner = pipeline.accounts[0].at_partner()
    for log_id in ("../a", "b/../../c"):
        pipeline.simulator.world.add_log(at_partner, name, log_id=log_id)
    done = of(poll(pipeline.context), pipeline)
    assert (done.downloaded, done.failed) == (2, 0)
    root = pipeline.context.settings.satloc_storage_path.resolve()
    files = pipeline.files()
    assert len(files) == 2, "two logs of one name are two files"
    assert all(path.resolve().is_relative_to(root) for path in files)


def test_ids_that_the_partner_has_replaced_cost_no_log(pipeline: Pipeline) -> None:
    """The first answer looks as if the log could never be had."""
    pipeline.uploaded()
    offer(pipeline)
    pipeline.simulator.faults.script("GetAircraftLogData", Fault("status", status=400))
    assert of(poll(pipeline.context), pipeline).downloaded == 1
    assert pipeline.statuses() == [LogStatus.DOWNLOADED]


def test_a_log_that_the_partner_refuses_fails(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    offer(pipeline)
    refused = Fault("status", status=400)
    pipeline.simulator.faults.script("GetAircraftLogData", refused, refused)
    assert of(poll(pipeline.context), pipeline).failed == 1
    assert pipeline.statuses() == [LogStatus.FAILED]


def test_a_full_disk_costs_no_log_and_no_account(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    offer(pipeline, 2)

    def full(*_: object) -> None:
        raise StorageError("no room")

    pipeline.hooks["log_data"] = full
    done = of(poll(pipeline.context), pipeline)
    assert (done.downloaded, done.failed, done.error) == (0, 2, None)
    assert pipeline.statuses() == [LogStatus.PENDING] * 2
    assert [subject for subject, _ in pipeline.mails] == [
        "[satlog critical] Logs cannot be fetched"
    ]
    del pipeline.hooks["log_data"]
    assert of(poll(pipeline.context), pipeline).downloaded == 2


def test_a_mistake_in_a_partners_package_costs_no_poll(pipeline: Pipeline) -> None:
    pipeline.uploaded(0)
    pipeline.uploaded(1)
    offer(pipeline, 1, 0)
    offer(pipeline, 1, 1)
    mistaken = pipeline.accounts[0].id

    def broken(account: Any, *_: object) -> None:
        if account.customer_id == mistaken:
            raise KeyError("a mistake")

    pipeline.hooks["aircraft_logs"] = broken
    report = poll(pipeline.context)
    assert "unforeseen KeyError" in (of(report, pipeline, 0).error or "")
    assert of(report, pipeline, 1).downloaded == 1
    assert health(pipeline).failures_in_a_row == 1


def test_a_store_that_is_away_ends_the_poll(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.uploaded()
    offer(pipeline)

    def away(*_: object) -> None:
        raise StoreError("the store is away")

    with monkeypatch.context() as patched:
        patched.setattr(LogTrackers, "claim_download", away)
        with pytest.raises(StoreError, match="away"):
            poll(pipeline.context)
    assert health(pipeline).failures_in_a_row == 0
    assert of(poll(pipeline.context), pipeline).downloaded == 1, "and the lease was given back"


def test_a_broker_that_is_away_loses_no_log(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    offer(pipeline)
    pipeline.context.broker.close()
    assert of(poll(pipeline.context), pipeline).enqueued == 1
    assert pipeline.store.outbox.oldest() is not None
    (tracker,) = pipeline.logs().values()
    assert tracker.enqueued_at is not None


# Never two at once.


@pytest.fixture
def halted(pipeline: Pipeline) -> Callable[[], Any]:
    """Begin a poll in a thread and hold it in its first list; the result ends it."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(*_: object) -> None:
        begun.set()
        assert go_on.wait(30)

    def start() -> Callable[[], PollReport]:
        pipeline.hooks["aircraft_logs"] = wait
        reports: list[PollReport] = []
        thread = threading.Thread(target=lambda: reports.append(poll(pipeline.context)))
        thread.start()
        assert begun.wait(30)
        pipeline.hooks.clear()

        def end() -> PollReport:
            go_on.set()
            thread.join()
            return reports[0]

        return end

    return start


def test_polls_never_overlap(pipeline: Pipeline, halted: Callable[[], Any]) -> None:
    pipeline.uploaded()
    offer(pipeline)
    end = halted()
    assert poll(pipeline.context).busy, "another thread of the same process"
    assert poll(pipeline.another_process()).busy
    assert end().accounts[0].downloaded == 1
    assert not poll(pipeline.another_process()).busy


def test_a_dead_poller_holds_nobody_up_for_long(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    pipeline.store.leases.acquire(LEASE, "dead", DURATION)
    assert poll(pipeline.context).busy
    pipeline.clock.time += DURATION
    assert not poll(pipeline.context).busy


def test_a_lease_that_was_lost_stops_the_poll(
    pipeline: Pipeline, halted: Callable[[], Any]
) -> None:
    pipeline.uploaded()
    offer(pipeline)
    end = halted()
    pipeline.clock.time += 2 * DURATION
    assert pipeline.store.leases.acquire(LEASE, "another", DURATION)
    report = end()
    assert report.cut_short
    assert pipeline.calls("GetAircraftLogData") == 0
    lease = pipeline.store.leases.require(LEASE)
    assert lease.owner == "another", "and it is not taken from who has it now"


def test_a_lease_is_renewed_while_the_poll_goes_on(pipeline: Pipeline) -> None:
    pipeline.uploaded(0, 0)
    offer(pipeline, 6)
    third = DURATION / 2
    pipeline.hooks["log_data"] = lambda *_: pipeline.clock.advance(seconds=third.total_seconds())
    one = pipeline.with_settings(partner_max_concurrent_jobs=1)
    report = poll(one.context)
    assert not report.cut_short
    assert report.accounts[0].downloaded == 6


def test_told_to_stop(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    offer(pipeline, 5)
    stop = threading.Event()
    pipeline.hooks["log_data"] = lambda *_: stop.set()
    one = pipeline.with_settings(partner_max_concurrent_jobs=1)
    report = poll(one.context, stopping=stop.is_set)
    assert report.cut_short
    assert report.accounts[0].downloaded == 1
    assert set(pipeline.statuses()) == {LogStatus.DOWNLOADED, LogStatus.PENDING}


def test_customers_take_turns(pipeline: Pipeline) -> None:
    pipeline.uploaded(0, 0)
    pipeline.uploaded(1, 0)
    offer(pipeline, 5, 0)
    offer(pipeline, 5, 1)
    one = pipeline.with_settings(partner_max_concurrent_jobs=1)
    poll(one.context)
    users = [each.fields["userId"] for each in pipeline.simulator.received("GetAircraftLogData")]
    assert len(set(users[:2])) == 2
    assert users[:2] * 5 == users


@pytest.fixture
def asked(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the store is asked, by verb and collection."""
    found: list[tuple[str, str]] = []
    kind = type(pipeline.store.store)

    def noted(verb: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def ask(store: object, collection: str, *args: Any, **options: Any) -> Any:
            found.append((verb, collection))
            return real(store, collection, *args, **options)

        return ask

    for verb in ("find", "get", "insert", "update_one", "upsert"):
        monkeypatch.setattr(kind, verb, noted(verb, getattr(kind, verb)))
    return found


@pytest.mark.parametrize("minutes", [1, 10])
@pytest.mark.parametrize("state", ["processed", "queued"])
def test_what_is_known_costs_no_question_each(
    pipeline: Pipeline, asked: list[tuple[str, str]], state: str, minutes: int
) -> None:
    pipeline.uploaded()
    offer(pipeline, 20)
    poll(pipeline.context)
    pipeline.clock.advance(minutes=minutes)
    if state == "processed":
        for tracker in pipeline.logs().values():
            pipeline.store.trackers.skipped(tracker.id, "not wanted")
    asked.clear()
    poll(pipeline.context)
    assert asked.count(("find", "partner_log_trackers")) == 1
    assert not {("update_one", "partner_log_trackers"), ("upsert", "task_trackers")} & set(asked)
    assert len(asked) < 20


def test_a_log_that_was_taken_up_by_somebody_else_meanwhile(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    offer(pipeline)

    def given_up(*_: object) -> None:
        (tracker,) = pipeline.logs().values()
        pipeline.store.trackers.recover(tracker, most=5)
        pipeline.store.trackers.claim_download(tracker.id, "another")

    pipeline.hooks["log_data"] = given_up
    done = of(poll(pipeline.context), pipeline)
    assert (done.downloaded, done.enqueued, done.failed) == (0, 0, 0)
    (tracker,) = pipeline.logs().values()
    assert (tracker.status, tracker.claim) == (LogStatus.DOWNLOADING, "another")
    assert pipeline.messages() == []


def test_ids_that_no_store_takes_stop_no_other_log(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    (good,) = offer(pipeline)
    at_partner = pipeline.accounts[0].at_partner()
    pipeline.simulator.world.add_log(at_partner, "a\ud800.log", log_id="half \udfff")
    pipeline.simulator.world.add_log(at_partner, "b\ud800.log", log_id="whole")
    poll(pipeline.context)
    logs = pipeline.logs()
    assert logs[good].status is logs["whole"].status is LogStatus.DOWNLOADED


def test_an_account_that_is_refused_downloads_nothing_more(pipeline: Pipeline) -> None:
    for aircraft in (0, 1):
        pipeline.uploaded(0, aircraft)
        offer(pipeline, 1, 0, aircraft)
    refused, go_on = threading.Event(), threading.Event()

    def answer(_: object, aircraft_id: str) -> None:
        if aircraft_id == pipeline.accounts[0].at_partner(1):
            refused.set()
            raise AuthenticationError("refused")
        assert go_on.wait(30)

    def after_each_answer() -> bool:
        if refused.is_set():
            go_on.set()
        return False

    pipeline.hooks["aircraft_logs"] = answer
    done = of(poll(pipeline.context, stopping=after_each_answer), pipeline)
    assert (done.listed, done.downloaded) == (1, 0)
    assert done.error_category is ErrorCategory.AUTHENTICATION
    assert pipeline.calls("GetAircraftLogData") == 0
    assert health(pipeline).failures_in_a_row == 1
