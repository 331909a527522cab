"""``partner-pipeline setup``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click
from click.exceptions import Exit

from partner_pipeline.cli.common import opened, operator, secret, show_table
from partner_pipeline.cli.group import FAILED
from satlog_native.cli.common import json_option, note, printable, to_json
from satlog_native.cli.group import examples

if TYPE_CHECKING:
    from partner_pipeline.partners.base import PartnerAircraft
    from partner_pipeline.work.context import Context
    from partner_pipeline.work.founding import Founded

_ADMIN_PASSWORD: Final = "ADMIN_PASSWORD"
_PARTNER_USERNAME: Final = "PARTNER_USERNAME"
_PARTNER_PASSWORD: Final = "PARTNER_PASSWORD"


@click.command(
    epilog=examples(
        "partner-pipeline setup --customer 'Rice Farms' --account ops@rice.example",
        "partner-pipeline setup --account '' --aircraft d4713d60-c8a7-4639-ab11-67b367a9c378",
    )
)
@click.option("--partner", default="SATLOC", show_default=True, help="The partner's code.")
@click.option("--admin", default="admin", show_default=True, help="User name of the admin.")
@click.option(
    "--customer", default="Sample customer", show_default=True, help="Name of the customer."
)
@click.option(
    "--account",
    envvar=_PARTNER_USERNAME,
    metavar="NAME",
    help="The customer's user name at the partner, also from PARTNER_USERNAME; asked for where "
    "neither is given. Empty: no account.",
)
@click.option(
    "--aircraft",
    multiple=True,
    metavar="ID",
    help="The partner's id of an aircraft; may be repeated.  [default: all that the partner lists]",
)
@json_option
def command(
    *,
    partner: str,
    admin: str,
    customer: str,
    account: str | None,
    aircraft: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make the first users: partner, admin, customer, aircraft, account.

    The account (the partner system user) is the customer's own at the partner: jobs are uploaded
    and logs are fetched with it. Its password and the admin's are asked for, or taken from
    PARTNER_PASSWORD and ADMIN_PASSWORD. What is there already stays as it is. The exit status is 1
    if the partner does not accept the account, or cannot be asked for its aircraft.
    """
    wanted = _Wanted(partner, admin, customer, account, aircraft)
    with opened() as context:
        founded, trouble = _found(context, wanted)
    if as_json:
        click.echo(to_json([each.to_dict() for each in founded]))
    else:
        rows = [("made" if e.made else "was there", e.what, e.name, e.id) for e in founded]
        show_table([("", "what", "name", "id"), *rows])
    if trouble is not None:
        note(printable(f"Error: {trouble}"))
        raise Exit(FAILED)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Who there is to be."""

    partner: str
    admin: str
    customer: str
    account: str | None
    aircraft: Sequence[str]


def _found(context: Context, wanted: _Wanted) -> tuple[list[Founded], str | None]:
    """Who there is now, and what went wrong at the partner."""
    from partner_pipeline.work import founding

    by, partner = operator(), wanted.partner
    founded = [
        founding.found_partner(context, partner, by=by),
        founding.found_admin(
            context,
            wanted.admin,
            lambda: secret(_ADMIN_PASSWORD, f"Password of {wanted.admin}", confirm=True),
            by=by,
        ),
        founding.found_customer(context, wanted.customer, by=by),
    ]
    owner = founded[-1].id
    listed: Sequence[PartnerAircraft] = []
    trouble = None
    username = _username(context, partner, owner, wanted.account)
    if username:
        ask = f"Password of {username} at {partner}"
        founded.append(
            founding.found_account(
                context,
                partner,
                owner,
                username,
                lambda: secret(_PARTNER_PASSWORD, ask, confirm=False),
                by=by,
            )
        )
        listed, trouble = _listed(context, partner, owner)
    founded += [
        founding.found_aircraft(context, partner, owner, each, by=by)
        for each in _chosen(listed, wanted.aircraft)
    ]
    return founded, trouble


def _listed(
    context: Context, partner: str, owner: str
) -> tuple[Sequence[PartnerAircraft], str | None]:
    """The aircraft that the partner lists, or why it does not."""
    from partner_pipeline.errors import AuthenticationError, PipelineError

    try:
        service = context.service(partner)
        return service.aircraft_list(context.account(service.code, owner)), None
    except AuthenticationError as error:
        return [], f"{error} (partner-pipeline users password), then run setup again"
    except PipelineError as error:
        return [], f"{error}; run setup again when that is mended"


def _username(context: Context, partner: str, owner: str, given: str | None) -> str:
    """The account's user name: of the one that is there, as given, or asked for."""
    known = context.repositories.users.account(context.service(partner).code, owner)
    if known is not None:
        if given and given != known.username:
            note(
                f"the account {known.username} stays; to use another one, deactivate it "
                "(partner-pipeline users deactivate)"
            )
        return known.username
    if given is None and sys.stdin.isatty():
        prompt = f"User name at {partner} (empty: no account)"
        return str(click.prompt(prompt, default="", show_default=False, err=True))
    return given or ""


def _chosen(listed: Sequence[PartnerAircraft], wanted: Sequence[str]) -> Sequence[PartnerAircraft]:
    """Those that were asked for, listed or not; else all that the partner lists."""
    from partner_pipeline.partners.base import PartnerAircraft

    if not wanted:
        return listed
    known = {each.aircraft_id: each for each in listed}
    return [known.get(each, PartnerAircraft(each, "")) for each in wanted]
