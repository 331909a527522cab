"""Assignments: uploaded by one, at most once where the answer is known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partner_pipeline.errors import DuplicateKey
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.ids import assignment_id
from partner_pipeline.model.jobs import JobAssign
from partner_pipeline.model.states import ASSIGNMENTS, AssignStatus
from partner_pipeline.store.repositories import Repositories
from pipeline.repositories.tools import Clock, at_once

MINUTE = timedelta(minutes=1)


def _assign(repositories: Repositories, clock: Clock, job: str = "j1") -> JobAssign:
    return repositories.assigns.assign(
        JobAssign(
            id=assignment_id(job, "p1"),
            job=job,
            user="p1",
            customer_id="c1",
            status=ASSIGNMENTS.initial,
            partner_code="SATLOC",
            date=clock(),
        )
    )


def test_assigned_twice_is_once(repositories: Repositories, clock: Clock) -> None:
    first = _assign(repositories, clock)
    clock.advance(hours=1)
    assert _assign(repositories, clock) == first
    assert repositories.assigns.of_job("j1") == [first]
    assert repositories.assigns.unassign("j1", "p1") == 1
    assert repositories.assigns.of_user("p1") == []


def test_one_uploads(repositories: Repositories, clock: Clock) -> None:
    id_ = _assign(repositories, clock).id
    until = clock() + MINUTE
    won = at_once(6, lambda n: repositories.assigns.claim_upload(id_, f"u{n}", until))
    (winner,) = [found for found in won if found is not None]
    assert winner.sync.claim is not None
    assert winner.sync.attempts == 1
    assert repositories.assigns.sending(id_, winner.sync.claim)
    done = repositories.assigns.uploaded(id_, "ext-7")
    assert done is not None
    assert (done.status, done.ext_job_id) == (AssignStatus.UPLOADED, "ext-7")
    assert (done.sync.claim, done.sync.uncertain_since) == (None, None)
    assert done.sync.last_success == clock()
    assert repositories.assigns.uploaded(id_, "ext-8") is None
    assert repositories.assigns.claim_upload(id_, "late", until) is None
    assert repositories.assigns.by_partner_job("SATLOC", "ext-7") == done


def test_who_died_while_sending_leaves_that_it_is_uncertain(
    repositories: Repositories, clock: Clock
) -> None:
    id_ = _assign(repositories, clock).id
    repositories.assigns.claim_upload(id_, "dies", clock() + MINUTE)
    sent = clock.advance(seconds=1)
    repositories.assigns.sending(id_, "dies")
    assert repositories.assigns.claim_upload(id_, "next", clock() + MINUTE) is None
    clock.advance(minutes=2)
    found = repositories.assigns.claim_upload(id_, "next", clock() + MINUTE)
    assert found is not None
    assert found.sync.uncertain_since == sent
    assert repositories.assigns.sending(id_, "dies") is None, "the claim has passed on"


def test_failures_say_whether_the_job_may_be_there(
    repositories: Repositories, clock: Clock
) -> None:
    assigns, id_ = repositories.assigns, _assign(repositories, clock).id
    for certain in (False, True):
        assigns.claim_upload(id_, "u", clock() + MINUTE)
        assigns.sending(id_, "u")
        failed = assigns.upload_failed(
            id_,
            "u",
            "no answer",
            ErrorCategory.TRANSIENT,
            next_retry=clock() + MINUTE,
            certain=certain,
        )
        assert failed is not None
        assert (failed.sync.uncertain_since is None) == certain
        assert failed.sync.next_retry == clock() + MINUTE
        assert failed.sync.error_category is ErrorCategory.TRANSIENT
        assert (failed.sync.attempts, failed.sync.claim) == (1 + certain, None)
    assert assigns.upload_failed(id_, "other", "x", ErrorCategory.TRANSIENT) is None


def test_uncertainty_ends_when_it_was_looked(repositories: Repositories, clock: Clock) -> None:
    assigns, id_ = repositories.assigns, _assign(repositories, clock).id
    assigns.claim_upload(id_, "u", clock() + MINUTE)
    assigns.sending(id_, "u")
    assert assigns.not_there(id_) is None, "somebody is at it"
    assigns.upload_failed(id_, "u", "x", ErrorCategory.TRANSIENT, certain=False)
    looked = assigns.not_there(id_)
    assert looked is not None
    assert (looked.sync.uncertain_since, looked.sync.error) == (None, None)
    assert looked.sync.error_category is None, "it waits for its upload, and for no person"


def test_uploaded_again_on_request(repositories: Repositories, clock: Clock) -> None:
    id_ = _assign(repositories, clock).id
    assert repositories.assigns.upload_again(id_) is None
    repositories.assigns.uploaded(id_, "ext-7")
    again = repositories.assigns.upload_again(id_)
    assert again is not None
    assert (again.status, again.ext_job_id) == (AssignStatus.NEW, None)


def test_a_partners_job_belongs_to_one_assignment(repositories: Repositories, clock: Clock) -> None:
    for job in ("j1", "j2", "j3"):
        _assign(repositories, clock, job)
    repositories.assigns.uploaded(assignment_id("j1", "p1"), "ext-7")
    with pytest.raises(DuplicateKey):
        repositories.assigns.uploaded(assignment_id("j2", "p1"), "ext-7")
    assert repositories.assigns.require(assignment_id("j3", "p1")).ext_job_id is None


def test_assignments_at_a_partner(repositories: Repositories, clock: Clock) -> None:
    for job in ("j1", "j2"):
        _assign(repositories, clock, job)
        clock.advance(seconds=1)
    repositories.assigns.uploaded(assignment_id("j2", "p1"), "ext")
    assert [a.job for a in repositories.assigns.at_partner("SATLOC")] == ["j2"]
    new = repositories.assigns.at_partner("SATLOC", AssignStatus.NEW, customer_id="c1")
    assert [assign.job for assign in new] == ["j1"]
    assert repositories.assigns.at_partner("SATLOC", customer_id="c2") == []
    assert [a.job for a in repositories.assigns.of_user("p1", AssignStatus.NEW)] == ["j1"]
