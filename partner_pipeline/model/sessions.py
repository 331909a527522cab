"""Who is logged in, and how often somebody has tried to."""

from __future__ import annotations

from pydantic import Field

from partner_pipeline.model.document import Document, Moment, Text


class Session(Document):
    """What one login opened; without it no token of it is good for anything.

    Attributes
    ----------
    user_id : str
    refresh : str
        Digest of the one refresh token that still works.
    password : str
        Digest of the password's hash at login: another password ends the session.
    expires_at : datetime
    """

    user_id: Text
    refresh: Text = Field(repr=False)
    password: Text = Field(repr=False)
    created_at: Moment
    expires_at: Moment


class Attempts(Document):
    """Attempts of one kind within a time; the id is told by whose they are."""

    count: int = 0
    expires_at: Moment
