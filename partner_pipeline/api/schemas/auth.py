"""Logging in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from partner_pipeline.api.auth import Caller, Role
from partner_pipeline.api.schemas.common import Body, Password, Schema


class Login(Body):
    """User name and password."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"username": "admin", "password": "correct horse battery"}]}
    )

    username: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    password: Password


class Refresh(Body):
    """The refresh token of the login, or of the last refresh."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"refreshToken": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"}]}
    )

    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=4000)]


class Me(Schema):
    """Who is logged in."""

    id: str
    name: str
    username: str | None
    role: Role
    customer_id: Annotated[str | None, Field(description="Whose data they see; null: everybody's.")]

    @classmethod
    def of(cls, who: Caller) -> Me:
        """Of who asks."""
        return cls(
            id=who.user.id,
            name=who.user.name,
            username=who.user.username,
            role=who.role,
            customer_id=who.customer_id or None,
        )


class TokensAnswer(Schema):
    """Tokens of a session."""

    access_token: Annotated[str, Field(description="Goes with each request, as bearer.")]
    refresh_token: Annotated[str, Field(description="Gets the next tokens, once.")]
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: Annotated[int, Field(description="Of the access token; s.")]
    user: Me
