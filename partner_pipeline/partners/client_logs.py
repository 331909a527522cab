"""Keep credentials out of what the HTTP client logs by itself.

httpx logs the whole URL of every request at INFO, and httpcore the headers of every answer at
DEBUG; credentials travel in the query of URLs. The filters stay, whatever levels are set later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from partner_pipeline.model.redact import redact_text

_REQUESTS: Final = "httpx"
_CONNECTIONS: Final = (
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)


def guard_client_logs() -> None:
    """Install the filters; any number of times is once."""
    _guard(_REQUESTS, _without_queries)
    for name in _CONNECTIONS:
        _guard(name, _event_only)


def _guard(name: str, passed: Callable[[logging.LogRecord], bool]) -> None:
    # addFilter knows which filters are there already.
    logging.getLogger(name).addFilter(passed)


def _without_queries(record: logging.LogRecord) -> bool:
    record.msg, record.args = redact_text(record.getMessage()), None
    return True


def _event_only(record: logging.LogRecord) -> bool:
    # As "receive_response_headers.complete return_value=(…)": a header may repeat the URL.
    record.msg, record.args = record.getMessage().partition(" ")[0], None
    return True
