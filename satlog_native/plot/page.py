"""Pages from this package's templates: text escaped, nothing loaded from anywhere."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from satlog_native.plot.extras import plot_extra


def render(template: str, **values: Any) -> str:
    """Fill in a template of this package. Whatever is not marked as safe there is escaped.

    A template may call ``source(name)`` for the text of a style sheet or script beside it, and
    ``source_hash(name)`` for what its content security policy calls that text by.

    Raises
    ------
    SatlogError
        If jinja2 is not installed.
    """
    with plot_extra("writing a page"):
        import jinja2
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(source=_text, source_hash=_policy_hash)
    return environment.get_template(template).render(**values)


@cache
def _text(name: str) -> str:
    text = files("satlog_native.plot").joinpath("templates", name).read_text("utf-8")
    return text.replace("\r\n", "\n")


def _policy_hash(name: str) -> str:
    return "sha256-" + b64encode(sha256(_text(name).encode()).digest()).decode()
