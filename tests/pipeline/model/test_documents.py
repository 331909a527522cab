"""Documents: outside and inside, ids, task messages, times."""

from __future__ import annotations

import json
import string
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_pipeline.errors import ValidationError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.clock import to_milliseconds, utc_now
from partner_pipeline.model.ids import deterministic_id, new_execution_id, new_id
from partner_pipeline.model.jobs import JobAssign, SyncState
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.people import (
    AccountHealth,
    Aircraft,
    Partner,
    PartnerInfo,
    PartnerSystemUser,
    UserKind,
    read_user,
)
from partner_pipeline.model.states import AssignStatus, LogStatus
from partner_pipeline.model.tasks import (
    ProcessFileTask,
    ProcessLogTask,
    TaskMessage,
    UploadJobTask,
    file_task_id,
    log_task_id,
    upload_task_id,
)

NOON = datetime(2025, 9, 15, 12, 0, 0, 123_456, tzinfo=UTC)


def _assign(**changes: Any) -> JobAssign:
    fields: dict[str, Any] = {
        "id": "a1",
        "job": "j1",
        "user": "u1",
        "customer_id": "c1",
        "status": AssignStatus.NEW,
        "date": NOON,
    }
    return JobAssign(**(fields | changes))


def test_documents_are_camel_case_and_plain_outside() -> None:
    sync = SyncState(attempts=2, error="no answer", error_category=ErrorCategory.TRANSIENT)
    stored = _assign(partner_code="SATLOC", status=AssignStatus.UPLOADED, sync=sync).to_document()
    assert stored == {
        "_id": "a1",
        "job": "j1",
        "user": "u1",
        "customerId": "c1",
        "status": 2,
        "partnerCode": "SATLOC",
        "date": NOON.replace(microsecond=123_000),
        "sync": {"attempts": 2, "error": "no answer", "errorCategory": "transient"},
    }
    assert type(stored["status"]) is int
    assert type(stored["sync"]["errorCategory"]) is str


def test_what_was_stored_is_read() -> None:
    assign = _assign(ext_job_id="77", sync=SyncState(last_attempt=NOON))
    assert JobAssign.from_document(assign.to_document()) == assign


def test_fields_of_others_do_not_disturb() -> None:
    stored = {**_assign().to_document(), "somethingOfThePlatform": {"x": 1}}
    assert JobAssign.from_document(stored) == _assign()


def test_a_document_that_is_none_says_which_field_and_shows_no_value() -> None:
    stored = {**_assign().to_document(), "status": "planted-secret"}
    del stored["job"]
    with pytest.raises(ValidationError) as caught:
        JobAssign.from_document(stored)
    assert "JobAssign a1" in str(caught.value)
    assert "job" in str(caught.value)
    assert "planted-secret" not in str(caught.value)


def test_documents_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        _assign().job = "j2"


# Times.


def test_times_are_utc_and_cut_to_milliseconds() -> None:
    chicago = NOON.astimezone(timezone(timedelta(hours=-5)))
    assert to_milliseconds(chicago) == NOON.replace(microsecond=123_000)
    assert to_milliseconds(chicago).tzinfo is UTC
    assert utc_now().microsecond % 1000 == 0


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_milliseconds(NOON.replace(tzinfo=None))
    with pytest.raises(ValueError, match="timezone"):
        _assign(date=NOON.replace(tzinfo=None))


# Users.


def test_users_are_read_as_what_they_are() -> None:
    aircraft = Aircraft(
        id="p1",
        name="N123",
        customer_id="c1",
        partner_info=PartnerInfo(partner_code="SATLOC", partner_aircraft_id="guid"),
    )
    assert aircraft.to_document()["kind"] == "9"
    assert read_user(aircraft.to_document()) == aircraft
    partner = Partner(id="p2", name="SatLoc", partner_code="SATLOC", partner_name="SatLoc")
    assert isinstance(read_user(partner.to_document()), Partner)


@pytest.mark.parametrize("kind", [None, "10", 9, ["9"], {"$gt": ""}])
def test_an_unknown_kind_is_refused(kind: object) -> None:
    with pytest.raises(ValidationError, match="expected a kind of"):
        read_user({"_id": "x", "name": "x", "kind": kind})


def test_passwords_are_neither_shown_nor_printed() -> None:
    account = PartnerSystemUser(
        id="s1",
        name="account",
        partner="p2",
        partner_code="SATLOC",
        customer_id="c1",
        username="joe@farm.example",
        password="v1.k.planted-secret",
        password_hash="planted-secret",
        health=AccountHealth(failures_in_a_row=3),
    )
    assert "planted-secret" not in repr(account) + str(account) + repr(account.shown())
    assert account.shown()["id"] == "s1"
    assert account.shown()["health"] == {"failuresInARow": 3}
    assert read_user(account.to_document()) == account
    assert account.kind is UserKind.PARTNER_SYSTEM_USER


# Ids.

keys = st.lists(st.text(max_size=5), max_size=4)


@given(first=keys, second=keys)
def test_ids_are_the_same_for_the_same_keys_only(first: list[str], second: list[str]) -> None:
    same = deterministic_id("kind", *first) == deterministic_id("kind", *second)
    assert same == (first == second)


def test_ids_differ_by_kind_and_look_like_ids() -> None:
    found = {deterministic_id("a", "b"), deterministic_id("ab"), deterministic_id("b", "a")}
    assert len(found) == 3
    assert all(len(id_) == 32 and set(id_) <= set(string.hexdigits) for id_ in (*found, new_id()))
    assert new_execution_id()[14] == "4"


@given(first=st.tuples(st.text(), st.text()), second=st.tuples(st.text(), st.text()))
def test_task_ids_are_the_same_for_the_same_log_only(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    ids = [log_task_id("partner_tasks", "SATLOC", *pair) for pair in (first, second)]
    assert (ids[0] == ids[1]) == (first == second)


def test_task_ids_look_as_the_platform_has_them() -> None:
    assert (
        log_task_id("dev_partner_tasks", "SATLOC", "A-1", "L-2") == "partner_tasks:SATLOC:A-1:L-2"
    )
    assert upload_task_id("partner_tasks", "SATLOC", "77") == "partner_tasks:SATLOC:upload:77"
    assert file_task_id("partner_tasks", "c", "ab") == "partner_tasks:USER:c:ab"


# Messages.

COMMON: dict[str, Any] = {
    "task_id": "partner_tasks:SATLOC:A:L",
    "execution_id": "e1",
    "partner_code": "SATLOC",
    "customer_id": "c1",
}
MESSAGES = [
    UploadJobTask(**COMMON, assign_id="a1"),
    ProcessLogTask(**COMMON, tracker_id="t1", aircraft_id="A", log_id="L"),
    ProcessFileTask(
        **COMMON,
        saved_local_file="c1/x.log",
        log_file_name="x.log",
        sha256="0" * 64,
        user_id="u1",
    ),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: str(message.task_type))
def test_messages_are_read_as_what_they_are(message: TaskMessage) -> None:
    body = json.dumps(message.to_document()).encode()
    assert json.loads(body)["taskType"] == message.task_type
    assert TaskMessage.parse(body) == message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"taskType": "planted-secret"}',
        b'{"taskType": "process_partner_log", "logId": "planted-secret"}',
        b'{"taskType": "upload_partner_job", "taskId": "", "executionId": "e", '
        b'"partnerCode": "P", "customerId": {"$gt": "planted-secret"}, "assignId": "a"}',
        b"[" * 100_000,
        b'"' + b"x" * 2_000_000 + b'"',
    ],
)
def test_a_body_that_is_no_task_is_refused_and_not_shown(body: bytes) -> None:
    with pytest.raises(ValidationError, match="reading a task message") as caught:
        TaskMessage.parse(body)
    assert "planted-secret" not in str(caught.value)


@given(st.binary(max_size=200))
def test_no_body_breaks_the_reading(body: bytes) -> None:
    with pytest.raises(ValidationError):
        TaskMessage.parse(body)


def test_a_tracker_has_the_fields_of_the_platform() -> None:
    tracker = PartnerLogTracker(
        id="x",
        log_id="l",
        partner_code="SATLOC",
        aircraft_id="a",
        customer_id="c",
        log_file_name="f",
        status=LogStatus.PENDING,
        saved_local_file="s",
        enqueued_at=NOON,
        processing_started_at=NOON,
        error_message="m",
        error_category=ErrorCategory.PROCESSING,
        sha256="0",
        damage={},
        created_at=NOON,
        updated_at=NOON,
    )
    named = (
        "logId partnerCode aircraftId customerId logFileName savedLocalFile status enqueuedAt "
        "processingStartedAt retryCount errorMessage errorCategory processed sha256 damage"
    )
    assert set(named.split()) <= tracker.to_document().keys()
