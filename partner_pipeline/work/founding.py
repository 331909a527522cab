"""The first users of a pipeline: each made unless it is there already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from partner_pipeline.model.people import Admin, UserKind
from partner_pipeline.partners.base import PartnerAircraft
from partner_pipeline.work import people
from partner_pipeline.work.context import Context

#: Asked only when it is needed.
Ask = Callable[[], SecretStr]


@dataclass(frozen=True, slots=True)
class Founded:
    """A user that there is now.

    Attributes
    ----------
    made : bool
        Now; else it was there.
    what : str
        As ``admin``.
    name, id : str
    """

    made: bool
    what: str
    name: str
    id: str

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return {"made": self.made, "what": self.what, "name": self.name, "id": self.id}


def found_partner(context: Context, code: str, *, by: str) -> Founded:
    """The organisation of a partner."""
    code = context.service(code).code
    partner = context.repositories.users.partner(code)
    user = partner or people.add_partner(context, code, by=by)
    return Founded(partner is None, "partner", user.name, user.id)


def found_admin(context: Context, username: str, password: Ask, *, by: str) -> Founded:
    """An administrator with this user name."""
    known = context.repositories.users.by_username(username)
    if isinstance(known, Admin):
        return Founded(False, "admin", username, known.id)
    user = people.add_person(
        context, UserKind.ADMIN, username, username=username, password=password(), by=by
    )
    return Founded(True, "admin", username, user.id)


def found_customer(context: Context, name: str, *, by: str) -> Founded:
    """A customer of this name."""
    customers = context.repositories.users.of_kind(UserKind.CUSTOMER)
    known = next((customer for customer in customers if customer.name == name), None)
    user = known or people.add_person(context, UserKind.CUSTOMER, name, by=by)
    return Founded(known is None, "customer", name, user.id)


def found_account(
    context: Context, code: str, customer_id: str, username: str, password: Ask, *, by: str
) -> Founded:
    """A customer's account at a partner. One that is there stays, whatever its user name."""
    known = context.repositories.users.account(context.service(code).code, customer_id)
    user = known or people.add_account(
        context, code, customer_id, username=username, password=password(), by=by
    )
    return Founded(known is None, "account", user.username, user.id)


def found_aircraft(
    context: Context, code: str, customer_id: str, aircraft: PartnerAircraft, *, by: str
) -> Founded:
    """A customer's aircraft at a partner."""
    code = context.service(code).code
    users = context.repositories.users
    known = users.aircraft_at(customer_id, code, aircraft.aircraft_id)
    user = known or people.add_aircraft(
        context,
        aircraft.tail_number or aircraft.aircraft_id,
        customer_id=customer_id,
        partner_code=code,
        partner_aircraft_id=aircraft.aircraft_id,
        tail_number=aircraft.tail_number or None,
        by=by,
    )
    return Founded(known is None, "aircraft", user.name, user.id)
