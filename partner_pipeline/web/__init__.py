"""The pages: plain HTML and ES modules over the REST API, without a build step or a network.

``pages`` hands them out; ``session`` keeps who uses them logged in. What they show comes from
``/api``, as any other program gets it. Of ``static``, ``js/pages`` has a module a page, and ``js``
what they share.
"""

from __future__ import annotations

from fastapi import FastAPI

from partner_pipeline.web import pages, session


def add_pages(app: FastAPI) -> None:
    """Serve the pages beside the API of an application."""
    app.include_router(session.router)
    app.include_router(pages.router)
    app.mount(pages.STATIC, pages.files())
    app.add_exception_handler(404, pages.nowhere)
