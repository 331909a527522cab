"""Connections to one SQLite file: one a thread at a time, one writer at a time.

Durability
    ``journal_mode=WAL`` with ``synchronous=FULL``: each commit waits until the log of writes is on
    the disk. With NORMAL, the default that is often recommended for WAL, a killed process loses
    nothing either, but a power failure takes the last commits with it, and then a log that was
    acknowledged to the broker would be gone. One ``fsync`` a commit is what that costs; a bulk
    insert is one commit.
Writers
    ``BEGIN IMMEDIATE`` takes the file's write lock at once, so that no transaction fails half way
    for having read before another wrote. Threads of one process queue at a lock of their own:
    SQLite's waiting is sleeping and looking again, and is left for other processes.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from partner_pipeline.errors import StoreError

PATIENCE: Final = 30.0
_SETTINGS: Final = (
    "PRAGMA synchronous = FULL",
    # After a large transaction the log of writes is cut to this again.
    f"PRAGMA journal_size_limit = {64 << 20}",
)


class Connections:
    """Idle connections to a file, opened as they are needed.

    Parameters
    ----------
    path : Path
        The file; made (readable by its owner only) if it is not there.

    Raises
    ------
    StoreError
        If the file can't be opened, or its file system can't do what a safe store needs.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._closed = False
        self._reset()
        with self.reading():
            pass

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread, given back at the end."""
        connection = self._take()
        try:
            yield connection
        finally:
            self._give_back(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction: committed at the end, undone by an exception."""
        with self.reading() as connection:
            if not self._writer.acquire(timeout=PATIENCE):
                raise sqlite3.OperationalError(
                    f"another thread has been writing for {PATIENCE:.0f} s; inside a transaction,"
                    " use the store that it yields"
                )
            try:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
            finally:
                self._writer.release()

    def close(self) -> None:
        """Close what is idle, and the rest as it is given back."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().close()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._writer = threading.Lock()
        self._idle: list[sqlite3.Connection] = []

    def _take(self) -> sqlite3.Connection:
        if self._process != os.getpid():
            # A child of this process must neither use nor close its parent's connections.
            self._forsaken = self._idle
            self._reset()
        with self._lock:
            if self._closed:
                raise StoreError(f"using the store {self.path}: it has been closed")
            if self._idle:
                return self._idle.pop()
        return self._open()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _open(self) -> sqlite3.Connection:
        doing = f"opening the store {self.path}"
        try:
            if not self.path.exists():
                self.path.touch(mode=0o600)
            # Threads take turns, never at once: the check would forbid to close for others.
            connection = sqlite3.connect(
                self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"{doing}: {error}; does the folder exist, and may it be written to?"
            ) from error
        try:
            for setting in _SETTINGS:
                connection.execute(setting)
            mode = _with_write_ahead_log(connection)
        except sqlite3.Error as error:
            connection.close()
            raise StoreError(f"{doing}: {error}; is it an SQLite file?") from error
        if mode != "wal":
            connection.close()
            raise StoreError(
                f"{doing}: journal mode is {mode!r}, expected 'wal'; the file must be on a local"
                " disk"
            )
        return connection


def _with_write_ahead_log(connection: sqlite3.Connection) -> str:
    """Journal mode of a file after asking for WAL.

    The first time, which is once in the life of a file, several processes may ask at once;
    SQLite then says ``locked`` without any waiting.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
            if not busy or time.monotonic() > until:
                raise
        time.sleep(0.01)
