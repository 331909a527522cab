"""SatLoc as a partner: each of its endpoints, with the customer's own account."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from partner_pipeline.errors import (
    AuthenticationError,
    PartnerDownError,
    PipelineError,
    TransientError,
    ValidationError,
)
from partner_pipeline.model.clock import Now, utc_now
from partner_pipeline.model.redact import Secrets
from partner_pipeline.partners.auth_cache import AuthCache
from partner_pipeline.partners.base import (
    Account,
    Authentication,
    BasePartnerService,
    Called,
    JobUpload,
    PartnerAircraft,
    PartnerLog,
    Progress,
    StoredLog,
    uncounted,
)
from partner_pipeline.partners.breaker import CircuitBreakers
from partner_pipeline.partners.satloc.answers import (
    read_aircraft,
    read_alive,
    read_authentication,
    read_job_id,
    read_json,
    read_logs,
)
from partner_pipeline.partners.satloc.call import Call
from partner_pipeline.partners.satloc.download import receive_log
from partner_pipeline.partners.satloc.settings import SatlocSettings
from partner_pipeline.partners.satloc.transport import Body, Transport
from partner_pipeline.partners.storage import LogStorage

T = TypeVar("T")

_LIFE: Final = timedelta(hours=1)


class SatlocService(BasePartnerService):
    """SatLoc Cloud.

    Parameters
    ----------
    settings : SatlocSettings
    auth_cache : AuthCache
        Not closed with the service.
    sleep, clock, now, chance, called : callable
        As :class:`~partner_pipeline.partners.satloc.transport.Transport` takes them.
    """

    code: ClassVar[str] = "SATLOC"

    def __init__(
        self,
        settings: SatlocSettings,
        auth_cache: AuthCache,
        *,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Now = utc_now,
        chance: Callable[[], float] = random.random,
        called: Called = uncounted,
    ) -> None:
        self._settings = settings
        self._auth_cache = auth_cache
        self._sleep = sleep
        self._now = now
        self._storage = LogStorage(settings.storage, settings.max_file_size)
        self._transport = Transport(
            settings, sleep=sleep, clock=clock, now=now, chance=chance, called=called
        )
        self._files = CircuitBreakers(settings.file_failures, settings.file_rest, clock=clock)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def health_check(self) -> bool:
        """Whether SatLoc says that it is alive. One call, without an account."""
        call = Call(endpoint="IsAlive", what="asking SatLoc whether it is alive")

        def receive(body: Body) -> None:
            if not read_alive(read_json(body.read(), call)):
                raise PartnerDownError(f"{call}: it says that it is not")

        try:
            self._transport.once(call, receive)
        except PipelineError:
            return False
        return True

    def authenticate(self, account: Account) -> Authentication:
        """Ask SatLoc for the account's ids; the cache is left alone."""
        if not account.username or not account.password.get_secret_value():
            # SatLoc answers an empty user name with 500, which would be tried again and again.
            raise AuthenticationError(
                f"authenticating the {account}: its user name or password is empty; set them anew"
            )
        call = _authentication_call(account)
        user, company = self._transport.call(
            call, lambda body: read_authentication(read_json(body.read(), call), call)
        )
        return Authentication(user, company, self._now() + _LIFE)

    def authenticate_and_cache(self, account: Account) -> Authentication:
        """Authenticate, and keep the ids for at most an hour."""
        authentication = self.authenticate(account)
        self._auth_cache.put(account, authentication)
        return authentication

    def aircraft_list(self, account: Account) -> list[PartnerAircraft]:
        """The aircraft of the account's company."""

        def ask(known: Authentication) -> list[PartnerAircraft]:
            call = _data_call(
                "GetAircraftList",
                f"listing the aircraft of the {account}",
                account,
                known,
                params={"userId": known.user_id, "companyId": known.company_id},
            )
            return self._transport.call(
                call, lambda body: read_aircraft(read_json(body.read(), call), call)
            )

        return self._with_authentication(account, ask)

    def aircraft_logs(self, account: Account, aircraft_id: str) -> list[PartnerLog]:
        """The logs of one aircraft."""

        def ask(known: Authentication) -> list[PartnerLog]:
            call = _data_call(
                "GetAircraftLogs",
                f"listing the logs of aircraft {aircraft_id!r} of the {account}",
                account,
                known,
                params={"userId": known.user_id, "aircraftId": aircraft_id},
            )
            return self._transport.call(
                call, lambda body: read_logs(read_json(body.read(), call), call)
            )

        return self._with_authentication(account, ask)

    def log_data(
        self,
        account: Account,
        log_id: str,
        file_name: str,
        *,
        aircraft_id: str,
        progress: Progress | None = None,
    ) -> StoredLog:
        """Download a log; one that failed several times in a row is left alone for a while."""
        what = f"downloading log {log_id[:100]!r} of the {account}"
        owner = (account.partner_code, account.customer_id, aircraft_id)
        place = self._storage.place(*owner, log_id, file_name)
        with (
            self._files.guard(
                str(place), counts=(TransientError,), refusal=lambda wait: _left_alone(what, wait)
            ),
            self._storage.draft(what) as draft,
        ):

            def ask(known: Authentication) -> None:
                call = _data_call(
                    "GetAircraftLogData",
                    what,
                    account,
                    known,
                    params={"userId": known.user_id, "logId": log_id},
                )
                self._transport.call(
                    call,
                    lambda body: receive_log(body, call, draft, progress),
                    seconds=self._settings.download_time,
                )

            self._with_authentication(account, ask)
            return self._storage.keep(draft, place)

    def upload_job(
        self, account: Account, aircraft_id: str, job: JobUpload, metadata: Mapping[str, Any]
    ) -> str:
        """Send a job file; returns SatLoc's id of the job.

        Every try has a connection of its own, and none is made after one whose outcome is
        uncertain.
        """
        what = f"uploading job file {job.file_name[:100]!r} for the {account}"
        try:
            described = json.dumps(dict(metadata), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValidationError(f"{what}: JSON cannot hold its metadata: {error}") from error

        def ask(known: Authentication) -> str:
            call = _data_call(
                "UploadJobData",
                what,
                account,
                known,
                form={"userId": known.user_id, "aircraftId": aircraft_id, "metadata": described},
                files={"file": (_sendable(job.file_name), job.data, "text/plain")},
                repeatable=False,
            )
            return self._transport.call(call, lambda body: read_job_id(body.read(), call))

        return self._with_authentication(account, ask)

    def storage_path(self, account: Account, aircraft_id: str) -> Path:
        """The folder that an aircraft's logs are stored in, each in a folder of its own."""
        return self._storage.folder(account.partner_code, account.customer_id, aircraft_id)

    def resolve_log_file(self, name: str) -> Path:
        """Where a stored log is."""
        return self._storage.resolve(name)

    def _with_authentication(self, account: Account, ask: Callable[[Authentication], T]) -> T:
        """Ask with the ids that are known; where they are refused, once more with new ones."""
        known = self._auth_cache.get(account) or self.authenticate_and_cache(account)
        try:
            return ask(known)
        except AuthenticationError:
            self._auth_cache.drop(account.partner_code, account.customer_id)
        except ValidationError:
            # Ids that SatLoc has replaced look like any other wrong request.
            self._auth_cache.drop(account.partner_code, account.customer_id)
            raise
        self._sleep(self._settings.reauthentication_pause)
        try:
            return ask(self.authenticate_and_cache(account))
        except AuthenticationError:
            self._auth_cache.drop(account.partner_code, account.customer_id)
            raise


def _authentication_call(account: Account) -> Call:
    params = {"userLogin": account.username, "password": account.password.get_secret_value()}
    return Call(
        endpoint="AuthenticateAPIUser",
        what=f"authenticating the {account}",
        account=account,
        params=params,
        secrets=Secrets(params.values()),
        authenticates=True,
    )


def _data_call(
    endpoint: str, what: str, account: Account, known: Authentication, **parts: Any
) -> Call:
    """A call with the partner's ids, which no error may repeat."""
    secret = (
        account.username,
        account.password.get_secret_value(),
        known.user_id,
        known.company_id,
    )
    return Call(endpoint=endpoint, what=what, account=account, secrets=Secrets(secret), **parts)


def _sendable(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _left_alone(what: str, wait: float) -> TransientError:
    return TransientError(
        f"{what}: it failed several times in a row and is left alone for another {wait:.0f} s"
    )
