"""Partners, accounts at partners, customers, and users of all kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field

from partner_pipeline.api.paging import PageQuery
from partner_pipeline.api.schemas.common import Body, Code, Facts, Id, Name, Password, Schema, Time
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.people import (
    Aircraft,
    Partner,
    PartnerSystemUser,
    User,
    UserKind,
)

_MOST_NESTED = 16


def _storable(value: Facts) -> Facts:
    """What a store takes: whole numbers of 64 bits, no odd names, not too deep."""
    left: list[tuple[Any, int]] = [(value, 1)]
    while left:
        node, depth = left.pop()
        if depth > _MOST_NESTED:
            raise ValueError("nested too deep")
        if isinstance(node, dict):
            if not all(name and name[0] != "$" and not set(name) & {".", "\0"} for name in node):
                raise ValueError("names must not be empty, begin with $, or hold a dot")
            left += [(inner, depth + 1) for inner in node.values()]
        elif isinstance(node, list):
            left += [(inner, depth + 1) for inner in node]
        elif isinstance(node, int) and not -(1 << 63) <= node < 1 << 63:
            raise ValueError("a whole number has more than 64 bits")
        elif isinstance(node, str):
            node.encode()
    return value


Configuration = Annotated[Facts, AfterValidator(_storable)]


class PartnerQuery(PageQuery):
    """Which partners."""

    active: bool | None = None


class NewPartner(Body):
    """A partner's organisation; a service is registered under its code."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"partnerCode": "SATLOC", "partnerName": "SatLoc Cloud"}]}
    )

    partner_code: Code
    partner_name: Name | None = None
    configuration: Configuration | None = None


class PartnerChanges(Body):
    """What is given changes, the rest stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"partnerName": "SatLoc Cloud (US)", "active": True}]}
    )

    partner_name: Name | None = None
    configuration: Configuration | None = None
    active: bool | None = None


class PartnerShown(Schema):
    """A partner."""

    id: str
    partner_code: str
    partner_name: str
    active: bool
    has_service: Annotated[bool, Field(description="Whether satlog can work with it.")]
    configuration: Annotated[Facts | None, Field(description="For administrators.")]
    created_at: Time | None
    updated_at: Time | None

    @classmethod
    def of(cls, partner: Partner, codes: tuple[str, ...], *, whole: bool) -> Self:
        """A partner; `codes`: of those with a service; `whole`: for administrators."""
        return cls(
            id=partner.id,
            partner_code=partner.partner_code,
            partner_name=partner.partner_name,
            active=partner.active,
            has_service=partner.partner_code in codes,
            configuration=partner.configuration if whole else None,
            created_at=partner.created_at,
            updated_at=partner.updated_at,
        )


class SystemUserQuery(PageQuery):
    """Which accounts."""

    partner_id: Id | None = None
    customer_id: Id | None = None
    active: bool | None = None


class NewSystemUser(Body):
    """A customer's own account at a partner. The password goes in, and never out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partnerId": "5b0c6e4a0f5d4f0c9a5e0d5f3c2b1a09",
                    "customerId": "0d4c3b2a19f84e6d8c7b6a5948372615",
                    "username": "ops@ricefarms.example",
                    "password": "as the partner knows it",
                    "name": "Rice Farms at SatLoc",
                    "active": True,
                }
            ]
        }
    )

    partner_id: Id
    customer_id: Id
    username: Name
    password: Password
    name: Name | None = None
    active: bool = True


class SystemUserChanges(Body):
    """What is given changes, the rest stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"password": "the new one", "active": True}]}
    )

    username: Name | None = None
    password: Password | None = None
    name: Name | None = None
    active: bool | None = None


class Credentials(Body):
    """Those of an account that is here, or others."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"systemUserId": "9a3f5e7c1b2d4a6f8091a2b3c4d5e6f7"}],
        }
    )

    system_user_id: Id | None = None
    partner_id: Id | None = None
    username: Name | None = None
    password: Password | None = None


class TestedCredentials(Schema):
    """Whether the partner accepts them."""

    ok: bool
    error: str | None
    error_category: ErrorCategory | None


class HealthShown(Schema):
    """How an account does at its partner."""

    failures_in_a_row: int
    last_success: Time | None
    last_failure: Time | None
    error: str | None
    error_category: ErrorCategory | None


class SystemUserShown(Schema):
    """A customer's own account at a partner."""

    id: str
    partner_id: str
    partner_code: str
    customer_id: str
    customer_name: str | None
    username: str
    name: str
    active: bool
    health: HealthShown
    created_at: Time | None
    updated_at: Time | None

    @classmethod
    def of(cls, account: PartnerSystemUser, customers: Mapping[str, User]) -> Self:
        """An account, and its customer where that is among those given."""
        customer = customers.get(account.customer_id)
        return cls(
            id=account.id,
            partner_id=account.partner,
            partner_code=account.partner_code,
            customer_id=account.customer_id,
            customer_name=None if customer is None else customer.name,
            username=account.username,
            name=account.name,
            active=account.active,
            health=HealthShown.model_validate(account.health.model_dump()),
            created_at=account.created_at,
            updated_at=account.updated_at,
        )


class CustomerQuery(PageQuery):
    """Which subscriptions are told."""

    partner_id: Id | None = None


class Subscription(Schema):
    """A customer's account at a partner, in short."""

    system_user_id: str
    partner_id: str
    partner_code: str
    username: str
    active: bool
    since: Time | None
    last_success: Time | None
    failures_in_a_row: int

    @classmethod
    def of(cls, account: PartnerSystemUser) -> Self:
        """Of an account."""
        return cls(
            system_user_id=account.id,
            partner_id=account.partner,
            partner_code=account.partner_code,
            username=account.username,
            active=account.active,
            since=account.created_at,
            last_success=account.health.last_success,
            failures_in_a_row=account.health.failures_in_a_row,
        )


class CustomerShown(Schema):
    """A customer, and which partners it has accounts at."""

    id: str
    name: str
    active: bool
    subscriptions: list[Subscription]


class AircraftQuery(PageQuery):
    """Whose aircraft, at which partner."""

    customer_id: Id | None = None
    partner_code: Code


class PartnerAircraftShown(Schema):
    """An aircraft as its partner lists it."""

    aircraft_id: Annotated[str, Field(description="The partner's id.")]
    tail_number: str
    user_id: Annotated[str | None, Field(description="Ours; null: not set up here.")]
    name: str | None


class UserQuery(PageQuery):
    """Which users."""

    kind: UserKind | None = None
    customer_id: Id | None = None
    active: bool | None = None


class PartnerInfoBody(Body):
    """What an aircraft is at a partner."""

    partner_code: Code
    partner_aircraft_id: Id
    tail_number: Name | None = None


class NewUser(Body):
    """An administrator, customer, pilot, or (kind 9) an aircraft."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "PILOT",
                    "name": "Pat Ryder",
                    "customerId": "0d4c3b2a19f84e6d8c7b6a5948372615",
                    "username": "pat",
                    "password": "correct horse battery",
                }
            ]
        }
    )

    kind: UserKind
    name: Name
    customer_id: Id | None = None
    username: Name | None = None
    password: Password | None = None
    partner_info: PartnerInfoBody | None = None


class UserChanges(Body):
    """What is given changes, the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Pat Ryder-Jones"}]})

    name: Name | None = None
    username: Name | None = None
    password: Password | None = None
    active: bool | None = None


class PartnerInfoShown(Schema):
    """What an aircraft is at a partner."""

    partner_code: str
    partner_aircraft_id: str
    tail_number: str | None


class PartnerNamed(Schema):
    """A partner, in short."""

    id: str
    partner_code: str
    partner_name: str


class UserNamed(Schema):
    """A user, in short."""

    id: str
    name: str


class UserShown(Schema):
    """A user of any kind; partner and parent are those of an account at a partner."""

    id: str
    kind: UserKind
    name: str
    username: str | None
    customer_id: str | None
    active: bool
    partner_code: str | None
    partner_info: PartnerInfoShown | None
    partner: PartnerNamed | None
    parent: Annotated[UserNamed | None, Field(description="The customer.")]
    created_at: Time | None
    updated_at: Time | None

    @classmethod
    def of(cls, user: User, related: Mapping[str, User]) -> Self:
        """A user, with partner and customer where they are among those given."""
        info = user.partner_info if isinstance(user, Aircraft) else None
        partner = related.get(user.partner) if isinstance(user, PartnerSystemUser) else None
        parent = related.get(user.customer_id or "")
        code = user.partner_code if isinstance(user, Partner | PartnerSystemUser) else None
        return cls(
            id=user.id,
            kind=user.kind,
            name=user.name,
            username=user.username,
            customer_id=user.customer_id,
            active=user.active,
            partner_code=code if info is None else info.partner_code,
            partner_info=None if info is None else PartnerInfoShown(**info.model_dump()),
            partner=PartnerNamed(
                id=partner.id, partner_code=partner.partner_code, partner_name=partner.partner_name
            )
            if isinstance(partner, Partner)
            else None,
            parent=None if parent is None else UserNamed(id=parent.id, name=parent.name),
            created_at=user.created_at,
            updated_at=user.updated_at,
        )
