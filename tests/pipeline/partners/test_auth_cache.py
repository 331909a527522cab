"""The authentication cache, in process and in Redis: one meaning."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from partner_pipeline.partners.auth_cache import (
    AuthCache,
    MemoryAuthCache,
    RedisAuthCache,
    open_auth_cache,
)
from partner_pipeline.partners.base import Account, Authentication
from partner_pipeline.partners.credentials import KeyRing
from partner_pipeline.partners.simulator import SatlocSimulator
from partner_pipeline.setting_values import CredentialsKey
from pipeline.partners.tools import FakeTime, OpenService, account

KEYS = KeyRing([CredentialsKey("k1", b"k" * 32)])
START = datetime(2025, 9, 15, 12, 0, tzinfo=UTC)


class Now:
    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def customer_id() -> str:
    return f"customer:{uuid.uuid4().hex}"


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest, now: Now) -> Iterator[AuthCache]:
    if request.param == "memory":
        opened: AuthCache = MemoryAuthCache(now=now)
    else:
        client = redis.Redis.from_url(request.getfixturevalue("redis_url"))
        opened = RedisAuthCache(client, KEYS, now=now)
    yield opened
    opened.close()


def found(life: timedelta = timedelta(minutes=30)) -> Authentication:
    return Authentication("the-user-id", "the-company-id", START + life)


def test_what_was_put_is_got(cache: AuthCache, customer_id: str) -> None:
    mine = account(customer_id)
    assert cache.get(mine) is None
    cache.put(mine, found())
    assert cache.get(mine) == found()
    assert cache.get(account(f"{customer_id}2")) is None


def test_it_expires(cache: AuthCache, customer_id: str, now: Now) -> None:
    mine = account(customer_id)
    cache.put(mine, found())
    now.moment += timedelta(minutes=29, seconds=59)
    assert cache.get(mine) is not None
    now.moment += timedelta(seconds=1)
    assert cache.get(mine) is None


def test_an_hour_is_the_longest(cache: AuthCache, customer_id: str, now: Now) -> None:
    mine = account(customer_id)
    cache.put(mine, found(timedelta(days=30)))
    kept = cache.get(mine)
    assert kept is not None
    assert kept.expires_at == START + timedelta(hours=1)
    now.moment += timedelta(hours=1)
    assert cache.get(mine) is None


def test_what_has_expired_is_not_kept(cache: AuthCache, customer_id: str) -> None:
    cache.put(account(customer_id), found(-timedelta(seconds=1)))
    assert cache.get(account(customer_id)) is None


@pytest.mark.parametrize("changed", [{"password": "a new one"}, {"username": "other@x.example"}])
def test_other_credentials_do_not_find_it(
    cache: AuthCache, customer_id: str, changed: dict[str, str]
) -> None:
    cache.put(account(customer_id), found())
    assert cache.get(account(customer_id, **changed)) is None


def test_drop(cache: AuthCache, customer_id: str) -> None:
    cache.put(account(customer_id), found())
    cache.drop("SATLOC", customer_id)
    assert cache.get(account(customer_id)) is None
    cache.drop("SATLOC", customer_id)


# ------------------------------------------------------------------------------------------- Redis


def test_processes_share_it_and_nothing_of_it_can_be_read(
    redis_url: str, customer_id: str, now: Now
) -> None:
    mine = account(customer_id, password="planted-password")
    with redis.Redis.from_url(redis_url) as client:
        RedisAuthCache(client, KEYS, now=now).put(mine, found())
        [key] = client.keys(f"*{customer_id}*")
        assert key == f"satlog:authentication:SATLOC:{customer_id}".encode()
        value = client.get(key)
        assert 0 < client.pttl(key) <= 30 * 60 * 1000
        for secret in ("the-user-id", "the-company-id", "planted", mine.username):
            assert secret.encode() not in value
        assert RedisAuthCache(client, KEYS, now=now).get(mine) == found()
        other = KeyRing([CredentialsKey("k1", b"x" * 32)])
        assert RedisAuthCache(client, other, now=now).get(mine) is None


@pytest.mark.parametrize("value", [b"", b"\xff\xfe", b"v1.k1.AAAA", b"{}", b"v1.gone.QUFBQQ=="])
def test_rubbish_in_redis_is_nothing(
    redis_url: str, customer_id: str, now: Now, value: bytes
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set(f"satlog:authentication:SATLOC:{customer_id}", value, ex=60)
        assert RedisAuthCache(client, KEYS, now=now).get(account(customer_id)) is None


def test_without_redis_everything_works_and_one_warning_says_so(
    open_service: OpenService,
    simulator: SatlocSimulator,
    customer: Account,
    fake_time: FakeTime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = redis.Redis(host="127.0.0.1", port=1, password="planted-redis-password")
    cache = RedisAuthCache(client, KEYS, clock=fake_time.clock)
    satloc = open_service(cache)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert len(satloc.aircraft_list(customer)) == 2
    assert len(simulator.received("AuthenticateAPIUser")) == 3
    [warning] = [record for record in caplog.records if "Redis" in record.getMessage()]
    assert "REDIS_URL" in warning.getMessage()
    assert "planted" not in caplog.text
    # It is tried again later, and says so again.
    fake_time.now += 31.0
    cache.drop("SATLOC", "c1")
    assert len([r for r in caplog.records if "Redis" in r.getMessage()]) == 2
    cache.close()


def test_a_redis_that_comes_back_is_used_again(
    redis_url: str, customer_id: str, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        cache = RedisAuthCache(client, KEYS, clock=fake_time.clock)
        mine = account(customer_id)
        soon = Authentication("u", "c", datetime.now(UTC) + timedelta(minutes=5))

        def gone(*_: Any, **__: Any) -> Any:
            raise redis.ConnectionError("gone")

        with monkeypatch.context() as broken:
            broken.setattr(client, "set", gone)
            cache.put(mine, soon)
        cache.put(mine, soon)
        assert cache.get(mine) is None
        fake_time.now += 30.0
        cache.put(mine, soon)
        assert cache.get(mine) == soon


# ------------------------------------------------------------------------------ which cache it is


def test_the_cache_that_settings_ask_for(
    redis_url: str, customer_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    opened: list[tuple[Callable[[], AuthCache], type]] = [
        (lambda: open_auth_cache(None, None, KEYS), MemoryAuthCache),
        (lambda: open_auth_cache(redis_url, None, None), MemoryAuthCache),
        (lambda: open_auth_cache(redis_url, None, KEYS), RedisAuthCache),
    ]
    for make, kind in opened:
        cache = make()
        assert type(cache) is kind
        cache.put(account(customer_id), Authentication("u", "c", datetime.now(UTC) + timedelta(60)))
        assert cache.get(account(customer_id)) is not None
        cache.close()
    assert "CREDENTIALS_KEYS" in caplog.text
