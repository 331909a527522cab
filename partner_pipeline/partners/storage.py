"""The folder that partners' logs are kept in.

::

    <root>/<partner>/<customer>/<aircraft>/<16 hex digits>/<file name>
    <root>/.partial/                          what is being downloaded

Names come from foreign systems: they are data. The hexadecimal digits are a hash of partner,
customer, aircraft and log id, so two logs never share a folder, whatever they are called, and one
log always has the same; the file's own name stays in front of people (and of the rules that read a
job's id from it) as far as it is harmless.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from partner_pipeline.errors import NotFoundError, StorageError, ValidationError
from partner_pipeline.partners.base import StoredLog

_PARTIAL: Final = ".partial"
_ABANDONED: Final = 24 * 3600.0  # s; no download takes so long

_LONGEST: Final = 120  # bytes, the mark that device names get apart; file systems take 255
_FORBIDDEN: Final = frozenset('<>:"/\\|?*')
#: Controls, invisible marks (which turn text round), halves of pairs, private, line separators.
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DEVICE: Final = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)")
_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,8}$")


def safe_name(name: str, otherwise: str, longest: int = _LONGEST) -> str:
    """A foreign name as one component of a path that every file system takes.

    Parameters
    ----------
    name : str
        Any text. What is harmless stays as it is.
    otherwise : str
        What to use where nothing of the name can be.
    longest : int
        Bytes that are kept; an extension always is.
    """
    name = "".join(map(_harmless, unicodedata.normalize("NFC", name)))
    name = _shortened(name.strip(" ."), longest)
    if not name.strip("_"):
        return otherwise
    return f"_{name}" if _DEVICE.match(name) or name.startswith(("-", "~")) else name


def _harmless(character: str) -> str:
    bad = character in _FORBIDDEN or unicodedata.category(character) in _UNPRINTABLE
    return "_" if bad else character


def _shortened(name: str, longest: int) -> str:
    encoded = name.encode()
    if len(encoded) <= longest:
        return name
    found = _EXTENSION.search(name)
    extension = found[0] if found else ""
    stem = encoded[: longest - len(extension)].decode(errors="ignore")
    return stem.rstrip(" .") + extension


def _component(identifier: str) -> str:
    """A folder for an id: the id itself where it is harmless, else told apart by a hash."""
    name = safe_name(identifier, "id", _LONGEST - 9)
    return name if name == identifier else f"{name}-{_digest(identifier)[:8]}"


def _digest(*parts: str) -> str:
    # As JSON, so that no two lists of parts are the same text; lone surrogates become escapes.
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Draft:
    """A file being downloaded: counts and hashes what is written, up to a size."""

    def __init__(self, file: BinaryIO, path: Path, most: int, what: str) -> None:
        self._file = file
        self.path = path
        self.most = most
        self._what = what
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add bytes.

        Raises
        ------
        ValidationError
            If the file would be larger than allowed.
        """
        self.size += len(data)
        if self.size > self.most:
            raise self.too_large()
        self._hash.update(data)
        self._file.write(data)

    def too_large(self) -> ValidationError:
        """The error for a file that is larger than allowed."""
        return ValidationError(
            f"{self._what}: it is larger than {self.most:,} bytes, and was not taken; raise the "
            f"limit on file sizes if logs may be so large"
        )

    def restart(self) -> None:
        """Forget what was written."""
        self._file.seek(0)
        self._file.truncate()
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """Of what was written so far."""
        return self._hash.hexdigest()

    def finish(self) -> None:
        """See to it that the bytes are on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())


class LogStorage:
    """Where logs are, and how a new one gets there: whole or not at all.

    Parameters
    ----------
    root : Path
        The storage folder; made when it is first needed.
    most : int
        Largest log that is taken, bytes.
    """

    def __init__(self, root: Path, most: int) -> None:
        self.root = root
        self.most = most

    def folder(self, partner_code: str, customer_id: str, aircraft_id: str) -> Path:
        """The folder of an aircraft's logs."""
        return self.root.joinpath(*map(_component, (partner_code, customer_id, aircraft_id)))

    def place(
        self, partner_code: str, customer_id: str, aircraft_id: str, log_id: str, file_name: str
    ) -> Path:
        """Where a log is stored."""
        folder = self.folder(partner_code, customer_id, aircraft_id)
        digest = _digest(partner_code, customer_id, aircraft_id, log_id)[:16]
        return folder / digest / safe_name(file_name, "flight.log")

    def resolve(self, name: str) -> Path:
        """The file of a :attr:`StoredLog.name`.

        Raises
        ------
        ValidationError
            If the name leads out of the storage folder.
        NotFoundError
            If there is no such file.
        """
        parts = PurePosixPath(name).parts
        harmful = not parts or name.startswith("/") or any(safe_name(p, "") != p for p in parts)
        path = self.root.joinpath(*parts)
        try:
            harmful = harmful or not path.resolve().is_relative_to(self.root.resolve())
            found = not harmful and path.is_file()
        except (OSError, ValueError) as error:
            raise _trouble("looking for a log", self.root, error) from error
        if harmful:
            raise ValidationError(
                f"opening log {name[:200]!r}: expected the name of a log within the storage folder"
            )
        if not found:
            raise NotFoundError(
                f"opening log {name[:200]!r}: it is not in {self.root}; was the folder moved or "
                f"cleaned? Reprocess the log to download it again"
            )
        return path

    @contextmanager
    def draft(self, what: str) -> Iterator[Draft]:
        """A file to write a log to; gone afterwards, unless :meth:`keep` has moved it.

        Parameters
        ----------
        what : str
            What is being done, for errors.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        partial = self.root / _PARTIAL
        path = partial / f"{secrets.token_hex(16)}.part"
        try:
            partial.mkdir(parents=True, exist_ok=True)
            _sweep(partial)
            with path.open("xb+") as file:
                yield Draft(file, path, self.most, what)
        except OSError as error:
            raise _trouble(what, self.root, error) from error
        finally:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def keep(self, draft: Draft, place: Path) -> StoredLog:
        """Put a finished draft in its place, replacing what is there; on the disk afterwards."""
        draft.finish()
        _make_folders(place.parent, self.root)
        draft.path.replace(place)
        _sync_folder(place.parent)
        name = place.relative_to(self.root).as_posix()
        return StoredLog(path=place, name=name, size=draft.size, sha256=draft.sha256)


def _make_folders(folder: Path, root: Path) -> None:
    """Make a folder and those above it, each on the disk before the next."""
    missing = []
    while folder != root and not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        _sync_folder(each.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows has no way to do it, and no need
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _sweep(partial: Path) -> None:
    """Remove what processes that died have left."""
    for path in partial.iterdir():
        # Another worker may sweep at the same moment.
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _ABANDONED:
                path.unlink()


def _trouble(what: str, root: Path, error: Exception) -> StorageError:
    return StorageError(
        f"{what}: the storage folder {root} cannot be used ({error}); check that it exists, may "
        f"be written to, and has room"
    )
