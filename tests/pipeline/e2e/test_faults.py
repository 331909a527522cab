"""A partner that has a bad day: each of its faults, and every log is there once in the end."""

from __future__ import annotations

from typing import Any

import pytest

from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.states import AssignStatus, LogStatus
from partner_pipeline.partners.simulator import Fault
from partner_pipeline.work.assign import Assigned
from partner_pipeline.work.manual import reprocess
from partner_pipeline.work.upload_decisions import confirm_uploaded
from pipeline.e2e.ledger import check_all
from pipeline.e2e.stage import EMBEDDED, Stage

#: What goes wrong with one answer, and is right the next time.
FAULTS = (
    Fault("latency", seconds=0.05),
    Fault("time_out", seconds=30.0),
    Fault("reset"),
    Fault("reset_after"),
    Fault("truncated"),
    Fault("trickle"),
    Fault("web_page"),
    Fault("status", status=429, retry_after="120"),
    Fault("status", status=500),
    Fault("status", status=503),
    Fault("redirect"),
    Fault("wrong_credentials"),
)
#: Other forms of the right answer.
FORMS = (
    (Fault("base64"),),
    (Fault("envelope"),),
    (Fault("envelope"), Fault("old_keys")),
    (Fault("duplicated"), Fault("reordered")),
)


def named(fault: Fault | tuple[Fault, ...]) -> str:
    faults = fault if isinstance(fault, tuple) else (fault,)
    return "+".join(f"{f.kind}{f.status if f.kind == 'status' else ''}" for f in faults)


@pytest.fixture
def changed(request: pytest.FixtureRequest) -> dict[str, Any]:
    # Impatient where something is awaited in vain. A download may take four times as long.
    slow = any(kind in request.node.name for kind in ("time_out", "trickle", "all_faults"))
    return {"satloc_api_timeout": 400} if slow else {}


def check(stage: Stage) -> None:
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


@EMBEDDED
@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_a_fault_of_lists_and_downloads_costs_no_log(stage: Stage, fault: Fault) -> None:
    stage.flown()
    stage.offer()
    meet(stage, fault)
    assert stage.statuses() == {LogStatus.PROCESSED: 2}
    check(stage)


def test_all_faults_in_turn_cost_nothing(stage: Stage) -> None:
    """Two customers; what goes wrong for one costs the other nothing either."""
    for customer in (0, 1):
        stage.flown(customer)
        for _ in range(3):
            stage.offer(customer=customer)
    meet(stage, *FAULTS)
    assert stage.statuses() == {LogStatus.PROCESSED: 8}
    check(stage)


def meet(stage: Stage, *faults: Fault) -> None:
    """Let these go wrong, in lists as in downloads, and go on until all is done."""
    endpoints = ("GetAircraftLogs", "GetAircraftLogData")
    for endpoint in endpoints:
        stage.simulator.faults.script(endpoint, *faults)
    stage.until_all_is_done()
    while len(met(stage)) < 2 * len(faults):
        stage.offer()
        stage.until_all_is_done()
    assert sorted(met(stage)) == sorted([fault.kind for fault in faults] * 2)


def met(stage: Stage) -> list[str]:
    return [kind for each in stage.simulator.received() for kind in each.faults]


@pytest.mark.parametrize("form", FORMS, ids=named)
@EMBEDDED
def test_another_form_of_an_answer_is_as_good(stage: Stage, form: tuple[Fault, ...]) -> None:
    stage.flown()
    logs = [stage.offer() for _ in range(3)]
    for endpoint in ("AuthenticateAPIUser", "GetAircraftLogs", "GetAircraftLogData"):
        stage.simulator.faults.script(endpoint, *[form] * 4)
    stage.poll()
    stage.work()
    assert stage.statuses() == {LogStatus.PROCESSED: 4}
    assert stage.calls("GetAircraftLogData") == len(logs) + 1
    check(stage)


@EMBEDDED
def test_a_damaged_log_is_processed_and_its_damage_told(stage: Stage) -> None:
    stage.flown()
    stage.simulator.faults.script("GetAircraftLogData", Fault("damaged"))
    stage.until_all_is_done()
    (tracker,) = stage.trackers()
    file = stage.store.application_files.require(tracker.application_file_id or "")
    assert tracker.status is LogStatus.PROCESSED
    assert tracker.damage is not None
    assert tracker.damage["damaged"]
    assert 0.0 < file.processing.bytes_lost_share < 0.05
    assert file.damage["cutTail"] > 0
    check(stage)
    # The partner has a good one after all.
    damaged = file.processing.records
    reprocess(stage.context, tracker.id, download=True, by="test")
    stage.until_all_is_done()
    file = stage.store.application_files.require(file.id)
    assert file.processing.records > damaged
    assert not file.damage["damaged"]
    check(stage)


@EMBEDDED
def test_a_log_that_the_partner_refuses_has_failed_with_its_reason(stage: Stage) -> None:
    stage.flown()
    # Asked once more with new ids, before it is given up.
    refused = Fault("refused", message="no such log")
    stage.simulator.faults.script("GetAircraftLogData", refused, refused)
    stage.until_all_is_done()
    (tracker,) = stage.trackers()
    assert (tracker.status, tracker.error_category) == (
        LogStatus.FAILED,
        ErrorCategory.VALIDATION,
    )
    assert "no such log" in (tracker.error_message or "")
    check(stage)
    reprocess(stage.context, tracker.id, download=True, by="test")
    stage.until_all_is_done()
    assert stage.statuses() == {LogStatus.PROCESSED: 1}
    check(stage)


# Uploads.


def unsent(stage: Stage, *faults: Fault) -> Assigned:
    """An assignment whose upload met these."""
    stage.simulator.faults.script("UploadJobData", *faults)
    return stage.assign(stage.job())


@EMBEDDED  # delays in RabbitMQ's queues are real ones
@pytest.mark.parametrize(
    ("fault", "category"),
    [
        (Fault("status", status=500), "transient"),
        (Fault("status", status=503), "transient"),
        (Fault("status", status=429, retry_after="7"), "rate_limit"),
    ],
    ids=["500", "503", "429"],
)
def test_a_job_that_surely_did_not_arrive_is_sent_later(
    stage: Stage, fault: Fault, category: str
) -> None:
    assigned = unsent(stage, fault)
    assert assigned.synced.status == "queued"
    assert assigned.synced.error_category == category
    stage.until_all_is_done()
    assign = stage.store.assigns.require(assigned.assign_id or "")
    (received,) = stage.simulator.world.uploads
    assert (assign.status, assign.ext_job_id) == (AssignStatus.UPLOADED, received.job_id)
    stage.until_all_is_done()
    assert stage.statuses() == {LogStatus.PROCESSED: 1}
    check(stage)


@EMBEDDED
def test_a_partner_that_is_not_alive_gets_the_job_later(stage: Stage) -> None:
    stage.simulator.faults.script("IsAlive", Fault("status", status=503))
    assigned = stage.assign(stage.job())
    assert (assigned.synced.status, stage.calls("UploadJobData")) == ("queued", 0)
    stage.until_all_is_done()
    assert stage.calls("UploadJobData") == 1
    stage.until_all_is_done()
    assert stage.statuses() == {LogStatus.PROCESSED: 1}
    check(stage)


@EMBEDDED
@pytest.mark.parametrize("kind", ["time_out_after", "reset_after", "truncated", "no_job_id"])
def test_a_job_that_may_have_arrived_is_not_sent_again(stage: Stage, kind: Any) -> None:
    assigned = unsent(stage, Fault(kind, seconds=30.0))
    assign_id = assigned.assign_id or ""
    for _ in range(3):
        stage.round()
    assert len(stage.simulator.world.uploads) == 1
    assign = stage.store.assigns.require(assign_id)
    assert assign.sync.uncertain_since is not None
    assert assign.sync.error is not None
    # Somebody has looked, and says so.
    (received,) = stage.simulator.world.uploads
    confirm_uploaded(stage.context, assign_id, received.job_id, by="test")
    stage.until_all_is_done()
    assert stage.statuses() == {LogStatus.PROCESSED: 1}
    (file,) = stage.store.application_files.of_application(
        stage.store.applications.of_job("job-1")[0].id
    )
    assert file.job_match.assign_id == assign_id
    check(stage)
