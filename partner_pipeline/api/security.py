"""What guards every request and answer: ids, headers, the size of bodies, and no stack traces."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from partner_pipeline.api.errors import error_answer, unforeseen
from partner_pipeline.model.ids import new_id
from partner_pipeline.observe.logs import bound, get_logger
from partner_pipeline.observe.trace import Trace

#: Bytes of a body of JSON.
MOST_JSON: Final = 1 << 20
#: What a multipart body holds beside its file.
_AROUND: Final = 1 << 16
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)

_CSP: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_HSTS: Final = "max-age=31536000; includeSubDomains"

_log = get_logger(__name__)


class TooLarge(HTTPException):
    """A body that is larger than it may be."""

    def __init__(self) -> None:
        # FastAPI lets no other error out of where it reads a body.
        super().__init__(413, "the body is larger than it may be")


class Guard:
    """Around the whole application; the innermost thing that sees every answer.

    Parameters
    ----------
    app : ASGIApp
    largest_file : int
        Bytes of a file that may be sent.
    takes_files : collection of str
        The paths where one may be sent. Elsewhere a body is kept in memory, whoever sends it.
    """

    def __init__(self, app: ASGIApp, largest_file: int, takes_files: Collection[str]) -> None:
        self._app = app
        self._largest_file = largest_file
        self._takes_files = takes_files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id()
        trace = Trace.follow(headers.get("traceparent")).header()
        scope.setdefault("state", {}).update(request_id=request_id, trace=trace)
        answer = _Answer(scope, send, request_id, trace)
        with bound(request=request_id, trace=trace):
            begun = time.perf_counter()
            await self._handled(scope, _limited(receive, self._most(scope)), answer)
            _log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=answer.status,
                seconds=round(time.perf_counter() - begun, 4),
            )

    def _most(self, scope: Scope) -> int:
        kind = Headers(scope=scope).get("content-type", "").lower()
        is_file = kind.startswith("multipart/form-data") and scope["path"] in self._takes_files
        return self._largest_file + _AROUND if is_file else MOST_JSON

    async def _handled(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            length = Headers(scope=scope).get("content-length", "0")
            if not length.isdecimal() or int(length) > self._most(scope):
                raise TooLarge()
            await self._app(scope, receive, answer)
        except TooLarge as error:
            if not answer.begun:
                refusal = error_answer(413, "too_large", error.detail)
                await refusal(scope, receive, answer)
        except ClientDisconnect:
            _log.info("client went away")
        except Exception:
            _log.exception("request failed by an unforeseen error", path=scope["path"])
            if answer.begun:
                raise
            await unforeseen(answer.request_id)(scope, receive, answer)


class _Answer:
    """Sends an answer with the headers that all have."""

    def __init__(self, scope: Scope, send: Send, request_id: str, trace: str) -> None:
        self._send = send
        self._https = scope.get("scheme") == "https"
        self._private = scope["path"].startswith(("/api/", "/session"))
        self._trace = trace
        self.request_id = request_id
        self.status: int | None = None

    @property
    def begun(self) -> bool:
        """Whether something of the answer is on its way."""
        return self.status is not None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if self._private:
                headers.setdefault("cache-control", "no-store")
            if self._https:
                headers["strict-transport-security"] = _HSTS
            headers["x-request-id"] = self.request_id
            headers["traceparent"] = self._trace
        await self._send(message)


def _limited(receive: Receive, most: int) -> Receive:
    """A body that says no length is counted as it comes."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise TooLarge()
        return message

    return counted
