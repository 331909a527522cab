"""``/api/partners/systemUsers``: customers' own accounts at partners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query

from partner_pipeline.api.auth import Caller, Here, Owner
from partner_pipeline.api.paging import Page, paged
from partner_pipeline.api.routes.partners import BY_NAME, place_by_name
from partner_pipeline.api.schemas.common import Id
from partner_pipeline.api.schemas.people import (
    Credentials,
    NewSystemUser,
    SystemUserChanges,
    SystemUserQuery,
    SystemUserShown,
    TestedCredentials,
)
from partner_pipeline.api.turns import in_turn
from partner_pipeline.errors import ValidationError
from partner_pipeline.model.people import Partner, PartnerSystemUser, User, UserKind
from partner_pipeline.partners.base import Account
from partner_pipeline.work import people
from partner_pipeline.work.asked import try_account
from partner_pipeline.work.changing import change_user
from partner_pipeline.work.context import Context
from partner_pipeline.work.sign_in import limit_attempts

router = APIRouter(prefix="/api/partners/systemUsers", tags=["system users"])

#: Credentials that one user may try within a quarter of an hour: this is no way to guess them.
_MOST_TRIES: Final = 30


@router.get("")
def list_system_users(
    context: Here, who: Owner, query: Annotated[SystemUserQuery, Query()]
) -> Page[SystemUserShown]:
    """Accounts at partners, by name."""
    users = context.repositories.users.page(
        {
            "kind": UserKind.PARTNER_SYSTEM_USER,
            "partner": query.partner_id,
            "customerId": who.only(query.customer_id),
            "active": query.active,
        },
        BY_NAME,
        after=query.place,
        limit=query.limit + 1,
    )
    found = [user for user in users if isinstance(user, PartnerSystemUser)]
    customers = _customers(context, found)
    return paged(found, query, place_by_name, lambda each: SystemUserShown.of(each, customers))


@router.post("", status_code=201)
def create_system_user(context: Here, who: Owner, body: NewSystemUser) -> SystemUserShown:
    """Add a customer's account at a partner; 409: it has one, or the user name is taken."""
    partner = context.repositories.users.require_kind(body.partner_id, Partner)
    account: User = people.add_account(
        context,
        partner.partner_code,
        who.customer(body.customer_id),
        username=body.username,
        password=body.password,
        by=who.id,
    )
    account = change_user(
        context, account.id, name=body.name, active=None if body.active else False, by=who.id
    )
    return _shown(context, account)


@router.post("/testAuth", dependencies=[in_turn("partner")])
def test_credentials(context: Here, who: Owner, body: Credentials) -> TestedCredentials:
    """Ask the partner whether it accepts credentials: of an account that is here, or others."""
    account = _account(context, who, body)
    limit_attempts(context, "credentials", who.id, most=_MOST_TRIES)
    failure = try_account(context, account)
    return TestedCredentials(
        ok=failure is None,
        error=None if failure is None else failure.message,
        error_category=None if failure is None else failure.category,
    )


@router.get("/{id}")
def get_system_user(context: Here, who: Owner, id: Id) -> SystemUserShown:
    """One account."""
    return _shown(context, _own(context, who, id))


@router.put("/{id}")
def change_system_user(
    context: Here,
    who: Owner,
    id: Id,
    body: SystemUserChanges,
) -> SystemUserShown:
    """Change an account; what is not given stays. Other credentials are used from now on."""
    own = _own(context, who, id)
    return _shown(context, change_user(context, own.id, **dict(body), by=who.id))


@router.delete("/{id}")
def deactivate_system_user(context: Here, who: Owner, id: Id) -> SystemUserShown:
    """Use an account no more; it stays, with ``active: false``."""
    return _shown(context, people.set_active(context, _own(context, who, id).id, False, by=who.id))


def _own(context: Context, who: Caller, id: str) -> PartnerSystemUser:
    user = context.repositories.users.get(id)
    found = user if isinstance(user, PartnerSystemUser) else None
    owner = None if found is None else found.customer_id
    return who.own(found, owner, f"system user {id!r}")


def _account(context: Context, who: Caller, body: Credentials) -> Account:
    if body.system_user_id is not None:
        own = _own(context, who, body.system_user_id)
        password = body.password or context.keys.decrypt(own.password, document_id=own.id)
        return Account(own.partner_code, own.customer_id, body.username or own.username, password)
    if body.partner_id is None or body.username is None or body.password is None:
        raise ValidationError(
            "testing credentials: give systemUserId, or partnerId, username and password"
        )
    partner = context.repositories.users.require_kind(body.partner_id, Partner)
    return Account(partner.partner_code, who.customer_id or who.id, body.username, body.password)


def _customers(context: Context, accounts: Sequence[PartnerSystemUser]) -> dict[str, User]:
    return context.repositories.users.among(sorted({each.customer_id for each in accounts}))


def _shown(context: Context, user: User) -> SystemUserShown:
    if not isinstance(user, PartnerSystemUser):
        raise ValidationError(f"{user.id!r} is no system user")
    return SystemUserShown.of(user, _customers(context, [user]))
