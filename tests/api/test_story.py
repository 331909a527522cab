"""The whole story over REST, against the simulated partner: from the first partner to a replay."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import polars as pl
import pytest

from api.world import World, is_error, open_world
from partner_pipeline.model.applications import DETAIL_FIELDS
from partner_pipeline.partners.simulator import Fault
from pipeline.work.tools import FIELD
from satlog_native.jobs import read_job

NORTH = json.dumps(
    {"type": "Feature", "properties": {"name": "North 40"}, "geometry": FIELD}
).encode()


@pytest.fixture
def bare(tmp_path: Any) -> Iterator[World]:
    """An administrator, and nobody else whom the API has to know."""
    with open_world(tmp_path) as world:
        store = world.context.repositories.store
        store.delete("users", {"kind": {"$ne": "ADMIN"}})
        yield world


def post(client: httpx.Client, path: str, status: int = 200, **body: Any) -> Any:
    answer = client.post(path, **(body if "files" in body else {"json": body}))
    assert answer.status_code == status, answer.text
    return answer.json()


def get(client: httpx.Client, path: str, **query: Any) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_from_the_first_partner_to_a_replay(bare: World) -> None:
    admin, known = bare.as_("admin"), bare.simulator.world.accounts[0]

    # A partner, a customer who can log in, and the customer's account at the partner.
    partner = post(admin, "/api/partners", 201, partnerCode="satloc", partnerName="SatLoc Cloud")
    assert (partner["partnerCode"], partner["hasService"]) == ("SATLOC", True)
    customer = post(
        admin,
        "/api/users",
        201,
        kind="CUSTOMER",
        name="Rice Farms",
        username="rice-farms",
        password="long enough",
    )
    account = post(
        admin,
        "/api/partners/systemUsers",
        201,
        partnerId=partner["id"],
        customerId=customer["id"],
        username=known.username,
        password="wrong",
    )
    tried = post(admin, "/api/partners/systemUsers/testAuth", systemUserId=account["id"])
    assert (tried["ok"], tried["errorCategory"]) == (False, "authentication")
    admin.put(f"/api/partners/systemUsers/{account['id']}", json={"password": known.password})
    assert post(admin, "/api/partners/systemUsers/testAuth", systemUserId=account["id"])["ok"]

    # From here on the customer asks.
    token = bare.login("rice-farms", "long enough")["accessToken"]
    with bare.client({"authorization": f"Bearer {token}"}) as rice:
        (listed, *_) = get(rice, "/api/partners/aircraft", partnerCode="SATLOC")["items"]
        assert listed["userId"] is None
        aircraft = post(
            rice,
            "/api/users",
            201,
            kind="9",
            name=listed["tailNumber"],
            partnerInfo={
                "partnerCode": "SATLOC",
                "partnerAircraftId": listed["aircraftId"],
                "tailNumber": listed["tailNumber"],
            },
        )
        again = get(rice, "/api/partners/aircraft", partnerCode="SATLOC")["items"][0]
        assert again["userId"] == aircraft["id"]
        flown = _assigned_and_flown(bare, rice, aircraft["id"])
        _looked_at(rice, flown)
        _assigned_while_the_partner_is_down(bare, rice, aircraft["id"])
        _dead_letter_and_replay(bare, admin, rice, listed["aircraftId"])


def _assigned_and_flown(world: World, rice: httpx.Client, aircraft: str) -> str:
    """The id of the log."""
    job = post(rice, "/api/jobs", 201, files={"file": ("4711.geojson", NORTH)}, data={"rate": "30"})
    assert (job["number"], job["rate"], job["polygons"]) == ("4711", 30.0, [FIELD])
    assigned = post(
        rice,
        "/api/jobs/assign",
        jobId=job["id"],
        dlOp={"type": 2},
        asUsers=[{"uid": aircraft, "notes": "mind the wires"}],
    )
    (uploaded,) = world.simulator.world.uploads
    (assignment,) = assigned["assignments"]
    assert assigned["ok"]
    assert assigned["summary"] == {"uploaded": 1}
    assert (assignment["extJobId"], assignment["syncStatus"]) == (uploaded.job_id, "uploaded")
    polled = post(rice, "/api/partners/syncData")
    (account,) = polled["accounts"]
    assert (account["new"], account["downloaded"], account["enqueued"]) == (1, 1, 1)
    (waiting,) = get(rice, "/api/logs")["items"]
    assert (waiting["status"], waiting["decision"]) == ("downloaded", None)
    assert is_error(rice.get(f"/api/logs/{waiting['id']}/map.geojson"), 404, "not_found")
    assert world.work() == {"completed": 1}
    (log,) = get(rice, "/api/logs", status="processed")["items"]
    assert (log["assignmentId"], log["jobName"]) == (assignment["assignmentId"], job["name"])
    assert log["decision"] == "matched"
    assert get(rice, f"/api/jobs/{job['id']}")["dlOp"] == {"type": 2}
    return str(log["id"])


def _looked_at(rice: httpx.Client, log_id: str) -> None:
    log = get(rice, f"/api/logs/{log_id}")
    assert log["statistics"]["passes"] == len(log["passes"]) > 0
    assert log["match"]["candidates"][0]["jobNumber"] == "4711"
    assert [task["status"] for task in log["tasks"]] == ["completed"]
    assert log["application"]["totals"]["files"] == 1
    track = pl.read_parquet(io.BytesIO(rice.get(f"/api/logs/{log_id}/track.parquet").content))
    assert track.columns == list(DETAIL_FIELDS)
    assert track.height == log["records"]
    assert track["frame"].is_sorted()
    assert set(track["satlocJobId"]) == {log["match"]["candidates"][0]["extJobId"]}
    on_map = rice.get(f"/api/logs/{log_id}/map.geojson").json()
    assert [each["properties"]["kind"] for each in on_map["features"]] == [
        "field",
        "track",
        "spray",
    ]
    west, south, east, north = on_map["bbox"]
    assert west <= track["lon"].min() <= track["lon"].max() <= east  # type: ignore[operator]
    assert south <= track["lat"].min() <= track["lat"].max() <= north  # type: ignore[operator]
    nobodys = post(rice, f"/api/logs/{log_id}/match", assignmentId=None)
    assert (nobodys["decision"], nobodys["assignmentId"]) == ("manual", None)
    back = post(rice, f"/api/logs/{log_id}/match", assignmentId=log["assignmentId"])
    assert back["match"]["byName"] == "Rice Farms"


def _assigned_while_the_partner_is_down(world: World, rice: httpx.Client, aircraft: str) -> None:
    job = post(rice, "/api/jobs", 201, files={"file": ("4712.geojson", NORTH)})
    world.simulator.faults.rate("IsAlive", 1.0, Fault("status", status=503))
    assigned = post(rice, f"/api/jobs/{job['id']}/assign", asUsers=[{"uid": aircraft}])
    assert assigned["summary"] == {"queued": 1}
    assert [each["category"] for each in assigned["errors"]] == ["partner_down"]
    (assignment,) = get(rice, f"/api/jobs/{job['id']}")["assignments"]
    assert (assignment["status"], assignment["syncStatus"]) == ("NEW", "queued")
    new = get(rice, "/api/export/newJobs")["partners"]["SATLOC"]
    assert [each["assignmentId"] for each in new] == [assignment["assignmentId"]]
    world.simulator.faults.clear()
    world.clock.advance(minutes=5)
    assert world.work() == {"completed": 1}
    (assignment,) = get(rice, f"/api/jobs/{job['id']}")["assignments"]
    assert (assignment["status"], assignment["syncStatus"]) == ("UPLOADED", "uploaded")


def _dead_letter_and_replay(
    world: World, admin: httpx.Client, rice: httpx.Client, at_partner: str
) -> None:
    """A log that is none: a dead letter, that is replayed once what was wrong is mended."""
    queue, log_data = world.pipeline.queue, world.simulator.world.add_log(at_partner).data()
    world.work()
    post(rice, "/api/partners/syncData")
    world.work()
    world.simulator.world.add_log(at_partner, "broken.log", data=b"no log at all")
    world.clock.advance(minutes=1)
    polled = post(rice, "/api/partners/syncData")
    assert polled["accounts"][0]["new"] == 1
    assert world.work() == {"dlq": 1}
    (broken,) = get(rice, "/api/logs", status="failed")["items"]
    assert (broken["errorCategory"], broken["fileName"]) == ("processing", "broken.log")
    (letter,) = get(admin, f"/api/dlq/{queue}/list")["items"]
    assert (letter["position"], letter["errorCategory"]) == (0, "processing")
    whole = get(admin, f"/api/dlq/{queue}/messages/0")
    assert json.loads(whole["body"])["trackerId"] == broken["id"]
    assert [task["status"] for task in whole["chain"]] == ["dlq"]
    overview = get(rice, "/api/overview")
    assert (overview["tasks"]["dead"], overview["logs"]["byStatus"]["failed"]) == (1, 1)
    trouble = overview["recentErrors"][0]
    assert (trouble["what"], trouble["logId"], trouble["jobId"]) == ("task", broken["id"], None)
    replayed = post(admin, f"/api/dlq/{queue}/retryByPosition", position=0)
    assert replayed == {"replayed": 1, "failed": 0, "skipped": 0, "moved": 0, "errors": []}
    _mend(world, broken["id"], log_data)
    assert world.work() == {"completed": 1}
    assert get(rice, f"/api/logs/{broken['id']}")["status"] == "processed"
    assert get(admin, f"/api/dlq/{queue}/stats")["dead"]["messages"] == 0
    chain = get(rice, f"/api/tasks/{whole['taskInfo']['executionId']}")["chain"]
    assert [task["status"] for task in chain] == ["archived", "completed"]


def _mend(world: World, log_id: str, data: bytes) -> None:
    """What an operator does to a file that was damaged on the way."""
    tracker = world.context.repositories.trackers.require(log_id)
    service = world.context.service("SATLOC")
    service.resolve_log_file(tracker.saved_local_file or "").write_bytes(data)


# Users' own logs.


def test_an_own_log_is_followed_by_its_task(world: World) -> None:
    pilot, data = (
        world.as_("pilot"),
        world.simulator.world.add_log(world.accounts[0].at_partner()).data(),
    )
    taken = post(pilot, "/api/logs", 202, files={"file": ("JOB12 x.log", data)})
    assert (taken["status"], taken["fileName"]) == ("queued", "JOB12 x.log")
    assert get(pilot, f"/api/tasks/{taken['executionId']}")["status"] == "queued"
    assert is_error(pilot.get(f"/api/logs/{taken['id']}"), 404, "not_found")
    again = post(pilot, "/api/logs", 202, files={"file": ("x.log", data)})
    assert (again["status"], again["executionId"], again["id"]) == ("already", None, taken["id"])
    assert world.work() == {"completed": 1}
    log = get(pilot, f"/api/logs/{taken['id']}")
    assert (log["source"], log["status"], log["fileName"]) == ("own", "processed", "JOB12 x.log")
    assert log["identity"]["filenameJobId"] == "12"
    assert get(pilot, "/api/logs", source="partner")["items"] == []
    assert [each["id"] for each in get(pilot, "/api/logs")["items"]] == [log["id"]]
    unmatched = get(pilot, "/api/logs", decision="unmatched")["items"]
    assert [each["id"] for each in unmatched] == [log["id"]]
    assert get(world.as_("stranger"), "/api/logs")["items"] == []


HOSTILE_NAMES = [
    "../../../etc/passwd",
    "..",
    "\x00",
    "a" * 500,
    "x\r\nSet-Cookie: a",
    "\u202egol.x",
    "",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_hostile_names_stay_in_their_folder(shared: World, name: str) -> None:
    data = f"a log of {name!r}".encode()
    answer = shared.as_("customer").post("/api/logs", files={"file": (name, data)})
    assert answer.status_code in {202, 422}, answer.text
    inside = shared.context.own_files.resolve()
    kept = [
        path
        for path in shared.folder.rglob("*")
        if path.is_file() and path.stat().st_size == len(data)
    ]
    assert all(path.resolve().is_relative_to(inside) for path in kept)


def test_hostile_logs_harm_nobody(world: World) -> None:
    customer = world.as_("customer")
    good = world.simulator.world.add_log(world.accounts[0].at_partner()).data()
    hostile = [
        b"\0",
        b"PK\x03\x04" + bytes(1000),
        good[:100],
        b"\xff" * 5000,
        good[::-1],
        b"".join(good[at : at + 40] for at in range(0, len(good), 50)),
    ]
    for data in hostile:
        post(customer, "/api/logs", 202, files={"file": ("x.log", data)})
    assert set(world.work()) <= {"dlq", "completed"}
    assert is_error(customer.post("/api/logs", files={"file": ("x.log", b"")}), 422, "validation")
    for log in get(customer, "/api/logs")["items"]:
        get(customer, f"/api/logs/{log['id']}")


# Jobs as files.


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.geojson", b"{"),
        ("x.geojson", b'{"type": "FeatureCollection", "features": []}'),
        ("x.geojson", b'{"type": "Polygon", "coordinates": [[[1, 2]]]}'),
        ("x.geojson", b'{"type": "Polygon", "coordinates": [[[NaN, 2]]]}'),
        ("x.geojson", b"[" * 100_000),
        ("x.job", b"\xff\xfe\x00"),
        ("x.kml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><kml>&b;</kml>"),
        ("x.shp", b""),
        ("x.gpkg", b"SQLite format 3\0"),
        ("x", b""),
    ],
)
def test_hostile_job_files(shared: World, name: str, data: bytes) -> None:
    answer = shared.as_("customer").post("/api/jobs", files={"file": (name, data)})
    assert is_error(answer, 422, "validation"), answer.text
    assert "/tmp" not in answer.text
    assert "satlog-upload" not in answer.text


def test_a_job_comes_back_as_it_was_sent(world: World) -> None:
    rice, pilot = world.as_("customer"), world.as_("pilot")
    job = post(rice, "/api/jobs", 201, files={"file": ("77.geojson", NORTH)})
    native = pilot.post("/api/export/downloadJob", json={"jobId": job["id"]})
    assert 'filename="77.job"' in native.headers["content-disposition"]
    assert read_job(native.content).number == "77"
    body = {"jobId": job["id"], "format": "converted"}
    converted = pilot.post("/api/export/downloadJob", json=body).json()
    assert [each["geometry"] for each in converted["features"]] == [FIELD]
    by_file = {"file": ("again.job", native.content)}
    assert is_error(rice.post("/api/jobs", files=by_file), 422, "validation"), "the same number"
    other = post(rice, "/api/jobs", 201, files=by_file, data={"number": "78", "name": "Copy"})
    assert (other["number"], other["name"], other["polygonCount"]) == ("78", "Copy", 1)


def test_our_own_pilot_fetches_a_job(world: World) -> None:
    rice, pilot = world.as_("customer"), world.as_("pilot")
    job = post(rice, "/api/jobs", 201, files={"file": ("5.geojson", NORTH)})
    post(rice, "/api/jobs/assign", jobId=job["id"], asUsers=[{"uid": world.users["pilot"].id}])
    (new,) = get(pilot, "/api/export/newJobs", userId=world.users["pilot"].id)["internal"]
    assert (new["jobNumber"], new["userName"]) == ("5", "Pat")
    pilot.post("/api/export/downloadJob", json={"assignId": new["assignmentId"]})
    assert get(pilot, "/api/export/newJobs")["internal"] == []
    (assignment,) = get(pilot, f"/api/jobs/{job['id']}")["assignments"]
    assert (assignment["status"], assignment["syncStatus"]) == ("DOWNLOADED", "internal")
    taken_back = post(
        rice, f"/api/jobs/{job['id']}/assign", avUsers=[{"uid": world.users["pilot"].id}]
    )
    assert taken_back["unassigned"] == [world.users["pilot"].id]


def test_a_job_goes_to_nobody_elses_aircraft(world: World) -> None:
    job, other = world.pipeline.job(), world.accounts[1].aircraft[0].id
    body: dict[str, Any] = {"jobId": job.id, "asUsers": [{"uid": other}, {"uid": "nobody"}]}
    answer = post(world.as_("customer"), "/api/jobs/assign", **body)
    assert (answer["ok"], answer["assignments"], answer["summary"]) == (False, [], {"failed": 2})
    messages = {each["message"].replace(each["userId"], "…") for each in answer["errors"]}
    assert len(messages) == 1, "told as if there were no such user"


def test_a_log_is_matched_to_nobody_elses_assignment(world: World) -> None:
    own, other = world.fly(0), world.fly(1)
    customer, stranger = world.as_("customer"), world.as_("stranger")
    assign = get(stranger, f"/api/logs/{other}")["assignmentId"]
    answer = customer.post(f"/api/logs/{own}/match", json={"assignmentId": assign})
    assert is_error(answer, 404, "not_found")
    by_admin = world.as_("admin").post(f"/api/logs/{own}/match", json={"assignmentId": assign})
    assert is_error(by_admin, 404, "not_found")


# Uploads that went wrong.


def test_an_uncertain_upload_is_decided_on(world: World) -> None:
    rice, job = world.as_("customer"), world.pipeline.job()
    world.simulator.faults.script("UploadJobData", Fault("reset_after"))
    body: dict[str, Any] = {"jobId": job.id, "asUsers": [{"uid": world.accounts[0].aircraft[0].id}]}
    assert post(rice, "/api/jobs/assign", **body)["summary"] == {"failed": 1}
    (assignment,) = get(rice, f"/api/jobs/{job.id}")["assignments"]
    assert assignment["syncStatus"] == "uncertain"
    path = f"/api/sync/assignments/{assignment['assignmentId']}/sync"
    assert post(rice, path)["syncStatus"] == "failed"
    assert world.pipeline.calls("UploadJobData") == 1, "not sent again by itself"
    told = post(rice, path, operation="confirm_upload", extJobId="at-partner-1")
    assert (told["syncStatus"], told["extJobId"]) == ("uploaded", "at-partner-1")
    assert post(rice, path, force=True)["syncStatus"] == "queued"
    world.clock.advance(minutes=10)
    assert world.work() == {"completed": 1}
    assert world.pipeline.calls("UploadJobData") == 2


def test_upload_now_or_later(world: World) -> None:
    rice, job = world.as_("customer"), world.pipeline.job()
    world.simulator.faults.script("IsAlive", Fault("status", status=503))
    body: dict[str, Any] = {"jobId": job.id, "asUsers": [{"uid": world.accounts[0].aircraft[0].id}]}
    assert post(rice, "/api/jobs/assign", **body)["summary"] == {"queued": 1}
    (assignment,) = get(rice, f"/api/jobs/{job.id}")["assignments"]
    done = post(rice, "/api/partners/uploadJob", assignId=assignment["assignmentId"])
    assert (done["syncStatus"], done["error"]) == ("uploaded", None)


def test_changed_credentials_are_used_at_once(world: World) -> None:
    rice, account = world.as_("customer"), world.accounts[0]
    query = {"partnerCode": "SATLOC"}
    assert get(rice, "/api/partners/aircraft", **query)["items"]
    rice.put(f"/api/partners/systemUsers/{account.user.id}", json={"password": "changed"})
    answer = rice.get("/api/partners/aircraft", params=query)
    assert is_error(answer, 409, "partner_refuses_credentials")
    world.simulator.world.change_password(account.username, "changed")
    assert get(rice, "/api/partners/aircraft", **query)["items"]


def test_testing_credentials_changes_nothing(world: World) -> None:
    rice, account = world.as_("customer"), world.accounts[0]
    known = world.simulator.world.accounts[0]
    partner = get(rice, "/api/partners")["items"][0]["id"]
    given = {"partnerId": partner, "username": known.username}
    path = "/api/partners/systemUsers/testAuth"
    assert post(rice, path, **given, password=known.password)["ok"]
    assert not post(rice, path, **given, password="wrong")["ok"]
    calls = world.pipeline.calls("AuthenticateAPIUser")
    get(rice, "/api/partners/aircraft", partnerCode="SATLOC")
    assert world.pipeline.calls("AuthenticateAPIUser") == calls + 1, "the cache was left empty"
    shown = get(rice, f"/api/partners/systemUsers/{account.user.id}")
    assert shown["health"]["failuresInARow"] == 0


def test_partners_that_are_down_or_not_there_yet(world: World) -> None:
    admin = world.as_("admin")
    query = {"customerId": world.accounts[0].id, "partnerCode": "SATLOC"}
    world.simulator.faults.rate("GetAircraftList", 1.0, Fault("status", status=503))
    answer = admin.get("/api/partners/aircraft", params=query)
    assert answer.status_code in {502, 503}
    assert answer.json()["error"][".tag"] in {"partner_error", "partner_down"}
    unknown = admin.get("/api/partners/aircraft", params={**query, "partnerCode": "NOBODY"})
    assert is_error(unknown, 422, "validation")


def test_a_log_is_processed_again(world: World) -> None:
    rice, log = world.as_("customer"), world.fly()
    world.clock.advance(minutes=6)
    answer = rice.post(f"/api/logs/{log}/reprocess", json={})
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "downloaded"
    assert is_error(rice.post(f"/api/logs/{log}/reprocess", json={}), 422, "validation")
    assert world.work() == {"completed": 1}
    whole = get(rice, f"/api/logs/{log}")
    assert [task["number"] for task in whole["tasks"]] == [1, 2]
    assert whole["application"]["totals"]["files"] == 1


def test_soft_deletes(world: World) -> None:
    admin, account = world.as_("admin"), world.accounts[0]
    for path in (
        f"/api/partners/systemUsers/{account.user.id}",
        f"/api/users/{account.aircraft[0].id}",
        f"/api/partners/{account.user.partner}",
    ):
        assert admin.delete(path).json()["active"] is False
        assert admin.get(path).json()["active"] is False
        assert admin.put(path, json={"active": True}).json()["active"] is True
    assert is_error(admin.delete(f"/api/users/{world.users['admin'].id}"), 422, "validation")
    own = {"active": False}
    me = f"/api/users/{account.id}"
    assert is_error(world.as_("customer").put(me, json=own), 422, "validation")


def test_a_polls_time_is_limited_by_a_lease(world: World) -> None:
    """Two polls never overlap, whoever asks."""
    from partner_pipeline.work.lease import lease
    from partner_pipeline.work.poll import LEASE

    with lease(world.context, LEASE):
        assert post(world.as_("admin"), "/api/partners/syncData")["busy"] is True
    world.clock.time += timedelta(minutes=5)
    assert post(world.as_("admin"), "/api/partners/syncData")["busy"] is False


def test_what_json_cannot_hold_is_null(world: World) -> None:
    """A log may tell numbers that are none."""
    rice, log = world.as_("customer"), world.fly()
    file = get(rice, f"/api/logs/{log}")
    store = world.context.repositories.store
    told = {
        "statistics.netArea": math.nan,
        "statistics.volume": math.inf,
        "passes": [{"x": math.nan}],
    }
    store.update_many("application_files", {"trackerId": log}, {"$set": told})
    position = {"lat": math.nan, "lon": math.inf}
    assert store.update_one("application_details", {"frame": {"$gt": 0}}, {"$set": position})
    whole = get(rice, f"/api/logs/{log}")
    assert (whole["netArea"], whole["volume"], whole["passes"]) == (None, None, [{"x": None}])
    assert get(rice, "/api/logs")["items"][0]["netArea"] is None
    assert whole["records"] == file["records"]
    on_map = rice.get(f"/api/logs/{log}/map.geojson").json()
    assert all(map(math.isfinite, on_map["bbox"]))
    assert rice.get(f"/api/logs/{log}/track.parquet").status_code == 200
