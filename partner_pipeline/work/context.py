"""What every use case works with."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from partner_pipeline.broker.base import Broker
from partner_pipeline.errors import NotFoundError
from partner_pipeline.model.clock import Now, utc_now
from partner_pipeline.model.redact import SECRETS
from partner_pipeline.observe.mail import Mailer
from partner_pipeline.observe.metrics import Metrics
from partner_pipeline.partners.base import Account, BasePartnerService
from partner_pipeline.partners.credentials import KeyRing
from partner_pipeline.partners.registry import PartnerRegistry
from partner_pipeline.settings import Settings
from partner_pipeline.store.repositories import Repositories


@dataclass(frozen=True, slots=True)
class Context:
    """The pipeline's parts, as one process has them; made by :mod:`partner_pipeline.workers`.

    Attributes
    ----------
    owner : str
        This process, as leases and claims name it.
    now : callable
        Gives the time; a test gives its own.
    chance : callable
        Gives numbers from 0 up to 1, for jitter.
    """

    settings: Settings
    repositories: Repositories
    broker: Broker
    partners: PartnerRegistry
    keys: KeyRing
    owner: str
    metrics: Metrics = field(default_factory=Metrics)
    mailer: Mailer | None = None
    now: Now = utc_now
    chance: Callable[[], float] = random.random

    def service(self, partner_code: str) -> BasePartnerService:
        """A partner's service."""
        return self.partners.service(partner_code)

    def account(self, partner_code: str, customer_id: str) -> Account:
        """A customer's account at a partner, its password decrypted.

        Raises
        ------
        NotFoundError
            The customer has no active account there, or the partner is not in use.
        """
        if not self.repositories.users.in_use(partner_code):
            raise NotFoundError(
                f"looking for the {partner_code} account of customer {customer_id!r}: the partner "
                "is deactivated; activate it first"
            )
        user = self.repositories.users.account(partner_code, customer_id)
        if user is None:
            raise NotFoundError(
                f"looking for the {partner_code} account of customer {customer_id!r}: there is no "
                "active one; add a partner system user"
            )
        password = self.keys.decrypt(user.password, document_id=user.id)
        SECRETS.add(password.get_secret_value())
        return Account(partner_code, customer_id, user.username, password)

    @property
    def own_files(self) -> Path:
        """The folder of logs that users brought themselves."""
        return self.settings.satloc_storage_path / "own"
