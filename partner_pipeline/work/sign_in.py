"""Who people are: logging in, staying so, and how often a password may be guessed.

A session lasts a week. Its refresh token works once and is replaced by the next; one that is used a
second time was stolen by somebody, from whom nobody can tell, so the session ends.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import SecretStr

from partner_pipeline.errors import PipelineError, ValidationError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.ids import new_id
from partner_pipeline.model.people import Admin, Customer, Pilot, User
from partner_pipeline.model.sessions import Session
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.work.context import Context

#: From login; then one logs in again.
SESSION: Final = timedelta(days=7)

_WINDOW: Final = timedelta(minutes=15)
#: Attempts within the window: at one name from one address, from one address, at one name.
_LIMITS: Final = (("login", 5), ("login-address", 50), ("login-name", 100))

_HASHER: Final = PasswordHasher()
#: Of a password that nobody has: an unknown name takes as long as a wrong password.
_NOBODY: Final = _HASHER.hash(secrets.token_hex(16))

_log = get_logger(__name__)


class WrongCredentials(ValidationError):
    """No such user name, or not this password; which of them is not told."""

    category = ErrorCategory.AUTHENTICATION


class NotSignedIn(PipelineError):
    """A session that has ended, or a token that works no longer."""

    category = ErrorCategory.AUTHENTICATION


class TooManyAttempts(PipelineError):
    """Tried too often.

    Parameters
    ----------
    message : str
    wait : timedelta
        How long until the next try.
    """

    category = ErrorCategory.RATE_LIMIT

    def __init__(self, message: str, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user with a session, and the secret of the refresh token that works now."""

    user: User
    session: Session
    refresh: str = field(repr=False)


def sign_in(context: Context, username: str, password: SecretStr, address: str) -> SignedIn:
    """Open a session for who knows this password.

    Parameters
    ----------
    context : Context
    username : str
    password : SecretStr
    address : str
        From where it is tried.

    Raises
    ------
    TooManyAttempts
        There were too many, whether or not the password is right now.
    WrongCredentials
        The name or the password is wrong, or the user is not active.
    """
    whose = ((username, address), (address,), (username,))
    for (kind, most), who in zip(_LIMITS, whose, strict=True):
        limit_attempts(context, kind, *who, most=most)
    user = context.repositories.users.by_username(username)
    known = user if isinstance(user, Admin | Customer | Pilot) and user.active else None
    kept = _NOBODY if known is None or known.password_hash is None else known.password_hash
    right = _matches(kept, password)
    if known is None or not right or kept is _NOBODY:
        _log.warning("login refused", username=username, address=address)
        raise WrongCredentials("logging in: the user name or the password is wrong")
    context.repositories.attempts.forget("login", username, address)
    context.repositories.attempts.sweep()
    context.repositories.sessions.sweep()
    return _opened(context, known)


def limit_attempts(context: Context, kind: str, *whose: str, most: int) -> None:
    """Count an attempt of some kind.

    Raises
    ------
    TooManyAttempts
        There were more than `most` within a quarter of an hour.
    """
    count, over = context.repositories.attempts.count_one(kind, *whose, window=_WINDOW)
    if count > most:
        wait = over - context.now()
        raise TooManyAttempts(
            f"tried too often: more than {most} times within {_WINDOW // timedelta(minutes=1)} "
            "minutes; wait, then try again",
            wait,
        )


def _matches(kept: str, password: SecretStr) -> bool:
    try:
        return _HASHER.verify(kept, password.get_secret_value())
    except (VerificationError, InvalidHashError):
        return False


def _opened(context: Context, user: User) -> SignedIn:
    now, refresh = context.now(), secrets.token_urlsafe(32)
    session = Session(
        id=new_id(),
        user_id=user.id,
        refresh=_digest(refresh),
        password=_digest(user.password_hash or ""),
        created_at=now,
        expires_at=now + SESSION,
    )
    repositories = context.repositories
    repositories.sessions.insert(session)
    repositories.audit.record(user.id, "login", "sessions", session.id)
    return SignedIn(user, session, refresh)


def refreshed(context: Context, session_id: str, refresh: str) -> SignedIn:
    """The same session with its next refresh token.

    Raises
    ------
    NotSignedIn
        The session has ended; it ends now where this token was used before.
    """
    user, _ = signed_in(context, session_id)
    following = secrets.token_urlsafe(32)
    sessions = context.repositories.sessions
    renewed = sessions.renew(session_id, _digest(refresh), _digest(following))
    if renewed is None:
        sessions.end(session_id)
        context.repositories.audit.record(user.id, "refresh reused", "sessions", session_id)
        _log.warning("refresh token used twice: session ended", user=user.id, session=session_id)
        raise NotSignedIn("refreshing: this token was used before, so its session has ended")
    return SignedIn(user, renewed, following)


def signed_in(context: Context, session_id: str) -> tuple[User, Session]:
    """Who has this session, as they are now.

    Raises
    ------
    NotSignedIn
        It has ended, the user is not active any more, or has another password.
    """
    session = context.repositories.sessions.open(session_id)
    user = None if session is None else context.repositories.users.get(session.user_id)
    if session is None or user is None or not user.active:
        raise NotSignedIn("the session has ended; log in again")
    if not hmac.compare_digest(session.password, _digest(user.password_hash or "")):
        raise NotSignedIn("the password was changed; log in again")
    return user, session


def sign_out(context: Context, session_id: str, *, by: str) -> None:
    """End a session: none of its tokens works any more."""
    if context.repositories.sessions.end(session_id):
        context.repositories.audit.record(by, "logout", "sessions", session_id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
