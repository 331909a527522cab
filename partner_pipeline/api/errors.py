"""Every failure in one shape: ``{"error": {".tag", "message", "details"}}``, nothing of the inside.

Messages of the pipeline's errors are made for people and hold no secrets; those of its own
infrastructure may name folders and servers: they go to the log, and the answer names the request.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from partner_pipeline import errors
from partner_pipeline.model.redact import SECRETS
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.work.sign_in import NotSignedIn, TooManyAttempts, WrongCredentials

_log = get_logger(__name__)

BEARER: Final = {"WWW-Authenticate": 'Bearer realm="satlog"'}


class Forbidden(errors.PipelineError):
    """The role of who asks does not allow it."""


class BadRequest(errors.ValidationError):
    """A request that cannot be read."""


#: Of each error its status and tag; the first class that fits.
_KINDS: Final[tuple[tuple[type[Exception], int, str], ...]] = (
    (BadRequest, 400, "bad_request"),
    (Forbidden, 403, "forbidden"),
    (NotSignedIn, 401, "not_authenticated"),
    (WrongCredentials, 401, "wrong_credentials"),
    (TooManyAttempts, 429, "throttled"),
    (errors.NotFoundError, 404, "not_found"),
    (errors.SettingsError, 500, "internal"),
    (errors.ValidationError, 422, "validation"),
    (errors.ProcessingError, 422, "processing"),
    (errors.AuthenticationError, 409, "partner_refuses_credentials"),
    (errors.PartnerUnavailable, 409, "partner_unavailable"),
    (errors.RateLimitError, 503, "partner_rate_limit"),
    (errors.PartnerDownError, 503, "partner_down"),
    (errors.TransientError, 502, "partner_error"),
    (errors.UncertainError, 502, "partner_error"),
    (errors.PipelineError, 503, "infrastructure"),
)

_OF_HTTP: Final = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}

#: Their messages may name folders and servers.
_HIDDEN: Final = frozenset({"internal", "infrastructure"})


def add_error_handlers(app: FastAPI) -> None:
    """Have an application answer in this shape, whatever goes wrong."""
    app.add_exception_handler(errors.PipelineError, _pipeline_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, http_error)


def error_answer(
    status: int,
    tag: str,
    message: str,
    *,
    details: object = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An answer in the shape of all errors."""
    content = {"error": {".tag": tag, "message": message, "details": details}}
    return JSONResponse(content, status, headers=dict(headers or {}))


def unforeseen(request_id: str) -> JSONResponse:
    """The answer to what nobody foresaw; the log has the rest."""
    return error_answer(
        500,
        "internal",
        f"something went wrong here; who runs satlog finds it as request {request_id} in the log",
        details={"requestId": request_id},
    )


def _pipeline_error(request: Request, error: Exception) -> JSONResponse:
    status, tag = _kind(error)
    request_id = str(request.state.request_id)
    if tag in _HIDDEN:
        _log.error("request failed", error=str(error), kind=type(error).__name__)
        message = f"a part that is needed does not work; try again later (request {request_id})"
        details: object = {"requestId": request_id}
    else:
        message, details = SECRETS.redact(str(error)), None
    headers = {"Retry-After": str(wait)} if (wait := _wait(error)) is not None else {}
    return error_answer(
        status, tag, message, details=details, headers=headers | (BEARER if status == 401 else {})
    )


def _kind(error: Exception) -> tuple[int, str]:
    if isinstance(error, errors.DuplicateKey) or isinstance(error.__cause__, errors.DuplicateKey):
        return 409, "conflict"
    return next((status, tag) for kind, status, tag in _KINDS if isinstance(error, kind))


def _wait(error: Exception) -> int | None:
    """Seconds to wait before the next try."""
    if isinstance(error, TooManyAttempts):
        return max(1, math.ceil(error.wait.total_seconds()))
    if isinstance(error, errors.RateLimitError) and error.retry_after is not None:
        return max(1, math.ceil(error.retry_after))
    return None


def _invalid_request(_request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    details = [_problem(each) for each in found]
    if any(each["type"] == "json_invalid" for each in found):
        return error_answer(400, "bad_request", "the body is not JSON", details=details)
    message = "; ".join(f"{each['field']}: {each['problem']}" for each in details)
    return error_answer(422, "invalid_request", message or "it is not as expected", details=details)


def _problem(found: Mapping[str, Any]) -> dict[str, str]:
    """Where and what, without what was sent: it may be a password."""
    where, *path = map(str, found["loc"])
    return {"field": ".".join(path) or where, "problem": str(found["msg"])}


def http_error(_request: Request, error: Exception) -> JSONResponse:
    """What the framework itself refuses."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = str(error.detail) if isinstance(error, HTTPException) else ""
    headers = error.headers if isinstance(error, HTTPException) else None
    tag = _OF_HTTP.get(status, "bad_request")
    return error_answer(status, tag, message, headers=headers)
