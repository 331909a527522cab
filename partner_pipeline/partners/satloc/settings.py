"""What the SatLoc service is told of the pipeline's settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from partner_pipeline.model.backoff import RetryPolicy

if TYPE_CHECKING:
    from partner_pipeline.settings import Settings

#: No call waits longer (s) before it is repeated; a task that must wait longer goes to its queue.
LONGEST_PAUSE: Final = 60.0


_RETRIES: Final = RetryPolicy(tries=4, delay=10.0, factor=2.0, longest=LONGEST_PAUSE, jitter=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SatlocSettings:
    """How SatLoc is called.

    Parameters
    ----------
    endpoint : str
        Base URL without a slash at its end.
    storage : Path
        The folder that logs are stored in.
    timeout : float
        Seconds for connecting, for every read and write, and for the whole of a short answer.
    download_time : float
        Seconds for the whole of a log.
    max_file_size : int
        Bytes of the largest log that is taken.
    retries : RetryPolicy
        Of one call.
    per_minute, burst : int
        Calls of one account.
    reauthentication_pause : float
        Seconds before an account that was refused is authenticated anew.
    circuit_failures, circuit_rest : int, float
        Failures in a row after which SatLoc is not called for an account, and for how many seconds.
    file_failures, file_rest : int, float
        The same for one log.
    """

    endpoint: str
    storage: Path
    timeout: float = 30.0
    download_time: float = 120.0
    max_file_size: int = 10_485_760
    retries: RetryPolicy = _RETRIES
    per_minute: int = 60
    burst: int = 10
    reauthentication_pause: float = 3.0
    circuit_failures: int = 5
    circuit_rest: float = 60.0
    file_failures: int = 3
    file_rest: float = 900.0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """What the pipeline's settings say."""
        timeout = settings.satloc_api_timeout.total_seconds()
        return cls(
            endpoint=settings.satloc_api_endpoint,
            storage=settings.satloc_storage_path,
            timeout=timeout,
            # Room for the largest log over a line of 90 kB/s, by default.
            download_time=4.0 * timeout,
            max_file_size=settings.satloc_max_file_size,
            retries=replace(
                _RETRIES,
                tries=settings.satloc_retry_attempts + 1,
                delay=settings.satloc_retry_delay.total_seconds(),
            ),
            per_minute=settings.satloc_rate_limit,
            burst=settings.satloc_burst_limit,
            circuit_failures=settings.circuit_failures,
            circuit_rest=settings.circuit_reset.total_seconds(),
            file_failures=settings.file_circuit_failures,
        )
