"""``partner-pipeline users``: list, show, add, password, deactivate, activate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from partner_pipeline.cli.common import (
    opened,
    operator,
    secret,
    short,
    show_facts,
    show_table,
    when,
)
from partner_pipeline.errors import ValidationError
from satlog_native.cli.common import json_option, note, to_json
from satlog_native.cli.group import examples

if TYPE_CHECKING:
    from partner_pipeline.model.people import User
    from partner_pipeline.work.context import Context

#: What a kind of user is called here.
_KINDS: Final = {
    "admin": "ADMIN",
    "customer": "CUSTOMER",
    "pilot": "PILOT",
    "aircraft": "AIRCRAFT",
    "partner": "PARTNER",
    "account": "PARTNER_SYSTEM_USER",
}
_ADDED: Final = [kind for kind in _KINDS if kind != "partner"]
#: Where a password comes from that is not asked for.
_PASSWORD: Final = "USER_PASSWORD"


@click.group(
    epilog=examples(
        "partner-pipeline users list",
        "partner-pipeline users add pilot 'Ann Lee' --customer 'Rice Farms'",
    )
)
def command() -> None:
    """List, add and change users of all kinds.

    Users are admins, customers, their pilots, aircraft and accounts at partners, and the partners
    themselves. USER is an id, the beginning of one, a user name, a name or a tail number.
    """


@command.command(
    "list", epilog=examples("partner-pipeline users list", "partner-pipeline users list aircraft")
)
@click.argument("kind", type=click.Choice(list(_KINDS)), required=False)
@click.option("--customer", help="Only this customer's.")
@click.option("--all", "everyone", is_flag=True, help="Inactive ones too.")
@json_option
def list_(kind: str | None, customer: str | None, everyone: bool, as_json: bool) -> None:
    """List users, all or of one kind."""
    from partner_pipeline.cli.finding import find_customer
    from partner_pipeline.model.people import UserKind

    kinds = [UserKind[_KINDS[each]] for each in _KINDS if kind in (None, each)]
    with opened() as context:
        repositories = context.repositories
        owner = None if customer is None else find_customer(repositories, customer).id
        found = [
            user
            for each in kinds
            for user in repositories.users.of_kind(each, customer_id=owner, active=not everyone)
        ]
        customers = repositories.users.among(list({user.customer_id or "" for user in found}))
    if as_json:
        click.echo(to_json([user.shown() for user in found]))
        return
    head = ("id", "kind", "name", "user name", "customer", "at the partner")
    rows = [_row(user, customers.get(user.customer_id or "")) for user in found]
    show_table([head, *rows], narrow={1: 10, 2: 16, 3: 25, 4: 15}, none="no users")


def _row(user: User, customer: User | None) -> tuple[str, ...]:
    return (
        short(user.id),
        _kind(user) if user.active else f"{_kind(user)} (inactive)",
        user.name,
        user.username or "",
        short(user.customer_id) if customer is None else customer.name,
        _at_partner(user),
    )


def _kind(user: User) -> str:
    return next(name for name, kind in _KINDS.items() if kind == user.kind.name)


def _at_partner(user: User) -> str:
    from partner_pipeline.model.people import Aircraft, Partner, PartnerSystemUser

    if isinstance(user, Aircraft) and user.partner_info is not None:
        return f"{user.partner_info.partner_code} {short(user.partner_info.partner_aircraft_id)}"
    return user.partner_code if isinstance(user, Partner | PartnerSystemUser) else ""


@command.command(epilog=examples("partner-pipeline users show N101SL"))
@click.argument("user")
@json_option
def show(user: str, as_json: bool) -> None:
    """Show a user, and what was changed of it last."""
    from partner_pipeline.cli.finding import find_user

    with opened() as context:
        found = find_user(context.repositories, user)
        changes = context.repositories.audit.of("users", found.id, limit=10)
    if as_json:
        audit = [change.model_dump(by_alias=True, exclude={"changes"}) for change in changes]
        click.echo(to_json({**found.shown(), "audit": audit}))
        return
    show_facts(_flat({**found.shown(), "kind": _kind(found)}))
    for change in changes:
        click.echo(f"{when(change.at)}  {change.action} by {change.actor}")


def _flat(value: dict[str, Any], before: str = "") -> dict[str, str]:
    facts: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            facts |= _flat(inner, f"{before}{name}.")
        else:
            facts[before + name] = when(inner) if hasattr(inner, "tzinfo") else str(inner)
    return facts


@command.command(
    epilog=examples(
        "partner-pipeline users add customer 'Rice Farms'",
        "partner-pipeline users add aircraft N101SL --customer 'Rice Farms' --partner-id d4713d60…",
        "partner-pipeline users add account ops@rice.example --customer 'Rice Farms'",
    )
)
@click.argument("kind", type=click.Choice(_ADDED))
@click.argument("name")
@click.option("--customer", help="Whose pilot, aircraft or account it is.")
@click.option("--username", help="Who can log in; the password is asked for.")
@click.option("--partner", default="SATLOC", show_default=True, help="Of an aircraft or account.")
@click.option("--partner-id", help="The partner's id of an aircraft.")
@click.option("--tail-number", help="Of an aircraft.  [default: NAME]")
def add(
    *,
    kind: str,
    name: str,
    customer: str | None,
    username: str | None,
    partner: str,
    partner_id: str | None,
    tail_number: str | None,
) -> None:
    """Add a user; its id goes to standard output.

    NAME is the name; of an account, its user name at the partner. Passwords are asked for, or taken
    from the variable USER_PASSWORD; those of accounts are the partner's.
    """
    from partner_pipeline.cli.finding import find_customer

    with opened() as context:
        owner = None if customer is None else find_customer(context.repositories, customer).id
        if kind == "aircraft":
            info = (partner, partner_id, tail_number or name)
            added = _add_aircraft(context, name, owner, info)
        elif kind == "account":
            added = _add_account(context, name, owner, partner)
        else:
            added = _add_person(context, kind, name, owner, username)
    note(f"{kind} {added.name} added")
    click.echo(added.id)


def _add_aircraft(
    context: Context,
    name: str,
    owner: str | None,
    info: tuple[str, str | None, str],
) -> User:
    """An aircraft; what its partner knows it by are the partner, its id there, its tail number."""
    from partner_pipeline.work.people import add_aircraft

    partner, partner_id, tail_number = info
    if owner is None or partner_id is None:
        raise ValidationError("adding an aircraft: --customer and --partner-id are needed")
    return add_aircraft(
        context,
        name,
        customer_id=owner,
        partner_code=partner,
        partner_aircraft_id=partner_id,
        tail_number=tail_number,
        by=operator(),
    )


def _add_account(context: Context, username: str, owner: str | None, partner: str) -> User:
    from partner_pipeline.work.people import add_account

    if owner is None:
        raise ValidationError("adding an account: --customer is needed")
    password = secret(_PASSWORD, f"Password of {username} at {partner}", confirm=False)
    return add_account(context, partner, owner, username=username, password=password, by=operator())


def _add_person(
    context: Context, kind: str, name: str, owner: str | None, username: str | None
) -> User:
    from partner_pipeline.model.people import UserKind
    from partner_pipeline.work.people import add_person

    password = None
    if username is not None:
        password = secret(_PASSWORD, f"Password of {username}", confirm=True)
    return add_person(
        context,
        UserKind[_KINDS[kind]],
        name,
        customer_id=owner,
        username=username,
        password=password,
        by=operator(),
    )


@command.command(epilog=examples("partner-pipeline users password ops@rice.example"))
@click.argument("user")
def password(user: str) -> None:
    """Give a user another password; of an account, the one that its partner knows.

    It is asked for, or taken from the variable USER_PASSWORD.
    """
    from partner_pipeline.cli.finding import find_user
    from partner_pipeline.work.people import set_password

    with opened() as context:
        found = find_user(context.repositories, user)
        new = secret(_PASSWORD, f"New password of {found.username or found.name}", confirm=True)
        set_password(context, found.id, new, by=operator())
    note(f"{found.name} has a new password")


@command.command(epilog=examples("partner-pipeline users deactivate N101SL"))
@click.argument("user")
def deactivate(user: str) -> None:
    """Have a user take part no more: no login, no poll, no upload. Its data stay."""
    _set_active(user, False)


@command.command(epilog=examples("partner-pipeline users activate N101SL"))
@click.argument("user")
def activate(user: str) -> None:
    """Have a user that was deactivated take part again."""
    _set_active(user, True)


def _set_active(user: str, active: bool) -> None:
    from partner_pipeline.cli.finding import find_user
    from partner_pipeline.work.people import set_active

    with opened() as context:
        found = find_user(context.repositories, user)
        set_active(context, found.id, active, by=operator())
    note(f"{found.name} is {'active' if active else 'inactive'} now")
