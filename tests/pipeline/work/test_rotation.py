"""Another key for the passwords of partner accounts."""

from __future__ import annotations

import pytest

from partner_pipeline.errors import SettingsError
from partner_pipeline.key_file import load_keys, new_key
from partner_pipeline.partners.credentials import KeyRing
from partner_pipeline.work.people import set_active
from partner_pipeline.work.rotation import Rotation, rotate_passwords
from pipeline.work.tools import Pipeline


def test_every_password_is_encrypted_anew(pipeline: Pipeline) -> None:
    old = load_keys(pipeline.context.settings)
    # Whoever is active again later must be readable then.
    set_active(pipeline.context, pipeline.accounts[1].user.id, False, by="ann")
    new = new_key("2026")
    ring = KeyRing((new, *old))
    assert rotate_passwords(pipeline.store, ring, by="ann") == Rotation("2026", 2, 0, ())
    assert rotate_passwords(pipeline.store, ring, by="ann") == Rotation("2026", 0, 2, ())
    only_new, only_old = KeyRing((new,)), KeyRing(old)
    known = pipeline.simulator.world.accounts
    for account in pipeline.store.users.accounts(active=False):
        password = only_new.decrypt(account.password, document_id=account.id).get_secret_value()
        assert password in {each.password for each in known}
        with pytest.raises(SettingsError, match="encrypted with key '2026'"):
            only_old.decrypt(account.password, document_id=account.id)
    assert pipeline.store.audit.of("users", "accounts")[0].action == "rotate"


def test_one_that_cannot_be_read_stops_no_other(pipeline: Pipeline) -> None:
    old = load_keys(pipeline.context.settings)
    broken = pipeline.accounts[0].user
    pipeline.store.users.change(broken.model_copy(update={"password": "v1.lost.AAAA"}))
    done = rotate_passwords(pipeline.store, KeyRing((new_key("2026"), *old)), by="ann")
    assert (done.rotated, done.already) == (1, 0)
    (why,) = done.failed
    assert broken.id in why
    assert "AAAA" not in why
