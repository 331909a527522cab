"""The keys that passwords of partner accounts are encrypted with: given, or kept in a file.

Without ``CREDENTIALS_KEYS`` the keys are in a file beside the embedded database, made when first
needed and readable by its owner alone. It looks as the variable does: ``id:base64``, the current
key first. Who has this file and the database has the passwords; back them up apart.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import stat
from pathlib import Path

from partner_pipeline.errors import SettingsError, StorageError
from partner_pipeline.setting_values import KEY_SIZE, CredentialsKey, credentials_keys
from partner_pipeline.settings import Settings


def load_keys(settings: Settings) -> tuple[CredentialsKey, ...]:
    """The keys in force, the current one first.

    Raises
    ------
    SettingsError
        A key file that others may read, or that holds no keys.
    StorageError
        A key file that cannot be read or made.
    """
    if settings.credentials_keys:
        return settings.credentials_keys
    return kept_keys(
        key_file(settings),
        "embedded",
        what="the keys of partner passwords",
        remedy="put the file back from its backup",
    )


def kept_keys(path: Path, name: str, *, what: str, remedy: str) -> tuple[CredentialsKey, ...]:
    """The keys in a file, which is made with a new key of this name if it is not there.

    Parameters
    ----------
    path : Path
    name : str
    what : str
        What the keys are, for errors.
    remedy : str
        What to do about a file that holds none.

    Raises
    ------
    SettingsError
        A key file that others may read, or that holds no keys.
    StorageError
        A key file that cannot be read or made.
    """
    try:
        if not path.exists():
            write_keys(path, (new_key(name),), replace=False)
        return _read(path, what, remedy)
    except OSError as error:
        raise StorageError(f"reading {what} in {path}: {error}") from error


def key_file(settings: Settings) -> Path:
    """Where the keys are kept without ``CREDENTIALS_KEYS``."""
    return settings.embedded_path.with_name(settings.embedded_path.name + ".keys")


def new_key(name: str) -> CredentialsKey:
    """A random key."""
    return CredentialsKey(name, secrets.token_bytes(KEY_SIZE))


def keys_text(keys: tuple[CredentialsKey, ...]) -> str:
    """Keys as ``CREDENTIALS_KEYS`` has them: secret."""
    return ",".join(f"{key.id}:{base64.b64encode(key.key).decode()}" for key in keys)


def write_keys(path: Path, keys: tuple[CredentialsKey, ...], *, replace: bool) -> None:
    """Write a key file that only its owner can read, whole or not at all.

    Without `replace` a file that is there already stays: of two processes that start together, one
    makes the keys and both use them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(keys_text(keys) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path, of_what: str, remedy: str) -> tuple[CredentialsKey, ...]:
    what = f"reading {of_what} in {path}"
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SettingsError(f"{what}: others may read the file; run chmod 600 on it")
    try:
        keys = credentials_keys(path.read_text("ascii").strip())
    except ValueError as error:
        raise SettingsError(f"{what}: {error}; {remedy}") from None
    if not keys:
        raise SettingsError(f"{what}: expected at least one key, the file is empty; {remedy}")
    return keys
