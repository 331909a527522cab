"""A channel of RabbitMQ that any thread may use.

What a thread asks for is done by the connection's thread; the asking thread waits for a future. A
channel dies with its connection, or when RabbitMQ refuses something; it is not made again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pika
import pika.channel
from pika.exceptions import AMQPError
from pika.spec import Basic

from partner_pipeline.errors import BrokerError
from partner_pipeline.model.redact import redact_text

ANSWER_SECONDS: Final = 30.0
"""How long RabbitMQ may take to connect, to answer or to confirm."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Received:
    """A message that came through a channel and is to be acknowledged there."""

    channel: Channel
    tag: int
    redelivered: bool
    properties: pika.BasicProperties
    body: bytes


class Channel:
    """One channel.

    Parameters
    ----------
    server : str
        For errors.
    connection : pika.SelectConnection
    on_death : callable
        Told once, when the channel has died.
    """

    def __init__(
        self,
        server: str,
        connection: pika.SelectConnection,
        on_death: Callable[[Channel], None],
    ) -> None:
        self._server = server
        self._connection = connection
        self._on_death = [on_death]
        self._lock = threading.Lock()
        self._dead = ""
        self._ended = threading.Event()
        self._pending: set[Future[Any]] = set()
        self._published = 0
        self._unconfirmed: dict[int, Future[None]] = {}
        self._get: Future[Received | None] | None = None
        self._getting = threading.Lock()
        self._raw: pika.channel.Channel  # since open()

    @property
    def is_alive(self) -> bool:
        """Whether it can still be used."""
        return not self._dead

    def open(self) -> None:
        """Open it."""

        def ask(done: Callable[[Any], None]) -> None:
            self._raw = self._connection.channel(on_open_callback=done)
            self._raw.add_on_close_callback(lambda _, error: self.died(explain(error)))
            self._raw.add_on_cancel_callback(lambda _: self._cancelled())
            self._raw.add_on_return_callback(self._returned)
            self._raw.add_callback(self._got_nothing, [Basic.GetEmpty], one_shot=False)

        self._ask("opening a channel", ask)

    def confirm(self) -> None:
        """Let RabbitMQ confirm what is published."""
        self._ask(
            "switching confirms on",
            lambda done: self._raw.confirm_delivery(self._confirmed, callback=done),
        )

    def declare(self, queue: str, arguments: Mapping[str, Any]) -> None:
        """Make a durable queue; nothing when it is there with these arguments."""
        self._ask(
            f"declaring {queue}",
            lambda done: self._raw.queue_declare(
                queue, durable=True, arguments=dict(arguments), callback=done
            ),
        )

    def count(self, queue: str) -> int:
        """How many messages of a queue are in nobody's hands."""
        answer = self._ask(
            f"counting the messages of {queue}",
            lambda done: self._raw.queue_declare(queue, passive=True, callback=done),
        )
        return int(answer.method.message_count)

    def purge(self, queue: str) -> int:
        """Remove what is in nobody's hands; how many."""
        answer = self._ask(
            f"purging {queue}", lambda done: self._raw.queue_purge(queue, callback=done)
        )
        return int(answer.method.message_count)

    def consume(self, queue: str, prefetch: int, receive: Callable[[Received], None]) -> str:
        """Let messages come, at most so many unacknowledged; the consumer's tag.

        `receive` is called in the connection's thread and must not wait.
        """
        doing = f"consuming {queue}"
        self._ask(doing, lambda done: self._raw.basic_qos(prefetch_count=prefetch, callback=done))

        def received(_: Any, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
            receive(Received(self, method.delivery_tag, method.redelivered, properties, body))

        answer = self._ask(
            doing, lambda done: self._raw.basic_consume(queue, received, callback=done)
        )
        return str(answer.method.consumer_tag)

    def cancel(self, consumer_tag: str) -> None:
        """Let no more messages come to a consumer."""
        self._ask("cancelling", lambda done: self._raw.basic_cancel(consumer_tag, callback=done))

    def get(self, queue: str) -> Received | None:
        """The next message of a queue; None: there is none."""

        def got(_: Any, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
            get, self._get = self._get, None
            if get is not None:
                tag, redelivered = method.delivery_tag, method.redelivered
                get.set_result(Received(self, tag, redelivered, properties, body))

        def start(future: Future[Received | None]) -> None:
            self._get = future
            self._raw.basic_get(queue, got)

        with self._getting:  # AMQP has one answer at a time
            return self._call(f"taking a message of {queue}", start)

    def publish(self, queue: str, properties: pika.BasicProperties, body: bytes) -> None:
        """Publish a message and wait until RabbitMQ has it safely; several threads at a time."""

        def start(future: Future[None]) -> None:
            self._published += 1
            properties.correlation_id = str(self._published)  # what is returned is known by it
            self._unconfirmed[self._published] = future
            self._raw.basic_publish("", queue, body, properties, mandatory=True)

        self._call(f"publishing message {properties.message_id} to {queue}", start)

    def ack(self, tag: int) -> None:
        """Acknowledge a message; does not wait."""
        self._tell("acknowledging a message", lambda raw: raw.basic_ack(tag))

    def hand_back(self, tag: int) -> None:
        """Put a message back; does not wait."""
        self._tell("handing a message back", lambda raw: raw.basic_nack(tag, requeue=True))

    def close(self) -> None:
        """Close it after what it was told; RabbitMQ gets back what was not acknowledged."""
        if self.is_alive:
            self._tell("closing a channel", lambda raw: raw.close())
            self._ended.wait(ANSWER_SECONDS)

    def on_death(self, callback: Callable[[Channel], None]) -> None:
        """Call this once the channel has died, now if it has."""
        with self._lock:
            if not self._dead:
                self._on_death.append(callback)
                return
        callback(self)

    def died(self, reason: str) -> None:
        """Everything that waits fails with this reason, and so does what comes."""
        with self._lock:
            if self._dead:
                return
            self._dead = reason
            pending, callbacks = list(self._pending), list(self._on_death)
        for future in pending:
            if not future.done():
                future.set_exception(BrokerError(reason))
        self._ended.set()
        for callback in callbacks:
            callback(self)

    def _ask(self, doing: str, ask: Callable[[Callable[[Any], None]], Any]) -> Any:
        """Call a method that answers through a callback."""

        def start(future: Future[Any]) -> None:
            def answered(answer: Any) -> None:
                if not future.done():
                    future.set_result(answer)

            ask(answered)

        return self._call(doing, start)

    def _call(self, doing: str, start: Callable[[Future[_T]], None]) -> _T:
        """Run `start` in the connection's thread and wait until its future is done."""
        future: Future[_T] = Future()
        with self._lock:
            self._check_alive(doing)
            self._pending.add(future)

        def run() -> None:
            if future.done():
                return
            try:
                start(future)
            except (AMQPError, ValueError, TypeError) as error:
                future.set_exception(BrokerError(explain(error)))

        self._connection.ioloop.add_callback_threadsafe(run)
        try:
            return future.result(ANSWER_SECONDS)
        except TimeoutError:
            message = f"{self._server}: {doing}: no answer within {ANSWER_SECONDS:.0f} s"
            raise BrokerError(message) from None
        except BrokerError as error:
            raise BrokerError(f"{self._server}: {doing}: {error}") from error
        finally:
            with self._lock:
                self._pending.discard(future)

    def _tell(self, doing: str, tell: Callable[[pika.channel.Channel], None]) -> None:
        """Run `tell` in the connection's thread; if the channel dies before, nothing is done."""
        with self._lock:
            self._check_alive(doing)

        def run() -> None:
            if self._raw.is_open:
                tell(self._raw)

        self._connection.ioloop.add_callback_threadsafe(run)

    def _check_alive(self, doing: str) -> None:
        if self._dead:
            raise BrokerError(f"{self._server}: {doing}: {self._dead}")

    # What follows is called by pika, in the connection's thread.

    def _confirmed(self, frame: Any) -> None:
        method = frame.method
        tags = [method.delivery_tag]
        if method.multiple:
            tags = [tag for tag in self._unconfirmed if tag <= method.delivery_tag]
        for tag in tags:
            future = self._unconfirmed.pop(tag, None)
            if future is None or future.done():
                continue
            if isinstance(method, Basic.Ack):
                future.set_result(None)
            else:
                future.set_exception(BrokerError("RabbitMQ refused it; is the queue full?"))

    def _returned(self, _: Any, method: Any, properties: pika.BasicProperties, __: bytes) -> None:
        future = self._unconfirmed.get(int(properties.correlation_id or 0))
        if future is not None and not future.done():
            reason = f"it cannot be routed ({method.reply_text}); declare the queue first"
            future.set_exception(BrokerError(reason))

    def _got_nothing(self, _: Any) -> None:
        get, self._get = self._get, None
        if get is not None:
            get.set_result(None)

    def _cancelled(self) -> None:
        self.died("RabbitMQ cancelled the consumer; was the queue deleted?")
        if self._raw.is_open:
            self._raw.close()


def explain(error: BaseException | None) -> str:
    """What pika says about a failure, in one line without secrets."""
    while inner := getattr(error, "exceptions", None) or getattr(error, "exception", None):
        error = inner[-1] if isinstance(inner, list | tuple) else inner
    return redact_text(repr(error))[:300]
