"""The simulated SatLoc itself: as the real one was observed, and in the tests' hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest

from partner_pipeline.errors import ValidationError
from partner_pipeline.partners.base import JobUpload
from partner_pipeline.partners.simulator import (
    Fault,
    SatlocSimulator,
    SimulatedAccount,
    SimulatorConfig,
    World,
    serve,
)
from partner_pipeline.partners.simulator.flights import log_bytes
from pipeline.partners.tools import FIELD, job_upload
from satlog_native import open_log
from satlog_native.jobs import JobFile, JobPolygon, job_identity
from satlog_native.jobs.model import ring


@pytest.fixture
def client(simulator: SatlocSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulator.endpoint, timeout=30.0) as opened:
        yield opened


@pytest.fixture
def known(simulator: SatlocSimulator) -> SimulatedAccount:
    return simulator.world.accounts[0]


def login(client: httpx.Client, user: str, password: str) -> httpx.Response:
    return client.get("/AuthenticateAPIUser", params={"userLogin": user, "password": password})


def test_alive_is_a_bare_true(client: httpx.Client) -> None:
    assert client.get("/IsAlive").text == "true"


def test_authentication_gives_ids_and_no_token(
    client: httpx.Client, known: SimulatedAccount
) -> None:
    assert login(client, known.username, known.password).json() == {
        "userId": known.user_id,
        "companyId": known.company_id,
        "email": known.username,
    }


def test_wrong_credentials_as_observed(client: httpx.Client, known: SimulatedAccount) -> None:
    for user, password in ((known.username, "wrong"), (known.username, ""), ("nobody", "x")):
        response = login(client, user, password)
        assert (response.status_code, response.content) == (400, b"")
        assert response.reason_phrase == "Invalid Username or Password provide."


def test_an_empty_user_name_as_observed(client: httpx.Client) -> None:
    response = login(client, "", "x")
    assert response.status_code == 500
    assert response.json() == {"message": "An error has occurred."}


def test_wrong_ids_as_observed(client: httpx.Client, known: SimulatedAccount) -> None:
    asked: list[tuple[str, dict[str, str]]] = [
        ("GetAircraftList", {"userId": "x", "companyId": known.company_id}),
        ("GetAircraftList", {"userId": known.user_id, "companyId": "x"}),
        ("GetAircraftLogs", {"userId": known.user_id, "aircraftId": "x"}),
        ("GetAircraftLogData", {"userId": known.user_id, "logId": "x"}),
        ("GetAircraftLogs", {}),
    ]
    for endpoint, params in asked:
        response = client.get(f"/{endpoint}", params=params)
        assert response.status_code == 400
        assert response.json() == {"message": "The request is invalid."}


def test_unknown_paths_and_methods(client: httpx.Client) -> None:
    assert client.get("/Nothing").status_code == 404
    assert client.post("/IsAlive").status_code == 404
    assert client.get("/UploadJobData").status_code == 404


def test_a_seed_is_a_world() -> None:
    def told(seed: int) -> Any:
        world = World(SimulatorConfig(seed=seed, logs=2), lambda: datetime(2025, 1, 1, tzinfo=UTC))
        logs = [(log.id, log.file_name, log.data()) for log in world.logs]
        return [(a.username, a.password, a.user_id) for a in world.accounts], logs

    assert told(1) == told(1)
    assert told(1) != told(2)


def test_sizes_and_names(simulator: SatlocSimulator) -> None:
    assert len(simulator.world.accounts) == 2
    logs = simulator.world.logs
    assert len(logs) == 12
    assert len({log.id for log in logs}) == 12
    assert len({log.data() for log in logs}) == 12
    assert all(job_identity(log.file_name).id for log in logs)
    with open_log(logs[0].data()) as log:
        assert not log.report.damaged
        assert 2000 < log.report.frames < 4000


def test_full_flights() -> None:
    world = World(SimulatorConfig(logs=1, full_flights=True), lambda: datetime.now(UTC))
    with open_log(world.logs[0].data()) as log:
        assert log.report.frames > 10_000


HOLED = JobFile(
    "4712",
    "Two fields, one with a pond",
    polygons=(
        JobPolygon(
            ring(((35.2, -90.9), (35.212, -90.9), (35.212, -90.894), (35.2, -90.894))),
            holes=(
                ring(((35.204, -90.899), (35.208, -90.899), (35.208, -90.897), (35.204, -90.897))),
            ),
        ),
        JobPolygon(ring(((35.215, -90.89), (35.22, -90.89), (35.22, -90.886), (35.215, -90.886)))),
    ),
)


@pytest.mark.parametrize("job", [job_upload(), JobUpload.of(HOLED)], ids=["plain", "holes"])
def test_an_uploaded_job_is_flown_over_its_field(
    simulator: SatlocSimulator, known: SimulatedAccount, job: JobUpload
) -> None:
    import shapely

    from satlog_native.jobs import read_job
    from satlog_native.jobs.geometry import to_geometry

    aircraft = simulator.world.aircraft(known)[0]
    before = datetime.now(UTC)
    received = simulator.world.upload(known.user_id, aircraft.id, job.file_name, job.data, "{}")
    assert received.problem is None
    log = simulator.world.aircraft_logs(known.user_id, aircraft.id)[-1]
    assert job_identity(log.file_name).id == received.job_id
    with open_log(log.data()) as opened:
        position = opened.table("position")
        setup = opened.table("swathing_setup").to_pylist()[0]
        assert opened.info()["aircraft"] == aircraft.tail_number
    parsed = read_job(job.data)
    assert setup["job_label"] == parsed.number
    on = position["spray_on"].to_numpy()
    points = shapely.points(
        position["longitude"].to_numpy()[on], position["latitude"].to_numpy()[on]
    )
    field = to_geometry(parsed.polygons)
    # Two metres for the receiver's noise.
    assert shapely.contains(field.buffer(2e-5), points).all()
    reached = shapely.union_all(shapely.buffer(points, 1.5e-4)).intersection(field).area
    assert reached > 0.9 * field.area
    start = position["time"][0].as_py()
    assert abs(start.replace(tzinfo=UTC) - before) < timedelta(seconds=60)


def test_it_takes_a_while_to_fly() -> None:
    moment = [datetime(2025, 9, 15, 8, 0, tzinfo=UTC)]
    world = World(SimulatorConfig(fly_delay=300.0), lambda: moment[0])
    known = world.accounts[0]
    aircraft = world.aircraft(known)[0]
    job = job_upload()
    received = world.upload(known.user_id, aircraft.id, job.file_name, job.data, "")
    assert world.aircraft_logs(known.user_id, aircraft.id) == []
    moment[0] += timedelta(seconds=300)
    [log] = world.aircraft_logs(known.user_id, aircraft.id)
    assert log.file_name == f"20250915_JOB{received.job_id}.log"


def scaled(factor: float) -> Any:
    return tuple(
        (35.2 + (lat - 35.2) * factor, -90.9 + (lon + 90.9) * factor) for lat, lon in FIELD
    )


@pytest.mark.parametrize("number", ["a" * 100, "Ü" * 80, "65f0c0ffee65f0c0ffee65f0"])
def test_any_number_of_a_job_is_flown(
    simulator: SatlocSimulator, known: SimulatedAccount, number: str
) -> None:
    aircraft = simulator.world.aircraft(known)[0]
    job = job_upload(number)
    simulator.world.upload(known.user_id, aircraft.id, job.file_name, job.data, "")
    with open_log(simulator.world.logs[-1].data()) as log:
        [label] = log.table("swathing_setup")["job_label"].to_pylist()
    assert label
    assert number.startswith(label)


def test_a_field_that_cannot_be_flown_is_told(
    simulator: SatlocSimulator, known: SimulatedAccount
) -> None:
    aircraft = simulator.world.aircraft(known)[0]
    tiny, vast = scaled(1 / 500), scaled(40.0)
    empty = JobUpload("2.job", b".JOB 2\r\n")
    for job in (job_upload("1", tiny), job_upload("3", vast), empty):
        received = simulator.world.upload(known.user_id, aircraft.id, "a.job", job.data, "")
        assert received.problem
    assert len(simulator.world.logs) == 12


def test_a_script_comes_before_chance_and_ends(
    simulator: SatlocSimulator, client: httpx.Client
) -> None:
    simulator.faults.rate("*", 1.0, Fault("status", status=503))
    simulator.faults.script("IsAlive", (), Fault("status", status=418))
    assert [client.get("/IsAlive").status_code for _ in range(3)] == [200, 418, 503]
    simulator.faults.clear()
    assert client.get("/IsAlive").status_code == 200


def test_chance_is_the_seeds() -> None:
    def draws(seed: int) -> list[bool]:
        from partner_pipeline.partners.simulator import Faults

        faults = Faults(seed)
        faults.rate("*", 0.3, Fault("reset"))
        return [bool(faults.take("IsAlive")) for _ in range(1000)]

    assert draws(1) == draws(1)
    assert draws(1) != draws(2)
    assert 200 < np.sum(draws(1)) < 400


def test_a_fault_that_there_is_not() -> None:
    with pytest.raises(ValidationError, match="'earthquake' is none; expected one of none"):
        Fault("earthquake")  # type: ignore[arg-type]


def test_the_control_interface(simulator: SatlocSimulator, known: SimulatedAccount) -> None:
    with httpx.Client(base_url=f"{simulator.url}/_control", timeout=30.0) as control:
        [first, _] = control.get("/accounts").json()
        assert first["username"] == known.username
        assert first["password"] == known.password
        aircraft_id = first["aircraft"][0]["id"]

        fault = {"kind": "status", "status": 503, "retry_after": "7"}
        assert control.post("/script", json={"endpoint": "IsAlive", "faults": [fault]}).json()
        response = httpx.get(f"{simulator.endpoint}/IsAlive")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "7")
        rate = {"endpoint": "*", "probability": 1, "fault": {"kind": "web_page"}}
        assert control.post("/rate", json=rate).json()
        assert "html" in httpx.get(f"{simulator.endpoint}/IsAlive").headers["Content-Type"]
        assert control.post("/clear").json()
        assert httpx.get(f"{simulator.endpoint}/IsAlive").json() is True
        faults = [received["faults"] for received in control.get("/received").json()]
        assert faults == [["status"], ["web_page"], []]

        added = control.post("/log", json={"aircraftId": aircraft_id, "fileName": "../x"}).json()
        assert added["fileName"] == "../x"
        changed = {"username": known.username, "password": "another"}
        assert control.post("/password", json=changed).json()
        assert known.password == "another"
        assert control.get("/uploads").json() == []


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("GET", "nothing", None),
        ("POST", "nothing", {}),
        ("POST", "script", {}),
        ("POST", "script", {"endpoint": "IsAlive", "faults": [{"kind": "earthquake"}]}),
        ("POST", "script", {"endpoint": "IsAlive", "faults": [{"nokind": 1}]}),
        ("POST", "password", {"username": "nobody", "password": "x"}),
        ("POST", "log", {"aircraftId": "none"}),
        ("POST", "log", [1]),
    ],
)
def test_mistakes_at_the_control_interface(
    simulator: SatlocSimulator, method: str, path: str, content: Any
) -> None:
    response = httpx.request(method, f"{simulator.url}/_control/{path}", json=content)
    assert response.status_code == 400
    assert response.json()["message"]


def test_the_control_interface_is_for_this_machine() -> None:
    from partner_pipeline.partners.simulator import control

    with SatlocSimulator() as simulator:
        given = control.answer(simulator, "GET", "accounts", b"", "192.0.2.7")
    assert given.status == 403


def test_serve_until_told_to_stop() -> None:
    running: list[SatlocSimulator] = []
    ready, stop = threading.Event(), threading.Event()

    def note(simulator: SatlocSimulator) -> None:
        running.append(simulator)
        ready.set()

    thread = threading.Thread(target=serve, kwargs={"ready": note, "stop": stop})
    thread.start()
    assert ready.wait(30.0)
    assert httpx.get(f"{running[0].endpoint}/IsAlive").json() is True
    stop.set()
    thread.join(30.0)
    assert not thread.is_alive()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{running[0].endpoint}/IsAlive")


def test_stopping_ends_what_is_under_way() -> None:
    simulator = SatlocSimulator().start()
    simulator.faults.script("IsAlive", Fault("time_out", seconds=3600.0), Fault("endless"))
    failures: list[Exception] = []

    def ask() -> None:
        try:
            httpx.get(f"{simulator.endpoint}/IsAlive", timeout=60.0)
        except httpx.TransportError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    while len(simulator.received("IsAlive")) < 2:
        threads[0].join(0.01)
    simulator.stop()
    for thread in threads:
        thread.join(30.0)
    assert len(failures) == 2


def test_one_flight_is_simulated_once() -> None:
    world = World(SimulatorConfig(logs=1), lambda: datetime.now(UTC))
    log_bytes.cache_clear()
    first = world.logs[0].data()
    assert world.logs[0].data() is first
