"""What every partner's service does, and what it is told and tells.

A service holds no credentials of its own: every call takes the :class:`Account` of the customer for
whom it is made. All services may be called from many threads at once.
"""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import SecretStr

if TYPE_CHECKING:
    from satlog_native.jobs import JobFile

#: Told the number of bytes received so far.
Progress = Callable[[int], None]

#: Told of a call that was made: the partner's code, its endpoint, how it went, and seconds. How it
#: went is HTTP's status; ``timeout`` or ``connection`` where none came; the category of the failure
#: where what came with a success was of no use.
Called = Callable[[str, str, str, float], object]


def uncounted(partner: str, endpoint: str, status: str, seconds: float) -> None:
    """A :data:`Called` for those who count nothing."""


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's own account at a partner. Its repr shows whose it is, and no credentials.

    Parameters
    ----------
    partner_code : str
        As ``SATLOC``.
    customer_id : str
        The platform's id of the customer.
    username : str
        At the partner; as a rule an e-mail address.
    password : SecretStr
        At the partner, decrypted.
    """

    partner_code: str
    customer_id: str
    username: str = field(repr=False)
    password: SecretStr = field(repr=False)

    def __str__(self) -> str:
        return f"{self.partner_code} account of customer {self.customer_id}"


@dataclass(frozen=True, slots=True)
class Authentication:
    """What a partner knows an account by. The ids open its data, so the repr hides them.

    Parameters
    ----------
    user_id, company_id : str
        The partner's ids.
    expires_at : datetime
        UTC; not used from then on.
    """

    user_id: str = field(repr=False)
    company_id: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PartnerAircraft:
    """An aircraft as a partner lists it; ``raw`` is the whole item."""

    aircraft_id: str
    tail_number: str
    raw: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartnerLog:
    """A flight log as a partner lists it.

    Parameters
    ----------
    log_id : str
        The partner's id.
    file_name : str
        As the partner gives it: data from a foreign system, never a path to write to.
    date : datetime, optional
        UTC.
    size : int, optional
        Bytes.
    raw : mapping
        The whole item.
    """

    log_id: str
    file_name: str
    date: datetime | None = None
    size: int | None = None
    raw: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredLog:
    """A log that lies whole in the storage folder.

    Parameters
    ----------
    path : Path
        Where it is.
    name : str
        The same within the storage folder: what a tracker keeps, and
        :meth:`BasePartnerService.resolve_log_file` takes.
    size : int
        Bytes.
    sha256 : str
        Of its bytes, lower-case hexadecimal.
    """

    path: Path
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class JobUpload:
    """A job file as it is sent: its name and its bytes."""

    file_name: str
    data: bytes = field(repr=False)

    @classmethod
    def of(cls, job: JobFile) -> JobUpload:
        """The ``.JOB`` file of a job.

        Raises
        ------
        satlog_native.errors.JobFileError
            If the job cannot be written as one.
        """
        from satlog_native.jobs import write_job

        with tempfile.TemporaryDirectory(prefix="satlog-job-") as folder:
            path = write_job(job, folder)
            return cls(path.name, path.read_bytes())


class BasePartnerService(ABC):
    """A partner's service. Errors are those of :mod:`partner_pipeline.errors`, their category set.

    Every call may raise TransientError, RateLimitError or PartnerDownError; every call for an
    account may raise AuthenticationError (after one new authentication did not help), and
    ValidationError for a request that the partner will never accept.
    """

    #: Upper case, as accounts and messages name the partner.
    code: ClassVar[str]

    @abstractmethod
    def health_check(self) -> bool:
        """Whether the partner answers now. Never raises."""

    @abstractmethod
    def authenticate(self, account: Account) -> Authentication:
        """Ask the partner whether it knows these credentials; changes nothing here."""

    @abstractmethod
    def authenticate_and_cache(self, account: Account) -> Authentication:
        """Authenticate, and keep the answer for the calls that follow."""

    @abstractmethod
    def aircraft_list(self, account: Account) -> list[PartnerAircraft]:
        """The account's aircraft, in the partner's order, each once."""

    @abstractmethod
    def aircraft_logs(self, account: Account, aircraft_id: str) -> list[PartnerLog]:
        """The logs that the partner offers of one aircraft, in its order, each once."""

    @abstractmethod
    def log_data(
        self,
        account: Account,
        log_id: str,
        file_name: str,
        *,
        aircraft_id: str,
        progress: Progress | None = None,
    ) -> StoredLog:
        """Download a log into the storage folder: it appears there whole or not at all.

        Downloading it again replaces it by what the partner gives then.

        Raises
        ------
        ValidationError
            If it is larger than allowed.
        StorageError
            If the folder cannot be written.
        """

    @abstractmethod
    def upload_job(
        self, account: Account, aircraft_id: str, job: JobUpload, metadata: Mapping[str, Any]
    ) -> str:
        """Send a job to an aircraft; returns the partner's id of it.

        Raises
        ------
        UncertainError
            If it was sent and the answer was lost: it must not be sent again unchecked.
        """

    @abstractmethod
    def storage_path(self, account: Account, aircraft_id: str) -> Path:
        """The folder that an aircraft's logs are stored in; it need not exist yet."""

    @abstractmethod
    def resolve_log_file(self, name: str) -> Path:
        """Where the log with this :attr:`StoredLog.name` is.

        Raises
        ------
        ValidationError
            If the name leads out of the storage folder.
        NotFoundError
            If there is no such file.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of connections. Nothing else may be called afterwards."""
