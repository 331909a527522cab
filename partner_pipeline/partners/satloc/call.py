"""One call of SatLoc's, and the errors that its outcomes mean."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from partner_pipeline.errors import (
    AuthenticationError,
    NotFoundError,
    PartnerDownError,
    PipelineError,
    RateLimitError,
    TransientError,
    UncertainError,
    ValidationError,
)
from partner_pipeline.model.clock import Now
from partner_pipeline.model.redact import Secrets
from partner_pipeline.partners.base import Account

_WRONG_CREDENTIALS: Final = "invalid username or password"

_LONGEST_MESSAGE: Final = 200

#: Raised before anything of a request has left this machine.
_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

#: A gateway gave up on the service behind it, which may have done what was asked.
_GATEWAY: Final = (502, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked of SatLoc.

    Parameters
    ----------
    endpoint : str
        Its name, the last part of the URL.
    what : str
        What is being done, for people; with no secret in it.
    account : Account, optional
        For whom; None where it is for nobody.
    params : mapping
        The query. Holds credentials.
    form, files : mapping, optional
        The parts of a multipart body.
    secrets : Secrets
        Values that no error may repeat.
    repeatable : bool
        Whether asking twice is asking once.
    authenticates : bool
        Whether a refusal is about the credentials.
    """

    endpoint: str
    what: str
    account: Account | None = None
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    files: Mapping[str, tuple[str, bytes, str]] | None = field(default=None, repr=False)
    secrets: Secrets = field(default_factory=Secrets)
    repeatable: bool = True
    authenticates: bool = False

    def __str__(self) -> str:
        return f"{self.what} ({self.endpoint})"

    def told(self, message: str) -> str:
        """A foreign message as it may be shown: one short line, no secrets."""
        # The whole is searched for secrets before it is cut: half a password is one too.
        clean = self.secrets.redact(message)
        words = " ".join("".join(map(_printable, clean)).split())
        return words if len(words) <= _LONGEST_MESSAGE else words[: _LONGEST_MESSAGE - 1] + "…"

    def transient(self, why: str) -> PipelineError:
        """The error for an outcome that may be another next time.

        Where the request may have had its effect, it is an `UncertainError`.
        """
        if self.repeatable:
            return TransientError(f"{self}: {why}")
        return UncertainError(
            f"{self}: {why}; SatLoc may have taken it, so it is not sent again before somebody "
            f"or something has checked"
        )

    def lost(self, error: httpx.HTTPError | httpx.InvalidURL) -> PipelineError:
        """The error for a request without a whole answer."""
        why = f"{type(error).__name__}: {self.told(str(error)) or 'no details'}"
        if isinstance(error, _NOT_SENT):
            return TransientError(f"{self}: SatLoc cannot be reached ({why})")
        return self.transient(f"no whole answer came ({why})")

    def denied(self, message: str) -> PipelineError:
        """The error for an envelope that says no."""
        told = self.told(message) or "no reason given"
        if self.authenticates:
            return self._wrong_credentials(told)
        return ValidationError(f"{self}: SatLoc refuses the request ({told})")

    def refused(
        self, response: httpx.Response, body: bytes, message: str, now: Now
    ) -> PipelineError:
        """The error for an answer that is no success.

        Parameters
        ----------
        response : httpx.Response
        body : bytes
            Of the answer, or its beginning.
        message : str
            What the body says for itself.
        now : callable
            UTC, for a ``Retry-After`` that is a date.
        """
        status = response.status_code
        told = self.told(message)
        answer = f"SatLoc answered {status}" + (f" ({told})" if told else "")
        if response.is_redirect or 300 <= status < 400:
            return PartnerDownError(
                f"{self}: SatLoc answered {status}, a redirect, which is not followed because the "
                f"request holds credentials; check SATLOC_API_ENDPOINT"
            )
        if status == 400 and (not body.strip() or _says_wrong_credentials(response)):
            return self._wrong_credentials("400 without a reason")
        if status in (401, 403):
            return self._wrong_credentials(answer)
        if status == 404:
            return NotFoundError(f"{self}: {answer}; it is gone, or the endpoint is wrong")
        if status == 429:
            wait = retry_after(response.headers.get("Retry-After"), now)
            return RateLimitError(f"{self}: {answer}, too many calls", retry_after=wait)
        if status in _GATEWAY:
            return self.transient(answer)
        if status >= 500 or status in (408, 425) or status < 200:
            return TransientError(f"{self}: {answer}")
        return ValidationError(f"{self}: {answer}; the request cannot be answered as it is")

    def _wrong_credentials(self, told: str) -> AuthenticationError:
        return AuthenticationError(
            f"{self}: SatLoc refuses the credentials ({told}); check user name and password of "
            f"the account at SatLoc and set them anew"
        )


def retry_after(value: str | None, now: Now) -> float | None:
    """Seconds that a ``Retry-After`` header (seconds, or a date) asks to wait."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdecimal():
        return float(value.strip()[:9])
    try:
        moment = parsedate_to_datetime(value)
        # A zone of "-0000" gives a naive time, which is UTC.
        elapsed = moment - (now() if moment.tzinfo else now().replace(tzinfo=None))
    except (ValueError, OverflowError):
        return None
    return max(0.0, elapsed.total_seconds())


def _says_wrong_credentials(response: httpx.Response) -> bool:
    return _WRONG_CREDENTIALS in response.reason_phrase.lower()


def _printable(character: str) -> str:
    return " " if unicodedata.category(character).startswith(("C", "Z")) else character
