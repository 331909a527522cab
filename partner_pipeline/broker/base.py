"""What a message broker does for the pipeline, whichever it is.

A main queue, ``partner_tasks``, has a dead queue ``partner_tasks_failed`` and an archive
``partner_tasks_archive``, see :mod:`partner_pipeline.broker.topology`. A delivery of a dead queue
or an archive can be acknowledged and requeued, nothing else.

The meaning, the same for every implementation and tested as one contract:

- A message whose :meth:`Broker.publish` returned is delivered *at least once*, whatever is killed.
- Messages that one thread published without delay to one queue are handed out in that order, as
  long as none was delivered before.
- A delivery that nobody settles comes back when its worker dies, its consumer closes or its
  connection is lost. After
  `topology.DELIVERY_LIMIT` deliveries of a message without settlement (a crash
  loop) it becomes a dead letter of category ``infrastructure``.
- Dead letters stay as long as the settings say and then move to the archive queue by themselves.
- What was handed back may take a moment before it is counted, looked at or taken again.
- Everything may be called from any thread.
- Whatever goes wrong with the broker is a :class:`~partner_pipeline.errors.BrokerError`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from partner_pipeline.broker.message import Headers, Message

Prepare = Callable[[Message], Message | None]
"""What a replayed message becomes; None: it is left where it is."""


@dataclass(frozen=True, slots=True)
class Peeked:
    """A message that was looked at and left where it is.

    Attributes
    ----------
    position : int
        From 0, the oldest first; shifts when messages before it go.
    message : Message
    redelivered : bool
        Whether it was handed out before; in RabbitMQ also: looked at before.
    enqueued_at : datetime or None
        When it came into this queue; None where the broker does not know.
    """

    position: int
    message: Message
    redelivered: bool
    enqueued_at: datetime | None


@dataclass(frozen=True, slots=True)
class QueueStats:
    """How full a queue is.

    Attributes
    ----------
    messages : int
        Messages that can be taken now; those in workers' hands and delayed ones are not counted.
    delayed : int
        Messages that wait for their time.
    oldest : datetime or None
        When the first of `messages` came; None where there is none, or the broker cannot tell
        (RabbitMQ cannot for a main queue: looking there counts as a delivery).
    """

    messages: int
    delayed: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What became of the dead letters that were to be replayed.

    Attributes
    ----------
    replayed : int
        Published to the main queue, confirmed, and removed from the dead queue.
    failed : int
        Chosen, but preparing or publishing failed: still in the dead queue.
    skipped : int
        Chosen, but refused by ``prepare``: still in the dead queue.
    errors : tuple of str
        Why, for those that failed.
    """

    replayed: int
    failed: int
    skipped: int
    errors: tuple[str, ...] = ()


class Delivery(Protocol):
    """A message in hand; settled exactly once, from any thread.

    A settlement that raises BrokerError has not happened and may be tried again, unless the message
    is no longer in hand (it was settled before, the connection was lost, the lease ran out): then
    it is, or will be, delivered again.
    """

    @property
    def message(self) -> Message:
        """What was delivered."""

    @property
    def queue(self) -> str:
        """The queue it came from."""

    @property
    def redelivered(self) -> bool:
        """Whether it was handed out before and came back unsettled."""

    @property
    def deliveries(self) -> int:
        """How often it was handed out, this time included; from 1."""

    @property
    def enqueued_at(self) -> datetime | None:
        """When it came into this queue."""

    def ack(self) -> None:
        """It is done: forget it."""

    def requeue(self) -> None:
        """Hand it back, to be delivered again at once; counts as a delivery."""

    def retry_later(self, delay: float, headers: Headers) -> None:
        """Deliver it again as new in `delay` seconds, with these headers added or replaced."""

    def dead_letter(self, headers: Headers) -> None:
        """Put it into the dead queue with these headers added or replaced."""


class Consumer(Protocol):
    """Hands out messages to any number of worker threads; reconnects by itself."""

    def get(self, timeout: float) -> Delivery | None:
        """The next message, or None after `timeout` seconds, or at once after :meth:`stop`."""

    def stop(self) -> None:
        """Hand out no more; what is in hand can still be settled."""

    def close(self) -> None:
        """Stop, and hand back what nobody settled."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Broker(Protocol):
    """Publishes, hands out, and keeps what failed."""

    @property
    def name(self) -> str:
        """Which broker, for people: no credentials in it."""

    def declare(self, queues: Sequence[str]) -> None:
        """Make these main queues, each with its dead, archive and delay queues; idempotent.

        Raises
        ------
        ValidationError
            When a name is not that of a main queue.
        """

    def publish(self, queue: str, message: Message, *, delay: float = 0.0) -> None:
        """Hand over a message; returns when the broker has it safely.

        Parameters
        ----------
        queue : str
            Any declared queue; a delay is possible for main queues.
        message : Message
        delay : float
            Seconds before it is handed out, at most a day.

        Raises
        ------
        BrokerError
            When it was not confirmed: it may or may not have arrived. Publish it again.
        ValidationError
            When the delay is negative or too long.
        """

    def consume(self, queues: Sequence[str], *, prefetch: int) -> Consumer:
        """Take messages of declared queues, at most `prefetch` of each queue in hand at a time."""

    def peek(self, queue: str, *, offset: int = 0, limit: int = 50) -> list[Peeked]:
        """Look at messages that can be taken now, the oldest first; nothing is removed."""

    def stats(self, queue: str) -> QueueStats:
        """How full a queue is."""

    def replay(
        self,
        dead_queue: str,
        *,
        positions: Sequence[int] | None = None,
        header: tuple[str, str] | None = None,
        limit: int | None = None,
        prepare: Prepare | None = None,
    ) -> ReplayReport:
        """Send dead letters to their main queue again; what is published is removed here.

        Parameters
        ----------
        dead_queue : str
        positions : sequence of int, optional
            Those of :meth:`peek`; all when left out.
        header : (name, value), optional
            Only messages with that header; integers compare by their text.
        limit : int, optional
            Choose no more than so many.
        prepare : callable, optional
            Makes the message that is published, for instance one of a new execution. A
            PipelineError that it raises counts as failed and stops nothing.
        """

    def take(
        self, queue: str, *, older_than: datetime, limit: int
    ) -> Generator[Delivery, None, None]:
        """Take messages that came into a queue before `older_than`, the oldest first.

        For the archiver. What is not settled when the generator ends or is closed goes back.
        """

    def purge(self, queue: str) -> int:
        """Remove what waits in a queue, delayed messages too, not what is in hand; how many."""

    def ping(self) -> None:
        """Nothing when the broker answers, else BrokerError."""

    def close(self) -> None:
        """Close all consumers and connections."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
