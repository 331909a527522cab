"""The trace that a request or task is part of: W3C's ``traceparent``, through queues and HTTP."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final, Self

from structlog.contextvars import get_contextvars

_HEADER: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True, slots=True)
class Trace:
    """Where in a trace something happens.

    Attributes
    ----------
    trace_id : str
        32 hexadecimal digits: of all that follows from one cause.
    span_id : str
        16 hexadecimal digits: of this step.
    sampled : bool
    """

    trace_id: str
    span_id: str
    sampled: bool = True

    @classmethod
    def begin(cls) -> Self:
        """A new trace."""
        return cls(secrets.token_hex(16), secrets.token_hex(8))

    @classmethod
    def follow(cls, header: object) -> Self:
        """The next step of the trace that a header names; a new trace where it names none."""
        found = _HEADER.fullmatch(header) if isinstance(header, str) else None
        if found is None:
            return cls.begin()
        version, trace_id, span_id, flags, more = found.groups()
        if version == "ff" or (version == "00" and more is not None):
            return cls.begin()
        if not trace_id.strip("0") or not span_id.strip("0"):
            return cls.begin()
        return cls(trace_id, secrets.token_hex(8), bool(int(flags, 16) & 1))

    @classmethod
    def current(cls) -> Self:
        """The next step of the trace that this thread is at work in; a new one where it is none."""
        return cls.follow(get_contextvars().get("trace"))

    def header(self) -> str:
        """``traceparent``, for what follows from this step."""
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"
