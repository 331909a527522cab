"""The one exception tree of the pipeline, and what kind of failure each is.

::

    PipelineError                     every error raised on purpose; has a category
    ├── TransientError                network, time-out, 5xx: again soon
    ├── AuthenticationError           the partner refuses these credentials
    ├── RateLimitError                429; knows how long to wait
    ├── PartnerDownError              not alive, or its circuit is open
    │   └── PartnerUnavailable        a partner that is registered and has no service yet
    ├── ValidationError(ValueError)   a message, request, setting or record that cannot be used
    │   ├── NotFoundError(LookupError)
    │   └── SettingsError
    ├── ProcessingError               a log that cannot be decoded or analysed
    ├── UncertainError                sent, and no answer: it may have happened
    └── InfrastructureError           the pipeline's own store, broker, cache or disk
        ├── StoreError
        │   └── DuplicateKey
        ├── BrokerError
        └── StorageError              the folder that logs are kept in

Every error says what was being done, to what, what was expected and found, and what to do; none
holds a password, a token or the query of a URL. What to do about a failure is decided by its
category alone, see :mod:`partner_pipeline.model.categories`.
"""

from __future__ import annotations

from typing import ClassVar

from partner_pipeline.model.categories import ErrorCategory


class PipelineError(Exception):
    """Base of every error that the pipeline raises on purpose."""

    category: ClassVar[ErrorCategory] = ErrorCategory.INFRASTRUCTURE


class TransientError(PipelineError):
    """Something that may well work when tried again."""

    category = ErrorCategory.TRANSIENT


class AuthenticationError(PipelineError):
    """A partner refuses the credentials of an account."""

    category = ErrorCategory.AUTHENTICATION


class RateLimitError(PipelineError):
    """A partner asks to be called less often.

    Parameters
    ----------
    message : str
    retry_after : float, optional
        Seconds that the partner asks to wait.
    """

    category = ErrorCategory.RATE_LIMIT

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class PartnerDownError(PipelineError):
    """A partner that does not answer, or is not called because it did not answer."""

    category = ErrorCategory.PARTNER_DOWN


class PartnerUnavailable(PartnerDownError):
    """A partner that is known by name, and for which no service exists yet."""


class ValidationError(PipelineError, ValueError):
    """A message, request or record that cannot be used, however often it is tried."""

    category = ErrorCategory.VALIDATION


class NotFoundError(ValidationError, LookupError):
    """A record that should be there is not."""


class SettingsError(ValidationError):
    """Settings that the pipeline cannot run with."""


class ProcessingError(PipelineError):
    """A log that cannot be decoded or analysed."""

    category = ErrorCategory.PROCESSING


class UncertainError(PipelineError):
    """A request that is not safe to repeat was sent, and no answer came: it may have happened."""

    category = ErrorCategory.TRANSIENT


class InfrastructureError(PipelineError):
    """The pipeline's own store, broker, cache or disk does not work."""

    category = ErrorCategory.INFRASTRUCTURE


class StoreError(InfrastructureError):
    """The document store cannot be reached, or refuses an operation."""


class DuplicateKey(StoreError):
    """A document with these unique keys is there already.

    Parameters
    ----------
    collection : str
    detail : str
        The index or key that refused it.
    """

    def __init__(self, collection: str, detail: str) -> None:
        self.collection = collection
        super().__init__(f"storing a document in {collection}: one is there already ({detail})")


class BrokerError(InfrastructureError):
    """The message broker cannot be reached, or did not confirm a message."""


class StorageError(InfrastructureError):
    """The folder that logs are kept in cannot be read or written."""
