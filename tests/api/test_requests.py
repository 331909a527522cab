"""What guards every request: the shape of errors, limits, headers, ids, no operators."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.world import PASSWORD, World, is_error
from partner_pipeline.observe.trace import Trace
from pipeline.work.tools import FIELD

SECURE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def admin(shared: World) -> httpx.Client:
    return shared.as_("admin")


# Errors.


def test_errors_have_one_shape(shared: World, admin: httpx.Client) -> None:
    login, as_json = "/api/auth/login", {"content-type": "application/json"}
    assert is_error(admin.get("/api/nothing"), 404, "not_found")
    assert is_error(admin.get("/nothing"), 404, "not_found")
    assert is_error(admin.get("/api/jobs/"), 404, "not_found")
    assert is_error(admin.delete("/api/jobs"), 405, "method_not_allowed")
    assert is_error(admin.post(login, content=b"{", headers=as_json), 400, "bad_request")
    assert is_error(admin.post(login, content=b"\xff\xfe", headers=as_json), 400, "bad_request")
    assert is_error(admin.post(login, json=[]), 422, "invalid_request")
    assert is_error(admin.get("/api/jobs", params={"limit": 0}), 422, "invalid_request")
    assert is_error(admin.get("/api/jobs/none"), 404, "not_found")
    assert is_error(admin.get("/api/dlq/none/list"), 404, "not_found")
    assert is_error(shared.as_("pilot").get("/api/audit"), 403, "forbidden")
    assert is_error(shared.as_("nobody").get("/api/audit"), 401, "not_authenticated")


def test_what_is_wrong_is_named_and_not_repeated(shared: World, admin: httpx.Client) -> None:
    body = {"username": ["root"], "password": "hush-hush", "extra": 1}
    answer = admin.post("/api/auth/login", json=body)
    assert is_error(answer, 422, "invalid_request")
    fields = {each["field"] for each in answer.json()["error"]["details"]}
    assert fields == {"username", "extra"}
    assert "hush-hush" not in answer.text


def test_what_is_there_already_is_a_conflict(shared: World, admin: httpx.Client) -> None:
    assert is_error(admin.post("/api/partners", json={"partnerCode": "SATLOC"}), 409, "conflict")
    user = {"kind": "PILOT", "name": "P", "customerId": shared.accounts[0].id}
    taken = {**user, "username": "root", "password": "long enough"}
    assert is_error(admin.post("/api/users", json=taken), 409, "conflict")
    pilot = shared.users["pilot"].id
    assert is_error(admin.put(f"/api/users/{pilot}", json={"username": "root"}), 409, "conflict")


def test_nothing_of_the_inside_comes_out(world: World, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a mistake with password=hunter2hunter2")

    world.pipeline.hooks["aircraft_list"] = fail
    query = {"customerId": world.accounts[0].id, "partnerCode": "SATLOC"}
    answer = world.as_("admin").get("/api/partners/aircraft", params=query)
    assert is_error(answer, 500, "internal")
    assert "mistake" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json()["error"]["details"] == {"requestId": answer.headers["x-request-id"]}
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert any(answer.headers["x-request-id"] in str(record.msg) for record in logged)


def test_trouble_of_the_store_or_broker_names_no_folder(world: World) -> None:
    client = world.as_("admin")
    world.context.broker.close()
    answer = client.get(f"/api/dlq/{world.pipeline.queue}/stats")
    assert is_error(answer, 503, "infrastructure")
    assert str(world.folder) not in answer.text
    assert client.get("/api/overview").json()["queues"] is None
    assert client.get("/metrics").status_code == 200


# Limits.


def _chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 4096 + 1):
        yield b" " * 4096


def test_a_body_that_is_too_large(shared: World, admin: httpx.Client) -> None:
    large = json.dumps({"username": "x" * (1 << 20), "password": "y"}).encode()
    assert is_error(admin.post("/api/auth/login", content=large), 413, "too_large")
    for content_type in ("application/json", "text/plain"):
        endless = admin.post(
            "/api/auth/login", content=_chunks(1 << 20), headers={"content-type": content_type}
        )
        assert is_error(endless, 413, "too_large")
    most = shared.context.settings.satloc_max_file_size
    whole = admin.post(
        "/api/logs",
        files={"file": ("x.log", bytes(most + (1 << 20)))},
        data={"customerId": shared.accounts[0].id},
    )
    assert is_error(whole, 413, "too_large")
    little = admin.post(
        "/api/logs",
        files={"file": ("x.log", bytes(most + 1))},
        data={"customerId": shared.accounts[0].id},
    )
    assert is_error(little, 422, "validation")
    assert "larger than" in little.json()["error"]["message"]


@pytest.mark.parametrize(
    "path", ["/api/auth/login", "/session", "/api/dlq/x/purge", "/api/jobs/assign"]
)
def test_a_body_is_no_file_where_none_is_taken(shared: World, path: str) -> None:
    """It is kept in memory, before anybody is asked who they are."""
    with shared.client({"content-type": "multipart/form-data; boundary=x"}) as client:
        for content in (bytes(1 << 21), _chunks(1 << 21)):
            assert is_error(client.post(path, content=content), 413, "too_large")


def test_what_says_that_it_is_huge_is_refused_unread(shared: World) -> None:
    host, port = shared.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = f"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 40}\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(12) == b"HTTP/1.1 413"


def test_a_file_of_nobody_is_not_read(shared: World) -> None:
    files = {"file": ("x.log", bytes(1 << 20))}
    with shared.client() as client:
        assert is_error(client.post("/api/logs", files=files), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("multipart/form-data", b"--x\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b"no part at all"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: nothing\r\n\r\n\r\n--x--",
        ),
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=" + "x" * 3000, b"--x--"),
        (
            "multipart/form-data; boundary=x",
            b"".join(
                b'--x\r\nContent-Disposition: form-data; name="n%d"\r\n\r\n1\r\n' % n
                for n in range(50)
            )
            + b"--x--\r\n",
        ),
    ],
    ids=["no boundary", "no part", "no name", "json", "long boundary", "many fields"],
)
@pytest.mark.parametrize("path", ["/api/logs", "/api/jobs"])
def test_broken_multipart(
    admin: httpx.Client, path: str, content_type: str, content: bytes
) -> None:
    answer = admin.post(path, content=content, headers={"content-type": content_type})
    assert answer.status_code in {400, 422}, answer.text
    assert set(answer.json()) == {"error"}


# Headers.


@pytest.mark.parametrize(
    "path", ["/api/health", "/api/docs", "/api/nothing", "/api/audit", "/metrics", "/"]
)
def test_every_answer_has_the_headers(shared: World, path: str) -> None:
    answer = shared.as_("nobody").get(path)
    assert {name: answer.headers[name] for name in SECURE} == SECURE
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers
    if path.startswith("/api/"):
        assert answer.headers["cache-control"] == "no-store"


def test_https_stays_https(shared: World) -> None:
    with shared.client({"x-forwarded-proto": "https"}) as client:
        answer = client.get("/api/health")
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


def test_ids_of_requests_and_traces(shared: World) -> None:
    client = shared.as_("nobody")
    answer = client.get("/api/health", headers={"x-request-id": "mine-1234", "traceparent": TRACE})
    assert answer.headers["x-request-id"] == "mine-1234"
    assert answer.headers["traceparent"].split("-")[1] == TRACE.split("-")[1]
    assert answer.headers["traceparent"] != TRACE
    odd = client.get("/api/health", headers={"x-request-id": 'a"b', "traceparent": "00-0-0-00"})
    assert odd.headers["x-request-id"] != 'a"b'
    assert Trace.follow(odd.headers["traceparent"]).trace_id in odd.headers["traceparent"]


def test_the_trace_of_a_request_goes_on_in_the_queue(world: World) -> None:
    sent = {"file": ("x.log", world.simulator.world.add_log(world.accounts[0].at_partner()).data())}
    answer = world.as_("customer").post("/api/logs", files=sent, headers={"traceparent": TRACE})
    assert answer.status_code == 202
    (message,) = world.pipeline.messages()
    assert str(message.message.headers["traceparent"]).split("-")[1] == TRACE.split("-")[1]


def _requests(caplog: pytest.LogCaptureFixture, request_id: str) -> list[dict[str, Any]]:
    told = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    return [
        each for each in told if each["event"] == "request" and each.get("request") == request_id
    ]


def test_each_request_is_a_line_of_the_log(shared: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "partner_pipeline"):
        shared.as_("nobody").get("/api/jobs?cursor=secret", headers={"x-request-id": "mine-5678"})
        # It is written when the answer is on its way.
        deadline = time.monotonic() + 10
        while not (lines := _requests(caplog, "mine-5678")) and time.monotonic() < deadline:
            time.sleep(0.01)
    (line,) = lines
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/jobs", 401)
    assert "secret" not in str(line)


# Operators.

OPERATORS = ({"$gt": ""}, {"$ne": None}, {"$regex": ".*"}, {"$in": ["root"]}, ["root"], True, 1)


@pytest.mark.parametrize("value", OPERATORS, ids=repr)
def test_no_operator_logs_in(shared: World, value: Any) -> None:
    client = shared.as_("nobody")
    for body in (
        {"username": value, "password": PASSWORD},
        {"username": "root", "password": value},
        {"username": value, "password": value},
    ):
        assert is_error(client.post("/api/auth/login", json=body), 422, "invalid_request")
    refresh = client.post("/api/auth/refresh", json={"refreshToken": value})
    assert is_error(refresh, 422, "invalid_request")


@pytest.mark.parametrize(
    "query",
    [
        "status[$ne]=x",
        "status[]=processed",
        "customerId[$gt]=",
        "$where=1",
        "customerId.%24ne=x",
        "limit[$gt]=1",
    ],
)
@pytest.mark.parametrize("path", ["/api/logs", "/api/jobs", "/api/users", "/api/tasks"])
def test_no_operator_in_a_query(shared: World, path: str, query: str) -> None:
    assert is_error(shared.as_("customer").get(f"{path}?{query}"), 422, "invalid_request")


@pytest.mark.parametrize("text", ['{"$gt": ""}', "$ne", "' OR 1=1 --", "x\x00y", "%", "*"])
def test_a_value_is_only_ever_a_value(shared: World, text: str) -> None:
    """As a filter it equals nothing; as an id nobody has it."""
    admin = shared.as_("admin")
    for path, name in (("/api/jobs", "number"), ("/api/audit", "subject"), ("/api/tasks", "queue")):
        answer = admin.get(path, params={name: text})
        assert answer.status_code in {200, 422}
        if answer.status_code == 200:
            assert answer.json() == {"items": [], "nextCursor": None}
    for path in ("/api/jobs", "/api/users", "/api/logs", "/api/partners/systemUsers"):
        answer = admin.get(f"{path}/{quote(text, safe='')}")
        assert answer.status_code in {404, 422}, answer.text


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "e30", "W10", "WzEsMl0", "W3siJGd0IjoiIn0sMCwieCJd", "WyIyMDI1IiwxLCJ4Il0", "-1"],
)
@pytest.mark.parametrize("path", ["/api/jobs", "/api/users", "/api/logs", "/api/audit"])
def test_a_cursor_that_is_none(shared: World, path: str, cursor: str) -> None:
    answer = shared.as_("admin").get(path, params={"cursor": cursor})
    assert is_error(answer, 422, "validation"), answer.text


def test_a_configuration_holds_values_that_can_be_stored(admin: httpx.Client) -> None:
    partner = admin.get("/api/partners").json()["items"][0]["id"]
    good = {"nested": {"list": [1, 2.5, None, True, "text"]}}
    answer = admin.put(f"/api/partners/{partner}", json={"configuration": good})
    assert answer.json()["configuration"] == good
    deep: Any = {}
    for _ in range(50):
        deep = {"a": deep}
    for bad in ({"$set": 1}, {"a.b": 1}, {"": 1}, {"a": 1 << 70}, deep, {"a": {"b\x00": 1}}):
        refused = admin.put(f"/api/partners/{partner}", json={"configuration": bad})
        assert is_error(refused, 422, "invalid_request"), bad
    assert admin.get(f"/api/partners/{partner}").json()["configuration"] == good


def test_numbers_that_are_none(admin: httpx.Client, shared: World) -> None:
    feature = json.dumps({"type": "Feature", "properties": {}, "geometry": FIELD}).encode()
    for number in ("nan", "inf", "-1", "1e999"):
        answer = admin.post(
            "/api/jobs",
            files={"file": ("9.geojson", feature)},
            data={"customerId": shared.accounts[0].id, "rate": number},
        )
        assert is_error(answer, 422, "invalid_request")
        assert answer.json()["error"]["details"][0]["field"] == "rate"
    weird = '{"dlOp": {"type": NaN}, "jobId": "x"}'
    answer = admin.post(
        "/api/jobs/assign", content=weird, headers={"content-type": "application/json"}
    )
    assert answer.status_code in {400, 422}


def test_lone_surrogates_are_refused(admin: httpx.Client) -> None:
    answer = admin.post(
        "/api/auth/login",
        content=rb'{"username": "\ud800", "password": "\ud800"}',
        headers={"content-type": "application/json"},
    )
    assert is_error(answer, 422, "invalid_request")


def test_passwords_come_out_nowhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    secret = "a-very-secret-password"
    admin, account = world.as_("admin"), world.accounts[0]
    with caplog.at_level(logging.DEBUG):
        answers = [
            admin.put(f"/api/partners/systemUsers/{account.user.id}", json={"password": secret}),
            admin.get(f"/api/partners/systemUsers/{account.user.id}"),
            admin.get(f"/api/users/{account.user.id}"),
            admin.get("/api/audit"),
            admin.post(
                "/api/partners/systemUsers/testAuth", json={"systemUserId": account.user.id}
            ),
            admin.put(f"/api/users/{world.users['pilot'].id}", json={"password": secret}),
        ]
    assert [answer.status_code for answer in answers] == [200] * 6
    kept = world.context.repositories.users.require(account.user.id)
    for text in (*(answer.text for answer in answers), caplog.text, repr(kept)):
        assert secret not in text
        assert "v1.embedded" not in text
        assert "$argon2" not in text
