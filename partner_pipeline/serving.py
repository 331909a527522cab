"""What is served: the REST API, and the pages above it; and how it begins and ends."""

from __future__ import annotations

import signal
import socket
import threading
from typing import TYPE_CHECKING

from partner_pipeline.api.app import create_app
from partner_pipeline.errors import InfrastructureError
from partner_pipeline.web import add_pages
from partner_pipeline.work.context import Context

if TYPE_CHECKING:
    import uvicorn


def serve(context: Context, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve API and pages until SIGTERM or Ctrl-C, and end what is asked by then.

    Raises
    ------
    SettingsError
        As :func:`partner_pipeline.api.app.create_app`.
    InfrastructureError
        If there is no serving at that address.
    """
    running = server(context)
    with listening(host, port) as address:
        # Uvicorn ends in order, and then sends itself the signal that it got: nothing is left for
        # it to do, and what is open must be closed by its owner.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: None)
        running.run(sockets=[address])


def listening(host: str, port: int) -> socket.socket:
    """A socket to serve on; port 0 takes a free one.

    Raises
    ------
    InfrastructureError
        If the address cannot be had.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Named as TCP: else asyncio leaves Nagle's algorithm on, and each answer waits 40 ms.
        made = socket.socket(family, kind, socket.IPPROTO_TCP)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
        except OSError:
            made.close()
            raise
    except OSError as error:
        raise InfrastructureError(
            f"serving at {host}:{port}: {error.strerror or error}; give another host or port"
        ) from error
    return made


def server(context: Context) -> uvicorn.Server:
    """A server to ``run(sockets=[...])`` in any thread; ``should_exit`` ends it."""
    import uvicorn

    app = create_app(context)
    add_pages(app)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=context.settings.api_trusted_proxies,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=int(context.settings.shutdown_grace.total_seconds()),
        h11_max_incomplete_event_size=1 << 16,
        lifespan="off",
    )
    return uvicorn.Server(config)
