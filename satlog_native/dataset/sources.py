"""The logs that a dataset is made of: files, and what folders hold."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from satlog_native.errors import SatlogError

LogPath = str | os.PathLike[str]


class Source(NamedTuple):
    """A log to be read.

    Attributes
    ----------
    name : str
        Its path from the dataset's folder: the same wherever the command is called from.
    path : str
        Absolute.
    shown : str
        As the caller named it.
    """

    name: str
    path: str
    shown: str


def find_sources(logs: Sequence[LogPath], out: Path) -> list[Source]:
    """All logs, by name; folders are searched for ``*.log`` in any case.

    Raises
    ------
    SatlogError
        If there is none at all, or a folder cannot be searched.
    """
    found: dict[str, Source] = {}
    for shown in _files(logs):
        path = os.path.abspath(shown)  # noqa: PTH100 - a link's own name is the log's
        name = _legible(os.path.relpath(path, out))
        found.setdefault(name, Source(name, path, _legible(shown)))
    if not found:
        places = ", ".join(os.fspath(log) for log in logs)
        raise SatlogError(
            f"looking for logs in {places or 'nothing'}: no file ends in .log or .LOG; "
            f"name the files, or their folder"
        )
    return [found[name] for name in sorted(found)]


def _legible(path: str) -> str:
    """A path that can be written to a manifest: a name may be no UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _files(logs: Sequence[LogPath]) -> Iterator[str]:
    for given in logs:
        log = os.fspath(given)
        if not Path(log).is_dir():
            yield log
            continue
        for folder, folders, files in os.walk(log, onerror=_unreadable):
            folders.sort()
            yield from (os.path.join(folder, f) for f in files if f.lower().endswith(".log"))  # noqa: PTH118


def _unreadable(error: OSError) -> None:
    raise SatlogError(f"looking for logs in {error.filename}: {error.strerror}") from error
