"""Users of all kinds, changed: only what is given, and in one transaction with its audit."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from partner_pipeline.errors import DuplicateKey, ValidationError
from partner_pipeline.model.people import (
    Admin,
    Customer,
    Partner,
    PartnerSystemUser,
    Pilot,
    User,
)
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.context import Context
from partner_pipeline.work.passwords import password_hash


def change_user(
    context: Context,
    user_id: str,
    *,
    name: str | None = None,
    username: str | None = None,
    password: SecretStr | None = None,
    active: bool | None = None,
    by: str,
) -> User:
    """Change a user of any kind; what is None stays.

    An authentication that is cached belongs to the credentials it was got with: after a change of
    an account's user name or password it is not found any more.

    Raises
    ------
    NotFoundError
        There is no such user.
    ValidationError
        The user name is taken, the password is too short, or it is one that nobody logs in as.
    """
    told = {"name": name, "username": username, "active": active}
    changes = {field: value for field, value in told.items() if value is not None}
    before = context.repositories.users.require(user_id)
    if username is not None or password is not None:
        _may_log_in(before, username, password)
    changes |= _secret(context, before, password)

    def change(repositories: Repositories) -> User:
        return _stored(repositories, repositories.users.require(user_id), changes, by)

    try:
        return context.repositories.transact(change)
    except DuplicateKey as error:
        raise ValidationError(f"changing user {user_id}: {username!r} is taken") from error


def change_partner(
    context: Context,
    partner_id: str,
    *,
    partner_name: str | None = None,
    configuration: dict[str, Any] | None = None,
    active: bool | None = None,
    by: str,
) -> Partner:
    """Change a partner's organisation; what is None stays. Raises NotFoundError: there is none."""
    told = {"partner_name": partner_name, "configuration": configuration, "active": active}
    changes = {field: value for field, value in told.items() if value is not None}

    def change(repositories: Repositories) -> Partner:
        partner = repositories.users.require_kind(partner_id, Partner)
        changed = _stored(repositories, partner, changes, by)
        return changed if isinstance(changed, Partner) else partner

    return context.repositories.transact(change)


def _may_log_in(user: User, username: str | None, password: SecretStr | None) -> None:
    if isinstance(user, PartnerSystemUser):
        return
    if not isinstance(user, Admin | Customer | Pilot):
        raise ValidationError(f"changing user {user.id}: nobody logs in as {user.name!r}")
    if user.username is None and (username is None or password is None):
        raise ValidationError(
            f"changing user {user.id}: nobody logs in as {user.name!r} yet; give a user name and a "
            "password together"
        )


def _secret(context: Context, user: User, password: SecretStr | None) -> dict[str, Any]:
    if password is None:
        return {}
    if isinstance(user, PartnerSystemUser):
        return {"password": context.keys.encrypt(password, document_id=user.id)}
    return {"password_hash": password_hash(password)}


def _stored(repositories: Repositories, user: User, changes: dict[str, Any], by: str) -> User:
    different = {name: new for name, new in changes.items() if getattr(user, name) != new}
    if not different:
        return user
    repositories.audit.record(by, "update", "users", user.id, different)
    return repositories.users.change(user.model_copy(update=different))
