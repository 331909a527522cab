"""Which dead letters are replayed and what becomes of them: the same for every broker."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from partner_pipeline.broker import topology
from partner_pipeline.broker.base import Prepare, ReplayReport
from partner_pipeline.broker.message import Message
from partner_pipeline.errors import PipelineError, ValidationError


class Replay:
    """One replay: is offered the dead letters in order, sends those that were asked for.

    Parameters are those of :meth:`partner_pipeline.broker.base.Broker.replay`.
    """

    def __init__(
        self,
        queue: str,
        positions: Sequence[int] | None,
        header: tuple[str, str] | None,
        limit: int | None,
        prepare: Prepare | None,
    ) -> None:
        self._main = topology.main_queue(queue)
        if topology.dead_queue(self._main) != queue:
            raise ValidationError(f"replaying {queue}: a dead queue was expected")
        self._positions = None if positions is None else set(positions)
        self._header = header
        self._left = limit
        self._prepare = prepare
        self._replayed = self._skipped = 0
        self._errors: list[str] = []

    def is_over(self, position: int) -> bool:
        """Whether no dead letter from this position on is wanted."""
        if self._left == 0:
            return True
        return self._positions is not None and position > max(self._positions, default=-1)

    def offer(self, position: int, message: Message, send: Callable[[str, Message], None]) -> bool:
        """Replay a dead letter if it is wanted; whether it was sent.

        Parameters
        ----------
        position : int
        message : Message
        send : callable
            Takes the main queue and what is published there; BrokerError when it is not
            confirmed.
        """
        if not self._wants(position, message):
            return False
        if self._left is not None:
            self._left -= 1
        try:
            prepared = message if self._prepare is None else self._prepare(message)
            if prepared is None:
                self._skipped += 1
                return False
            send(self._main, prepared)
        except PipelineError as error:
            self._errors.append(f"message {message.message_id}: {error}")
            return False
        self._replayed += 1
        return True

    def report(self) -> ReplayReport:
        """What became of the dead letters that were wanted."""
        errors = tuple(self._errors)
        return ReplayReport(self._replayed, len(errors), self._skipped, errors)

    def _wants(self, position: int, message: Message) -> bool:
        if self._positions is not None and position not in self._positions:
            return False
        if self._header is None:
            return True
        name, value = self._header
        return name in message.headers and str(message.headers[name]) == value
