"""``/api/users``: users of all kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query

from partner_pipeline.api.auth import Caller, Here, Member, Owner
from partner_pipeline.api.errors import Forbidden
from partner_pipeline.api.paging import Page, paged
from partner_pipeline.api.routes.partners import BY_NAME, place_by_name
from partner_pipeline.api.schemas.common import Id
from partner_pipeline.api.schemas.people import NewUser, UserChanges, UserQuery, UserShown
from partner_pipeline.errors import ValidationError
from partner_pipeline.model.people import PartnerSystemUser, User, UserKind
from partner_pipeline.work import people
from partner_pipeline.work.changing import change_user
from partner_pipeline.work.context import Context

router = APIRouter(prefix="/api/users", tags=["users"])

#: What customers have of their own.
_CUSTOMERS_OWN: Final = frozenset({UserKind.PILOT, UserKind.AIRCRAFT})


@router.get("")
def list_users(context: Here, who: Member, query: Annotated[UserQuery, Query()]) -> Page[UserShown]:
    """Users, by name: all, or a customer's pilots, aircraft and accounts."""
    found = context.repositories.users.page(
        {
            "kind": query.kind,
            "customerId": who.only(query.customer_id),
            "active": query.active,
        },
        BY_NAME,
        after=query.place,
        limit=query.limit + 1,
    )
    related = _related(context, found)
    page = paged(found, query, place_by_name, lambda each: UserShown.of(each, related))
    hidden = {each.id for each in found if not _sees(who, each)}
    page.items = [each for each in page.items if each.id not in hidden]
    return page


@router.post("", status_code=201)
def create_user(context: Here, who: Owner, body: NewUser) -> UserShown:
    """Add an administrator, customer, pilot or aircraft; customers add their own."""
    if not who.is_admin and body.kind not in _CUSTOMERS_OWN:
        raise Forbidden("customers add pilots and aircraft")
    if body.kind is UserKind.AIRCRAFT:
        return _shown(context, _add_aircraft(context, who, body))
    if body.kind in {UserKind.PARTNER, UserKind.PARTNER_SYSTEM_USER}:
        raise ValidationError("kind: partners and their accounts are added at /api/partners")
    if body.partner_info is not None:
        raise ValidationError("partnerInfo: only an aircraft has some")
    pilot = body.kind is UserKind.PILOT
    user = people.add_person(
        context,
        body.kind,
        body.name,
        customer_id=who.customer(body.customer_id) if pilot else body.customer_id,
        username=body.username,
        password=body.password,
        by=who.id,
    )
    return _shown(context, user)


def _add_aircraft(context: Context, who: Caller, body: NewUser) -> User:
    info = body.partner_info
    if info is None or body.username is not None or body.password is not None:
        raise ValidationError("an aircraft has partnerInfo, and no user name and password")
    return people.add_aircraft(
        context,
        body.name,
        customer_id=who.customer(body.customer_id),
        partner_code=info.partner_code,
        partner_aircraft_id=info.partner_aircraft_id,
        tail_number=info.tail_number,
        by=who.id,
    )


@router.get("/{id}")
def get_user(context: Here, who: Member, id: Id) -> UserShown:
    """One user, with partner and parent (the customer) where it has them."""
    return _shown(context, _own(context, who, id))


@router.put("/{id}")
def change(context: Here, who: Owner, id: Id, body: UserChanges) -> UserShown:
    """Change a user; what is not given stays. Another password ends all sessions."""
    own = _own(context, who, id)
    if body.active is False:
        _check_other(who, own)
    return _shown(context, change_user(context, own.id, **dict(body), by=who.id))


@router.delete("/{id}")
def deactivate(context: Here, who: Owner, id: Id) -> UserShown:
    """Have a user take part no more; it stays, with ``active: false``."""
    own = _own(context, who, id)
    _check_other(who, own)
    return _shown(context, people.set_active(context, own.id, False, by=who.id))


def _check_other(who: Caller, user: User) -> None:
    if user.id == who.id:
        raise ValidationError("deactivating a user: this is you; ask an administrator")


def _own(context: Context, who: Caller, id: str) -> User:
    user = context.repositories.users.get(id)
    found = user if user is not None and _sees(who, user) else None
    # Whose a customer is, is the customer itself.
    owner = None if found is None else found.customer_id or found.id
    return who.own(found, owner, f"user {id!r}")


def _sees(who: Caller, user: User) -> bool:
    """Pilots see no accounts at partners."""
    return who.role != "PILOT" or not isinstance(user, PartnerSystemUser)


def _related(context: Context, users: Sequence[User]) -> dict[str, User]:
    ids = {user.customer_id for user in users}
    ids |= {user.partner for user in users if isinstance(user, PartnerSystemUser)}
    return context.repositories.users.among(sorted(filter(None, ids)))


def _shown(context: Context, user: User) -> UserShown:
    return UserShown.of(user, _related(context, [user]))
