"""The key that tokens are signed with: JWT_SECRET, or kept in a file beside the database."""

from __future__ import annotations

import stat
from pathlib import Path

from partner_pipeline.errors import SettingsError, StorageError
from partner_pipeline.key_file import new_key, write_keys
from partner_pipeline.setting_values import credentials_keys
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
    try:
        if not path.exists():
            write_keys(path, (new_key("jwt"),), replace=False)
        return _read(path)
    except OSError as error:
        raise StorageError(f"reading the key that logins are signed with: {error}") from error


def _read(path: Path) -> bytes:
    what = f"reading the key that logins are signed with in {path}"
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SettingsError(f"{what}: others may read the file; run chmod 600 on it")
    try:
        (key,) = credentials_keys(path.read_text("ascii").strip())
    except ValueError:
        raise SettingsError(
            f"{what}: it holds no key; delete it, and everybody logs in anew"
        ) from None
    return key.key
