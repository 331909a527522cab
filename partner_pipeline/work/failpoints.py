"""Places where a test may kill the process, named by an environment variable.

``SATLOG_FAILPOINT=process.decoded`` kills the process (as ``kill -9`` does: no handler, no
clean-up) when it first comes to that place; ``process.decoded:3``, the third time. There is one
between any two writes, so that crash tests can prove that a death there loses and doubles nothing.
Without the variable a fail-point is one look into the environment.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from typing import Final

VARIABLE: Final = "SATLOG_FAILPOINT"

#: Every place, in the order in which a log meets them.
FAILPOINTS: Final = (
    "assign.stored",
    "upload.claimed",
    "upload.sent",
    "upload.stored",
    "poll.tracked",
    "poll.claimed",
    "poll.downloaded",
    "poll.recorded",
    "outbox.published",
    "process.claimed",
    "process.decoded",
    "process.matched",
    "process.stored",
    "process.completed",
)

_passed: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Die here, if this is the place that the environment names."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    place, _, count = wanted.partition(":")
    if place == name:
        _passed[name] += 1
        if _passed[name] >= int(count or 1):
            os.kill(os.getpid(), signal.SIGKILL)
