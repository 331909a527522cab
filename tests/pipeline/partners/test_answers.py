"""Answers in any form: understood, or refused with an error of the pipeline's own."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_pipeline.errors import (
    AuthenticationError,
    PipelineError,
    TransientError,
    UncertainError,
    ValidationError,
)
from partner_pipeline.partners.satloc.answers import (
    message_of,
    read_aircraft,
    read_alive,
    read_authentication,
    read_job_id,
    read_json,
    read_logs,
)
from partner_pipeline.partners.satloc.call import Call

CALL = Call(endpoint="GetAircraftLogs", what="listing the logs")
UPLOAD = Call(endpoint="UploadJobData", what="uploading a job", repeatable=False)
LOGIN = Call(endpoint="AuthenticateAPIUser", what="authenticating", authenticates=True)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "Id", "Result", "IsSuccess", "fileName", "date", "size", "userId"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60))
def test_whatever_comes_is_understood_or_refused(body: bytes) -> None:
    readers: list[Any] = [
        lambda: read_alive(read_json(body, CALL)),
        lambda: read_authentication(read_json(body, LOGIN), LOGIN),
        lambda: read_aircraft(read_json(body, CALL), CALL),
        lambda: read_logs(read_json(body, CALL), CALL),
        lambda: read_job_id(body, UPLOAD),
        lambda: message_of(body),
    ]
    for read in readers:
        with contextlib.suppress(PipelineError):
            repr(read()).encode()


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"id": "a", "fileName": "x.log"}, ("a", "x.log", None, None)),
        ({"logId": "a", "logFileName": "x.log"}, ("a", "x.log", None, None)),
        ({"Id": 7, "name": "x.log"}, ("7", "x.log", None, None)),
        ({"LogId": " a ", "FileName": " x.log "}, ("a", "x.log", None, None)),
        ({"id": "a"}, ("a", "a", None, None)),
        ({"id": "a", "fileName": None, "name": "x"}, ("a", "x", None, None)),
        ({"id": "a", "size": 12}, ("a", "a", None, 12)),
        ({"id": "a", "FileSize": "12"}, ("a", "a", None, 12)),
        ({"id": "a", "size": -1}, ("a", "a", None, None)),
        ({"id": "a", "size": True}, ("a", "a", None, None)),
        ({"id": "a", "size": "large"}, ("a", "a", None, None)),
        (
            {"id": "a", "date": "2025-09-15T10:00:00"},
            ("a", "a", datetime(2025, 9, 15, 10, tzinfo=UTC), None),
        ),
        (
            {"id": "a", "logDate": "2025-09-15T10:00:00.5+02:00"},
            ("a", "a", datetime(2025, 9, 15, 8, 0, 0, 500_000, UTC), None),
        ),
        (
            {"id": "a", "date": "/Date(1757930400000)/"},
            ("a", "a", datetime(2025, 9, 15, 10, tzinfo=UTC), None),
        ),
        ({"id": "a", "date": "/Date(999999999999999)/"}, ("a", "a", None, None)),
        ({"id": "a", "date": "yesterday"}, ("a", "a", None, None)),
        ({"id": "a", "date": "0001-01-01T00:00:00+14:00"}, ("a", "a", None, None)),
        ({"id": "a", "date": 5}, ("a", "a", None, None)),
    ],
)
def test_items_of_logs(item: dict[str, Any], expected: tuple[Any, ...]) -> None:
    for value in ([item], {"Result": [item]}, {"IsSuccess": True, "Result": [item]}):
        [log] = read_logs(read_json(json.dumps(value).encode(), CALL), CALL)
        assert (log.log_id, log.file_name, log.date, log.size) == expected
        assert log.raw == item


def test_half_a_character_becomes_a_question_mark() -> None:
    [log] = read_logs(read_json(rb'[{"id": "a\ud800b", "fileName": "\uD83D\uDE00"}]', CALL), CALL)
    assert (log.log_id, log.file_name) == ("a?b", "😀")


def test_items_without_an_id_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    value: Any = [{"fileName": "x"}, None, 5, [], {"id": ""}, {"id": True}, {"id": "a"}]
    assert [log.log_id for log in read_logs(value, CALL)] == ["a"]
    assert "6 items without an id" in caplog.text


def test_the_first_of_several_with_one_id_counts() -> None:
    value = [{"id": "a", "fileName": "1"}, {"id": "b"}, {"id": "a", "fileName": "2"}]
    assert [(log.log_id, log.file_name) for log in read_logs(value, CALL)] == [
        ("a", "1"),
        ("b", "b"),
    ]


@pytest.mark.parametrize("value", [None, [], {"Result": None}, {"Result": []}])
def test_no_items(value: Any) -> None:
    assert read_logs(read_json(json.dumps(value).encode(), CALL), CALL) == []
    assert read_aircraft(read_json(json.dumps(value).encode(), CALL), CALL) == []


@pytest.mark.parametrize("body", [b"", b"<html>", b'[{"id": "a"', b'"text"', b"5", b"[" * 100_000])
def test_no_list(body: bytes) -> None:
    with pytest.raises(TransientError, match=r"listing the logs \(GetAircraftLogs\)"):
        read_logs(read_json(body, CALL), CALL)


@pytest.mark.parametrize(
    ("body", "job_id"),
    [
        (b"70001", "70001"),
        (b'"70001"', "70001"),
        (b"b4ef-12", "b4ef-12"),
        (b"6f9619ff-8b86-d011-b42d-00cf4fc964ff", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
        (b'{"jobId": 7}', "7"),
        (b'{"JobId": "7"}', "7"),
        (b'{"id": 7}', "7"),
        (b'{"IsSuccess": true, "Result": 7}', "7"),
        (b'{"IsSuccess": true, "Result": {"jobId": 7}, "ErrorMessage": null}', "7"),
        (b'{"Result": "7"}', "7"),
    ],
)
def test_job_ids(body: bytes, job_id: str) -> None:
    assert read_job_id(body, UPLOAD) == job_id


@pytest.mark.parametrize(
    "body", [b"", b"null", b"true", b"{}", b"[]", b'""', b"<html>taken</html>", b'{"jobId": null}']
)
def test_no_job_id_is_uncertain(body: bytes) -> None:
    with pytest.raises(UncertainError, match="without a job id"):
        read_job_id(body, UPLOAD)


def test_an_envelope_says_no() -> None:
    body = b'{"IsSuccess": false, "Result": null, "ErrorMessage": "No such aircraft"}'
    with pytest.raises(ValidationError, match="No such aircraft"):
        read_json(body, CALL)
    with pytest.raises(ValidationError, match="No such aircraft"):
        read_job_id(body, UPLOAD)
    with pytest.raises(AuthenticationError, match="No such aircraft"):
        read_json(body, LOGIN)
    with pytest.raises(ValidationError, match="no reason given"):
        read_json(b'{"issuccess": false}', CALL)


@pytest.mark.parametrize(
    ("value", "alive"), [(True, True), ("true", True), ("True", True), (False, False), (1, False)]
)
def test_alive(value: Any, alive: bool) -> None:
    assert read_alive(value) is alive
