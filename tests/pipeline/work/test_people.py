"""Users of all kinds: made, given passwords, deactivated."""

from __future__ import annotations

from pathlib import Path

import argon2
import pytest
from pydantic import SecretStr

from partner_pipeline.errors import NotFoundError, ValidationError
from partner_pipeline.model.people import PartnerSystemUser, User, UserKind
from partner_pipeline.work import founding, people
from partner_pipeline.work.poll import poll
from pipeline.work.tools import Pipeline

PASSWORD = SecretStr("correct horse battery")


def stored_bytes(pipeline: Pipeline) -> bytes:
    """All that is on the disk."""
    folder = Path(pipeline.context.settings.embedded_path).parent
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_who_logs_in(pipeline: Pipeline) -> None:
    user = people.add_person(
        pipeline.context, UserKind.ADMIN, "Ann", username="ann", password=PASSWORD, by="root"
    )
    stored = pipeline.store.users.by_username("ann")
    assert stored == user
    assert argon2.PasswordHasher().verify(user.password_hash or "", PASSWORD.get_secret_value())
    assert PASSWORD.get_secret_value().encode() not in stored_bytes(pipeline)
    (entry,) = pipeline.store.audit.of("users", user.id)
    assert (entry.actor, entry.action) == ("root", "create")
    assert (user.password_hash or "") not in str(entry)


@pytest.mark.parametrize("password", ["short", "", "x" * 2000])
def test_password_of_wrong_length(password: str, pipeline: Pipeline) -> None:
    with pytest.raises(ValidationError, match="expected 8 to 1,024 characters"):
        people.add_person(
            pipeline.context,
            UserKind.ADMIN,
            "Ann",
            username="ann",
            password=SecretStr(password),
            by="root",
        )
    assert pipeline.store.users.by_username("ann") is None


def test_user_name_is_one_persons(pipeline: Pipeline) -> None:
    def add(name: str) -> User:
        return people.add_person(
            pipeline.context, UserKind.ADMIN, name, username="ops", password=PASSWORD, by="root"
        )

    first = add("Ann")
    with pytest.raises(ValidationError, match="'ops': it is there already"):
        add("Bob")
    assert pipeline.store.users.by_username("ops") == first


def test_who_belongs_to_whom(pipeline: Pipeline) -> None:
    context, customer = pipeline.context, pipeline.accounts[0].id
    with pytest.raises(ValidationError, match="a pilot belongs to a customer"):
        people.add_person(context, UserKind.PILOT, "P", by="root")
    with pytest.raises(ValidationError, match="a pilot belongs to a customer"):
        people.add_person(context, UserKind.ADMIN, "A", customer_id=customer, by="root")
    with pytest.raises(NotFoundError, match="Customer 'nobody'"):
        people.add_person(context, UserKind.PILOT, "P", customer_id="nobody", by="root")
    with pytest.raises(ValidationError, match="a user name needs a password"):
        people.add_person(context, UserKind.ADMIN, "A", username="a", by="root")


def test_one_account_a_customer(pipeline: Pipeline) -> None:
    with pytest.raises(ValidationError, match="it is there already"):
        people.add_account(
            pipeline.context,
            "SATLOC",
            pipeline.accounts[0].id,
            username="another@x.example",
            password=PASSWORD,
            by="root",
        )


def test_unknown_partner(pipeline: Pipeline) -> None:
    with pytest.raises(ValidationError, match="known are AGIDRONEX, SATLOC"):
        people.add_partner(pipeline.context, "CROPHAWK", by="root")


def test_accounts_new_password_is_used(pipeline: Pipeline) -> None:
    account = pipeline.accounts[0]
    pipeline.uploaded()
    pipeline.simulator.world.change_password(account.username, "quite another one")
    assert poll(pipeline.context).accounts[0].error is not None
    changed = people.set_password(
        pipeline.context, account.user.id, SecretStr("quite another one"), by="root"
    )
    assert isinstance(changed, PartnerSystemUser)
    assert poll(pipeline.context, customer_id=account.id).accounts[0].error is None
    assert b"quite another one" not in stored_bytes(pipeline)


def test_password_of_nobody(pipeline: Pipeline) -> None:
    with pytest.raises(NotFoundError):
        people.set_password(pipeline.context, "nobody", PASSWORD, by="root")
    with pytest.raises(ValidationError, match="has no user name"):
        people.set_password(pipeline.context, pipeline.accounts[0].id, PASSWORD, by="root")


def test_inactive_account_is_not_polled(pipeline: Pipeline) -> None:
    pipeline.uploaded()
    account = pipeline.accounts[0].user.id
    people.set_active(pipeline.context, account, False, by="root")
    assert "no active one" in (poll(pipeline.context).accounts[0].error or "")
    assert pipeline.calls("GetAircraftLogs") == 0
    people.set_active(pipeline.context, account, True, by="root")
    people.set_active(pipeline.context, account, True, by="root")
    assert poll(pipeline.context).accounts[0].error is None
    actions = [entry.action for entry in pipeline.store.audit.of("users", account)]
    assert sorted(actions) == ["activate", "create", "deactivate"]


def test_founding_asks_for_a_password_only_when_it_needs_one(pipeline: Pipeline) -> None:
    asked = []

    def ask() -> SecretStr:
        asked.append(1)
        return PASSWORD

    first = founding.found_admin(pipeline.context, "admin", ask, by="root")
    second = founding.found_admin(pipeline.context, "admin", ask, by="root")
    assert (first.made, second.made, first.id) == (True, False, second.id)
    assert len(asked) == 1
