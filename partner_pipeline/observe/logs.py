"""Structured logs: one line an event, with the ids of what it is about, and never a secret.

Modules ask :func:`get_logger` and log an event and its facts: ``log.info("log stored", rows=n)``.
Whoever begins a task or a request binds its ids with :func:`bound`; they are on every line until
its end. A process calls :func:`configure_logging` once; what other libraries log goes through the
same redaction and looks the same.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TextIO

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.stdlib import BoundLogger, ProcessorFormatter

from partner_pipeline.model.redact import MASK, SECRETS, is_sensitive

if TYPE_CHECKING:
    from partner_pipeline.settings import Settings

EventDict = MutableMapping[str, Any]

_PACKAGE: Final = "partner_pipeline"
#: Libraries that tell each step; they are asked for by LOG_MODULES.
_TALKATIVE: Final = ("httpcore", "httpx", "pika", "pymongo", "urllib3", "uvicorn.access")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HANDLER: Final = "partner_pipeline"
_LINES: Final = frozenset({"exception", "stack"})  # the only fields of several lines
_DEEPEST: Final = 8


def get_logger(name: str) -> BoundLogger:
    """The logger of a module: ``log = get_logger(__name__)``."""
    logger: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_COMMON,
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=BoundLogger,
    )
    return logger


def bound(
    *,
    task: str | None = None,
    execution: str | None = None,
    log: str | None = None,
    request: str | None = None,
    trace: str | None = None,
) -> AbstractContextManager[None]:
    """Within this block, in this thread, every line has these ids."""
    ids = {"task": task, "execution": execution, "log": log, "request": request, "trace": trace}
    return bound_contextvars(**{name: value for name, value in ids.items() if value is not None})


def configure_logging(settings: Settings, stream: TextIO | None = None) -> logging.Handler:
    """Send the logs of this process to `stream` (stderr), as the settings ask; again: anew.

    The settings' own secrets are kept out of them from here on.

    Returns
    -------
    logging.Handler
        The one handler of the root logger that this made.
    """
    SECRETS.add(*settings.secrets())
    stream = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(stream)
    handler.set_name(_HANDLER)
    handler.setFormatter(_formatter(_is_console(settings.log_format, stream), stream.isatty()))
    root = logging.getLogger()
    for old in [old for old in root.handlers if old.get_name() == _HANDLER]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    # pika writes three errors for each lost connection, of which the broker tells once.
    levels = dict.fromkeys(_TALKATIVE, "WARNING") | {"pika": "CRITICAL"} | settings.log_modules
    for module, level in levels.items():
        logging.getLogger(_full_name(module)).setLevel(level)
    logging.captureWarnings(True)
    return handler


def _is_console(log_format: str, stream: TextIO) -> bool:
    return log_format == "console" or (log_format == "auto" and stream.isatty())


def _full_name(module: str) -> str:
    """``broker`` is ``partner_pipeline.broker``; names of other packages stay."""
    first = module.partition(".")[0]
    own = first != _PACKAGE and importlib.util.find_spec(f"{_PACKAGE}.{first}") is not None
    return f"{_PACKAGE}.{module}" if own else module


def _formatter(console: bool, colors: bool) -> ProcessorFormatter:
    shown: list[structlog.types.Processor] = (
        [_one_line, structlog.dev.ConsoleRenderer(colors=colors)]
        if console
        else [structlog.processors.JSONRenderer()]
    )
    return ProcessorFormatter(
        foreign_pre_chain=list(_COMMON),
        processors=[ProcessorFormatter.remove_processors_meta, *shown],
    )


def redact_event(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A processor: takes secrets out of an event, by value, by name and by form."""
    for name, value in event.items():
        if not name.startswith("_"):  # structlog's own
            event[name] = _redacted(name, value)
    return event


def _redacted(name: str, value: object, depth: int = 0) -> object:
    if is_sensitive(name):
        return MASK
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if depth < _DEEPEST and isinstance(value, dict):
        return {
            SECRETS.redact(str(key)): _redacted(str(key), inner, depth + 1)
            for key, inner in value.items()
        }
    if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [_redacted("", inner, depth + 1) for inner in value]
    return SECRETS.redact(value if isinstance(value, str) else repr(value))


def _one_line(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Names and messages of foreign systems forge no lines and move no cursor."""
    for name, value in event.items():
        if isinstance(value, str) and name not in _LINES:
            event[name] = _CONTROL.sub(lambda found: repr(found[0])[1:-1], value)
    return event


_COMMON: Final[tuple[structlog.types.Processor, ...]] = (
    merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    redact_event,
)
