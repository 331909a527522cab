"""States and their allowed transitions: the only place that knows them.

Repositories ask here before they write a ``status``, and write it by one conditional update, so
that of two that race one moves the document and the other finds it moved.

::

    LOGS         pending → downloading → downloaded → processing → processed | failed | skipped
    TASKS        queued → processing → completed | failed → dlq → archived
    ASSIGNMENTS  NEW → (DOWNLOADED) → UPLOADED
    OUTBOX       pending → sending, then deleted

What the arrows above leave out is the way back: stuck work is taken up again, a finished log may
be processed again, an upload that was not one is undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import Final, Generic, TypeVar

from partner_pipeline.errors import ValidationError


class LogStatus(StrEnum):
    """Of a partner's log."""

    PENDING = "pending"
    DOWNLOADING = "downloading"
    DOWNLOADED = "downloaded"
    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"
    SKIPPED = "skipped"


class TaskStatus(StrEnum):
    """Of one execution of a task."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    DEAD = "dlq"
    ARCHIVED = "archived"


class AssignStatus(IntEnum):
    """Of a job assignment."""

    NEW = 0
    DOWNLOADED = 1
    UPLOADED = 2


class OutboxStatus(StrEnum):
    """Of a message that is to be published."""

    PENDING = "pending"
    SENDING = "sending"


S = TypeVar("S", bound=Enum)


@dataclass(frozen=True)
class Machine(Generic[S]):
    """A state machine: its table, and questions to it.

    Attributes
    ----------
    name : str
        What moves, as an error names it.
    initial : state
        In which a document is made.
    table : mapping
        Of each state, those that may follow.
    """

    name: str
    initial: S
    table: Mapping[S, frozenset[S]]

    def allows(self, before: S, after: S) -> bool:
        """Whether `after` may follow `before`."""
        return after in self.table[before]

    def sources(self, after: S) -> tuple[S, ...]:
        """The states that `after` may follow."""
        return tuple(before for before, afters in self.table.items() if after in afters)

    def is_final(self, state: S) -> bool:
        """Whether nothing may follow."""
        return not self.table[state]

    def check(self, before: S, after: S) -> None:
        """Raise ValidationError if `after` may not follow `before`."""
        if not self.allows(before, after):
            raise ValidationError(
                f"moving a {self.name} from {before.value} to {after.value}: not a transition"
            )


def _table(rows: Mapping[S, tuple[S, ...]]) -> dict[S, frozenset[S]]:
    return {before: frozenset(afters) for before, afters in rows.items()}


_L = LogStatus
LOGS: Final = Machine(
    "partner log",
    _L.PENDING,
    _table(
        {
            _L.PENDING: (_L.DOWNLOADING, _L.SKIPPED),
            # Back to pending: the download failed, or nobody ended it.
            _L.DOWNLOADING: (_L.DOWNLOADED, _L.PENDING, _L.FAILED, _L.SKIPPED),
            # Back to pending: the file is gone.
            _L.DOWNLOADED: (_L.PROCESSING, _L.PENDING, _L.FAILED, _L.SKIPPED),
            # Back to downloaded: the task is tried again, or nobody ended it.
            _L.PROCESSING: (_L.PROCESSED, _L.FAILED, _L.SKIPPED, _L.DOWNLOADED),
            # An operator asks for a log again, from its file or from the partner.
            _L.PROCESSED: (_L.DOWNLOADED, _L.PENDING),
            _L.FAILED: (_L.DOWNLOADED, _L.PENDING),
            _L.SKIPPED: (_L.DOWNLOADED, _L.PENDING),
        }
    ),
)

_T = TaskStatus
TASKS: Final = Machine(
    "task execution",
    _T.QUEUED,
    _table(
        {
            # Straight to the dead letters: the broker gave a message up that nobody settled.
            _T.QUEUED: (_T.PROCESSING, _T.FAILED, _T.DEAD),
            # Back to queued: nobody ended it.
            _T.PROCESSING: (_T.COMPLETED, _T.FAILED, _T.QUEUED, _T.DEAD),
            # Taken up again: the worker died between the failure and what follows from it.
            _T.FAILED: (_T.PROCESSING, _T.DEAD),
            _T.COMPLETED: (),
            _T.DEAD: (_T.ARCHIVED,),
            _T.ARCHIVED: (),
        }
    ),
)

_A = AssignStatus
ASSIGNMENTS: Final = Machine(
    "job assignment",
    _A.NEW,
    _table(
        {
            _A.NEW: (_A.DOWNLOADED, _A.UPLOADED),
            _A.DOWNLOADED: (_A.UPLOADED,),
            # An operator has it uploaded again.
            _A.UPLOADED: (_A.NEW,),
        }
    ),
)

_O = OutboxStatus
OUTBOX: Final = Machine(
    "outbox message",
    _O.PENDING,
    _table({_O.PENDING: (_O.SENDING,), _O.SENDING: (_O.PENDING, _O.SENDING)}),
)
"""Sending may follow sending: who took it before did not come to an end."""

ACTIVE_TASKS: Final = frozenset({TaskStatus.QUEUED, TaskStatus.PROCESSING})
"""Executions that keep another one of the same task from being queued."""
