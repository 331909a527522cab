"""Who asks, and what is theirs: checked on every route.

An access token says which session it is of, for ten minutes; session and user are looked up with
every request, so that who is deactivated, has logged out or has another password is out at once.
What is another customer's does not exist for who asks: 404.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, TypeVar

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from partner_pipeline.api.errors import Forbidden
from partner_pipeline.errors import NotFoundError, ValidationError
from partner_pipeline.model.clock import Now
from partner_pipeline.model.people import User, UserKind
from partner_pipeline.model.sessions import Session
from partner_pipeline.work.context import Context
from partner_pipeline.work.sign_in import NotSignedIn, SignedIn, signed_in

ACCESS: Final = timedelta(minutes=10)
_ISSUER: Final = "satlog"
_CLAIMS: Final = ("iss", "sub", "sid", "typ", "iat", "exp")

Role = Literal["ADMIN", "CUSTOMER", "PILOT"]
_ROLES: Final[dict[UserKind, Role]] = {
    UserKind.ADMIN: "ADMIN",
    UserKind.CUSTOMER: "CUSTOMER",
    UserKind.PILOT: "PILOT",
}

T = TypeVar("T")


class Tokens:
    """Makes and reads tokens.

    Parameters
    ----------
    key : bytes
    now : callable
    """

    def __init__(self, key: bytes, now: Now) -> None:
        self._key = key
        self._now = now

    def access(self, user: User, session: Session) -> str:
        """Opens the routes, for `ACCESS`."""
        return self._made("access", user, session, self._now() + ACCESS)

    def refresh(self, who: SignedIn) -> str:
        """Gets the next tokens, once, as long as the session lasts."""
        session = who.session
        return self._made("refresh", who.user, session, session.expires_at, jti=who.refresh)

    def page(self, user: User, session: Session) -> str:
        """Gets access tokens for the pages, as long as the session lasts."""
        return self._made("page", user, session, session.expires_at)

    def _made(self, kind: str, user: User, session: Session, expires: datetime, **more: str) -> str:
        claims: dict[str, Any] = {
            "iss": _ISSUER,
            "sub": user.id,
            "sid": session.id,
            "typ": kind,
            "iat": int(self._now().timestamp()),
            "exp": int(expires.timestamp()),
            **more,
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def session_of_access(self, token: str) -> str:
        """The session of an access token; raises NotSignedIn."""
        return str(self._read(token, "access")["sid"])

    def session_of_page(self, token: str) -> str:
        """The session of a page token; raises NotSignedIn."""
        return str(self._read(token, "page")["sid"])

    def session_of_refresh(self, token: str) -> tuple[str, str]:
        """The session of a refresh token, and the token's own secret; raises NotSignedIn."""
        claims = self._read(token, "refresh")
        return str(claims["sid"]), str(claims.get("jti"))

    def _read(self, token: str, kind: str) -> dict[str, Any]:
        # The clock is the pipeline's, so the time is checked here and not there.
        options: Any = {"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False}
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self._key, algorithms=["HS256"], issuer=_ISSUER, options=options
            )
            expires = datetime.fromtimestamp(claims["exp"], UTC)
        except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError, OSError):
            raise NotSignedIn("this is no token of ours; log in") from None
        if claims["typ"] != kind:
            raise NotSignedIn(f"this is not the {kind} token that is needed here")
        if expires <= self._now():
            raise NotSignedIn("the token has expired; refresh it, or log in again")
        return claims


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes
    ----------
    user : User
    session_id : str
    role : str
    customer_id : str or None
        Whose data they see; None: everybody's.
    """

    user: User
    session_id: str
    role: Role
    customer_id: str | None

    @property
    def id(self) -> str:
        """For the audit."""
        return self.user.id

    @property
    def is_admin(self) -> bool:
        """Whether they see and may do everything."""
        return self.role == "ADMIN"

    def sees(self, customer_id: str | None) -> bool:
        """Whether what belongs to this customer is there for them."""
        return self.is_admin or (customer_id is not None and customer_id == self.customer_id)

    def own(self, found: T | None, customer_id: str | None, what: str) -> T:
        """What was found, if it is theirs.

        Raises
        ------
        NotFoundError
            There is none, or it is another customer's: which of the two is not told.
        """
        if found is None or not self.sees(customer_id):
            raise NotFoundError(f"looking for {what}: there is none")
        return found

    def only(self, asked: str | None) -> str | None:
        """The customer that a list or a request is about; None (for administrators): all.

        Raises
        ------
        NotFoundError
            Another customer was asked for.
        """
        if asked is None:
            return self.customer_id
        return self.own(asked, asked, f"customer {asked[:100]!r}")

    def customer(self, asked: str | None) -> str:
        """The one customer that a request is about: their own, or the one that is named.

        Raises
        ------
        ValidationError
            An administrator must name one.
        NotFoundError
            Another customer was asked for.
        """
        found = self.only(asked)
        if found is None:
            raise ValidationError("customerId: say whose it is")
        return found


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


async def context_of(request: Request) -> Context:
    """The parts that use cases work with."""
    return _context(request)


_BEARER: Final = HTTPBearer(
    auto_error=False, scheme_name="token", description="The `accessToken` of a login."
)
_Given = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


def caller(request: Request, given: _Given) -> Caller:
    """Who asks; raises NotSignedIn where nobody is logged in."""
    if given is None:
        raise NotSignedIn("log in first: an access token is needed")
    return _caller(request, given.credentials)


def anybody(request: Request, given: _Given) -> Caller | None:
    """Who asks, where that can be told; open routes tell administrators more."""
    if given is None:
        return None
    try:
        return _caller(request, given.credentials)
    except NotSignedIn:
        return None


def _caller(request: Request, token: str) -> Caller:
    tokens: Tokens = request.app.state.tokens
    user, session = signed_in(_context(request), tokens.session_of_access(token))
    return caller_of(user, session)


def caller_of(user: User, session: Session) -> Caller:
    """A user who is logged in; raises NotSignedIn for one that nobody logs in as."""
    return Caller(user, session.id, role_of(user), customer_of(user))


def role_of(user: User) -> Role:
    """What a user may do; raises NotSignedIn for one that nobody logs in as."""
    role = _ROLES.get(user.kind)
    if role is None:
        raise NotSignedIn("nobody logs in as this user")
    return role


def customer_of(user: User) -> str | None:
    """Whose data a user sees; None: everybody's."""
    if user.kind is UserKind.ADMIN:
        return None
    # A pilot without a customer sees what is nobody's: nothing.
    return user.id if user.kind is UserKind.CUSTOMER else user.customer_id or ""


def _admin(who: Annotated[Caller, Depends(caller)]) -> Caller:
    if not who.is_admin:
        raise Forbidden("only administrators may do this")
    return who


def _owner(who: Annotated[Caller, Depends(caller)]) -> Caller:
    if who.role == "PILOT":
        raise Forbidden("pilots may not do this")
    return who


Here = Annotated[Context, Depends(context_of)]
#: Who is logged in, whoever it is.
Member = Annotated[Caller, Depends(caller)]
#: Administrators and customers.
Owner = Annotated[Caller, Depends(_owner)]
Administrator = Annotated[Caller, Depends(_admin)]
Anybody = Annotated[Caller | None, Depends(anybody)]
