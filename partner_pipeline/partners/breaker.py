"""Circuit breakers: what has failed several times in a row is left alone for a while.

A circuit opens after some failures in a row. While it is open nothing is tried; after its rest one
call is let through: its success closes the circuit, its failure opens it again.

This is no library's: those that are well kept either hold a lock during the call, so that one slow
download stops all others (pybreaker), or let every waiting call through at once when the rest is
over and know no other clock than the machine's (purgatory).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

#: Circuits kept at most. Only what fails has one.
_MOST: Final = 10_000


@dataclass(slots=True)
class _Circuit:
    failures: int = 0
    open_until: float = 0.0


class CircuitBreakers:
    """The circuits of many things of one kind (partners, files), each known by a key.

    Parameters
    ----------
    failures : int
        So many in a row open a circuit.
    rest : float
        Seconds that it then stays open.
    clock : callable
        Seconds, never going back.
    """

    def __init__(
        self, failures: int, rest: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._failures = failures
        self._rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._circuits: dict[str, _Circuit] = {}

    @contextmanager
    def guard(
        self,
        key: str,
        *,
        counts: tuple[type[Exception], ...],
        refusal: Callable[[float], Exception],
    ) -> Iterator[None]:
        """Run what is inside ``with``, unless the circuit is open.

        Parameters
        ----------
        key : str
            Whose circuit.
        counts : tuple of exception types
            Those that are failures. Any other exception says that the thing itself works.
        refusal : callable
            Makes, from the seconds still to wait, the exception that is raised while it is open.
        """
        wait = self.enter(key)
        if wait > 0.0:
            raise refusal(wait)
        try:
            yield
        except counts:
            self.failed(key)
            raise
        except Exception:
            self.succeeded(key)
            raise
        else:
            self.succeeded(key)

    def wait(self, key: str) -> float:
        """Seconds until the next try; 0 where the circuit is not open."""
        with self._lock:
            circuit = self._circuits.get(key)
            if circuit is None or circuit.failures < self._failures:
                return 0.0
            return max(0.0, circuit.open_until - self._clock())

    def enter(self, key: str) -> float:
        """As :meth:`wait`; but where it gives 0 after a rest, this is the one call let through.

        A trial that never reports back is given up after another rest.
        """
        with self._lock:
            circuit = self._circuits.get(key)
            if circuit is None or circuit.failures < self._failures:
                return 0.0
            now = self._clock()
            if circuit.open_until > now:
                return circuit.open_until - now
            circuit.open_until = now + self._rest
            return 0.0

    def succeeded(self, key: str) -> None:
        """The thing works: its circuit is closed."""
        with self._lock:
            self._circuits.pop(key, None)

    def failed(self, key: str) -> bool:
        """Count a failure; tells whether it opened a circuit that was closed until then."""
        with self._lock:
            circuit = self._circuits.pop(key, None) or _Circuit()
            circuit.failures += 1
            circuit.open_until = self._clock() + self._rest
            # Put back last: what has not failed for longest is forgotten first.
            self._circuits[key] = circuit
            if len(self._circuits) > _MOST:
                del self._circuits[next(iter(self._circuits))]
            return circuit.failures == self._failures
