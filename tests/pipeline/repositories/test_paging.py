"""Pages of a list hold each document once, in order, over every store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partner_pipeline.model.jobs import Job
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.store.repositories.paging import Order, Place
from pipeline.repositories.tools import Clock

MINUTES = (3, None, 1, 1, 2, None, 1, 0)


@pytest.fixture
def jobs(repositories: Repositories, clock: Clock) -> list[Job]:
    """Several of the same moment, and some of none."""
    made = []
    for number, minutes in enumerate(MINUTES):
        at = None if minutes is None else clock.time + timedelta(minutes=minutes)
        made.append(Job(id=f"{number * 7 % 8}", name=f"{number % 3}", customer="c", created_at=at))
        repositories.jobs.insert(made[-1])
    repositories.jobs.insert(Job(id="z", name="0", customer="other"))
    return made


@pytest.mark.parametrize("limit", [1, 2, 3, 8, 20])
@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("path", ["createdAt", "name"])
def test_every_document_once_and_in_order(
    repositories: Repositories, jobs: list[Job], path: str, direction: int, limit: int
) -> None:
    order = Order("createdAt" if path == "createdAt" else "name", 1 if direction == 1 else -1)
    found: list[Job] = []
    after: Place | None = None
    while page := repositories.jobs.page({"customer": "c"}, order, after=after, limit=limit):
        assert len(page) <= limit
        found += page
        last = page[-1]
        after = Place(last.created_at if path == "createdAt" else last.name, last.id)

    def key(job: Job) -> float:
        if path == "name":
            return direction * float(job.name)
        return direction * (0.0 if job.created_at is None else job.created_at.timestamp())

    assert [job.id for job in found] == [
        job.id for job in sorted(jobs, key=lambda j: (key(j), j.id))
    ]


def test_bounds_and_what_is_left_out(
    repositories: Repositories, jobs: list[Job], clock: Clock
) -> None:
    order = Order("createdAt", 1)
    since = clock.time + timedelta(minutes=1)
    found = repositories.jobs.page(
        {"customer": "c", "number": None},
        order,
        limit=20,
        since=since,
        until=since + timedelta(minutes=1),
        without={"name": "2"},
    )
    expected = [job for job in jobs if job.created_at == since and job.name != "2"]
    assert {job.id for job in found} == {job.id for job in expected}
    assert repositories.jobs.tally({"customer": "c"}, path="createdAt", since=since) == 5


def test_only_what_is_asked_for_is_read(repositories: Repositories, jobs: list[Job]) -> None:
    named = repositories.jobs.among(["1", "2", "none"], fields=("name", "customer"))
    assert {job.id: (job.name, job.created_at) for job in named.values()} == {
        job.id: (job.name, None) for job in jobs if job.id in {"1", "2"}
    }


def test_attempts_are_counted_within_their_window(repositories: Repositories, clock: Clock) -> None:
    window = timedelta(minutes=15)
    attempts = repositories.attempts
    end = clock.time + window
    assert [attempts.count_one("login", "a", "b", window=window) for _ in range(3)] == [
        (1, end),
        (2, end),
        (3, end),
    ]
    assert attempts.count_one("login", "ab", "", window=window)[0] == 1
    clock.advance(minutes=15)
    assert attempts.count_one("login", "a", "b", window=window) == (1, clock.time + window)
    attempts.forget("login", "a", "b")
    assert attempts.count_one("login", "a", "b", window=window)[0] == 1
    clock.advance(minutes=15)
    assert attempts.sweep() == 2


def test_a_refresh_token_is_replaced_once(repositories: Repositories, clock: Clock) -> None:
    from partner_pipeline.model.sessions import Session

    sessions = repositories.sessions
    expires = clock.time + timedelta(days=1)
    told = {"refresh": "r1", "password": "p", "created_at": clock.time, "expires_at": expires}
    sessions.insert(Session.model_validate({"id": "s", "user_id": "u", **told}))
    assert sessions.renew("s", "r0", "r2") is None
    renewed = sessions.renew("s", "r1", "r2")
    assert renewed is not None
    assert renewed.refresh == "r2"
    assert sessions.renew("s", "r1", "r3") is None
    assert sessions.open("s") == renewed
    clock.advance(days=1)
    assert sessions.open("s") is None
    assert sessions.renew("s", "r2", "r3") is None
    assert sessions.sweep() == 1
    assert not sessions.end("s")
