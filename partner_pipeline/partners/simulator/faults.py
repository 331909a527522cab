"""What can go wrong at the simulated partner, on demand."""

from __future__ import annotations

import random
import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Final, Literal, get_args

from partner_pipeline.errors import ValidationError

#: Instead of an answer: nothing of what was asked is done.
Instead = Literal["time_out", "reset", "status", "redirect", "wrong_credentials", "web_page"]
#: What is asked is done, and the answer does not come whole.
Afterwards = Literal["time_out_after", "reset_after", "truncated", "endless", "trickle"]
#: Another form of the same answer.
Form = Literal[
    "duplicated", "reordered", "base64", "envelope", "old_keys", "damaged", "refused", "no_job_id"
]
Kind = Literal["none", "latency"] | Instead | Afterwards | Form

INSTEAD: Final = get_args(Instead)
AFTERWARDS: Final = get_args(Afterwards)
FORMS: Final = get_args(Form)
KINDS: Final = ("none", "latency", *INSTEAD, *AFTERWARDS, *FORMS)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one answer.

    Parameters
    ----------
    kind : str
        ``none``; ``latency`` (``seconds`` before anything is done).
        Instead of an answer: ``time_out`` (silence for ``seconds``), ``reset`` (of the connection),
        ``status``, ``redirect`` (to the same URL elsewhere, query and all), ``wrong_credentials``
        (400 without a body), ``web_page`` (200 and HTML).
        After all was done: ``time_out_after``, ``reset_after``, ``truncated`` (half a body),
        ``endless`` (a body that never ends), ``trickle`` (the same, a few bytes at a time).
        Other forms: ``duplicated`` and ``reordered`` lists, ``base64`` (of a log, in JSON),
        ``envelope``, ``old_keys``, ``damaged`` (log), ``refused`` (an envelope that says no),
        ``no_job_id``.
    seconds : float
        For what takes time.
    status : int
        For ``status``.
    retry_after : str
        The header of that name, with a ``status``.
    message : str
        What a refusal says. ``{query}`` in it becomes the query of the request, for services that
        repeat what they were asked.

    Raises
    ------
    ValidationError
        For a kind that there is not.
    """

    kind: Kind
    seconds: float = 30.0
    status: int = 500
    retry_after: str | None = None
    message: str = "An error has occurred."

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValidationError(
                f"a simulated fault: {self.kind!r} is none; expected one of {', '.join(KINDS)}"
            )


class Faults:
    """Which answers go wrong, and how: by a script for each endpoint, and by chance.

    Parameters
    ----------
    seed : int
        Of chance.
    """

    def __init__(self, seed: int) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self._scripts: dict[str, deque[tuple[Fault, ...]]] = defaultdict(deque)
        self._rates: list[tuple[str, float, Fault]] = []

    def script(self, endpoint: str, *answers: Fault | tuple[Fault, ...]) -> None:
        """Let the next answers of an endpoint go wrong, one after the other; adds to its script."""
        with self._lock:
            for answer in answers:
                self._scripts[endpoint].append(answer if isinstance(answer, tuple) else (answer,))

    def rate(self, endpoint: str, probability: float, fault: Fault) -> None:
        """Let a share of an endpoint's answers go wrong; ``*`` is all endpoints."""
        with self._lock:
            self._rates.append((endpoint, probability, fault))

    def clear(self) -> None:
        """From now on all goes well."""
        with self._lock:
            self._scripts.clear()
            self._rates.clear()

    def take(self, endpoint: str) -> tuple[Fault, ...]:
        """What goes wrong with the next answer: what the script says, else what chance does."""
        with self._lock:
            if self._scripts[endpoint]:
                return self._scripts[endpoint].popleft()
            return tuple(
                fault
                for where, probability, fault in self._rates
                if where in ("*", endpoint) and self._random.random() < probability
            )
