"""``/session``: staying logged in in a browser.

A page holds an access token in its memory, and nothing in its storage. What gets the next one is a
cookie that no script can read, that goes nowhere but here, and that another site cannot send. Since
it is not replaced at each use, any number of windows share it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Cookie, Request, Response
from pydantic import Field

from partner_pipeline.api.auth import ACCESS, Here, Tokens, caller_of
from partner_pipeline.api.schemas.auth import Login, Me
from partner_pipeline.api.schemas.common import Schema
from partner_pipeline.api.turns import in_turn
from partner_pipeline.model.people import User
from partner_pipeline.model.sessions import Session
from partner_pipeline.work.context import Context
from partner_pipeline.work.sign_in import NotSignedIn, sign_in, sign_out, signed_in

router = APIRouter(prefix="/session", include_in_schema=False)

_COOKIE: Final = "satlog_session"

_Kept = Annotated[str | None, Cookie(alias=_COOKIE)]


class PageAccess(Schema):
    """What a page asks the API with."""

    access_token: str
    expires_in: Annotated[int, Field(description="s")]
    user: Me


@router.post("", dependencies=[in_turn("login")])
def begin(
    request: Request, response: Response, context: Here, body: Login, kept: _Kept = None
) -> PageAccess:
    """Log in; the answer sets the cookie, in place of the one before, whose session ends."""
    address = "unknown" if request.client is None else request.client.host
    who = sign_in(context, body.username, body.password, address)
    _end(request, context, kept)
    token = _tokens(request).page(who.user, who.session)
    _keep(request, response, token, who.session.expires_at - context.now())
    return _access(request, who.user, who.session)


@router.post("/token", response_model=PageAccess)
def proceed(request: Request, context: Here, kept: _Kept = None) -> PageAccess | Response:
    """Get the next access token; 204: nobody is logged in, which is no mistake to ask."""
    try:
        return _access(request, *_who(request, context, kept))
    except NotSignedIn:
        return Response(status_code=204)


@router.delete("", status_code=204)
def end(request: Request, response: Response, context: Here, kept: _Kept = None) -> None:
    """Log out: no window of this browser gets a token any more."""
    _end(request, context, kept)
    _keep(request, response, "", timedelta(0))


def _end(request: Request, context: Context, kept: str | None) -> None:
    with suppress(NotSignedIn):  # that is what is wanted
        user, session = _who(request, context, kept)
        sign_out(context, session.id, by=user.id)


def _who(request: Request, context: Context, kept: str | None) -> tuple[User, Session]:
    if kept is None:
        raise NotSignedIn("log in first")
    return signed_in(context, _tokens(request).session_of_page(kept))


def _access(request: Request, user: User, session: Session) -> PageAccess:
    return PageAccess(
        access_token=_tokens(request).access(user, session),
        expires_in=int(ACCESS.total_seconds()),
        user=Me.of(caller_of(user, session)),
    )


def _keep(request: Request, response: Response, token: str, lasts: timedelta) -> None:
    response.set_cookie(
        _COOKIE,
        token,
        max_age=int(lasts.total_seconds()),
        path=router.prefix,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def _tokens(request: Request) -> Tokens:
    tokens: Tokens = request.app.state.tokens
    return tokens
