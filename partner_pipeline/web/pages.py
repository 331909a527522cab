"""The one page and its files; which page is seen, its script tells by the address."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.staticfiles import PathLike
from starlette.types import Scope

from partner_pipeline.api.errors import http_error

STATIC: Final = "/static"

#: As in ``static/js/routes.js``.
_ADDRESSES: Final = (
    "/",
    "/login",
    "/logs",
    "/logs/{id}",
    "/jobs",
    "/jobs/{id}",
    "/letters",
    "/partners",
)
_FOLDER: Final = Path(__file__).parent / "static"
#: Kept by the browser, and asked for again: a new version is seen at once.
_CACHE: Final = {"cache-control": "no-cache"}

router = APIRouter(include_in_schema=False)


def page() -> FileResponse:
    """The page; it holds no data."""
    return FileResponse(_FOLDER / "page.html", headers=_CACHE)


for _address in _ADDRESSES:
    router.add_api_route(_address, page, methods=["GET", "HEAD"])


async def nowhere(request: Request, error: Exception) -> Response:
    """For people who went astray the page, which says so; for programs the error."""
    asks_for_a_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    if asks_for_a_page and not request.url.path.startswith(("/api/", STATIC)):
        return FileResponse(_FOLDER / "page.html", status_code=404, headers=_CACHE)
    return http_error(request, error)


class _Files(StaticFiles):
    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_CACHE)
        return response


def files() -> StaticFiles:
    """Styles, scripts and pictures."""
    return _Files(directory=_FOLDER)
