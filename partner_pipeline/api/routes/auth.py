"""``/api/auth``: logging in, staying so, logging out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from partner_pipeline.api.auth import ACCESS, Here, Member, Tokens, caller_of
from partner_pipeline.api.schemas.auth import Login, Me, Refresh, TokensAnswer
from partner_pipeline.api.turns import in_turn
from partner_pipeline.work.sign_in import SignedIn, refreshed, sign_in, sign_out

router = APIRouter(prefix="/api/auth", tags=["auth"])


@router.post("/login", dependencies=[in_turn("login")])
def login(request: Request, context: Here, body: Login) -> TokensAnswer:
    """Log in. Too many attempts within a quarter of an hour: 429."""
    address = "unknown" if request.client is None else request.client.host
    return _tokens(request, sign_in(context, body.username, body.password, address))


@router.post("/refresh")
def refresh(request: Request, context: Here, body: Refresh) -> TokensAnswer:
    """Get the next tokens. Each refresh token works once; used again, its session ends."""
    tokens: Tokens = request.app.state.tokens
    session_id, secret = tokens.session_of_refresh(body.refresh_token)
    return _tokens(request, refreshed(context, session_id, secret))


@router.post("/logout", status_code=204)
def logout(context: Here, who: Member) -> Response:
    """End the session: none of its tokens works any more."""
    sign_out(context, who.session_id, by=who.id)
    return Response(status_code=204)


@router.get("/me")
def me(who: Member) -> Me:
    """Who is logged in."""
    return Me.of(who)


def _tokens(request: Request, who: SignedIn) -> TokensAnswer:
    tokens: Tokens = request.app.state.tokens
    return TokensAnswer(
        access_token=tokens.access(who.user, who.session),
        refresh_token=tokens.refresh(who),
        expires_in=int(ACCESS.total_seconds()),
        user=Me.of(caller_of(who.user, who.session)),
    )
