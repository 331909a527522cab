"""Users of all kinds: made, given passwords, deactivated. No password is kept as it is."""

from __future__ import annotations

from pydantic import SecretStr

from partner_pipeline.errors import DuplicateKey, ValidationError
from partner_pipeline.model.ids import deterministic_id, new_id
from partner_pipeline.model.people import (
    Admin,
    Aircraft,
    Customer,
    Partner,
    PartnerInfo,
    PartnerSystemUser,
    Pilot,
    User,
    UserKind,
)
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.context import Context
from partner_pipeline.work.passwords import password_hash

_PEOPLE: dict[UserKind, type[Admin | Customer | Pilot]] = {
    UserKind.ADMIN: Admin,
    UserKind.CUSTOMER: Customer,
    UserKind.PILOT: Pilot,
}


def add_person(
    context: Context,
    kind: UserKind,
    name: str,
    *,
    customer_id: str | None = None,
    username: str | None = None,
    password: SecretStr | None = None,
    by: str,
) -> User:
    """A new admin, customer or pilot.

    Parameters
    ----------
    customer_id : str, optional
        Whose pilot it is.
    username, password : optional
        With them, who can log in.
    by : str
        Who says so.

    Raises
    ------
    ValidationError
        The user name is taken, the password too short, a pilot without a customer, or a user name
        without a password.
    NotFoundError
        There is no such customer.
    """
    if (username is None) != (password is None):
        raise ValidationError(f"adding {name!r}: a user name needs a password, and it one")
    if (kind is UserKind.PILOT) != (customer_id is not None):
        raise ValidationError(f"adding {name!r}: a pilot belongs to a customer, others to nobody")
    if customer_id is not None:
        context.repositories.users.require_kind(customer_id, Customer)
    user = _PEOPLE[kind](
        id=new_id(),
        name=name,
        customer_id=customer_id,
        username=username,
        password_hash=None if password is None else password_hash(password),
        created_at=context.now(),
    )
    return _add(context, user, by)


def add_aircraft(
    context: Context,
    name: str,
    *,
    customer_id: str,
    partner_code: str,
    partner_aircraft_id: str,
    tail_number: str | None = None,
    by: str,
) -> Aircraft:
    """A customer's aircraft that a partner knows.

    Raises
    ------
    ValidationError
        It is there already, or no partner has this code.
    NotFoundError
        There is no such customer.
    """
    code = context.service(partner_code).code
    context.repositories.users.require_kind(customer_id, Customer)
    aircraft = Aircraft(
        id=deterministic_id("aircraft", code, customer_id, partner_aircraft_id),
        name=name,
        customer_id=customer_id,
        partner_info=PartnerInfo(
            partner_code=code, partner_aircraft_id=partner_aircraft_id, tail_number=tail_number
        ),
        created_at=context.now(),
    )
    _add(context, aircraft, by)
    return aircraft


def add_account(
    context: Context,
    partner_code: str,
    customer_id: str,
    *,
    username: str,
    password: SecretStr,
    by: str,
) -> PartnerSystemUser:
    """A customer's account at a partner; its password is encrypted.

    Raises
    ------
    ValidationError
        The customer has one already, the user name is taken, or no partner has this code.
    NotFoundError
        There is no such customer, or the partner's organisation was never set up.
    """
    code = context.service(partner_code).code
    customer = context.repositories.users.require_kind(customer_id, Customer)
    partner = context.repositories.users.partner(code)
    if partner is None:
        raise ValidationError(f"adding an account at {code}: run partner-pipeline setup first")
    id = deterministic_id("partner_system_user", code, customer_id)
    account = PartnerSystemUser(
        id=id,
        name=f"{customer.name} at {code}",
        partner=partner.id,
        partner_code=code,
        customer_id=customer_id,
        username=username,
        password=context.keys.encrypt(password, document_id=id),
        created_at=context.now(),
    )
    _add(context, account, by)
    return account


def add_partner(context: Context, partner_code: str, *, by: str) -> Partner:
    """The organisation of a partner that has a service.

    Raises
    ------
    ValidationError
        It is there already, or no partner has this code.
    """
    code = context.service(partner_code).code
    partner = Partner(
        id=deterministic_id("partner", code),
        name=code,
        partner_code=code,
        partner_name=code,
        created_at=context.now(),
    )
    _add(context, partner, by)
    return partner


def set_password(context: Context, user_id: str, password: SecretStr, *, by: str) -> User:
    """Give a user another password: of the platform, or the one that its partner knows.

    Raises
    ------
    NotFoundError
        There is no such user.
    ValidationError
        It is one that nobody logs in as, or the password is too short.
    """

    def change(repositories: Repositories) -> User:
        user = repositories.users.require(user_id)
        if isinstance(user, PartnerSystemUser):
            secret = {"password": context.keys.encrypt(password, document_id=user.id)}
        elif user.username is not None:
            secret = {"password_hash": password_hash(password)}
        else:
            raise ValidationError(f"setting a password: {user.name!r} has no user name")
        repositories.audit.record(by, "password", "users", user_id)
        return repositories.users.change(user.model_copy(update=secret))

    return context.repositories.transact(change)


def set_active(context: Context, user_id: str, active: bool, *, by: str) -> User:
    """Have a user take part or not: an inactive one has no login, no poll, no upload.

    What it did stays.

    Raises
    ------
    NotFoundError
        There is no such user.
    """

    def change(repositories: Repositories) -> User:
        user = repositories.users.require(user_id)
        if user.active == active:
            return user
        repositories.audit.record(
            by, "activate" if active else "deactivate", "users", user_id, {"active": active}
        )
        return repositories.users.change(user.model_copy(update={"active": active}))

    return context.repositories.transact(change)


def _add(context: Context, user: User, by: str) -> User:
    def add(repositories: Repositories) -> User:
        repositories.users.insert(user)
        repositories.audit.record(by, "create", "users", user.id, user.shown())
        return user

    try:
        return context.repositories.transact(add)
    except DuplicateKey as error:
        named = user.username or user.name
        raise ValidationError(f"adding {user.kind.name} {named!r}: it is there already") from error
