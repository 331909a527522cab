"""What a dataset is made of: an entry a log, in a journal while it grows, then in a manifest.

``manifest.json`` holds how the dataset was made and all entries, one a line, by the log's name. It
appears whole at the end of a run. Until then every entry is added to ``manifest.journal`` as soon
as the log's files are in place; the next run reads both.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from satlog_native import __version__
from satlog_native.errors import SatlogError
from satlog_native.export.atomic import Drafts

MANIFEST: Final = "manifest.json"
JOURNAL: Final = "manifest.journal"


@dataclass(frozen=True)
class Entry:
    """What became of one log.

    Attributes
    ----------
    source : str
        The log's path from the dataset's folder.
    log : str or None
        What the dataset calls it: column ``log``, and the names of its files.
    size, mtime_ns, sha256 : int, int, str, or None
        Of the log's file; None where it cannot be read.
    aircraft : str or None
        As the log says it.
    date : date or None
        UTC date of the first usable position.
    rows : dict of str to int
        By table.
    files : dict of str to str
        By table; paths in the dataset, with slashes.
    damage : dict or None
        As ``DamageReport.to_dict()`` gives it, ``lost`` being the number of lost runs.
    notes : list of str
        What a person should know of the tables.
    error : str or None
        Why the log could not be read. Its files, if it has any, are of an earlier run.
    """

    source: str
    log: str | None = None
    size: int | None = None
    mtime_ns: int | None = None
    sha256: str | None = None
    aircraft: str | None = None
    date: date | None = None
    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    damage: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def damaged(self) -> bool:
        """Whether the log is damaged."""
        return bool(self.damage and self.damage["damaged"])

    def is_written(self, out: str | os.PathLike[str]) -> bool:
        """Whether the log has files, and all of them are there."""
        return bool(self.files) and all(Path(out, file).is_file() for file in self.files.values())

    def to_json(self) -> str:
        """One line."""
        return json.dumps({**asdict(self), "date": self.date and self.date.isoformat()})

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What :meth:`to_json` wrote.

        Raises
        ------
        ValueError, KeyError, TypeError, AttributeError
            For anything else. What is removed by such a list must lie in the dataset.
        """
        day = values["date"]
        for file in values["files"].values():
            path = PurePosixPath(file)
            if path.is_absolute() or ".." in path.parts:
                raise ValueError(f"{file!r} lies outside")
        return cls(**{**values, "date": day and date.fromisoformat(day)})


class Manifest:
    """The entries of a dataset, by source. A context manager: one run at a time may have it.

    Parameters
    ----------
    out : Path
        The dataset's folder; it is made if need be.
    made : dict
        How the dataset is made: the same in every run.

    Raises
    ------
    SatlogError
        If the folder holds something else, was made in another way, is being written by another
        run, or cannot be used.
    """

    def __init__(self, out: Path, made: dict[str, Any]) -> None:
        self._out = out
        self._made = made
        self.entries: dict[str, Entry] = {}
        #: How many entries have a file.
        self._users: Counter[str] = Counter()
        self._journal: BinaryIO

    def __enter__(self) -> Self:
        try:
            self._require_dataset()
            self._out.mkdir(parents=True, exist_ok=True)
            self._journal = self._locked()
        except OSError as error:
            raise SatlogError(f"opening the dataset {self._out}: {error.strerror}") from error
        try:
            self._read()
        except BaseException:
            self._journal.close()
            raise
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._journal.close()

    def _require_dataset(self) -> None:
        if self._out.is_dir():
            names = {path.name for path in self._out.iterdir()}
            if names and not names & {MANIFEST, JOURNAL}:
                raise SatlogError(
                    f"writing the dataset {self._out}: the folder holds other files and no "
                    f"{MANIFEST}; name a new folder"
                )
        elif os.path.lexists(self._out):
            raise SatlogError(f"writing the dataset {self._out}: it is a file; name a folder")

    def _locked(self) -> BinaryIO:
        path = self._out / JOURNAL
        while True:
            journal = path.open("a+b")
            try:
                fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                journal.close()
                raise SatlogError(
                    f"writing the dataset {self._out}: another run is at it; wait for its end"
                ) from None
            # Another run may just have ended, and taken its journal away.
            if path.exists() and os.path.samestat(os.fstat(journal.fileno()), path.stat()):
                return journal
            journal.close()

    def _read(self) -> None:
        manifest = self._out / MANIFEST
        self._journal.seek(0)
        lines = self._journal.read().split(b"\n")
        try:
            if manifest.exists():
                content = json.loads(manifest.read_bytes())
                self._start(content["made"], content["logs"])
            # The last line ends with a newline, or was cut when its run was killed.
            if whole := [json.loads(line) for line in lines[:-1]]:
                self._start(whole[0]["made"], whole[1:])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise SatlogError(
                f"reading the manifest of the dataset {self._out}: it is not as satlog writes it "
                f"({error}); write the dataset anew, to another folder"
            ) from error
        if lines[0]:
            self._remove_drafts()
        # Without the line that was cut; and without all, where no log was done.
        self._journal.truncate(sum(len(line) + 1 for line in lines[:-1]) if self.entries else 0)
        if not self.entries or len(lines) == 1:
            self._append(json.dumps({"made": self._made}))

    def _start(self, made: object, logs: list[dict[str, Any]]) -> None:
        """Go on from what an earlier run has done."""
        for values in logs:
            self._take(Entry.from_json(values))
        if logs and made != self._made:
            raise SatlogError(
                f"writing the dataset {self._out}: it was made with other tables, settings or "
                f"another layout ({json.dumps(made)}, not {json.dumps(self._made)}); use the same, "
                f"or name another folder"
            )

    def _remove_drafts(self) -> None:
        """Remove what a run that was killed had begun to write; see :class:`Drafts`."""
        for draft in self._out.rglob(".satlog-*.tmp"):
            draft.unlink(missing_ok=True)

    def _take(self, entry: Entry) -> Entry | None:
        """Put an entry in its place; return the one that was there."""
        older = self.entries.get(entry.source)
        self.entries[entry.source] = entry
        self._users.update(entry.files.values())
        if older is not None:
            self._users.subtract(older.files.values())
        return older

    def add(self, entry: Entry) -> None:
        """Keep an entry, its files being in place; files that it no more has are removed.

        Raises
        ------
        SatlogError
            If the folder cannot be written to.
        """
        older = self._take(entry)
        try:
            for file in older.files.values() if older else ():
                if not self._users[file]:
                    Path(self._out, file).unlink(missing_ok=True)
            self._append(entry.to_json())
        except OSError as error:
            raise SatlogError(f"writing the dataset {self._out}: {error.strerror}") from error

    def _append(self, line: str) -> None:
        self._journal.write(f"{line}\n".encode())
        self._journal.flush()

    def finish(self) -> None:
        """Write the manifest; the journal goes."""
        with Drafts(overwrite=True) as drafts:
            drafts.open(self._out / MANIFEST).write("".join(self._lines()).encode())
        (self._out / JOURNAL).unlink()

    def _lines(self) -> Iterator[str]:
        ordered: Iterable[str] = (self.entries[name].to_json() for name in sorted(self.entries))
        yield f'{{"satlog": {json.dumps(__version__)},\n"made": {json.dumps(self._made)},\n'
        yield '"logs": [\n'
        yield ",\n".join(ordered)
        yield "\n]}\n"
