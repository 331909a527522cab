"""The metrics of a process that serves nothing else, over HTTP."""

from __future__ import annotations

import hmac
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Any, Final

from partner_pipeline.errors import InfrastructureError
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.observe.metrics import CONTENT_TYPE, Metrics

if TYPE_CHECKING:
    from pydantic import SecretStr

    from partner_pipeline.settings import Settings

#: Seconds between two looks whether to stop.
_LOOK: Final = 0.1
#: Seconds that a reader may be silent.
_PATIENCE: Final = 10.0

_log = get_logger(__name__)


def may_read(token: SecretStr, authorization: str | None) -> bool:
    """Whether a request with this header ``Authorization`` has the METRICS_TOKEN."""
    expected = f"Bearer {token.get_secret_value()}"
    return hmac.compare_digest((authorization or "").encode(), expected.encode())


@contextmanager
def metrics_served(settings: Settings, metrics: Metrics) -> Iterator[None]:
    """Serve ``/metrics`` at METRICS_HOST and METRICS_PORT meanwhile; no port: nothing is served.

    Raises
    ------
    InfrastructureError
        If the address cannot be had.
    """
    if settings.metrics_port is None:
        yield
        return
    address = (settings.metrics_host, settings.metrics_port)
    with metrics_endpoint(metrics, *address, settings.metrics_token) as port:
        _log.info("metrics are served", host=settings.metrics_host, port=port)
        yield


@contextmanager
def metrics_endpoint(
    metrics: Metrics, host: str, port: int, token: SecretStr | None = None
) -> Iterator[int]:
    """Serve ``/metrics`` meanwhile; gives the port, where 0 takes a free one.

    Raises
    ------
    InfrastructureError
        If the address cannot be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        server = _Server(family, address, metrics, token)
    except OSError as error:
        raise InfrastructureError(
            f"serving metrics at {host}:{port}: {error.strerror or error}; each process of a "
            "machine needs a METRICS_PORT of its own: give it another one, or another METRICS_HOST"
        ) from error
    with server:
        thread = threading.Thread(
            target=server.serve_forever, args=(_LOOK,), name="metrics", daemon=True
        )
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingTCPServer):
    """One thread a request: a reader that is slow keeps no other one waiting."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self, family: int, address: Any, metrics: Metrics, token: SecretStr | None
    ) -> None:
        self.address_family = family
        self.metrics = metrics
        self.token = token
        super().__init__(address, _Request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log it: a reader that went away, as a rule."""
        _log.warning("metrics could not be told", exc_info=True)


class _Request(BaseHTTPRequestHandler):
    server: _Server
    server_version = "satlog"
    sys_version = ""
    timeout = _PATIENCE

    def do_GET(self) -> None:
        token = self.server.token
        if token is not None and not may_read(token, self.headers["Authorization"]):
            self._answer(
                HTTPStatus.UNAUTHORIZED,
                b"metrics: send METRICS_TOKEN as bearer\n",
                ("WWW-Authenticate", "Bearer"),
            )
        elif self.path.partition("?")[0] != "/metrics":
            self._answer(HTTPStatus.NOT_FOUND, b"there is /metrics, and nothing else\n")
        else:
            self._answer(HTTPStatus.OK, self.server.metrics.text(), ("Content-Type", CONTENT_TYPE))

    def _answer(self, status: HTTPStatus, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        _log.debug("metrics asked for", request=format % args)
