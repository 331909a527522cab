"""Users: people, aircraft, partners and accounts at partners; one collection, ``kind`` tells.

A password of the platform is kept as its argon2 hash, one of a partner account sealed with a key
of the configuration. Neither is part of what is shown: see :meth:`User.shown`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import Field

from partner_pipeline.errors import ValidationError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.document import Document, Moment, Part, Text


class UserKind(StrEnum):
    """What a user is; the values are the platform's."""

    ADMIN = "ADMIN"
    CUSTOMER = "CUSTOMER"
    PILOT = "PILOT"
    AIRCRAFT = "9"
    PARTNER = "PARTNER"
    PARTNER_SYSTEM_USER = "PARTNER_SYSTEM_USER"


class User(Document):
    """Any user.

    Attributes
    ----------
    kind : UserKind
    name : str
    username : str or None
        What one logs in with, unique among all users.
    password_hash : str or None
        Argon2, of a user of the platform.
    customer_id : str or None
        Whose pilot, aircraft or account it is; None: a customer is its own, others are nobody's.
    active : bool
        Users are not deleted: they become inactive.
    """

    secret_fields: ClassVar[frozenset[str]] = frozenset({"password_hash", "password"})

    kind: UserKind
    name: Text
    username: Text | None = None
    password_hash: str | None = Field(default=None, repr=False)
    customer_id: str | None = None
    active: bool = True
    created_at: Moment | None = None
    updated_at: Moment | None = None

    def shown(self) -> dict[str, Any]:
        """What people and programs may see of it: no password, in no form."""
        shown = self.model_dump(by_alias=True, exclude_none=True, exclude=set(self.secret_fields))
        return {"id": shown.pop("_id"), **shown}


class Admin(User):
    """Who runs the pipeline."""

    kind: Literal[UserKind.ADMIN] = UserKind.ADMIN


class Customer(User):
    """Who has jobs flown."""

    kind: Literal[UserKind.CUSTOMER] = UserKind.CUSTOMER


class Pilot(User):
    """Who flies."""

    kind: Literal[UserKind.PILOT] = UserKind.PILOT


class PartnerInfo(Part):
    """What an aircraft is at a partner."""

    partner_code: Text
    partner_aircraft_id: Text
    tail_number: str | None = None


class Aircraft(User):
    """An aircraft: jobs are assigned to it."""

    kind: Literal[UserKind.AIRCRAFT] = UserKind.AIRCRAFT
    partner_info: PartnerInfo | None = None


class Partner(User):
    """A partner's organisation; its service is the one registered under its code."""

    kind: Literal[UserKind.PARTNER] = UserKind.PARTNER
    partner_code: Text
    partner_name: Text
    configuration: dict[str, Any] = Field(default_factory=dict)


class AccountHealth(Part):
    """How an account does at its partner."""

    failures_in_a_row: int = 0
    last_success: Moment | None = None
    last_failure: Moment | None = None
    error: str | None = None
    error_category: ErrorCategory | None = None


class PartnerSystemUser(User):
    """A customer's own account at a partner.

    Attributes
    ----------
    partner : str
        Id of the partner, a user as well.
    partner_code : str
        The partner's code.
    username : str
        At the partner.
    password : str
        At the partner, encrypted with a key of the configuration.
    """

    kind: Literal[UserKind.PARTNER_SYSTEM_USER] = UserKind.PARTNER_SYSTEM_USER
    partner: Text
    partner_code: Text
    customer_id: Text
    username: Text
    password: Text = Field(repr=False)
    health: AccountHealth = AccountHealth()


_KINDS: dict[str, type[User]] = {
    UserKind.ADMIN: Admin,
    UserKind.CUSTOMER: Customer,
    UserKind.PILOT: Pilot,
    UserKind.AIRCRAFT: Aircraft,
    UserKind.PARTNER: Partner,
    UserKind.PARTNER_SYSTEM_USER: PartnerSystemUser,
}


def read_user(document: dict[str, Any]) -> User:
    """A stored user, as the class of its kind.

    Raises
    ------
    ValidationError
        An unknown kind, or fields that are not as expected.
    """
    kind = document.get("kind")
    known = _KINDS.get(kind) if isinstance(kind, str) else None
    if known is None:
        raise ValidationError(
            f"reading user {document.get('_id')!r}: expected a kind of {', '.join(_KINDS)}, "
            f"found {kind!r}"
        )
    return known.from_document(document)
