"""Users and jobs: found by what they are, and never by an operator from outside."""

from __future__ import annotations

import pytest

from partner_pipeline.errors import DuplicateKey, NotFoundError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.jobs import Job
from partner_pipeline.model.people import (
    Admin,
    Aircraft,
    Customer,
    Partner,
    PartnerInfo,
    PartnerSystemUser,
    UserKind,
)
from partner_pipeline.store.repositories import Repositories
from pipeline.repositories.tools import Clock, at_once


def _account(id_: str = "s1", customer: str = "c1", **changes: object) -> PartnerSystemUser:
    fields: dict[str, object] = {
        "id": id_,
        "name": f"account of {customer}",
        "partner": "p1",
        "partner_code": "SATLOC",
        "customer_id": customer,
        "username": f"{id_}@farm.example",
        "password": "v1.k1.xxxx",
    }
    return PartnerSystemUser.model_validate(fields | changes)


@pytest.fixture
def people(repositories: Repositories) -> Repositories:
    users = repositories.users
    users.insert(Admin(id="admin", name="Admin", username="admin"))
    users.insert(Customer(id="c1", name="Farm", username="farm"))
    users.insert(Partner(id="p1", name="SatLoc", partner_code="SATLOC", partner_name="SatLoc"))
    for ordinal in (2, 1):
        users.insert(
            Aircraft(
                id=f"a{ordinal}",
                name=f"N{ordinal}",
                customer_id="c1",
                partner_info=PartnerInfo(
                    partner_code="SATLOC", partner_aircraft_id=f"guid{ordinal}"
                ),
            )
        )
    users.insert(_account())
    return repositories


def test_users_by_what_they_are(people: Repositories) -> None:
    users = people.users
    assert users.by_username("farm") == users.require("c1")
    partner = users.partner("SATLOC")
    assert partner is not None
    assert partner.id == "p1"
    assert [aircraft.id for aircraft in users.aircraft_of("c1", "SATLOC")] == ["a1", "a2"]
    aircraft = users.aircraft_at("c1", "SATLOC", "guid2")
    assert aircraft is not None
    assert aircraft.id == "a2"
    assert users.aircraft_at("c2", "SATLOC", "guid2") is None
    assert users.account("SATLOC", "c1") == _account()
    assert users.accounts() == users.accounts("SATLOC") == [_account()]
    assert [user.id for user in users.of_kind(UserKind.AIRCRAFT, customer_id="c1")] == ["a1", "a2"]
    assert users.require_kind("a1", Aircraft).name == "N1"
    with pytest.raises(NotFoundError, match="it is a Customer"):
        users.require_kind("c1", Aircraft)


def test_who_is_not_active_is_not_found(people: Repositories) -> None:
    users = people.users
    users.change(_account().model_copy(update={"active": False}))
    assert users.account("SATLOC", "c1") is None
    assert users.accounts("SATLOC") == []
    assert len(users.accounts("SATLOC", active=False)) == 1


def test_names_and_accounts_are_unique(people: Repositories) -> None:
    for taken in (
        Customer(id="c9", name="x", username="farm"),
        Partner(id="p9", name="x", partner_code="SATLOC", partner_name="x"),
        _account("s9"),
    ):
        with pytest.raises(DuplicateKey):
            people.users.insert(taken)
    people.users.insert(_account("s2", "c2"))
    people.users.insert(Aircraft(id="a9", name="no username"))


def test_a_name_that_is_an_operator_is_refused(people: Repositories) -> None:
    hostile: str = {"$gt": ""}  # type: ignore[assignment]
    with pytest.raises(ValueError, match=r"\$gt|dict"):
        people.users.by_username(hostile)


def test_failures_of_an_account_are_counted_in_a_row(people: Repositories, clock: Clock) -> None:
    users = people.users
    at_once(3, lambda _: users.account_failed("s1", "refused", ErrorCategory.AUTHENTICATION))
    failed = users.require_kind("s1", PartnerSystemUser).health
    assert (failed.failures_in_a_row, failed.error) == (3, "refused")
    assert failed.error_category is ErrorCategory.AUTHENTICATION
    worked = users.account_worked("s1")
    assert worked is not None
    assert (worked.health.failures_in_a_row, worked.health.error) == (0, None)
    assert worked.health.last_success == worked.health.last_failure == clock()


def test_a_password_is_replaced_unless_it_was_changed(people: Repositories) -> None:
    users = people.users
    assert users.change_password("s1", "v1.k1.xxxx", "v1.k2.yyyy")
    assert not users.change_password("s1", "v1.k1.xxxx", "v1.k2.zzzz")
    assert users.require_kind("s1", PartnerSystemUser).password == "v1.k2.yyyy"


def test_jobs(repositories: Repositories, clock: Clock) -> None:
    jobs = repositories.jobs
    for number in ("2", "1"):
        jobs.insert(Job(id=f"j{number}", name=f"Field {number}", customer="c1", rate=28.5))
    jobs.insert(Job(id="j3", name="Other", customer="c2"))
    assert [job.id for job in jobs.of_customer("c1")] == ["j1", "j2"]
    assert set(jobs.among(["j1", "j3", "unknown"])) == {"j1", "j3"}
    assert jobs.among([]) == {}
    changed = jobs.change(jobs.require("j1").model_copy(update={"rate": None}))
    assert (changed.rate, changed.updated_at) == (None, clock())
    assert jobs.require("j1") == changed
