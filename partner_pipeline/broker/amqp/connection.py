"""A connection to RabbitMQ with a thread of its own, so that its heartbeats never starve.

Only that thread touches pika; others hand it functions through ``add_callback_threadsafe`` and
wait for futures. A lost connection is made again with growing, jittered delays until it is closed;
channels are not: whoever has one opens another.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import Final

import pika

from partner_pipeline.broker.amqp.channel import ANSWER_SECONDS, Channel, explain
from partner_pipeline.errors import BrokerError

_HEARTBEAT_SECONDS: Final = 30
_LONGEST_DELAY: Final = 10.0
_LOG = logging.getLogger(__name__)


class Connection:
    """One connection; made when the first channel is asked for.

    Parameters
    ----------
    url : str
        With its secrets; they appear in no error and no log.
    purpose : str
        What RabbitMQ's management shows.
    patience : float
        Seconds to wait for a connection that is away.
    """

    def __init__(self, url: str, purpose: str, patience: float) -> None:
        self._patience = patience
        self._parameters = pika.URLParameters(url)
        if "heartbeat=" not in url:
            self._parameters.heartbeat = _HEARTBEAT_SECONDS
        self._parameters.client_properties = {"connection_name": f"satlog {purpose}"}
        self.server = f"RabbitMQ at {self._parameters.host}:{self._parameters.port}"
        self._changed = threading.Condition()
        self._open: pika.SelectConnection | None = None
        self._latest: pika.SelectConnection | None = None
        self._channels: set[Channel] = set()
        self._reason = "there was no answer yet"
        self._failures = 0
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def wait(self, seconds: float | None = None) -> None:
        """Return when there is a connection; BrokerError when there is none after so long."""
        end = time.monotonic() + (self._patience if seconds is None else seconds)
        with self._changed:
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._run, name="amqp", daemon=True)
                self._thread.start()
            while self._open is None:
                if self._closed.is_set():
                    raise BrokerError(f"{self.server}: this connection was closed")
                if (left := end - time.monotonic()) <= 0:
                    raise BrokerError(f"{self.server} cannot be reached: {self._reason}")
                self._changed.wait(left)

    def channel(self, seconds: float | None = None) -> Channel:
        """A new channel; BrokerError when there is no connection within so many seconds."""
        self.wait(seconds)
        with self._changed:
            connection = self._open
            if connection is None:
                raise BrokerError(f"{self.server}: the connection was lost: {self._reason}")
            channel = Channel(self.server, connection, self._channels.discard)
            self._channels.add(channel)
        channel.open()
        return channel

    def close(self) -> None:
        """Close it and its channels; nothing when it is closed."""
        self._closed.set()
        with self._changed:
            thread, connection = self._thread, self._latest
            self._changed.notify_all()
        if connection is not None:
            connection.ioloop.add_callback_threadsafe(lambda: _close(connection))
        if thread is not None:
            thread.join(ANSWER_SECONDS)

    def _run(self) -> None:
        while True:
            self._serve()
            if self._closed.is_set():
                return
            delay = min(0.25 * 2**self._failures, _LONGEST_DELAY) * random.uniform(0.5, 1)
            _LOG.warning("%s: %s; next try in %.1f s", self.server, self._reason, delay)
            self._failures = min(self._failures + 1, 10)
            self._closed.wait(delay)

    def _serve(self) -> None:
        """Connect, and serve the connection until it ends."""
        connection = pika.SelectConnection(
            self._parameters,
            on_open_callback=self._opened,
            on_open_error_callback=self._ended,
            on_close_callback=self._ended,
        )
        with self._changed:
            self._latest = connection
        try:
            if not self._closed.is_set():
                connection.ioloop.start()
        except Exception as error:  # a thread that ends would never reconnect
            _LOG.exception("%s: the thread of the connection failed", self.server)
            self._ended(connection, error)
        connection.ioloop.close()

    def _opened(self, connection: pika.SelectConnection) -> None:
        with self._changed:
            self._open = connection
            self._failures = 0
            self._changed.notify_all()

    def _ended(self, connection: pika.SelectConnection, error: BaseException) -> None:
        with self._changed:
            self._open = None
            self._reason = explain(error)
            channels = list(self._channels)
        for channel in channels:
            channel.died(self._reason)
        connection.ioloop.stop()


def _close(connection: pika.SelectConnection) -> None:
    if not (connection.is_closing or connection.is_closed):
        connection.close()
