"""The simulated partner as an HTTP server of its own, on this machine."""

from __future__ import annotations

import contextlib
import email.parser
import email.policy
import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

from partner_pipeline.model.clock import Now, utc_now
from partner_pipeline.partners.simulator import control
from partner_pipeline.partners.simulator.answers import (
    Answer,
    Request,
    answer,
    message,
    told,
    wrong_credentials,
)
from partner_pipeline.partners.simulator.faults import AFTERWARDS, INSTEAD, Fault, Faults
from partner_pipeline.partners.simulator.world import SimulatorConfig, World

logger = logging.getLogger(__name__)

BASE_PATH: Final = "/api/Satloc"
CONTROL_PATH: Final = "/_control"

ENDPOINTS: Final = (
    "IsAlive",
    "AuthenticateAPIUser",
    "GetAircraftList",
    "GetAircraftLogs",
    "GetAircraftLogData",
    "UploadJobData",
)

_LONGEST_REQUEST: Final = 64 << 20
_HIDDEN: Final = ("password",)

#: For a body that never ends: bytes at a time, and seconds between.
_FLOOD: Final = (1 << 16, 0.0005)
_TRICKLE: Final = (4, 0.002)


@dataclass(frozen=True, slots=True)
class Received:
    """A request that was received; passwords are left out. ``port`` is the client's."""

    endpoint: str
    fields: dict[str, str]
    at: datetime
    faults: tuple[str, ...]
    port: int


class SatlocSimulator:
    """SatLoc Cloud, simulated: a server on a thread of its own, from ``start`` to ``stop``.

    Parameters
    ----------
    config : SimulatorConfig, optional
    host : str
        Loopback, unless others are to use it.
    port : int
        0 takes a free one.
    now : callable
        UTC.

    Attributes
    ----------
    world : World
        Accounts, aircraft, logs, uploads.
    faults : Faults
        What goes wrong.

    Examples
    --------
    >>> with SatlocSimulator() as satloc:
    ...     satloc.faults.script("GetAircraftLogs", Fault("status", status=503))
    """

    def __init__(
        self,
        config: SimulatorConfig | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        now: Now = utc_now,
    ) -> None:
        config = config or SimulatorConfig()
        self.world = World(config, now)
        self.faults = Faults(config.seed)
        self.stopping = threading.Event()
        self._now = now
        self._lock = threading.Lock()
        self._received: list[Received] = []
        self._server = _Server((host, port), self)
        self._thread = threading.Thread(target=self._serve, name="satloc-simulator", daemon=True)

    @property
    def url(self) -> str:
        """Of the server itself."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def endpoint(self) -> str:
        """What ``SATLOC_API_ENDPOINT`` is to be."""
        return self.url + BASE_PATH

    def received(self, endpoint: str | None = None) -> list[Received]:
        """The requests so far, oldest first: all, or those of one endpoint."""
        with self._lock:
            return [r for r in self._received if endpoint in (None, r.endpoint)]

    def record(self, request: Request, faults: tuple[Fault, ...], port: int) -> None:
        """Note a request."""
        fields = {name: v for name, v in request.fields.items() if name not in _HIDDEN}
        kinds = tuple(fault.kind for fault in faults)
        with self._lock:
            self._received.append(Received(request.endpoint, fields, self._now(), kinds, port))

    def start(self) -> Self:
        """Answer from now on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close all connections; returns when nothing of it is running any more."""
        self.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.close_connections()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    config: SimulatorConfig | None = None,
    ready: Callable[[SatlocSimulator], None] | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Run a simulator until it is told to stop.

    Parameters
    ----------
    host, port : str, int
        As :class:`SatlocSimulator`.
    config : SimulatorConfig, optional
    ready : callable, optional
        Told when the server answers.
    stop : threading.Event, optional
        Ends it when set; without one, only an exception such as KeyboardInterrupt does.
    """
    with SatlocSimulator(config, host=host, port=port) as simulator:
        if ready is not None:
            ready(simulator)
        (stop or threading.Event()).wait()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], simulator: SatlocSimulator) -> None:
        self.simulator = simulator
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        with self._lock:
            self._connections[thread] = request
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections.pop(threading.current_thread(), None)

    def close_connections(self) -> None:
        with self._lock:
            open_now = dict(self._connections)
        for connection in open_now.values():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in open_now:
            thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that go away in the middle are what this server is for.
        logger.debug("simulated partner: a connection broke", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes; the second would wait for the first one's acknowledgement.
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the request line holds credentials, and what was received is recorded."""

    @property
    def _simulator(self) -> SatlocSimulator:
        return self.server.simulator

    def _serve(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if size > _LONGEST_REQUEST:
            self._send(message(413, "The request is too large."))
            self.close_connection = True
            return
        body = self.rfile.read(size)
        parts = urlsplit(self.path)
        if parts.path.startswith(f"{CONTROL_PATH}/"):
            what = parts.path.removeprefix(f"{CONTROL_PATH}/")
            client = str(self.client_address[0])
            self._send(control.answer(self._simulator, self.command, what, body, client))
            return
        endpoint = parts.path.removeprefix(f"{BASE_PATH}/")
        wanted = "POST" if endpoint == "UploadJobData" else "GET"
        if endpoint not in ENDPOINTS or self.command != wanted:
            self._send(message(404, "No HTTP resource was found that matches the request."))
            return
        request = _request(endpoint, parts.query, self.headers.get("Content-Type", ""), body)
        self._answer(request)

    def _answer(self, request: Request) -> None:
        simulator = self._simulator
        faults = simulator.faults.take(request.endpoint)
        simulator.record(request, faults, int(self.client_address[1]))
        for fault in faults:
            if fault.kind == "latency":
                simulator.stopping.wait(fault.seconds)
            elif fault.kind in INSTEAD:
                self._instead(request, fault)
                return
        given = answer(simulator.world, request, faults)
        after = next((fault for fault in faults if fault.kind in AFTERWARDS), None)
        if after is None:
            self._send(given)
        else:
            self._broken(given, after)

    def _instead(self, request: Request, fault: Fault) -> None:
        match fault.kind:
            case "time_out":
                self._silence(fault.seconds)
            case "reset":
                self._reset()
            case "status":
                headers = () if fault.retry_after is None else (("Retry-After", fault.retry_after),)
                text = message(fault.status, told(fault, request))
                self._send(Answer(fault.status, body=text.body, headers=headers))
            case "redirect":
                self._send(Answer(302, headers=(("Location", f"/elsewhere{self.path}"),)))
            case "wrong_credentials":
                self._send(wrong_credentials())
            case "web_page":
                page = b"<!DOCTYPE html><title>Service unavailable</title>"
                self._send(Answer(content_type="text/html", body=page))

    def _broken(self, given: Answer, fault: Fault) -> None:
        match fault.kind:
            case "time_out_after":
                self._silence(fault.seconds)
            case "reset_after":
                self._reset()
            case "truncated":
                self._head(given, len(given.body))
                self.wfile.write(given.body[: len(given.body) // 2])
                self.close_connection = True
            case "endless":
                self._pour(given, *_FLOOD)
            case "trickle":
                self._pour(given, *_TRICKLE)

    def _send(self, given: Answer) -> None:
        self._head(given, len(given.body))
        self.wfile.write(given.body)

    def _head(self, given: Answer, size: int | None) -> None:
        self.send_response(given.status, given.reason)
        self.send_header("Content-Type", given.content_type)
        for name, value in given.headers:
            self.send_header(name, value)
        if size is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(size))
        self.end_headers()

    def _pour(self, given: Answer, step: int, pause: float) -> None:
        """The answer's body, and then the same bytes again for as long as somebody listens."""
        self._head(given, None)
        for piece in _endless(given.body or b" ", step):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            if self._simulator.stopping.wait(pause):
                break
        self.close_connection = True

    def _silence(self, seconds: float) -> None:
        self._simulator.stopping.wait(seconds)
        self.close_connection = True

    def _reset(self) -> None:
        # To linger for no time makes closing a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True


def _endless(body: bytes, step: int) -> Iterator[bytes]:
    repeated = body * (step // len(body) + 2)
    at = 0
    while True:
        yield repeated[at : at + step]
        at = (at + step) % len(body)


def _request(endpoint: str, query: str, content_type: str, body: bytes) -> Request:
    """The fields of a query or a form, and the file of a form."""
    if not content_type.startswith("multipart/form-data"):
        return Request(endpoint, dict(parse_qsl(query, keep_blank_values=True)))
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    parsed = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields, file_name, file = {}, "", b""
    for part in parsed.iter_parts():
        name = str(part.get_param("name", "", header="content-disposition"))
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        if part.get_filename() is None:
            fields[name] = data.decode("utf-8", "replace")
        else:
            file_name, file = str(part.get_filename()), data
    return Request(endpoint, fields, file_name, file)
