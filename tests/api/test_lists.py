"""Lists: in pages, filtered, each thing once whatever is added meanwhile."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.world import World, is_error, second_partner
from partner_pipeline.broker.message import Headers, Message
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.model.people import UserKind
from partner_pipeline.work import people


def pages(client: httpx.Client, path: str, limit: int, **query: Any) -> list[list[dict[str, Any]]]:
    """All pages of a list."""
    found = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        answer = client.get(path, params={"limit": limit, **query, **more})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found.append(page["items"])
        cursor = page["nextCursor"]
        if cursor is None:
            return found


def together(found: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [item for page in found for item in page]


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_users_by_name(shared: World, limit: int) -> None:
    for name in ("Zoe", "Amy", "Amy", "Émile", "Bob"):
        people.add_person(
            shared.context, UserKind.PILOT, name, customer_id=shared.accounts[1].id, by="test"
        )
    found = pages(shared.as_("stranger"), "/api/users", limit, kind="PILOT")
    assert {len(page) for page in found[:-1]} <= {limit}
    users = together(found)
    names = [each["name"] for each in users]
    assert names == sorted(names)
    assert len({each["id"] for each in users}) == len(users) >= 5


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_jobs_the_last_made_first(world: World, limit: int) -> None:
    made: list[str] = []
    for minute in (None, 3, 1, 1, None, 2, 1):
        at = None if minute is None else world.clock.time + timedelta(minutes=minute)
        made.append(world.pipeline.job(created_at=at).id)
    found = together(pages(world.as_("customer"), "/api/jobs", limit))
    times = [each["createdAt"] for each in found]
    assert times == sorted((t for t in times if t), reverse=True) + [None] * 2
    assert sorted(each["id"] for each in found) == sorted(made)
    assert all("polygons" not in each and each["polygonCount"] == 1 for each in found)


def test_what_is_added_meanwhile_repeats_nothing(world: World) -> None:
    for _ in range(4):
        world.pipeline.job(created_at=world.clock.advance(minutes=1))
    client = world.as_("customer")
    first = client.get("/api/jobs", params={"limit": 2}).json()
    world.pipeline.job(created_at=world.clock.advance(minutes=1))
    second = client.get("/api/jobs", params={"limit": 2, "cursor": first["nextCursor"]}).json()
    ids = [each["id"] for each in first["items"] + second["items"]]
    assert ids == ["job-0-4", "job-0-3", "job-0-2", "job-0-1"]
    assert second["nextCursor"] is None


@pytest.fixture(scope="module")
def flown(shared: World) -> dict[str, str]:
    """Two logs of a partner, two own ones, and one that failed."""
    first = shared.fly(0, 0)
    second = shared.fly(0, 1)
    own = []
    for _ in range(2):
        shared.clock.advance(seconds=30)
        at_partner = shared.accounts[1].at_partner()
        data = shared.simulator.world.add_log(at_partner).data()
        answer = shared.as_("customer").post("/api/logs", files={"file": ("own.log", data)})
        own.append(answer.json()["id"])
        assert shared.work() == {"completed": 1}
    shared.clock.advance(seconds=30)
    shared.simulator.world.add_log(shared.accounts[0].at_partner(), "bad.log", data=b"bad")
    shared.as_("customer").post("/api/partners/syncData", json={})
    shared.work()
    (bad,) = shared.as_("customer").get("/api/logs?status=failed").json()["items"]
    return {"first": first, "second": second, "own": own[0], "own2": own[1], "bad": bad["id"]}


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_logs_of_partners_and_own_ones_in_one_list(
    shared: World, flown: dict[str, str], limit: int
) -> None:
    found = together(pages(shared.as_("customer"), "/api/logs", limit))
    times = [each["updatedAt"] for each in found]
    assert times == sorted(times, reverse=True)
    assert sorted(each["id"] for each in found) == sorted(flown.values())
    assert found[0]["id"] == flown["bad"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"source": "own"}, "own own2"),
        ({"source": "partner"}, "bad first second"),
        ({"partnerCode": "satloc"}, "bad first second"),
        ({"partnerCode": "USER"}, "own own2"),
        ({"status": "processed"}, "first own own2 second"),
        ({"status": "failed"}, "bad"),
        ({"errorCategory": "processing"}, "bad"),
        ({"decision": "matched"}, "first second"),
        ({"decision": "matched", "limit": 1}, "first second"),
        ({"decision": "manual"}, ""),
        ({"decision": ["matched", "unmatched"]}, "first own own2 second"),
        ({"decision": ["unmatched", "matched", "matched"], "limit": 1}, "first own own2 second"),
        ({"decision": ["ambiguous", "manual"]}, ""),
        ({"decision": ["matched", "unmatched"], "source": "own"}, "own own2"),
        ({"decision": ["matched", "unmatched"], "since": "2025-09-15T12:00:01Z"}, "own own2"),
        ({"jobId": "first"}, "first"),
        ({"jobId": "second", "limit": 1}, "second"),
        ({"jobId": "first", "decision": ["matched", "manual"]}, "first"),
        ({"jobId": "first", "decision": "unmatched"}, ""),
        ({"jobId": "first", "source": "own"}, ""),
        ({"jobId": "first", "status": "failed"}, ""),
        ({"jobId": "nobody"}, ""),
        ({"decision": "matched", "source": "own"}, ""),
        ({"decision": "unmatched", "source": "own"}, "own own2"),
        ({"decision": "unmatched", "source": "partner"}, ""),
        ({"decision": "matched", "source": "partner"}, "first second"),
        ({"source": "own", "partnerCode": "SATLOC"}, ""),
        ({"decision": "unmatched", "source": "own", "partnerCode": "SATLOC"}, ""),
        ({"decision": "unmatched", "source": "partner", "partnerCode": "USER"}, ""),
        ({"until": "2025-09-15T12:00:01Z"}, "first second"),
        ({"since": "2025-09-15T12:00:01Z"}, "bad own own2"),
        ({"aircraftId": "nobody"}, ""),
    ],
    ids=str,
)
def test_filters_of_logs(
    shared: World, flown: dict[str, str], query: dict[str, Any], expected: str
) -> None:
    told = {"limit": 50, **query}
    if told.get("jobId") in flown:
        log = shared.as_("customer").get(f"/api/logs/{flown[told['jobId']]}").json()
        told["jobId"] = log["jobId"]
    found = together(pages(shared.as_("customer"), "/api/logs", told.pop("limit"), **told))
    names = {log: name for name, log in flown.items()}
    assert " ".join(sorted(names[each["id"]] for each in found)) == expected


def test_logs_of_a_job(world: World) -> None:
    """A partner's and an own one, the last changed first; whose they are not sees none."""
    log = world.fly(0, 0)
    customer = world.as_("customer")
    matched = customer.get(f"/api/logs/{log}").json()
    world.clock.advance(minutes=1)
    data = world.simulator.world.add_log(world.accounts[1].at_partner()).data()
    own = customer.post("/api/logs", files={"file": ("own.log", data)}).json()["id"]
    world.work()
    world.clock.advance(minutes=1)
    body = {"assignmentId": matched["assignmentId"]}
    assert customer.post(f"/api/logs/{own}/match", json=body).status_code == 200
    query = {"jobId": matched["jobId"]}
    for limit in (1, 2, 50):
        found = together(pages(customer, "/api/logs", limit, **query))
        assert [(each["id"], each["decision"]) for each in found] == [
            (own, "manual"),
            (log, "matched"),
        ]
    assert together(pages(world.as_("stranger"), "/api/logs", 50, **query)) == []
    assert len(together(pages(world.as_("admin"), "/api/logs", 50, **query))) == 2
    customer.post(f"/api/logs/{log}/match", json={"assignmentId": None})
    (left,) = together(pages(customer, "/api/logs", 50, **query))
    assert left["id"] == own


@pytest.mark.parametrize("decision", ["", "none", "matched,unmatched", '{"$ne": "matched"}'])
def test_decisions_that_are_none(shared: World, decision: str) -> None:
    query = {"decision": ["matched", decision]}
    answer = shared.as_("customer").get("/api/logs", params=query)
    assert is_error(answer, 422, "invalid_request")


def test_the_overview_counts_what_the_list_has(shared: World, flown: dict[str, str]) -> None:
    """Own logs too; from any moment, told in any zone."""
    customer = shared.as_("customer")
    sinces = ("2025-09-15T12:00:01Z", "2025-09-15T14:00:01+02:00", "2025-09-15T00:00:00Z")
    for since in (*sinces, "2030-01-01T00:00:00Z"):
        logs = customer.get("/api/overview", params={"since": since}).json()["logs"]
        listed = together(pages(customer, "/api/logs", 50, since=since))
        states = Counter(each["status"] for each in listed)
        assert {name: n for name, n in logs["byStatus"].items() if n} == states
        assert (logs["total"], logs["damaged"]) == (
            len(listed),
            sum(bool(each["damaged"]) for each in listed),
        )
        without = {"decision": ["unmatched", "ambiguous"], "since": since}
        assert logs["unmatched"] == len(together(pages(customer, "/api/logs", 50, **without)))
    today = customer.get("/api/overview").json()["logs"]
    assert (today["since"], today["total"]) == ("2025-09-15T00:00:00.000Z", 5)
    there = customer.get("/api/overview", params={"since": sinces[1]}).json()["logs"]
    assert there["since"] == "2025-09-15T12:00:01.000Z"
    for since in ("yesterday", "2025-09-15T00:00:00", ""):
        answer = customer.get("/api/overview", params={"since": since})
        assert is_error(answer, 422, "invalid_request"), since
    answer = customer.get("/api/overview", params={"since": "0001-01-01T00:00:00+14:00"})
    assert is_error(answer, 422, "validation")


def test_filters_of_tasks(shared: World, flown: dict[str, str]) -> None:
    customer = shared.as_("customer")
    whole = together(pages(customer, "/api/tasks", 2))
    assert [each["enqueuedAt"] for each in whole] == sorted(
        (each["enqueuedAt"] for each in whole), reverse=True
    )
    dead = together(pages(customer, "/api/tasks", 2, status="dlq"))
    assert [each["errorCategory"] for each in dead] == ["processing"]
    by_type = together(pages(customer, "/api/tasks", 2, type="process_partner_data_file"))
    assert {each["type"] for each in by_type} == {"process_partner_data_file"}
    assert {each["partnerCode"] for each in by_type} == {"USER"}
    assert together(pages(customer, "/api/tasks", 2, queue="none")) == []
    assert {each["customerId"] for each in whole} == {shared.accounts[0].id}


def test_audit(shared: World, flown: dict[str, str]) -> None:
    admin = shared.as_("admin")
    everything = together(pages(admin, "/api/audit", 5))
    assert len({each["id"] for each in everything}) == len(everything)
    mine = together(pages(admin, "/api/audit", 5, actor=shared.accounts[0].id))
    assert {each["actorName"] for each in mine} == {"Customer 0"}
    assert {each["action"] for each in mine} >= {"login", "submit", "poll"}
    one = together(pages(admin, "/api/audit", 5, subject="users", subjectId=shared.accounts[0].id))
    assert {each["action"] for each in one} == {"create"}


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_dead_letters(world: World, limit: int) -> None:
    for number in range(5):
        told: Headers = {"x-task-type": f"type{number}"}
        world.context.broker.publish(
            dead_queue(world.pipeline.queue), Message(b'{"n": %d}' % number, told, f"id{number}")
        )
    admin = world.as_("admin")
    found = together(pages(admin, f"/api/dlq/{world.pipeline.queue}/list", limit))
    assert [each["position"] for each in found] == list(range(5))
    assert [each["taskInfo"]["type"] for each in found] == [f"type{n}" for n in range(5)]
    path = f"/api/dlq/{world.pipeline.queue}"
    whole = admin.get(f"{path}/messages/3").json()
    assert (whole["messageId"], whole["body"], whole["chain"]) == ("id3", '{"n": 3}', [])
    assert is_error(admin.get(f"{path}/messages/5"), 404, "not_found")


@pytest.mark.parametrize(
    ("way", "body", "chosen"),
    [
        ("retryAll", {}, 5),
        ("retryAll", {"maxMessages": 2}, 2),
        ("retryByPosition", {"position": 4}, 1),
        ("retryByPosition", {"startPosition": 1, "endPosition": 3}, 3),
        ("retryByPosition", {"positions": [0, 4]}, 2),
        ("retryByPosition", {"position": 5}, 0),
        ("retryByHeader", {"headerName": "x-task-type", "headerValue": "type2"}, 1),
        ("retryByHeader", {"headerName": "x-task-type", "headerValue": "none"}, 0),
    ],
)
def test_retrying_chooses(world: World, way: str, body: dict[str, Any], chosen: int) -> None:
    """Letters that cannot be read stay, and each that was chosen says why."""
    test_dead_letters(world, 5)
    answer = world.as_("admin").post(f"/api/dlq/{world.pipeline.queue}/{way}", json=body).json()
    assert (answer["replayed"], answer["failed"]) == (0, chosen)
    assert len(world.pipeline.dead_letters()) == 5


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ({"position": 4}, [0, 1, 2, 3]),
        ({"startPosition": 1, "endPosition": 3}, [0, 4]),
        ({"positions": [0, 4], "messageIds": ["id4"]}, [0, 1, 2, 3]),
        ({"startPosition": 3, "endPosition": 9, "messageIds": ["id0"]}, [0, 1, 2, 3, 4]),
        ({"position": 0, "messageIds": []}, [0, 1, 2, 3, 4]),
    ],
)
def test_archiving_chooses(world: World, body: dict[str, Any], left: list[int]) -> None:
    test_dead_letters(world, 5)
    answer = world.as_("admin").post(f"/api/dlq/{world.pipeline.queue}/archive", json=body).json()
    letters = [each.message.message_id for each in world.pipeline.dead_letters()]
    assert letters == [f"id{number}" for number in left]
    assert (answer["archived"], answer["failed"], answer["errors"]) == (5 - len(left), 0, [])
    folder = world.context.settings.dlq_archive_path
    files = [path for path in folder.rglob("*.json") if path.is_file()]
    assert sorted(answer["files"]) == sorted(f.relative_to(folder).as_posix() for f in files)


def test_a_retry_takes_no_other_letters_than_those_seen(world: World) -> None:
    test_dead_letters(world, 5)
    path = f"/api/dlq/{world.pipeline.queue}/retryByPosition"
    body = {"positions": [1, 2, 7], "messageIds": ["id2", "id7"]}
    answer = world.as_("admin").post(path, json=body).json()
    assert {name: answer[name] for name in ("replayed", "failed", "skipped", "moved")} == {
        "replayed": 0,
        "failed": 1,
        "skipped": 2,
        "moved": 2,
    }
    assert "id2" in answer["errors"][0]


@pytest.mark.parametrize("way", ["retryByPosition", "archive"])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"position": 0, "positions": [1]},
        {"startPosition": 1},
        {"endPosition": 1},
        {"startPosition": 3, "endPosition": 1},
        {"startPosition": 0, "endPosition": 1000},
        {"messageIds": ["id0"]},
    ],
    ids=str,
)
def test_positions_that_make_no_sense(shared: World, way: str, body: dict[str, int]) -> None:
    path = f"/api/dlq/{shared.pipeline.queue}/{way}"
    assert is_error(shared.as_("admin").post(path, json=body), 422, "validation")


def test_purge_wants_the_queues_name(world: World) -> None:
    test_dead_letters(world, 5)
    admin, path = world.as_("admin"), f"/api/dlq/{world.pipeline.queue}/purge"
    assert is_error(admin.post(path, json={"confirm": "yes"}), 422, "validation")
    assert is_error(admin.post(path, json={}), 422, "invalid_request")
    assert len(world.pipeline.dead_letters()) == 5
    body = {"confirm": world.pipeline.queue}
    assert admin.request("DELETE", path, json=body).json() == {"purged": 5}
    assert world.pipeline.dead_letters() == []


def test_customers_and_their_subscriptions(world: World) -> None:
    second_partner(world.context)
    admin = world.as_("admin")
    customers = together(pages(admin, "/api/partners/customers", 1))
    assert [each["name"] for each in customers] == ["Customer 0", "Customer 1"]
    assert [each["subscriptions"][0]["partnerCode"] for each in customers] == ["SATLOC"] * 2
    partner = world.context.repositories.users.partner("AGIDRONEX")
    assert partner is not None
    other = together(pages(admin, "/api/partners/customers", 5, partnerId=partner.id))
    assert [each["subscriptions"] for each in other] == [[], []]
    own = together(pages(world.as_("customer"), "/api/partners/customers", 1))
    assert [each["id"] for each in own] == [world.accounts[0].id]


def test_a_user_with_partner_and_parent(world: World) -> None:
    account = world.accounts[0]
    shown = world.as_("customer").get(f"/api/users/{account.user.id}").json()
    assert shown["kind"] == "PARTNER_SYSTEM_USER"
    assert shown["partner"]["partnerCode"] == "SATLOC"
    assert shown["parent"] == {"id": account.id, "name": "Customer 0"}
    pilot = world.as_("pilot")
    assert is_error(pilot.get(f"/api/users/{account.user.id}"), 404, "not_found")
    kinds = {each["kind"] for each in together(pages(pilot, "/api/users", 1))}
    assert kinds == {"9", "PILOT"}


def test_partner_status_and_stats(world: World) -> None:
    world.fly(1)
    stranger, customer = world.as_("stranger"), world.as_("customer")
    partner = stranger.get("/api/partners").json()["items"][0]
    assert partner["configuration"] is None
    seen = stranger.get(f"/api/partners/{partner['id']}/status").json()
    assert (seen["status"], seen["activeJobs"], seen["pendingSyncs"]) == ("online", 1, 0)
    assert seen["lastSync"] == "2025-09-15T12:00:00.000Z"
    other = customer.get(f"/api/partners/{partner['id']}/status").json()
    assert (other["activeJobs"], other["lastSync"]) == (0, None)
    assert world.as_("admin").get("/api/partners/stats").json()["accounts"]["active"] == 2
    assert customer.get("/api/partners/stats").json()["accounts"]["active"] == 1
