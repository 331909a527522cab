"""Doing something alone, across all processes and machines, for as long as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from partner_pipeline.errors import StoreError
from partner_pipeline.model.ids import new_id
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.work.context import Context

#: How soon another process may go on where the holder died.
DURATION: Final = timedelta(minutes=2)

_log = get_logger(__name__)


class HeldLease:
    """A lease in hand; who holds it calls :meth:`keep` more often than it runs out."""

    def __init__(self, context: Context, name: str, owner: str) -> None:
        self.name = name
        self.owner = owner
        self._context = context
        self._renewed = context.now()
        self._lost = False

    def keep(self) -> bool:
        """Renew it where it is time to; False: it was lost, and somebody else may be at it."""
        now = self._context.now()
        if not self._lost and now - self._renewed >= DURATION / 3:
            leases = self._context.repositories.leases
            self._lost = not leases.renew(self.name, self.owner, DURATION)
            self._renewed = now
            if self._lost:
                _log.warning("lease was lost: it was not renewed in time", lease=self.name)
        return not self._lost


@contextmanager
def lease(context: Context, name: str) -> Iterator[HeldLease | None]:
    """Hold a lease within the block; None: somebody else holds it."""
    # Not the process alone: two threads of one must not hold it both.
    owner = f"{context.owner}/{new_id()}"
    leases = context.repositories.leases
    if leases.acquire(name, owner, DURATION) is None:
        yield None
        return
    try:
        yield HeldLease(context, name, owner)
    finally:
        try:
            leases.release(name, owner)
        except StoreError as error:
            _log.warning("lease not released, it runs out", lease=name, error=str(error))
