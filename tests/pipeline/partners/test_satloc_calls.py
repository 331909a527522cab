"""Every endpoint of SatLoc, as it answers when all goes well, in all the forms it is known in."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.errors import TransientError, ValidationError
from partner_pipeline.partners.auth_cache import MemoryAuthCache
from partner_pipeline.partners.base import Account
from partner_pipeline.partners.satloc import SatlocService
from partner_pipeline.partners.simulator import Fault, SatlocSimulator
from pipeline.partners.tools import OpenService, job_upload


def test_alive(satloc: SatlocService, simulator: SatlocSimulator) -> None:
    assert satloc.health_check() is True
    simulator.faults.script("IsAlive", Fault("envelope"))
    assert satloc.health_check() is True


@pytest.mark.parametrize("kind", ["status", "reset", "web_page", "refused", "redirect"])
def test_not_alive(satloc: SatlocService, simulator: SatlocSimulator, kind: Any) -> None:
    simulator.faults.script("IsAlive", Fault(kind))
    assert satloc.health_check() is False


def test_nobody_there_is_not_alive(open_service: OpenService) -> None:
    assert open_service(endpoint="http://127.0.0.1:1/api").health_check() is False


def test_authenticate_leaves_the_cache_alone(
    open_service: OpenService, simulator: SatlocSimulator, customer: Account
) -> None:
    cache = MemoryAuthCache()
    satloc = open_service(cache)
    before = datetime.now(UTC)
    found = satloc.authenticate(customer)
    known = simulator.world.accounts[0]
    assert (found.user_id, found.company_id) == (known.user_id, known.company_id)
    hour = timedelta(hours=1)
    assert before + hour - timedelta(seconds=1) <= found.expires_at <= datetime.now(UTC) + hour
    assert cache.get(customer) is None

    assert satloc.authenticate_and_cache(customer).user_id == found.user_id
    kept = cache.get(customer)
    assert kept is not None
    assert kept.user_id == found.user_id


def test_cached_ids_are_asked_for_once(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    for _ in range(3):
        satloc.aircraft_list(customer)
        satloc.aircraft_logs(customer, aircraft_id)
    assert len(simulator.received("AuthenticateAPIUser")) == 1


def test_each_call_uses_the_customers_own_account(
    satloc: SatlocService, simulator: SatlocSimulator
) -> None:
    for known in simulator.world.accounts:
        found = satloc.aircraft_list(known.account())
        assert [each.aircraft_id for each in found] == [
            each.id for each in simulator.world.aircraft(known)
        ]
    users = [received.fields["userId"] for received in simulator.received("GetAircraftList")]
    assert users == [known.user_id for known in simulator.world.accounts]


@pytest.mark.parametrize("kinds", [(), ("envelope",), ("old_keys",), ("envelope", "old_keys")])
def test_answers_in_every_form(
    satloc: SatlocService,
    simulator: SatlocSimulator,
    customer: Account,
    aircraft_id: str,
    kinds: tuple[Any, ...],
) -> None:
    forms = tuple(Fault(kind) for kind in kinds)
    for endpoint in ("AuthenticateAPIUser", "GetAircraftList", "GetAircraftLogs", "UploadJobData"):
        simulator.faults.script(endpoint, forms)
    aircraft = satloc.aircraft_list(customer)
    known = simulator.world.aircraft(simulator.world.accounts[0])
    assert [(a.aircraft_id, a.tail_number) for a in aircraft] == [
        (a.id, a.tail_number) for a in known
    ]
    logs = satloc.aircraft_logs(customer, aircraft_id)
    offered = [log for log in simulator.world.logs if log.aircraft_id == aircraft_id]
    assert [(log.log_id, log.file_name, log.date) for log in logs] == [
        (log.id, log.file_name, log.date) for log in offered
    ]
    job_id = satloc.upload_job(customer, aircraft_id, job_upload(), {})
    assert job_id == simulator.world.uploads[0].job_id


def test_an_entry_listed_twice_is_one_log(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    plain = satloc.aircraft_logs(customer, aircraft_id)
    simulator.faults.script(
        "GetAircraftLogs", Fault("duplicated"), (Fault("duplicated"), Fault("reordered"))
    )
    assert satloc.aircraft_logs(customer, aircraft_id) == plain
    shuffled = satloc.aircraft_logs(customer, aircraft_id)
    assert sorted(log.log_id for log in shuffled) == sorted(log.log_id for log in plain)


@pytest.mark.parametrize(
    "kinds", [(), ("base64",), ("envelope",), ("damaged",), ("damaged", "base64")]
)
def test_download(
    satloc: SatlocService,
    simulator: SatlocSimulator,
    customer: Account,
    aircraft_id: str,
    kinds: tuple[Any, ...],
) -> None:
    offered = next(log for log in simulator.world.logs if log.aircraft_id == aircraft_id)
    simulator.faults.script("GetAircraftLogData", tuple(Fault(kind) for kind in kinds))
    progress: list[int] = []
    stored = satloc.log_data(
        customer, offered.id, offered.file_name, aircraft_id=aircraft_id, progress=progress.append
    )
    data = stored.path.read_bytes()
    assert (data == offered.data()) is ("damaged" not in kinds)
    assert stored.size == len(data)
    assert stored.sha256 == hashlib.sha256(data).hexdigest()
    assert stored.path.name == offered.file_name
    assert stored.path.is_relative_to(satloc.storage_path(customer, aircraft_id))
    assert satloc.resolve_log_file(stored.name) == stored.path
    assert progress == sorted(progress)
    assert progress[-1] >= len(data)


def test_a_second_download_replaces_the_first(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    offered = simulator.world.logs[0]
    simulator.faults.script("GetAircraftLogData", Fault("damaged"))
    damaged = satloc.log_data(customer, offered.id, offered.file_name, aircraft_id=aircraft_id)
    whole = satloc.log_data(customer, offered.id, offered.file_name, aircraft_id=aircraft_id)
    assert whole.path == damaged.path
    assert whole.sha256 != damaged.sha256
    assert whole.path.read_bytes() == offered.data()
    assert len(list(whole.path.parent.iterdir())) == 1


def test_an_upload_arrives_as_it_was_sent(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    job = job_upload("Übung-7")
    metadata = {"jobId": "j1", "rate": 30.5, "name": 'Süd "3"\r\n'}
    job_id = satloc.upload_job(customer, aircraft_id, job, metadata)
    [received] = simulator.world.uploads
    assert received.job_id == job_id
    assert received.aircraft_id == aircraft_id
    assert received.file_name == "Übung-7.job"
    assert received.data == job.data
    import json

    assert json.loads(received.metadata) == metadata


def test_what_is_uploaded_is_flown(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    from satlog_native.jobs import job_identity

    before = satloc.aircraft_logs(customer, aircraft_id)
    job_id = satloc.upload_job(customer, aircraft_id, job_upload(), {})
    [new] = [log for log in satloc.aircraft_logs(customer, aircraft_id) if log not in before]
    assert job_identity(new.file_name).id == job_id
    stored = satloc.log_data(customer, new.log_id, new.file_name, aircraft_id=aircraft_id)
    # The name on the disk still tells the job.
    assert job_identity(str(stored.path)).id == job_id


def test_metadata_that_json_cannot_hold(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    for metadata in ({"a": float("nan")}, {"a": object()}):
        with pytest.raises(ValidationError, match="metadata"):
            satloc.upload_job(customer, aircraft_id, job_upload(), metadata)
    assert simulator.received("UploadJobData") == []


def test_wrong_ids_are_a_request_error_and_not_repeated(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account
) -> None:
    with pytest.raises(ValidationError, match=r"400 \(The request is invalid\.\)"):
        satloc.aircraft_logs(customer, "not-an-aircraft")
    assert len(simulator.received("GetAircraftLogs")) == 1
    foreign = simulator.world.aircraft(simulator.world.accounts[1])[0]
    with pytest.raises(ValidationError):
        satloc.aircraft_logs(customer, foreign.id)


def test_ids_that_satloc_has_replaced_are_asked_for_anew_next_time(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account
) -> None:
    satloc.aircraft_list(customer)
    simulator.world.accounts[0].user_id = "replaced"
    with pytest.raises(ValidationError):
        satloc.aircraft_list(customer)
    assert len(satloc.aircraft_list(customer)) == 2


def test_an_envelope_that_says_no(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    no = Fault("refused", message="Aircraft is\x1b[31m sold\n")
    for endpoint in ("GetAircraftLogs", "GetAircraftLogData", "UploadJobData"):
        simulator.faults.script(endpoint, no)
    calls = (
        lambda: satloc.aircraft_logs(customer, aircraft_id),
        lambda: satloc.log_data(customer, "x", "x.log", aircraft_id=aircraft_id),
        lambda: satloc.upload_job(customer, aircraft_id, job_upload(), {}),
    )
    simulator.world.add_log(aircraft_id, "x.log", log_id="x")
    for call in calls:
        with pytest.raises(ValidationError, match=r"\(Aircraft is \[31m sold\)"):
            call()


def test_a_web_page_is_no_log(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    simulator.faults.rate("GetAircraftLogData", 1.0, Fault("web_page"))
    with pytest.raises(TransientError, match="web page"):
        satloc.log_data(customer, simulator.world.logs[0].id, "a.log", aircraft_id=aircraft_id)
    assert _files(satloc.storage_path(customer, aircraft_id)) == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
