"""The SQLite file that the queues are in: opening it, one statement or transaction at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from partner_pipeline.errors import BrokerError

BUSY_SECONDS: Final = 30.0
"""How long another process may hold the file."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS broker_queues (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('main', 'dead', 'archive'))
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS broker_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    ready_at INTEGER NOT NULL,    -- milliseconds; not handed out before: a delay, or a lease
    enqueued_at INTEGER NOT NULL, -- milliseconds; when it came into this queue
    deliveries INTEGER NOT NULL,
    owner TEXT,                   -- in whose hands it is
    message_id TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS broker_messages_ready ON broker_messages (queue, ready_at, id);
CREATE INDEX IF NOT EXISTS broker_messages_delivered ON broker_messages (owner, deliveries)
    WHERE deliveries > 0;
"""

Parameters = Mapping[str, Any]


class QueueFile:
    """One process's way to the file; may be used by many threads.

    What must never be lost is written *safely*: on the disk before the call returns. A lease or an
    acknowledgement that a power cut undoes only means another delivery.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self._explained("opening it"):
            self._quick = self._connect("NORMAL")
            self._safe = self._connect("FULL")
            self._quick.executescript(_SCHEMA)

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        return connection

    def rows(self, doing: str, sql: str, parameters: Parameters | None = None) -> list[sqlite3.Row]:
        """What one statement returns; its writes survive a kill, not a power cut."""
        with self._lock, self._explained(doing):
            return self._quick.execute(sql, parameters or {}).fetchall()

    def change(
        self, doing: str, sql: str, parameters: Parameters | None = None, *, safely: bool
    ) -> int:
        """How many rows one statement changed."""
        connection = self._safe if safely else self._quick
        with self._lock, self._explained(doing):
            return connection.execute(sql, parameters or {}).rowcount

    def change_together(self, doing: str, sql: str, rows: Sequence[Parameters]) -> None:
        """Run one statement for each of these, all or none, safely."""
        with self._lock, self._explained(doing), self._safe:
            self._safe.execute("BEGIN IMMEDIATE")
            self._safe.executemany(sql, rows)

    def close(self) -> None:
        """Close it; whatever is called afterwards raises BrokerError."""
        with self._lock:
            self._quick.close()
            self._safe.close()

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise BrokerError(f"embedded queues in {self.path}: {doing}: {error}") from error
