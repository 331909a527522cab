"""AGIDRONEX: a partner that is planned, and has no service yet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from partner_pipeline.errors import PartnerUnavailable
from partner_pipeline.partners.base import (
    Account,
    Authentication,
    BasePartnerService,
    JobUpload,
    PartnerAircraft,
    PartnerLog,
    Progress,
    StoredLog,
)
from partner_pipeline.partners.registry import PartnerContext


class AgidronexService(BasePartnerService):
    """Says what is asked of it, and that it cannot be done yet."""

    code: ClassVar[str] = "AGIDRONEX"

    def __init__(self, context: PartnerContext) -> None:
        del context  # nothing to set up yet

    def health_check(self) -> bool:
        """Not alive."""
        return False

    def authenticate(self, account: Account) -> Authentication:
        """Not available yet."""
        _unavailable(f"authenticating the {account}")

    def authenticate_and_cache(self, account: Account) -> Authentication:
        """Not available yet."""
        _unavailable(f"authenticating the {account}")

    def aircraft_list(self, account: Account) -> list[PartnerAircraft]:
        """Not available yet."""
        _unavailable(f"listing the aircraft of the {account}")

    def aircraft_logs(self, account: Account, aircraft_id: str) -> list[PartnerLog]:
        """Not available yet."""
        _unavailable(f"listing the logs of the {account}")

    def log_data(
        self,
        account: Account,
        log_id: str,
        file_name: str,
        *,
        aircraft_id: str,
        progress: Progress | None = None,
    ) -> StoredLog:
        """Not available yet."""
        _unavailable(f"downloading a log of the {account}")

    def upload_job(
        self, account: Account, aircraft_id: str, job: JobUpload, metadata: Mapping[str, Any]
    ) -> str:
        """Not available yet."""
        _unavailable(f"uploading a job for the {account}")

    def storage_path(self, account: Account, aircraft_id: str) -> Path:
        """Not available yet."""
        _unavailable(f"storing logs of the {account}")

    def resolve_log_file(self, name: str) -> Path:
        """Not available yet."""
        _unavailable("opening a stored log")

    def close(self) -> None:
        """Nothing is held."""


def _unavailable(what: str) -> NoReturn:
    raise PartnerUnavailable(
        f"{what}: satlog knows the partner AGIDRONEX by name and cannot work with it yet; assign "
        f"the job to an aircraft of another partner"
    )
