"""Passwords at rest: encrypted, bound to their document, and moved to new keys."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from partner_pipeline.errors import SettingsError, ValidationError
from partner_pipeline.partners.credentials import KeyRing
from partner_pipeline.setting_values import CredentialsKey

OLD = CredentialsKey("2024", bytes(range(32)))
NEW = CredentialsKey("2025a", bytes(range(1, 33)))


@given(st.text(max_size=200))
def test_round_trip(password: str) -> None:
    ring = KeyRing([NEW])
    kept = ring.encrypt(SecretStr(password), document_id="d1")
    assert ring.decrypt(kept, document_id="d1").get_secret_value() == password
    assert len(password) < 4 or password not in kept


def test_the_key_is_named_and_no_two_are_alike() -> None:
    ring = KeyRing([NEW, OLD])
    one, two = (ring.encrypt("geheim", document_id="d1") for _ in range(2))
    assert one != two
    assert one.startswith("v1.2025a.")
    assert "geheim" not in repr(ring.decrypt(one, document_id="d1"))


def test_rotation() -> None:
    kept = KeyRing([OLD]).encrypt("geheim", document_id="d1")
    ring = KeyRing([NEW, OLD])
    assert ring.decrypt(kept, document_id="d1").get_secret_value() == "geheim"
    assert not ring.is_current(kept)
    rotated = ring.rotate(kept, document_id="d1")
    assert ring.is_current(rotated)
    assert ring.rotate(rotated, document_id="d1") == rotated
    # The old key can go now.
    assert KeyRing([NEW]).decrypt(rotated, document_id="d1").get_secret_value() == "geheim"
    with pytest.raises(SettingsError, match=r"d1.*key '2024'.*configured are 2025a"):
        KeyRing([NEW]).decrypt(kept, document_id="d1")


def test_another_documents_password_does_not_decrypt() -> None:
    ring = KeyRing([NEW])
    kept = ring.encrypt("geheim", document_id="d1")
    with pytest.raises(ValidationError, match=r"d2.*another document"):
        ring.decrypt(kept, document_id="d2")


def test_another_key_of_the_same_name_does_not_decrypt() -> None:
    kept = KeyRing([OLD]).encrypt("geheim", document_id="d1")
    with pytest.raises(ValidationError, match="not the one of that name"):
        KeyRing([CredentialsKey("2024", NEW.key)]).decrypt(kept, document_id="d1")


def test_every_changed_bit_is_noticed() -> None:
    ring = KeyRing([NEW])
    version, key_id, text = ring.encrypt("geheim", document_id="d1").split(".")
    data = base64.b64decode(text)
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        kept = ".".join((version, key_id, base64.b64encode(bytes(changed)).decode()))
        with pytest.raises(ValidationError):
            ring.decrypt(kept, document_id="d1")


@pytest.mark.parametrize(
    "kept",
    ["", "hunter2-in-clear", "v1", "v1.", "v1..", "v1.2025a.", "v1.2025a.!!!!", "v2.2025a.AAAA"],
)
def test_what_is_no_encrypted_password(kept: str) -> None:
    with pytest.raises(ValidationError, match="set the password anew") as caught:
        KeyRing([NEW]).decrypt(kept, document_id="d1")
    # It may be a password that somebody stored as it is.
    assert "hunter2" not in str(caught.value)


def test_no_key_at_all() -> None:
    with pytest.raises(SettingsError, match="CREDENTIALS_KEYS"):
        KeyRing([])


def test_a_ring_shows_no_key() -> None:
    assert repr(KeyRing([NEW, OLD])) == "KeyRing(2025a, 2024)"
