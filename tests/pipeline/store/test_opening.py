"""Which store the settings open, and what a store says that can't be used."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from partner_pipeline.errors import StoreError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.store import open_store
from partner_pipeline.store.base import Store
from partner_pipeline.store.sqlite import SqliteStore
from pipeline.store.tools import Place


@dataclass
class Settings:
    mongodb_uri: SecretStr | None
    embedded_path: Path


def test_without_a_uri_the_store_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for n in range(2):
        store = open_store(Settings(None, path))
        assert store.name == "sqlite"
        assert store.transactional
        store.insert("things", {"_id": str(n)})
        store.ping()
        store.close()
    store = open_store(Settings(None, path))
    assert store.count("things") == 2
    store.close()
    assert [file.name for file in tmp_path.iterdir()] == ["store.db"]


def test_with_a_uri_the_store_is_mongodb(mongodb_place: Place, tmp_path: Path) -> None:
    store = open_store(Settings(SecretStr(mongodb_place.address), tmp_path / "store.db"))
    assert store.name == "mongodb"
    store.ping()
    store.insert("things", {"_id": "x"})
    assert store.find("things") == [{"_id": "x"}]
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_was_closed_says_so(store: Store) -> None:
    store.insert("things", {"_id": "x"})
    store.close()
    store.close()
    for use in (store.ping, lambda: store.find("things"), lambda: store.delete("things", {})):
        with pytest.raises(StoreError):
            use()


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    store.insert("users", {"_id": "x"})
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in tmp_path.iterdir())
    store.close()


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("remember the milk\n" * 500)
    with pytest.raises(StoreError, match=r"opening the store .*notes\.txt: .*SQLite"):
        SqliteStore(path)
    assert path.read_text().startswith("remember")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does the folder exist") as caught:
        SqliteStore(tmp_path / "nowhere" / "store.db")
    assert caught.value.category is ErrorCategory.INFRASTRUCTURE


def test_a_file_whose_content_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    store.insert_many("things", [{"_id": str(n), "text": "x" * 500} for n in range(200)])
    store.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(60_000))
    broken = SqliteStore(path)
    with pytest.raises(StoreError, match="finding documents in things: "):
        broken.find("things")
    broken.close()


def test_a_write_of_another_thread_that_never_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("partner_pipeline.store.sqlite.connections.PATIENCE", 0.05)
    store = SqliteStore(tmp_path / "store.db")
    store.insert("things", {"_id": "x"})
    with store.transaction() as inside:
        inside.insert("things", {"_id": "y"})
        with pytest.raises(StoreError, match="use the store that it yields"):
            store.insert("things", {"_id": "z"})
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    again = SqliteStore(tmp_path / "store.db")
    with pytest.raises(StoreError, match="storing documents in things: database is locked"):
        again.insert("things", {"_id": "w"})
    other.close()
    again.close()
    store.close()


FORKING = """
import os, sys
from pathlib import Path
from partner_pipeline.store.sqlite import SqliteStore

store = SqliteStore(Path(sys.argv[1]))
store.insert("things", {"_id": "parent"})
child = os.fork()
store.insert("things", {"_id": "child" if child == 0 else "parent again"})
if child:
    assert os.waitpid(child, 0)[1] == 0
    found = store.find("things", sort=[("_id", 1)])
    assert [one["_id"] for one in found] == ["child", "parent", "parent again"]
    store.close()
"""


def test_a_child_process_does_not_use_its_parents_connections(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", FORKING, str(tmp_path / "store.db")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://user:s3cr3t@host:port/",
        "mongodb://user:s3cr3t/@host/",
        "http://user:s3cr3t@host/",
        "s3cr3t",
        "mongodb://user:s3cr3t@localhost/?w=nonsense&tls=perhaps",
    ],
)
def test_a_uri_that_is_none(tmp_path: Path, uri: str) -> None:
    with pytest.raises(StoreError, match="MONGODB_URI") as caught:
        open_store(Settings(SecretStr(uri), tmp_path / "store.db"))
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))


def test_a_server_that_is_not_there() -> None:
    uri = "mongodb://user:s3cr3t@127.0.0.1:9/?serverSelectionTimeoutMS=50"
    store = Place("mongodb", uri).open()
    for use in (store.ping, lambda: store.find("things"), lambda: store.transact(lambda _: None)):
        with pytest.raises(StoreError) as caught:
            use()
        assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))
    store.close()


def test_errors_quote_no_documents(store: Store) -> None:
    """Servers put documents into their errors; what is secret in them goes no further."""
    store.insert("users", {"_id": "x", "password": "s3cr3t", "n": "s3cr3t"})

    def insert_again() -> None:
        store.insert("users", {"_id": "x", "password": "s3cr3t"})

    def insert_several() -> None:
        store.insert_many("users", [{"_id": "x", "password": "s3cr3t"}])

    def through() -> None:
        store.update_one("users", {"_id": "x"}, {"$set": {"password.a": 1}})

    def increase() -> None:
        store.update_one("users", {"_id": "x"}, {"$inc": {"n": 1}})

    for use in (insert_again, insert_several, through, increase):
        with pytest.raises((StoreError, ValueError)) as caught:
            use()
        error: BaseException | None = caught.value
        while error is not None:
            assert "s3cr3t" not in str(error)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
