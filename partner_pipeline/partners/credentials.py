"""Passwords of partner accounts, encrypted as documents keep them.

AES-256-GCM with a fresh nonce each; the text kept is ``v1.<key id>.<base64 of nonce and
ciphertext>``. The id of the document that holds it is authenticated too, so a password copied into
another account's document does not decrypt there.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from partner_pipeline.errors import SettingsError, ValidationError

if TYPE_CHECKING:
    from partner_pipeline.setting_values import CredentialsKey

_VERSION: Final = "v1"
_NONCE: Final = 12  # bytes, as NIST SP 800-38D recommends for GCM


class KeyRing:
    """The keys from the configuration: the first encrypts, all decrypt.

    A new key is put in front; when everything is encrypted with it (:meth:`rotate`), the old one
    can go.

    Parameters
    ----------
    keys : sequence of CredentialsKey
        At least one, each with an id of its own.
    """

    def __init__(self, keys: Sequence[CredentialsKey]) -> None:
        if not keys:
            raise SettingsError(
                "encrypting passwords of partner accounts: no key is configured; set "
                "CREDENTIALS_KEYS to id:base64 of 32 random bytes"
            )
        self._ciphers = {key.id: AESGCM(key.key) for key in keys}
        self.current = keys[0].id

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._ciphers)})"

    def encrypt(self, password: SecretStr | str, *, document_id: str) -> str:
        """Encrypt a password for one document, with the current key."""
        text = password if isinstance(password, str) else password.get_secret_value()
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._ciphers[self.current].encrypt(
            nonce, text.encode("utf-8", "surrogatepass"), _bound_to(self.current, document_id)
        )
        return ".".join((_VERSION, self.current, base64.b64encode(nonce + sealed).decode()))

    def decrypt(self, kept: str, *, document_id: str) -> SecretStr:
        """The password that :meth:`encrypt` gave this text for.

        Raises
        ------
        SettingsError
            If it was encrypted with a key that is not configured.
        ValidationError
            If the text is no encrypted password, was changed, or is another document's.
        """
        key_id, data = _parts(kept, document_id)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SettingsError(
                f"decrypting the password of {document_id}: it was encrypted with key {key_id!r}, "
                f"and configured are {', '.join(self._ciphers)}; put that key back into "
                f"CREDENTIALS_KEYS, or set the password anew"
            )
        try:
            opened = cipher.decrypt(data[:_NONCE], data[_NONCE:], _bound_to(key_id, document_id))
        except InvalidTag:
            raise _unusable(
                document_id,
                f"key {key_id!r} does not open it: it was changed, belongs to another document, or "
                f"the key is not the one of that name",
            ) from None
        return SecretStr(opened.decode("utf-8", "surrogatepass"))

    def is_current(self, kept: str) -> bool:
        """Whether a kept password needs no :meth:`rotate`."""
        return kept.startswith(f"{_VERSION}.{self.current}.")

    def rotate(self, kept: str, *, document_id: str) -> str:
        """The same password, encrypted with the current key.

        Raises
        ------
        SettingsError, ValidationError
            As :meth:`decrypt`.
        """
        if self.is_current(kept):
            return kept
        return self.encrypt(self.decrypt(kept, document_id=document_id), document_id=document_id)


def _bound_to(key_id: str, document_id: str) -> bytes:
    return f"satlog credentials {_VERSION}\0{key_id}\0{document_id}".encode()


def _parts(kept: str, document_id: str) -> tuple[str, bytes]:
    version, _, rest = kept.partition(".")
    key_id, _, text = rest.rpartition(".")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if version != _VERSION or not key_id or len(data) <= _NONCE:
        raise _unusable(document_id, f"expected {_VERSION}.<key id>.<base64>")
    return key_id, data


def _unusable(document_id: str, why: str) -> ValidationError:
    # Never what was found: it may be a password that somebody stored as it is.
    return ValidationError(
        f"decrypting the password of {document_id}: {why}; set the password anew"
    )
