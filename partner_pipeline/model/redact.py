"""Keep secrets out of text: what settings, errors, logs and mails are passed through.

Credentials of a partner account travel in the query of URLs, those of servers in front of the
host; so of every URL in a text only scheme, host and path stay. Values that are known to be secret
are taken out wherever they are: whoever reads or decrypts one tells `SECRETS`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "***"

_WORD: Final = (
    r"(?:passw(?:or)?d|passphrase|pwd|token|secret|authorization|cookie|api[_-]?key"
    r"|private[_-]?key|userlogin|(?<=_)pass(?![a-z]))"
)
_SENSITIVE: Final = re.compile(rf"(?i){_WORD}|^pass$")
_USER: Final = re.compile(r"(?<=://)[^\s/?#\"'<>]*@")
# A question mark that ends a sentence is none that starts a query.
_QUERY: Final = re.compile(r"\?[^\s\"'<>?]*=[^\s\"'<>]*")
_SCHEME: Final = re.compile(r"(?i)\b(basic|bearer)\s+[\w.~+/=-]{6,}")
# Names are cut off after some letters, so that no text of a foreign system takes long to read.
_TEXT: Final = r""""(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s"'&,;)}]+"""
_PAIR: Final = re.compile(
    rf"""(?is)({_WORD}[\w.-]{{0,40}}["']?\s{{0,8}}[=:]\s{{0,8}})(?:{_TEXT})"""
)

_SHORTEST: Final = 4  # shorter ones would mask every other word


def is_sensitive(name: str) -> bool:
    """Whether what has this name is a secret: password, token, authorization and their like."""
    return _SENSITIVE.search(name) is not None


def redact_text(text: str) -> str:
    """Text without what its form tells to be secret.

    That is user and password in front of a host, the query of a URL, an authorization, and what
    follows a sensitive name and ``=`` or ``:``.
    """
    text = _USER.sub(f"{MASK}@", text)
    text = _QUERY.sub(f"?{MASK}", text)
    text = _SCHEME.sub(rf"\1 {MASK}", text)
    return _PAIR.sub(rf"\1{MASK}", text)


class Secrets:
    """Values that must appear nowhere, as they become known; may be used by many threads."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._values: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        self.add(*values)

    def __repr__(self) -> str:
        return f"Secrets({len(self._values)} values)"

    def add(self, *values: str | None) -> None:
        """Make values known, also as they are written in a URL; very short ones are not taken."""
        new = {
            form
            for value in values
            if value and len(value) >= _SHORTEST
            for form in (value, *_quoted(value))
        }
        with self._lock:
            self._values |= new
            longest_first = sorted(self._values, key=lambda value: (-len(value), value))
            self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def redact(self, text: str) -> str:
        """Text without known values and without what its form tells to be secret."""
        pattern = self._pattern
        return redact_text(text if pattern is None else pattern.sub(MASK, text))


def _quoted(value: str) -> tuple[str, ...]:
    """A value as URLs have it."""
    return (
        quote(value, safe="", errors="replace"),
        quote(value, errors="replace"),
        quote_plus(value, errors="replace"),
    )


SECRETS: Final = Secrets()
"""Every secret that this process knows: a secret is one for all who write anything down."""
