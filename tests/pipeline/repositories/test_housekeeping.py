"""Leases, outbox, alerts, audit, and the indexes."""

from __future__ import annotations

from datetime import timedelta

from partner_pipeline.model.housekeeping import OutboxMessage
from partner_pipeline.model.ids import new_id
from partner_pipeline.store.repositories import INDEXES, Repositories
from pipeline.repositories.tools import Clock, at_once

MINUTE = timedelta(minutes=1)


def test_indexes_are_made_any_number_of_times(repositories: Repositories) -> None:
    repositories.ensure_indexes()
    names = [(index.collection, index.name) for index in INDEXES]
    assert len(set(names)) == len(names)


# Leases.


def test_a_lease_has_one_holder(repositories: Repositories) -> None:
    won = at_once(6, lambda n: repositories.leases.acquire("poll", f"w{n}", MINUTE))
    (lease,) = [found for found in won if found is not None]
    assert lease.owner
    assert repositories.leases.acquire("recover", "w9", MINUTE), "another lease"
    assert repositories.leases.acquire("poll", "w9", MINUTE) is None
    again = repositories.leases.acquire("poll", lease.owner, MINUTE)
    assert again is not None
    assert again.token > lease.token


def test_a_lease_that_ran_out_is_taken_over_by_one(
    repositories: Repositories, clock: Clock
) -> None:
    first = repositories.leases.acquire("poll", "old", MINUTE)
    assert first is not None
    assert repositories.leases.renew("poll", "old", MINUTE)
    clock.advance(seconds=60)
    assert not repositories.leases.renew("poll", "old", MINUTE), "it has run out"
    won = at_once(6, lambda n: repositories.leases.acquire("poll", f"w{n}", MINUTE))
    (lease,) = [found for found in won if found is not None]
    assert lease.token == first.token + 1
    assert not repositories.leases.release("poll", "old")
    assert not repositories.leases.renew("poll", "old", MINUTE)


def test_a_lease_that_was_let_go_is_free(repositories: Repositories) -> None:
    repositories.leases.acquire("poll", "a", MINUTE)
    assert repositories.leases.release("poll", "a")
    assert repositories.leases.acquire("poll", "b", MINUTE)


# Outbox.


def _add(repositories: Repositories, name: str, delay: timedelta = timedelta(0)) -> OutboxMessage:
    return repositories.outbox.add("q", name, b'{"n": 1}', {"x-retry-count": 1}, delay=delay)


def test_messages_come_out_in_order_and_once(repositories: Repositories, clock: Clock) -> None:
    for name in "abc":
        _add(repositories, name)
        clock.advance(seconds=1)
    first = repositories.outbox.claim("w1", MINUTE, limit=2)
    assert [message.message_id for message in first] == ["a", "b"]
    assert (first[0].body, first[0].headers) == (b'{"n": 1}', {"x-retry-count": 1})
    assert [m.message_id for m in repositories.outbox.claim("w2", MINUTE)] == ["c"]
    assert repositories.outbox.claim("w3", MINUTE) == []
    assert repositories.outbox.done(first[0].id, "w1")
    assert not repositories.outbox.done(first[1].id, "w2")
    assert repositories.outbox.count() == 2


def test_of_many_publishers_each_message_goes_to_one(repositories: Repositories) -> None:
    for number in range(12):
        _add(repositories, str(number))
    taken = at_once(4, lambda n: repositories.outbox.claim(f"w{n}", MINUTE))
    ids = [message.message_id for messages in taken for message in messages]
    assert sorted(ids, key=int) == [str(number) for number in range(12)]


def test_what_a_dead_publisher_held_comes_out_again(
    repositories: Repositories, clock: Clock
) -> None:
    message = _add(repositories, "a")
    (taken,) = repositories.outbox.claim("dead", MINUTE)
    clock.advance(minutes=2)
    (again,) = repositories.outbox.claim("next", MINUTE)
    assert (again.id, again.attempts) == (taken.id, 2)
    assert not repositories.outbox.done(message.id, "dead")
    assert repositories.outbox.done(message.id, "next")
    assert repositories.outbox.oldest() is None


def test_who_adds_may_publish_at_once(repositories: Repositories) -> None:
    message = _add(repositories, "a")
    won = at_once(4, lambda n: repositories.outbox.claim_one(message.id, f"w{n}", MINUTE))
    assert len([found for found in won if found is not None]) == 1
    assert repositories.outbox.claim("late", MINUTE) == []
    assert repositories.outbox.claim_one("unknown", "w", MINUTE) is None


def test_what_could_not_be_published_waits(repositories: Repositories, clock: Clock) -> None:
    message = _add(repositories, "a")
    repositories.outbox.claim("w", MINUTE)
    assert repositories.outbox.failed(message.id, "other", "x", MINUTE) is None
    failed = repositories.outbox.failed(message.id, "w", "broker away", MINUTE)
    assert failed is not None
    assert failed.error == "broker away"
    assert repositories.outbox.claim("w", MINUTE) == []
    clock.advance(minutes=1)
    assert len(repositories.outbox.claim("w", MINUTE)) == 1


def test_delayed_and_doubled_messages(repositories: Repositories, clock: Clock) -> None:
    _add(repositories, "a", delay=MINUTE)
    _add(repositories, "a")
    assert repositories.outbox.count() == 1
    assert repositories.outbox.claim("w", MINUTE) == []
    clock.advance(minutes=1)
    assert len(repositories.outbox.claim("w", MINUTE)) == 1


# Alerts.


def test_one_alert_a_cause_and_cooldown(repositories: Repositories, clock: Clock) -> None:
    alerts, hour = repositories.alerts, timedelta(hours=1)
    assert sum(at_once(6, lambda _: alerts.due("dlq", "warning", hour))) == 1
    assert alerts.due("partner down", "critical", hour), "another cause"
    clock.advance(minutes=59)
    assert not alerts.due("dlq", "warning", hour)
    assert alerts.due("dlq", "critical", hour), "it became worse"
    assert not alerts.due("dlq", "critical", hour)
    assert not alerts.due("dlq", "warning", hour)
    clock.advance(minutes=60)
    assert sum(at_once(6, lambda _: alerts.due("dlq", "warning", hour))) == 1
    assert alerts.require("dlq").sent == 3


def test_a_cause_that_is_over_is_told_at_once_next_time(repositories: Repositories) -> None:
    assert repositories.alerts.due("dlq", "warning", MINUTE)
    assert repositories.alerts.over("dlq")
    assert not repositories.alerts.over("dlq")
    assert repositories.alerts.due("dlq", "warning", MINUTE)


# Audit.


def test_changes_are_written_down_without_secrets(repositories: Repositories, clock: Clock) -> None:
    user = new_id()
    repositories.audit.record("admin", "create", "users", user, {"name": "x", "password": "pl4nt"})
    clock.advance(seconds=1)
    repositories.audit.record("cli", "update", "users", user, {"a": [{"apiToken": "pl4nt"}]})
    repositories.audit.record("cli", "purge", "queues", "q")
    latest, first = repositories.audit.of("users", user)
    assert (latest.actor, first.action, first.changes["name"]) == ("cli", "create", "x")
    assert "pl4nt" not in repr(repositories.store.find("audit"))
    assert len(repositories.audit.recent(limit=2)) == 2
