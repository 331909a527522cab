"""What goes wrong between here and SatLoc, over real connections."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from partner_pipeline.errors import (
    AuthenticationError,
    NotFoundError,
    PartnerDownError,
    PipelineError,
    RateLimitError,
    StorageError,
    TransientError,
    ValidationError,
)
from partner_pipeline.model.backoff import RetryPolicy
from partner_pipeline.partners.base import Account, StoredLog
from partner_pipeline.partners.satloc import SatlocService
from partner_pipeline.partners.simulator import Fault, SatlocSimulator, SimulatedLog
from partner_pipeline.partners.simulator.faults import Kind
from pipeline.partners.tools import FakeTime, OpenService, account

# ------------------------------------------------------------------ passing faults are overcome

PASSING = [
    Fault("status", status=500),
    Fault("status", status=502),
    Fault("status", status=503),
    Fault("status", status=504),
    Fault("status", status=429),
    Fault("status", status=408),
    Fault("reset"),
    Fault("reset_after"),
    Fault("truncated"),
    Fault("web_page"),
    Fault("latency", seconds=0.01),
]


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault.kind}-{fault.status}")
def test_a_passing_fault_is_overcome(
    satloc: SatlocService,
    simulator: SatlocSimulator,
    customer: Account,
    aircraft_id: str,
    fault: Fault,
) -> None:
    offered = simulator.world.logs[0]
    for endpoint in (
        "AuthenticateAPIUser",
        "GetAircraftList",
        "GetAircraftLogs",
        "GetAircraftLogData",
    ):
        simulator.faults.script(endpoint, fault, fault)
    assert len(satloc.aircraft_list(customer)) == 2
    assert len(satloc.aircraft_logs(customer, aircraft_id)) == 3
    stored = satloc.log_data(customer, offered.id, offered.file_name, aircraft_id=aircraft_id)
    assert stored.path.read_bytes() == offered.data()


def test_silence_is_a_time_out(
    open_service: OpenService, simulator: SatlocSimulator, customer: Account
) -> None:
    satloc = open_service(timeout=0.2)
    simulator.faults.script("GetAircraftList", Fault("time_out"), Fault("time_out_after"))
    assert len(satloc.aircraft_list(customer)) == 2
    assert len(simulator.received("GetAircraftList")) == 3


def test_pauses_between_tries_grow(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, fake_time: FakeTime
) -> None:
    simulator.faults.rate("AuthenticateAPIUser", 1.0, Fault("status", status=500))
    with pytest.raises(TransientError, match="500"):
        satloc.authenticate(customer)
    assert fake_time.slept == [10.0, 20.0, 40.0]
    assert len(simulator.received("AuthenticateAPIUser")) == 4


def test_pauses_are_left_to_chance_as_far_as_the_settings_say(
    open_service: OpenService, simulator: SatlocSimulator, customer: Account, fake_time: FakeTime
) -> None:
    jitter = RetryPolicy(tries=4, delay=10.0, factor=2.0, longest=60.0, jitter=0.5)
    satloc = open_service(retries=jitter)
    simulator.faults.rate("*", 1.0, Fault("reset"))
    with pytest.raises(TransientError):
        satloc.authenticate(customer)
    for slept, most in zip(fake_time.slept, (10.0, 20.0, 40.0), strict=True):
        assert most / 2 < slept <= most


# ---------------------------------------------------------------------------- what is not repeated


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", status=400), ValidationError),
        (Fault("status", status=404), NotFoundError),
        (Fault("status", status=409), ValidationError),
        (Fault("redirect"), PartnerDownError),
        (Fault("status", status=301), PartnerDownError),
    ],
    ids=str,
)
def test_refusals_are_not_repeated(
    satloc: SatlocService,
    simulator: SatlocSimulator,
    customer: Account,
    fault: Fault,
    error: type[PipelineError],
) -> None:
    simulator.faults.script("GetAircraftList", fault)
    with pytest.raises(error):
        satloc.aircraft_list(customer)
    assert len(simulator.received("GetAircraftList")) == 1


def test_a_redirect_is_not_followed(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account
) -> None:
    simulator.faults.script("AuthenticateAPIUser", Fault("redirect"))
    with pytest.raises(PartnerDownError, match="redirect"):
        satloc.authenticate(customer)
    assert [each.endpoint for each in simulator.received()] == ["AuthenticateAPIUser"]


def test_nobody_there(open_service: OpenService, customer: Account) -> None:
    satloc = open_service(endpoint="http://127.0.0.1:1/api")
    with pytest.raises(TransientError, match="cannot be reached"):
        satloc.authenticate(customer)


# ----------------------------------------------------------------------------- too many calls: 429


def test_retry_after_in_seconds_is_waited_for(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, fake_time: FakeTime
) -> None:
    simulator.faults.script("AuthenticateAPIUser", Fault("status", status=429, retry_after="37"))
    satloc.authenticate(customer)
    assert fake_time.slept == [37.0]


def test_retry_after_as_a_date_is_waited_for(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, fake_time: FakeTime
) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=45), usegmt=True)
    simulator.faults.script("AuthenticateAPIUser", Fault("status", status=429, retry_after=moment))
    satloc.authenticate(customer)
    [slept] = fake_time.slept
    assert 30.0 < slept <= 45.0


def test_a_long_retry_after_is_the_tasks_business(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, fake_time: FakeTime
) -> None:
    simulator.faults.script("AuthenticateAPIUser", Fault("status", status=429, retry_after="600"))
    with pytest.raises(RateLimitError) as caught:
        satloc.authenticate(customer)
    assert caught.value.retry_after == 600.0
    assert fake_time.slept == []


@pytest.mark.parametrize("value", ["soon", "-5", "1e3", "٣", "Mon, 99 Foo 2025", ""])
def test_a_retry_after_that_says_nothing(
    satloc: SatlocService,
    simulator: SatlocSimulator,
    customer: Account,
    fake_time: FakeTime,
    value: str,
) -> None:
    value = value.encode().decode("latin-1")
    simulator.faults.script("AuthenticateAPIUser", Fault("status", status=429, retry_after=value))
    satloc.authenticate(customer)
    assert fake_time.slept == [10.0]


def test_calls_are_limited_for_each_account(
    open_service: OpenService, simulator: SatlocSimulator, fake_time: FakeTime
) -> None:
    satloc = open_service(clock=fake_time.clock, per_minute=6, burst=2)
    one, other = (known.account() for known in simulator.world.accounts)
    for _ in range(3):
        satloc.authenticate(one)
    assert fake_time.slept == [10.0]
    satloc.authenticate(other)
    assert fake_time.slept == [10.0]


# ------------------------------------------------------------------------- bodies without an end


def test_a_log_without_an_end_is_stopped_at_the_size_limit(
    open_service: OpenService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    satloc = open_service(max_file_size=300_000)
    for faults in ((Fault("endless"),), (Fault("endless"), Fault("base64"))):
        simulator.faults.script("GetAircraftLogData", faults)
        with pytest.raises(ValidationError, match="larger than 300,000 bytes"):
            satloc.log_data(customer, simulator.world.logs[0].id, "a.log", aircraft_id=aircraft_id)
    assert len(simulator.received("GetAircraftLogData")) == 2
    _nothing_is_left(satloc, customer, aircraft_id)


def test_a_log_over_the_size_limit(
    open_service: OpenService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    offered = simulator.world.logs[0]
    size = len(offered.data())
    small = open_service(max_file_size=size - 1)
    for form in ((), (Fault("base64"),)):
        simulator.faults.script("GetAircraftLogData", form)
        with pytest.raises(ValidationError, match=f"larger than {size - 1:,} bytes"):
            small.log_data(customer, offered.id, "a.log", aircraft_id=aircraft_id)
    _nothing_is_left(small, customer, aircraft_id)
    fitting = open_service(max_file_size=size)
    simulator.faults.script("GetAircraftLogData", (Fault("base64"),))
    for _ in range(2):
        stored = fitting.log_data(customer, offered.id, "a.log", aircraft_id=aircraft_id)
        assert stored.size == size


def test_a_body_that_trickles_is_cut_off_at_the_deadline(
    open_service: OpenService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    # Every look at this clock takes a second.
    satloc = open_service(clock=map(float, itertools.count()).__next__, download_time=30.0)
    simulator.faults.rate("*", 1.0, Fault("trickle"))
    with pytest.raises(TransientError, match="not over after 10 s"):
        satloc.authenticate(customer)
    simulator.faults.clear()
    simulator.faults.rate("GetAircraftLogData", 1.0, Fault("trickle"))
    with pytest.raises(TransientError, match="not over after 30 s"):
        satloc.log_data(customer, simulator.world.logs[0].id, "a.log", aircraft_id=aircraft_id)
    _nothing_is_left(satloc, customer, aircraft_id)


def test_a_list_without_an_end(
    open_service: OpenService,
    simulator: SatlocSimulator,
    customer: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from partner_pipeline.partners.satloc import transport

    monkeypatch.setattr(transport, "_LONGEST_ANSWER", 100_000)
    monkeypatch.setattr(transport.Body.read, "__defaults__", (100_000,))
    satloc = open_service(retries=RetryPolicy(tries=1, delay=0.0, factor=1.0, longest=0.0))
    simulator.faults.script("GetAircraftList", Fault("endless"))
    with pytest.raises(TransientError, match="longer than 100,000 bytes"):
        satloc.aircraft_list(customer)


def test_the_storage_folder_cannot_be_written(
    open_service: OpenService,
    simulator: SatlocSimulator,
    customer: Account,
    aircraft_id: str,
    tmp_path: Path,
) -> None:
    (tmp_path / "a file").write_bytes(b"")
    satloc = open_service(storage=tmp_path / "a file" / "logs")
    with pytest.raises(StorageError, match="a file"):
        satloc.log_data(customer, simulator.world.logs[0].id, "a.log", aircraft_id=aircraft_id)


# --------------------------------------------------------------------------------- authentication


def test_wrong_credentials(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, fake_time: FakeTime
) -> None:
    simulator.world.change_password(customer.username, "another")
    for ask in (satloc.authenticate, satloc.authenticate_and_cache, satloc.aircraft_list):
        with pytest.raises(AuthenticationError, match=r"customer-1.*set them anew"):
            ask(customer)
    # Nothing is repeated: accounts are locked for less.
    assert len(simulator.received("AuthenticateAPIUser")) == 3
    assert fake_time.slept == []


@pytest.mark.parametrize("part", ["username", "password"])
def test_empty_credentials_are_not_even_sent(
    satloc: SatlocService, simulator: SatlocSimulator, part: str
) -> None:
    with pytest.raises(AuthenticationError, match="empty"):
        satloc.authenticate(account(**{part: ""}))
    assert simulator.received() == []


def test_ids_that_are_no_longer_accepted_are_renewed_once(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, fake_time: FakeTime
) -> None:
    satloc.aircraft_list(customer)
    simulator.faults.script("GetAircraftList", Fault("wrong_credentials"))
    assert len(satloc.aircraft_list(customer)) == 2
    assert fake_time.slept == [3.0]
    assert len(simulator.received("AuthenticateAPIUser")) == 2


def test_a_second_refusal_is_an_error(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, fake_time: FakeTime
) -> None:
    simulator.faults.rate("GetAircraftList", 1.0, Fault("wrong_credentials"))
    with pytest.raises(AuthenticationError):
        satloc.aircraft_list(customer)
    assert len(simulator.received("GetAircraftList")) == 2
    assert fake_time.slept == [3.0]
    simulator.faults.clear()
    satloc.aircraft_list(customer)
    assert len(simulator.received("AuthenticateAPIUser")) == 3


def test_a_changed_password(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account
) -> None:
    satloc.aircraft_list(customer)
    simulator.world.change_password(customer.username, "a new one")
    with pytest.raises(AuthenticationError):
        satloc.aircraft_list(customer)
    renewed = simulator.world.accounts[0].account()
    assert len(satloc.aircraft_list(renewed)) == 2


def test_an_authentication_without_ids(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account
) -> None:
    simulator.faults.script("AuthenticateAPIUser", Fault("no_job_id"), Fault("refused"))
    with pytest.raises(AuthenticationError, match="without userId"):
        satloc.authenticate(customer)
    with pytest.raises(AuthenticationError, match="An error has occurred"):
        satloc.authenticate(customer)


# --------------------------------------------------------------------------------- faults by chance


@pytest.mark.parametrize("seed", range(3))
def test_a_bad_line_loses_nothing(
    open_service: OpenService, simulator: SatlocSimulator, aircraft_id: str, seed: int
) -> None:
    """A third of all answers go wrong; in the end all is as it should be."""
    satloc = open_service(retries=RetryPolicy(tries=40, delay=1.0, factor=1.0, longest=1.0))
    customer = simulator.world.accounts[0].account()
    simulator.faults._random.seed(seed)
    kinds: tuple[Kind, ...] = (
        "reset", "truncated", "reset_after", "status", "duplicated", "base64",
    )  # fmt: skip
    for kind in kinds:
        for endpoint in ("GetAircraftList", "GetAircraftLogs", "GetAircraftLogData"):
            simulator.faults.rate(endpoint, 0.08, Fault(kind))
    for aircraft in satloc.aircraft_list(customer):
        for log in satloc.aircraft_logs(customer, aircraft.aircraft_id):
            stored = satloc.log_data(
                customer, log.log_id, log.file_name, aircraft_id=aircraft.aircraft_id
            )
            truth = next(each for each in simulator.world.logs if each.id == log.log_id)
            assert stored.path.read_bytes() == truth.data()
    faults = [fault for received in simulator.received() for fault in received.faults]
    assert faults


def test_many_threads_share_a_service(
    open_service: OpenService, simulator: SatlocSimulator
) -> None:
    satloc = open_service()
    known = {known.company_id: known.account() for known in simulator.world.accounts}
    companies = {
        each.id: each.company_id
        for one in simulator.world.accounts
        for each in simulator.world.aircraft(one)
    }

    def download(log: SimulatedLog) -> StoredLog:
        customer = known[companies[log.aircraft_id]]
        return satloc.log_data(customer, log.id, log.file_name, aircraft_id=log.aircraft_id)

    logs = simulator.world.logs * 3
    with ThreadPoolExecutor(8) as threads:
        stored = list(threads.map(download, logs))
    for log, each in zip(logs, stored, strict=True):
        assert each.path.read_bytes() == log.data()
    assert len({each.path for each in stored}) == 12


def _nothing_is_left(satloc: SatlocService, customer: Account, aircraft_id: str) -> None:
    root = satloc.storage_path(customer, aircraft_id).parents[2]
    assert [path for path in root.rglob("*") if path.is_file()] == []
