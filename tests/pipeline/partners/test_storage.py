"""Names from foreign systems never lead out of the storage folder, nor onto another's file."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_pipeline.errors import NotFoundError, StorageError, ValidationError
from partner_pipeline.partners.base import StoredLog
from partner_pipeline.partners.simulator import SatlocSimulator
from partner_pipeline.partners.storage import LogStorage, safe_name
from pipeline.partners.tools import OpenService

HOSTILE = [
    "../../x.log",
    "..",
    ".",
    "",
    " ",
    "/etc/passwd",
    "C:\\x.log",
    "\\\\server\\share\\x.log",
    "a\x00b.log",
    "a\nb\x1b[31m.log",
    "x" * 4000 + ".log",
    "ü" * 4000 + ".log",
    "CON",
    "nul.log",
    "COM1.tar.gz",
    "LPT¹.log",
    "a.log.",
    "a.log ",
    "...hidden",
    "-rf",
    "~root",
    "a:b.log",
    "log?*<>|.log",
    "\u202egol.exe",
    "half \ud800 pair",
    ".partial",
    "e\u0301.log",
    "\uff0e\uff0e\uff0fx",
]


@pytest.fixture
def storage(tmp_path: Path) -> LogStorage:
    return LogStorage(tmp_path / "logs", 1000)


def store(storage: LogStorage, place: Path, data: bytes) -> StoredLog:
    with storage.draft("storing a test's log") as draft:
        draft.write(data)
        return storage.keep(draft, place)


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_over_the_wire(
    open_service: OpenService, simulator: SatlocSimulator, tmp_path: Path, name: str
) -> None:
    satloc = open_service()
    customer = simulator.world.accounts[0].account()
    aircraft_id = simulator.world.aircraft(simulator.world.accounts[0])[0].id
    one = simulator.world.add_log(aircraft_id, name, data=b"one")
    two = simulator.world.add_log(aircraft_id, name, data=b"two")
    listed = {log.log_id: log for log in satloc.aircraft_logs(customer, aircraft_id)}
    stored = [
        satloc.log_data(customer, log.id, listed[log.id].file_name, aircraft_id=aircraft_id)
        for log in (one, two)
    ]
    assert [each.path.read_bytes() for each in stored] == [b"one", b"two"]
    root = (tmp_path / "logs").resolve()
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(written) == sorted(each.path for each in stored)
    for each in stored:
        assert each.path.resolve().is_relative_to(root)
        assert satloc.resolve_log_file(each.name) == each.path
        name.encode("utf-8", "replace")  # what is stored can be kept by any store
        each.name.encode()


@given(st.text(max_size=300) | st.sampled_from(HOSTILE))
def test_safe_names(name: str) -> None:
    safe = safe_name(name, "flight.log")
    assert 0 < len(safe.encode()) <= 125
    assert not set(safe) & set('<>:"/\\|?*\x00')
    assert all(unicodedata.category(character)[0] != "C" for character in safe)
    assert safe == safe.strip(" .")
    assert unicodedata.normalize("NFC", safe) == safe
    assert not safe.startswith("-")
    assert safe.split(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}
    assert safe_name(safe, "") == safe


@pytest.mark.parametrize(
    "name",
    ["20250915_JOB789_field1.log", "JOB146 HK4704.log", "Füße.log", "a+b (2),c'd&e%20[1].LOG"],
)
def test_harmless_names_stay(name: str) -> None:
    assert safe_name(name, "x") == name


def test_long_names_keep_their_extension() -> None:
    assert safe_name("x" * 4000 + ".log", "x").endswith("xxx.log")
    assert len(safe_name("x" * 4000 + ".log", "x")) == 120
    assert safe_name("x." * 4000, "x").startswith("x.x.")


@given(
    st.lists(
        st.tuples(*(st.text(max_size=12) | st.sampled_from(HOSTILE),) * 4),
        min_size=2,
        max_size=10,
        unique=True,
    )
)
def test_two_logs_never_share_a_place(owners: list[tuple[str, str, str, str]]) -> None:
    storage = LogStorage(Path("/logs"), 1000)
    places = [storage.place(*owner, "same.log") for owner in owners]
    # Also where the file system does not tell a from A.
    assert len({str(place).casefold() for place in places}) == len(owners)
    assert places == [storage.place(*owner, "same.log") for owner in owners]
    for place in places:
        assert place.is_relative_to("/logs")
        assert len(place.parts) == 7
        assert ".." not in place.parts


def test_ids_that_differ_in_case_only() -> None:
    storage = LogStorage(Path("/logs"), 1000)
    places = [
        str(storage.place(*owner, "log-1", "a.log")).casefold()
        for owner in (("SATLOC", "c", "n"), ("SATLOC", "C", "n"), ("SATLOC", "c", "N"))
    ]
    assert len(set(places)) == 3


def test_folders_of_aircraft_are_told_apart() -> None:
    storage = LogStorage(Path("/logs"), 1000)
    assert storage.folder("SATLOC", "c1", "N1") == Path("/logs/SATLOC/c1/N1")
    assert storage.folder("SATLOC", "c1", "N/1") != storage.folder("SATLOC", "c1", "N_1")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a/./x",
        "..",
        "C:\\x",
        "a\\..\\x",
        "a\x00b",
        ".partial/x",
        "~/x",
        "\ud800",
        "a/",
        "x" * 5000,
    ],
)
def test_names_that_lead_elsewhere_are_refused(storage: LogStorage, name: str) -> None:
    storage.root.mkdir()
    with pytest.raises(ValidationError):
        storage.resolve(name)


def test_a_link_out_of_the_folder_is_refused(storage: LogStorage, tmp_path: Path) -> None:
    storage.root.mkdir()
    (tmp_path / "outside.log").write_bytes(b"x")
    (storage.root / "link.log").symlink_to(tmp_path / "outside.log")
    with pytest.raises(ValidationError):
        storage.resolve("link.log")


def test_a_log_that_is_gone(storage: LogStorage) -> None:
    with pytest.raises(NotFoundError, match=r"SATLOC/x\.log"):
        storage.resolve("SATLOC/x.log")


def test_a_log_is_there_whole_or_not_at_all(storage: LogStorage) -> None:
    place = storage.place("SATLOC", "c1", "N1", "log-1", "a.log")
    kept = store(storage, place, b"first")
    assert kept == StoredLog(place, kept.name, 5, hashlib.sha256(b"first").hexdigest())
    with contextlib.suppress(RuntimeError), storage.draft("failing") as draft:
        draft.write(b"half of the se")
        raise RuntimeError
    assert place.read_bytes() == b"first"
    assert files(storage) == [place]
    store(storage, place, b"second")
    assert place.read_bytes() == b"second"
    assert files(storage) == [place]


def test_a_log_is_on_the_disk_before_it_has_its_name(
    storage: LogStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(number: int) -> None:
        happened.append("folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "file")
        fsync(number)

    def note_replace(path: Path, target: Path) -> Path:
        happened.append(f"named, {path.stat().st_size} bytes")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_replace)
    store(storage, storage.root / "folder" / "x.log", b"whole")
    assert happened == ["file", "folder", "named, 5 bytes", "folder"]


def test_a_draft_has_a_limit_and_can_begin_anew(storage: LogStorage) -> None:
    with storage.draft("storing log 'x'") as draft:
        draft.write(b"a" * 1000)
        with pytest.raises(ValidationError, match=r"storing log 'x'.*1,000 bytes"):
            draft.write(b"b")
        draft.restart()
        draft.write(b"new")
        kept = storage.keep(draft, storage.root / "x.log")
    assert (kept.size, kept.path.read_bytes()) == (3, b"new")
    assert kept.sha256 == hashlib.sha256(b"new").hexdigest()


def test_what_a_dead_process_left_is_swept(storage: LogStorage) -> None:
    partial = storage.root / ".partial"
    partial.mkdir(parents=True)
    old, new = partial / "old.part", partial / "new.part"
    for path in (old, new):
        path.write_bytes(b"x")
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    store(storage, storage.root / "x.log", b"x")
    assert files(storage) == sorted([new, storage.root / "x.log"])


def test_trouble_with_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    storage = LogStorage(tmp_path / "file", 10)
    with (
        pytest.raises(StorageError, match=r"storing x: the storage folder .*file cannot be used"),
        storage.draft("storing x"),
    ):
        raise AssertionError("not reached")


def files(storage: LogStorage) -> list[Path]:
    return sorted(path for path in storage.root.rglob("*") if path.is_file())
