"""A log comes raw or as base64 in JSON: told apart by what the answer says and what it holds."""

from __future__ import annotations

import base64
import gzip
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_pipeline.errors import TransientError, ValidationError
from partner_pipeline.partners.satloc.call import Call
from partner_pipeline.partners.satloc.download import receive_log
from partner_pipeline.partners.satloc.transport import Body
from partner_pipeline.partners.storage import LogStorage

CALL = Call(endpoint="GetAircraftLogData", what="downloading log 'x'")
LOG = bytes(range(256)) * 3
TEXT = base64.b64encode(LOG).decode()


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> LogStorage:
    return LogStorage(tmp_path_factory.mktemp("logs"), 1000)


def received(
    storage: LogStorage,
    body: bytes,
    content_type: str | None,
    pieces: int = 7,
    encoding: str = "identity",
) -> bytes:
    headers = {"Content-Encoding": encoding}
    if content_type is not None:
        headers["Content-Type"] = content_type
    chunks = [body[start : start + pieces] for start in range(0, len(body), pieces)]
    response = httpx.Response(200, headers=headers, content=iter(chunks))
    with storage.draft("a test's download") as draft:
        receive_log(Body(response, CALL, 60.0, time.monotonic), CALL, draft, None)
        draft.finish()
        return Path(draft.path).read_bytes()


@pytest.mark.parametrize(
    "content_type",
    [
        "application/octet-stream",
        "application/json",
        "text/json; charset=utf-8",
        "text/plain",
        None,
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        TEXT,
        {"Result": TEXT},
        {"IsSuccess": True, "Result": TEXT, "ErrorMessage": None},
        {"IsSuccess": True, "Result": {"fileName": "x.log", "data": TEXT}},
        {"FileData": TEXT, "size": 768},
    ],
    ids=lambda value: type(value).__name__,
)
def test_base64_in_json(storage: LogStorage, value: Any, content_type: str | None) -> None:
    for indent in (None, 4):
        assert received(storage, json.dumps(value, indent=indent).encode(), content_type) == LOG
    assert received(storage, b"\xef\xbb\xbf \r\n" + json.dumps(value).encode(), content_type) == LOG


def test_base64_in_lines(storage: LogStorage) -> None:
    lines = json.dumps(base64.encodebytes(LOG).decode()).encode()
    assert received(storage, lines, "application/json") == LOG


@pytest.mark.parametrize("content_type", ["application/octet-stream", "application/json", None])
@pytest.mark.parametrize("body", [LOG, b"", b"\x00{", b"5", b"[1]", b"true"])
def test_raw(storage: LogStorage, body: bytes, content_type: str | None) -> None:
    assert received(storage, body, content_type) == body


@given(body=st.binary(max_size=400), pieces=st.integers(1, 50))
def test_whatever_is_not_json_is_raw(storage: LogStorage, body: bytes, pieces: int) -> None:
    raw = b"\xa5" + body
    assert received(storage, raw, "application/octet-stream", pieces) == raw


@pytest.mark.parametrize("body", [b'{"half": ', b'"', b"{\x00\x01\x02", b'"' + LOG])
def test_a_raw_log_may_begin_as_json_does(storage: LogStorage, body: bytes) -> None:
    assert received(storage, body, "application/octet-stream") == body


@pytest.mark.parametrize(
    "value", ['{"half": ', '"' + TEXT, "{}", '"no base64!"', '{"data": 5}', '{"Result": null}']
)
def test_json_without_a_log(storage: LogStorage, value: str) -> None:
    with pytest.raises(TransientError, match="holds no log"):
        received(storage, value.encode(), "application/json")


def test_an_envelope_that_says_no(storage: LogStorage) -> None:
    body = b'{"IsSuccess": false, "Result": null, "ErrorMessage": "no such log"}'
    with pytest.raises(ValidationError, match="no such log"):
        received(storage, body, "application/json")


def test_the_limit_is_on_the_log_not_on_its_base64(storage: LogStorage) -> None:
    fitting, larger = (base64.b64encode(bytes(size)) for size in (1000, 1001))
    assert received(storage, b'"%b"' % fitting, "application/json") == bytes(1000)
    with pytest.raises(ValidationError, match="larger than 1,000 bytes"):
        received(storage, b'"%b"' % larger, "application/json")
    with pytest.raises(ValidationError, match="larger than 1,000 bytes"):
        received(storage, b" " * 200_000, "application/json", 4096)


def test_a_packed_answer_that_nobody_asked_for(storage: LogStorage) -> None:
    assert received(storage, gzip.compress(LOG), None, encoding="gzip") == LOG
    with pytest.raises(TransientError, match="packed"):
        received(storage, gzip.compress(gzip.compress(LOG)), None, encoding="gzip, gzip")
