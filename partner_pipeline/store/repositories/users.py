"""Users of all kinds."""

from __future__ import annotations

from typing import TypeVar

from partner_pipeline.errors import NotFoundError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.clock import Now
from partner_pipeline.model.people import (
    Aircraft,
    Partner,
    PartnerSystemUser,
    User,
    UserKind,
    read_user,
)
from partner_pipeline.store.base import Store
from partner_pipeline.store.repositories.base import Repository, equal

U = TypeVar("U", bound=User)


class Users(Repository[User]):
    """The collection ``users``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "users", read_user)

    def require_kind(self, id: str, kind: type[U]) -> U:
        """The user with this id, if it is of this kind.

        Raises
        ------
        NotFoundError
            There is none, or it is of another kind.
        """
        user = self.get(id)
        if not isinstance(user, kind):
            found = "there is none" if user is None else f"it is a {type(user).__name__}"
            raise NotFoundError(f"looking for {kind.__name__} {id!r}: {found}")
        return user

    def by_username(self, username: str) -> User | None:
        """Who logs in with this name."""
        return self._find_one(equal(username=username))

    def of_kind(
        self, kind: UserKind, *, customer_id: str | None = None, active: bool = True
    ) -> list[User]:
        """Users of a kind by name; of one customer, and only active ones unless asked otherwise."""
        where = equal(kind=kind)
        if customer_id is not None:
            where |= equal(customerId=customer_id)
        if active:
            where |= equal(active=True)
        return self._find(where, sort=(("name", 1), ("_id", 1)))

    def partner(self, partner_code: str) -> Partner | None:
        """The organisation with this code."""
        return _only(
            self._find_one(equal(kind=UserKind.PARTNER, partnerCode=partner_code)), Partner
        )

    def in_use(self, partner_code: str) -> bool:
        """Whether a partner takes part: it does until somebody deactivates it."""
        partner = self.partner(partner_code)
        return partner is None or partner.active

    def aircraft_of(self, customer_id: str, partner_code: str) -> list[Aircraft]:
        """A customer's active aircraft at a partner, by name."""
        where = equal(kind=UserKind.AIRCRAFT, customerId=customer_id, active=True)
        where |= equal(**{"partnerInfo.partnerCode": partner_code})
        found = self._find(where, sort=(("name", 1), ("_id", 1)))
        return [user for user in found if isinstance(user, Aircraft)]

    def aircraft_at(
        self, customer_id: str, partner_code: str, partner_aircraft_id: str
    ) -> Aircraft | None:
        """The customer's aircraft that a partner knows by this id."""
        where = equal(
            kind=UserKind.AIRCRAFT,
            customerId=customer_id,
            **{
                "partnerInfo.partnerCode": partner_code,
                "partnerInfo.partnerAircraftId": partner_aircraft_id,
            },
        )
        return _only(self._find_one(where, sort=(("_id", 1),)), Aircraft)

    def account(self, partner_code: str, customer_id: str) -> PartnerSystemUser | None:
        """A customer's active account at a partner that is in use."""
        if not self.in_use(partner_code):
            return None
        where = equal(
            kind=UserKind.PARTNER_SYSTEM_USER,
            partnerCode=partner_code,
            customerId=customer_id,
            active=True,
        )
        return _only(self._find_one(where), PartnerSystemUser)

    def accounts(
        self, partner_code: str | None = None, *, active: bool = True
    ) -> list[PartnerSystemUser]:
        """Accounts by partner and customer; `active`: only those, at partners that are in use."""
        where = equal(kind=UserKind.PARTNER_SYSTEM_USER)
        if partner_code is not None:
            where |= equal(partnerCode=partner_code)
        if active:
            where |= equal(active=True)
        users = self._find(where, sort=(("partnerCode", 1), ("customerId", 1)))
        found = [user for user in users if isinstance(user, PartnerSystemUser)]
        if not active:
            return found
        used = {code for code in {each.partner_code for each in found} if self.in_use(code)}
        return [each for each in found if each.partner_code in used]

    def change(self, user: User) -> User:
        """Store a user in the place of the one with its id; its ``updatedAt`` becomes now."""
        return self._put(user.model_copy(update={"updated_at": self._now()}))

    def change_password(self, id: str, old: str, new: str) -> bool:
        """Replace the encrypted password of an account, unless it was changed meanwhile."""
        where = {"_id": id, **equal(password=old)}
        return self._update(where, {"password": new, "updatedAt": self._now()}) is not None

    def account_worked(self, id: str) -> PartnerSystemUser | None:
        """An account's call to its partner succeeded."""
        changes = {
            "health.failuresInARow": 0,
            "health.lastSuccess": self._now(),
            "health.error": None,
            "health.errorCategory": None,
        }
        return _only(self._update({"_id": id}, changes), PartnerSystemUser)

    def account_failed(
        self,
        id: str,
        error: str,
        category: ErrorCategory,
    ) -> PartnerSystemUser | None:
        """An account's call to its partner failed; counts failures in a row."""
        changes = {
            "health.lastFailure": self._now(),
            "health.error": error,
            "health.errorCategory": category,
        }
        changed = self._update({"_id": id}, changes, {"health.failuresInARow": 1})
        return _only(changed, PartnerSystemUser)


def _only(user: User | None, kind: type[U]) -> U | None:
    return user if isinstance(user, kind) else None
