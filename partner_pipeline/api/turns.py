"""What takes long, or much memory, waits for its turn before it takes one of the server's threads.

So who floods one of these keeps out those who ask for the same, and nobody else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final, Literal

from anyio import Semaphore
from fastapi import Depends, Request

Long = Literal["login", "log data", "partner"]

#: At once, for all who ask. A password takes 64 MB while it is checked, and all positions of a
#: large log hundreds of megabytes while they are put together; a partner may take half a minute to
#: answer. Together they are fewer than the threads that routes run in, which are 40.
MOST: Final[dict[Long, int]] = {"login": 4, "log data": 2, "partner": 16}


class Turns:
    """Of one server."""

    def __init__(self) -> None:
        self._free = {long: Semaphore(most) for long, most in MOST.items()}

    def of(self, long: Long) -> Semaphore:
        """To be held while it is done."""
        return self._free[long]


def in_turn(long: Long) -> Any:
    """What a route depends on that does something of this kind."""

    async def turn(request: Request) -> AsyncIterator[None]:
        turns: Turns = request.app.state.turns
        async with turns.of(long):
            yield

    # Until the answer is made, and not until a slow reader has it.
    return Depends(turn, scope="function")
