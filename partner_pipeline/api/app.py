"""The application: routes, guards and errors put together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from partner_pipeline.api import docs
from partner_pipeline.api.auth import Tokens
from partner_pipeline.api.errors import add_error_handlers
from partner_pipeline.api.examples import add_examples
from partner_pipeline.api.routes import (
    auth,
    dlq,
    export,
    jobs,
    logs,
    partners,
    system,
    system_users,
    tasks,
    users,
)
from partner_pipeline.api.schemas.common import ErrorAnswer
from partner_pipeline.api.secret import signing_key
from partner_pipeline.api.security import Guard
from partner_pipeline.api.turns import Turns
from partner_pipeline.observe.health import PartnerWatch
from partner_pipeline.work.context import Context
from satlog_native import __version__

_ABOUT: Final = """Jobs out to partners, their flight logs back: decoded, matched, stored.

Log in at /api/auth/login and send the access token as bearer. Times are UTC, names are camelCase. A
list has limit and cursor, and tells the nextCursor. What is another customer's does not exist for
you (404).
"""

#: `/api/partners/{id}` would take what follows it.
_ROUTERS: Final = (
    auth.router,
    system.router,
    system_users.router,
    partners.router,
    users.router,
    jobs.router,
    export.router,
    logs.router,
    tasks.router,
    dlq.router,
    docs.router,
)
_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": ErrorAnswer, "description": "What is wrong with the request."},
    "5XX": {"model": ErrorAnswer, "description": "What does not work here, or at a partner."},
}


def create_app(context: Context) -> FastAPI:
    """The API above a context, which stays open as long as the application is used.

    Raises
    ------
    SettingsError
        If the key that logins are signed with is missing in production, or readable by others.
    """
    app = FastAPI(
        title="satlog",
        version=__version__,
        description=_ABOUT,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=_ERRORS,
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
    )
    app.state.context = context
    app.state.tokens = Tokens(signing_key(context.settings), context.now)
    app.state.turns = Turns()
    app.state.watch = PartnerWatch(
        context.partners, context.settings.partner_health_check_interval, now=context.now
    )
    for router in _ROUTERS:
        app.include_router(router)
    add_error_handlers(app)
    app.add_middleware(
        Guard,
        largest_file=context.settings.satloc_max_file_size,
        takes_files=frozenset(_taking_files()),
    )
    _document(app)
    return app


def _taking_files() -> Iterator[str]:
    for router in _ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and _takes_file(route):
                yield route.path


def _takes_file(route: APIRoute) -> bool:
    body = (route.openapi_extra or {}).get("requestBody", {})
    return "multipart/form-data" in body.get("content", {})


def _operation_id(route: APIRoute) -> str:
    methods = "_".join(sorted(route.methods or ()))
    return f"{methods.lower()}{route.path.replace('/', '_').replace('{', '').replace('}', '')}"


def _document(app: FastAPI) -> None:
    """Have the OpenAPI document made once, with examples."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            add_examples(made())
        return made()

    app.openapi = openapi  # type: ignore[method-assign]
