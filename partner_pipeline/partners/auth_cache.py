"""What partners know accounts by, kept for at most an hour: in Redis, or in this process.

An entry belongs to the credentials that it was got with: after a change of user name or password
it is not found any more, also where nobody could delete it. A cache that does not work is a warning
and a question more to the partner, never a failure.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import redis

from partner_pipeline.errors import PipelineError
from partner_pipeline.model.clock import Now, utc_now
from partner_pipeline.partners.base import Account, Authentication
from partner_pipeline.partners.credentials import KeyRing

logger = logging.getLogger(__name__)

LONGEST: Final = timedelta(hours=1)

_PREFIX: Final = "satlog:authentication"

#: Redis is left alone for so long after it did not answer, s: else each call would wait for it.
_PAUSE: Final = 30.0
_TIMEOUT: Final = 2.0  # s


class AuthCache(Protocol):
    """Authentications by partner and customer. May be used by many threads; never raises."""

    def get(self, account: Account) -> Authentication | None:
        """What was kept for these very credentials and is still good, or None."""

    def put(self, account: Account, authentication: Authentication) -> None:
        """Keep an authentication until it expires, at most an hour."""

    def drop(self, partner_code: str, customer_id: str) -> None:
        """Forget: credentials changed, or the partner does not accept it any more."""

    def close(self) -> None:
        """Let go of connections."""


class MemoryAuthCache:
    """A cache within this process."""

    def __init__(self, *, now: Now = utc_now) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._entries: dict[tuple[str, str], tuple[Account, Authentication]] = {}

    def get(self, account: Account) -> Authentication | None:
        """See :class:`AuthCache`."""
        with self._lock:
            kept, found = self._entries.get(_owner(account), (None, None))
        good = found is not None and kept == account and found.expires_at > self._now()
        return found if good else None

    def put(self, account: Account, authentication: Authentication) -> None:
        """See :class:`AuthCache`."""
        with self._lock:
            self._entries[_owner(account)] = (account, _limited(authentication, self._now()))

    def drop(self, partner_code: str, customer_id: str) -> None:
        """See :class:`AuthCache`."""
        with self._lock:
            self._entries.pop((partner_code, customer_id), None)

    def close(self) -> None:
        """See :class:`AuthCache`."""
        with self._lock:
            self._entries.clear()


class RedisAuthCache:
    """A cache that all processes share.

    The partner's ids open a customer's data, so they are encrypted; that the entry is for these
    credentials is authenticated along with it, and nothing of the credentials is stored.

    Parameters
    ----------
    client : redis.Redis
    keys : KeyRing
        The same in every process.
    now : callable
        UTC.
    clock : callable
        Seconds, never going back.
    """

    def __init__(
        self,
        client: redis.Redis,
        keys: KeyRing,
        *,
        now: Now = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._keys = keys
        self._now = now
        self._clock = clock
        self._paused_until = 0.0

    def get(self, account: Account) -> Authentication | None:
        """See :class:`AuthCache`."""
        key = _key(*_owner(account))
        kept = self._asked("reading", lambda: self._client.get(key))
        if not isinstance(kept, bytes):
            return None
        try:
            opened = self._keys.decrypt(kept.decode("ascii"), document_id=_credentials(account))
            fields = json.loads(opened.get_secret_value())
            found = Authentication(
                fields["userId"],
                fields["companyId"],
                datetime.fromisoformat(fields["expiresAt"]),
            )
        except (PipelineError, ValueError, KeyError, TypeError):
            # Of other credentials, of a key no longer configured, or of another version.
            return None
        return found if found.expires_at > self._now() else None

    def put(self, account: Account, authentication: Authentication) -> None:
        """See :class:`AuthCache`."""
        kept = _limited(authentication, self._now())
        fields = {
            "userId": kept.user_id,
            "companyId": kept.company_id,
            "expiresAt": kept.expires_at.isoformat(),
        }
        value = self._keys.encrypt(json.dumps(fields), document_id=_credentials(account))
        life = int((kept.expires_at - self._now()) / timedelta(milliseconds=1))
        if life > 0:
            key = _key(*_owner(account))
            self._asked("writing", lambda: self._client.set(key, value, px=life))

    def drop(self, partner_code: str, customer_id: str) -> None:
        """See :class:`AuthCache`."""
        key = _key(partner_code, customer_id)
        self._asked("dropping", lambda: self._client.delete(key))

    def close(self) -> None:
        """See :class:`AuthCache`."""
        self._client.close()

    def _asked(self, doing: str, ask: Callable[[], object]) -> object:
        if self._clock() < self._paused_until:
            return None
        try:
            return ask()
        except (redis.RedisError, OSError) as error:
            self._paused_until = self._clock() + _PAUSE
            logger.warning(
                "%s an authentication in Redis: it does not answer (%s); partners are asked anew "
                "each time, and Redis is tried again in %.0f s. Check REDIS_URL and the server",
                doing,
                type(error).__name__,
                _PAUSE,
            )
            return None


def open_auth_cache(
    redis_url: str | None, password: str | None, keys: KeyRing | None, *, now: Now = utc_now
) -> AuthCache:
    """The cache that the settings ask for.

    Parameters
    ----------
    redis_url : str, optional
        Without one, the cache is this process's.
    password : str, optional
        At Redis, where the URL holds none.
    keys : KeyRing, optional
        Without one nothing is written to Redis: it would be readable there.
    now : callable
        UTC.
    """
    if redis_url is None:
        return MemoryAuthCache(now=now)
    if keys is None:
        logger.warning(
            "caching authentications: REDIS_URL is set and no key to encrypt them with is, so "
            "each process keeps its own; set CREDENTIALS_KEYS"
        )
        return MemoryAuthCache(now=now)
    options = {"password": password} if password else {}
    client = redis.Redis.from_url(
        redis_url,
        socket_timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        **options,
    )
    return RedisAuthCache(client, keys, now=now)


def _owner(account: Account) -> tuple[str, str]:
    return account.partner_code, account.customer_id


def _key(partner_code: str, customer_id: str) -> str:
    return f"{_PREFIX}:{partner_code}:{customer_id}"


def _credentials(account: Account) -> str:
    """What an entry is bound to. Never leaves this process."""
    parts = (*_owner(account), account.username, account.password.get_secret_value())
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _limited(authentication: Authentication, now: datetime) -> Authentication:
    latest = min(authentication.expires_at, now + LONGEST)
    return Authentication(authentication.user_id, authentication.company_id, latest)
