"""Keys of partner passwords: made once, for the owner's eyes only."""

from __future__ import annotations

import base64
import stat
import threading
from pathlib import Path

import pytest

from partner_pipeline.errors import SettingsError, StorageError
from partner_pipeline.key_file import key_file, load_keys, new_key, write_keys
from partner_pipeline.settings import Settings


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.delenv("CREDENTIALS_KEYS", raising=False)
    return Settings.load(embedded_path=tmp_path / "data" / "pipeline.db")


def test_the_key_is_made_once_and_only_its_owner_reads_it(settings: Settings) -> None:
    keys = load_keys(settings)
    assert load_keys(settings) == keys
    assert len(keys[0].key) == 32
    assert stat.S_IMODE(key_file(settings).stat().st_mode) == 0o600
    assert [path.name for path in key_file(settings).parent.iterdir()] == ["pipeline.db.keys"]


def test_given_keys_need_no_file(settings: Settings) -> None:
    given = f"a:{base64.b64encode(b'k' * 32).decode()}"
    keys = load_keys(Settings.load(embedded_path=settings.embedded_path, credentials_keys=given))
    assert keys[0].key == b"k" * 32
    assert not key_file(settings).exists()


def test_all_who_start_together_use_one_key(settings: Settings) -> None:
    barrier, found = threading.Barrier(8), []

    def start() -> None:
        barrier.wait()
        found.append(load_keys(settings))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_keys_are_rotated_in_place(settings: Settings) -> None:
    old = load_keys(settings)
    write_keys(key_file(settings), (new_key("next"), *old), replace=True)
    assert [key.id for key in load_keys(settings)] == ["next", "embedded"]


def test_a_file_that_others_may_read_is_refused(settings: Settings) -> None:
    load_keys(settings)
    key_file(settings).chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_keys(settings)


@pytest.mark.parametrize("content", ["", "a:c2hvcnQ=", "planted-secret"])
def test_a_file_without_keys_is_refused_and_not_shown(settings: Settings, content: str) -> None:
    load_keys(settings)
    key_file(settings).write_text(content, "ascii")
    with pytest.raises(SettingsError) as caught:
        load_keys(settings)
    assert "planted" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "ascii")
    with pytest.raises(StorageError, match="keys of partner passwords"):
        load_keys(Settings.load(embedded_path=tmp_path / "file" / "pipeline.db"))
