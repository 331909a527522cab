"""The key that tokens are signed with: JWT_SECRET, or kept in a file beside the database."""

from __future__ import annotations

from partner_pipeline.errors import SettingsError
from partner_pipeline.key_file import kept_keys
from partner_pipeline.settings import Settings


def signing_key(settings: Settings) -> bytes:
    """The key in force.

    Raises
    ------
    SettingsError
        In production with several machines it must be given; or others may read the file.
    StorageError
        The file cannot be read or made.
    """
    if settings.jwt_secret is not None:
        return settings.jwt_secret.get_secret_value().encode()
    if settings.environment == "production" and settings.mongodb_uri is not None:
        raise SettingsError(
            "JWT_SECRET: must be set in production with MONGODB_URI, since every machine needs the "
            "same one; make one with openssl rand -base64 48"
        )
    path = settings.embedded_path.with_name(settings.embedded_path.name + ".jwt")
    return kept_keys(
        path,
        "jwt",
        what="the key that logins are signed with",
        remedy="delete it, and everybody logs in anew",
    )[0].key
