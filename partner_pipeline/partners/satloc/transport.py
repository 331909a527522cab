"""Calls over HTTP: bounded, repeated where that is safe, and silent about credentials.

An error raised here refers to no request, response or exception of the client: those hold the URL,
and with it credentials, for whoever writes down a whole chain of errors.
"""

from __future__ import annotations

import logging
import random
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import httpx

from partner_pipeline.errors import (
    PartnerDownError,
    PipelineError,
    RateLimitError,
    TransientError,
    UncertainError,
)
from partner_pipeline.model.backoff import delay_before_retry
from partner_pipeline.model.categories import POLICIES, ErrorCategory
from partner_pipeline.model.clock import Now, utc_now
from partner_pipeline.partners.base import Called, uncounted
from partner_pipeline.partners.breaker import CircuitBreakers
from partner_pipeline.partners.client_logs import guard_client_logs
from partner_pipeline.partners.limits import RateLimiter
from partner_pipeline.partners.satloc.answers import message_of
from partner_pipeline.partners.satloc.call import Call
from partner_pipeline.partners.satloc.settings import LONGEST_PAUSE, SatlocSettings

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: Bytes of the longest list, and of what is read of an answer that refuses.
_LONGEST_ANSWER: Final = 32 << 20
_LONGEST_REFUSAL: Final = 64 << 10

#: Each encoding can be a thousand times larger unpacked; several, one in the other, no limit holds.
_ENCODINGS: Final = ("", "identity", "gzip", "deflate")

_PARTNER: Final = "SATLOC"


class Body:
    """The body of an answer while it arrives."""

    def __init__(
        self, response: httpx.Response, call: Call, seconds: float, clock: Callable[[], float]
    ) -> None:
        self._response = response
        self._call = call
        self._seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    @property
    def content_type(self) -> str:
        """Without parameters, lower case; empty where none is given."""
        given: str = self._response.headers.get("Content-Type", "")
        return given.partition(";")[0].strip().lower()

    def chunks(self) -> Iterator[bytes]:
        """The bytes as they come.

        Raises
        ------
        TransientError
            If they come for too long, or in an encoding that was not asked for. (UncertainError
            where the call is not repeatable.)
        """
        encoding = self._response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _ENCODINGS:
            raise self._call.transient("the answer is packed in a way that was not asked for")
        for chunk in self._response.iter_bytes():
            yield chunk
            if self._clock() > self._end:
                raise self._call.transient(
                    f"the answer was not over after {self._seconds:.0f} s and was cut off"
                )

    def read(self, most: int = _LONGEST_ANSWER) -> bytes:
        """All of it, where that is no more than ``most`` bytes.

        Raises
        ------
        TransientError
            If it is longer, and as :meth:`chunks`.
        """
        body = bytearray()
        for chunk in self.chunks():
            body += chunk
            if len(body) > most:
                raise self._call.transient(f"the answer is longer than {most:,} bytes")
        return bytes(body)

    def beginning(self, most: int) -> bytes:
        """Its first bytes, whatever follows."""
        body = bytearray()
        for chunk in self.chunks():
            body += chunk
            if len(body) >= most:
                break
        return bytes(body[:most])


class Transport:
    """Makes calls.

    Parameters
    ----------
    settings : SatlocSettings
    sleep : callable
        Waits so many seconds.
    clock : callable
        Seconds, never going back.
    now : callable
        UTC.
    chance : callable
        Gives numbers from 0 up to 1.
    called : callable
        Told of each call that was made.
    """

    def __init__(
        self,
        settings: SatlocSettings,
        *,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Now = utc_now,
        chance: Callable[[], float] = random.random,
        called: Called = uncounted,
    ) -> None:
        guard_client_logs()
        self._settings = settings
        self._sleep = sleep
        self._clock = clock
        self._now = now
        self._chance = chance
        self._called = called
        self._limiter = RateLimiter(settings.per_minute, settings.burst, clock=clock, sleep=sleep)
        self._accounts = CircuitBreakers(
            settings.circuit_failures, settings.circuit_rest, clock=clock
        )
        # That one account only ever fails says little of SatLoc: it takes two.
        self._partner = CircuitBreakers(2, settings.circuit_rest, clock=clock)
        trust = httpx.create_ssl_context()
        self._client = _client(settings.timeout, trust, httpx.Limits())
        # A connection kept from earlier may be closed by the other side just then; whether a job
        # sent on it arrived would be anybody's guess. A fresh one fails before anything is sent.
        self._fresh = _client(settings.timeout, trust, httpx.Limits(max_keepalive_connections=0))

    def close(self) -> None:
        """Close all connections."""
        self._client.close()
        self._fresh.close()

    def call(self, call: Call, receive: Callable[[Body], T], *, seconds: float | None = None) -> T:
        """Make a call, and repeat it as the settings say where that is safe.

        Parameters
        ----------
        call : Call
        receive : callable
            Turns the body of a success into what is wanted; called again when the call is.
        seconds : float, optional
            For the whole of one answer; by default the time-out of the settings.

        Raises
        ------
        PipelineError
            What the last outcome means.
        """
        failures = 0
        while True:
            self._limiter.wait(str(call.account))
            try:
                return self._guarded(call, receive, seconds or self._settings.timeout)
            except (TransientError, RateLimitError) as error:
                failures += 1
                delay = self._delay(failures, error)
                if delay is None:
                    raise
                logger.warning("%s; repeated in %.1f s", error, delay)
            self._sleep(delay)

    def once(self, call: Call, receive: Callable[[Body], T]) -> T:
        """Make a call once, whatever the circuit and the limits say: to see how things are."""
        return self._attempt(call, receive, self._settings.timeout)

    def _guarded(self, call: Call, receive: Callable[[Body], T], seconds: float) -> T:
        """One attempt, unless the circuit of SatLoc or of the account is open."""
        account = str(call.account)
        wait = self._partner.wait(_PARTNER) or self._accounts.enter(account)
        if wait > 0.0:
            raise PartnerDownError(
                f"{call}: SatLoc failed several times in a row and is left alone for another "
                f"{wait:.0f} s; is it down? Ask SatLoc"
            )
        try:
            received = self._attempt(call, receive, seconds)
        except (TransientError, UncertainError, PartnerDownError):
            if self._accounts.failed(account):
                self._partner.failed(_PARTNER)
            raise
        except PipelineError:
            # It answered, if only to refuse.
            self._works(account)
            raise
        self._works(account)
        return received

    def _works(self, account: str) -> None:
        self._accounts.succeeded(account)
        self._partner.succeeded(_PARTNER)

    def _delay(self, failures: int, error: PipelineError) -> float | None:
        """Seconds until a call is repeated; None where it is not, or not by waiting here."""
        delay = delay_before_retry(
            self._settings.retries,
            POLICIES[ErrorCategory.TRANSIENT],
            failures,
            retry_after=error.retry_after if isinstance(error, RateLimitError) else None,
            random=self._chance,
        )
        return None if delay is None or delay > LONGEST_PAUSE else delay

    def _attempt(self, call: Call, receive: Callable[[Body], T], seconds: float) -> T:
        client = self._client if call.repeatable else self._fresh
        begun, status = self._clock(), "unforeseen"
        try:
            with client.stream(
                "GET" if call.form is None else "POST",
                f"{self._settings.endpoint}/{call.endpoint}",
                params=call.params,
                data=call.form,
                files=call.files,
            ) as response:
                body = Body(response, call, seconds, self._clock)
                status = str(response.status_code)
                if response.is_success:
                    return receive(body)
                failure = self._refusal(call, response, body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            status = "timeout" if isinstance(error, httpx.TimeoutException) else "connection"
            failure = call.lost(error)
        except PipelineError as error:
            status = error.category.value
            failure = error.with_traceback(None)
        finally:
            self._called(_PARTNER, call.endpoint, status, self._clock() - begun)
        # Here, not above: an error raised there would carry the client's own, and its URL; and the
        # functions that read an answer have it among their variables.
        raise failure

    def _refusal(self, call: Call, response: httpx.Response, body: Body) -> PipelineError:
        start = body.beginning(_LONGEST_REFUSAL)
        return call.refused(response, start, message_of(start), self._now)


def _client(timeout: float, trust: ssl.SSLContext, limits: httpx.Limits) -> httpx.Client:
    return httpx.Client(
        headers={"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "satlog"},
        timeout=timeout,
        verify=trust,
        limits=limits,
        follow_redirects=False,
    )
