"""Passwords of the platform's users: only their argon2 hashes are kept."""

from __future__ import annotations

from typing import Final

from argon2 import PasswordHasher
from pydantic import SecretStr

from partner_pipeline.errors import ValidationError

#: Characters: as NIST SP 800-63B has it, at least 8; longer than any phrase is an attack.
SHORTEST: Final = 8
_LONGEST: Final = 1024

_HASHER: Final = PasswordHasher()


def password_hash(password: SecretStr) -> str:
    """What is kept of a password.

    Raises
    ------
    ValidationError
        It is too short, or longer than anyone types.
    """
    text = password.get_secret_value()
    if not SHORTEST <= len(text) <= _LONGEST:
        raise ValidationError(
            f"setting a password: expected {SHORTEST} to {_LONGEST:,} characters, found {len(text)}"
        )
    return _HASHER.hash(text)
