"""What the simulated partner knows: accounts, aircraft, logs, and the jobs it was sent."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import SecretStr

from partner_pipeline.errors import AuthenticationError, ValidationError
from partner_pipeline.model.clock import Now
from partner_pipeline.partners.base import Account
from partner_pipeline.partners.simulator.flights import demo_flight, job_flight, log_bytes
from satlog_native.errors import JobFileError
from satlog_native.jobs import read_job

#: The first id of a job that is uploaded, and the first number of a field of the partner's own.
_FIRST_JOB: Final = 70_001
_FIRST_FIELD: Final = 3_001

#: When the first of the logs that are there from the beginning was flown.
_FIRST_DAY: Final = datetime(2025, 7, 14, 7, 24, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorConfig:
    """What is there when the simulator starts.

    Parameters
    ----------
    seed : int
        The same seed gives the same ids, names and flights.
    customers, aircraft, logs : int
        Accounts; aircraft of each account; logs of each aircraft.
    full_flights : bool
        Whether those logs are of some 20,000 records; else of about 3,000.
    fly_delay : float
        Seconds until the log of a job that was uploaded appears.
    """

    seed: int = 0
    customers: int = 2
    aircraft: int = 2
    logs: int = 0
    full_flights: bool = False
    fly_delay: float = 0.0


@dataclass(slots=True)
class SimulatedAccount:
    """A customer's account. After a change of password its old ids are refused until it logs in."""

    customer_id: str
    username: str
    password: str = field(repr=False)
    user_id: str
    company_id: str
    logged_out: bool = False

    def account(self, partner_code: str = "SATLOC") -> Account:
        """The account as the pipeline has it."""
        return Account(partner_code, self.customer_id, self.username, SecretStr(self.password))


@dataclass(frozen=True, slots=True)
class SimulatedAircraft:
    """An aircraft of a company."""

    id: str
    tail_number: str
    company_id: str


@dataclass(frozen=True, slots=True)
class SimulatedLog:
    """A log that is offered from a moment on; ``data`` gives its bytes."""

    id: str
    aircraft_id: str
    file_name: str
    date: datetime
    offered_at: datetime
    data: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SimulatedUpload:
    """A job that was received. ``problem`` says why it is not flown, where it is not."""

    job_id: str
    user_id: str
    aircraft_id: str
    file_name: str
    data: bytes = field(repr=False)
    metadata: str
    received_at: datetime
    problem: str | None = None


class World:
    """The partner's data. May be used by many threads.

    The endpoints' methods raise AuthenticationError for what the partner answers with 400 and no
    body, and ValidationError for 400 with a message.

    Parameters
    ----------
    config : SimulatorConfig
    now : callable
        UTC.
    """

    def __init__(self, config: SimulatorConfig, now: Now) -> None:
        self.config = config
        self._now = now
        self._lock = threading.RLock()
        self._random = random.Random(config.seed)
        self._accounts: dict[str, SimulatedAccount] = {}
        self._aircraft: dict[str, SimulatedAircraft] = {}
        self._logs: dict[str, SimulatedLog] = {}
        self._uploads: list[SimulatedUpload] = []
        for number in range(1, config.customers + 1):
            self._found_company(number)

    # What tests and the control interface ask and do.

    @property
    def accounts(self) -> list[SimulatedAccount]:
        """All accounts, in their order."""
        with self._lock:
            return list(self._accounts.values())

    @property
    def uploads(self) -> list[SimulatedUpload]:
        """All jobs received, oldest first."""
        with self._lock:
            return list(self._uploads)

    @property
    def logs(self) -> list[SimulatedLog]:
        """All logs, also those not yet offered."""
        with self._lock:
            return list(self._logs.values())

    def aircraft(self, account: SimulatedAccount) -> list[SimulatedAircraft]:
        """The aircraft of an account."""
        with self._lock:
            return [a for a in self._aircraft.values() if a.company_id == account.company_id]

    def change_password(self, username: str, password: str) -> None:
        """Give an account another password, and log it out.

        Raises
        ------
        ValidationError
            If there is no such account.
        """
        with self._lock:
            if username not in self._accounts:
                raise ValidationError("changing a password: no account has this user name")
            self._accounts[username].password = password
            self._accounts[username].logged_out = True

    def add_log(
        self,
        aircraft_id: str,
        file_name: str | None = None,
        *,
        log_id: str | None = None,
        data: bytes | None = None,
    ) -> SimulatedLog:
        """Offer one more log of an aircraft.

        Parameters
        ----------
        aircraft_id : str
        file_name, log_id : str, optional
            Any text; by default one of the usual.
        data : bytes, optional
            By default the log of a flight.

        Raises
        ------
        ValidationError
            If there is no such aircraft.
        """
        with self._lock:
            if aircraft_id not in self._aircraft:
                raise ValidationError(f"adding a log: there is no aircraft {aircraft_id[:100]!r}")
            number = _FIRST_FIELD + len(self._logs)
            start = _FIRST_DAY + timedelta(minutes=97 * len(self._logs))
            tail_number = self._aircraft[aircraft_id].tail_number
            full, seed = self.config.full_flights, self.config.seed

            def fly() -> bytes:
                plan = demo_flight(number, full=full, start=start, tail_number=tail_number)
                return log_bytes(plan, seed)

            log = SimulatedLog(
                id=self._guid() if log_id is None else log_id,
                aircraft_id=aircraft_id,
                file_name=_usual_name(number, start, tail_number)
                if file_name is None
                else file_name,
                date=start,
                offered_at=self._now(),
                data=fly if data is None else lambda: data,
            )
            self._logs[log.id] = log
            return log

    # What the endpoints do.

    def authenticate(self, username: str, password: str) -> SimulatedAccount:
        """The account with these credentials."""
        with self._lock:
            account = self._accounts.get(username)
            if account is None or not password or account.password != password:
                raise AuthenticationError("wrong user name or password")
            account.logged_out = False
            return account

    def aircraft_list(self, user_id: str, company_id: str) -> list[SimulatedAircraft]:
        """The aircraft of a company."""
        account = self._known(user_id)
        if account.company_id != company_id:
            raise ValidationError("no such id")
        return self.aircraft(account)

    def aircraft_logs(self, user_id: str, aircraft_id: str) -> list[SimulatedLog]:
        """The logs that an aircraft offers now, oldest first."""
        self._own_aircraft(user_id, aircraft_id)
        with self._lock:
            now = self._now()
            return [
                log
                for log in self._logs.values()
                if log.aircraft_id == aircraft_id and log.offered_at <= now
            ]

    def log_data(self, user_id: str, log_id: str) -> bytes:
        """The bytes of a log."""
        with self._lock:
            log = self._logs.get(log_id)
        if log is None or log.offered_at > self._now():
            raise ValidationError("no such id")
        self._own_aircraft(user_id, log.aircraft_id)
        return log.data()

    def upload(
        self, user_id: str, aircraft_id: str, file_name: str, data: bytes, metadata: str
    ) -> SimulatedUpload:
        """Take a job, and fly it."""
        aircraft = self._own_aircraft(user_id, aircraft_id)
        try:
            job = read_job(data)
        except JobFileError as error:
            raise ValidationError(str(error)) from error
        now, problem = self._now(), None
        try:
            plan = job_flight(job, start=now, tail_number=aircraft.tail_number)
        except ValidationError as error:
            problem = str(error)
        with self._lock:
            job_id = str(_FIRST_JOB + len(self._uploads))
            if problem is None:
                self._offer(job_id, aircraft, now, lambda: log_bytes(plan, self.config.seed))
            received = SimulatedUpload(
                job_id, user_id, aircraft_id, file_name, data, metadata, now, problem
            )
            self._uploads.append(received)
            return received

    def _offer(
        self, job_id: str, aircraft: SimulatedAircraft, now: datetime, data: Callable[[], bytes]
    ) -> None:
        log = SimulatedLog(
            id=self._guid(),
            aircraft_id=aircraft.id,
            file_name=f"{now:%Y%m%d}_JOB{job_id}.log",
            date=now,
            offered_at=now + timedelta(seconds=self.config.fly_delay),
            data=data,
        )
        self._logs[log.id] = log

    def _known(self, user_id: str) -> SimulatedAccount:
        with self._lock:
            account = next((a for a in self._accounts.values() if a.user_id == user_id), None)
            if account is None:
                raise ValidationError("no such id")
            if account.logged_out:
                raise AuthenticationError("wrong user name or password")
            return account

    def _own_aircraft(self, user_id: str, aircraft_id: str) -> SimulatedAircraft:
        account = self._known(user_id)
        with self._lock:
            aircraft = self._aircraft.get(aircraft_id)
        if aircraft is None or aircraft.company_id != account.company_id:
            raise ValidationError("no such id")
        return aircraft

    def _found_company(self, number: int) -> None:
        account = SimulatedAccount(
            customer_id=f"customer-{number}",
            username=f"pilot{number}@customer{number}.example",
            password=f"secret & {self._random.randrange(16**8):08x}",
            user_id=self._guid(),
            company_id=self._guid(),
        )
        self._accounts[account.username] = account
        for which in range(1, self.config.aircraft + 1):
            aircraft = SimulatedAircraft(
                self._guid(), f"N{number:d}{which:02d}SL", account.company_id
            )
            self._aircraft[aircraft.id] = aircraft
            for _ in range(self.config.logs):
                self.add_log(aircraft.id)

    def _guid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


def _usual_name(number: int, start: datetime, tail_number: str) -> str:
    """The forms that names of logs have, in turn."""
    forms = (
        f"{start:%Y%m%d}_JOB{number}.log",
        f"{start:%y%m%d%H%M}SatlocG4_{number:04x}.log",
        f"JOB{number} {tail_number}.log",
    )
    return forms[number % len(forms)]


def describe(world: World) -> list[dict[str, Any]]:
    """Accounts with their credentials and aircraft, for whoever sets up a pipeline with them."""
    return [
        {
            "customerId": account.customer_id,
            "username": account.username,
            "password": account.password,
            "aircraft": [
                {"id": each.id, "tailNumber": each.tail_number} for each in world.aircraft(account)
            ],
        }
        for account in world.accounts
    ]
