"""MongoDB's errors as the pipeline's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from pymongo.errors import BulkWriteError, DocumentTooLarge, OperationFailure, PyMongoError

from partner_pipeline.errors import DuplicateKey, PipelineError, StoreError, ValidationError

# What an update asks of a document that it can't do: BadValue, TypeMismatch, PathNotViable,
# BSONObjectTooLarge.
_IMPOSSIBLE: Final = {2, 14, 28, 10334}
_DUPLICATE: Final = 11000


class Conflict(StoreError):
    """Others got in a transaction's way; it was undone, and may be done again."""


@contextmanager
def translated(doing: str, collection: str) -> Iterator[None]:
    """The driver's errors as the pipeline's.

    Servers quote documents in their errors, so neither their words nor the driver's error, which
    has them, goes any further: codes and names of keys say enough.
    """
    try:
        yield
    except BulkWriteError as error:
        found = (error.details.get(kind) or [] for kind in ("writeErrors", "writeConcernErrors"))
        first: dict[str, Any] = next((one for several in found for one in several), {})
        raise _failure(doing, collection, first, StoreError) from None
    except OperationFailure as error:
        kind = Conflict if _is_transient(error) else StoreError
        raise _failure(doing, collection, error.details or {}, kind) from None
    except DocumentTooLarge as error:
        raise ValidationError(f"{doing}: a document is larger than 16 MB") from error
    except PyMongoError as error:
        kind = Conflict if _is_transient(error) else StoreError
        raise kind(f"{doing}: {type(error).__name__}: {error}") from error


def _failure(
    doing: str, collection: str, details: Mapping[str, Any], kind: type[StoreError]
) -> PipelineError:
    code = details.get("code")
    if code == _DUPLICATE:
        keys = ", ".join(details.get("keyPattern", {}))
        return DuplicateKey(collection, f"unique: {keys or 'a key of it'}")
    reason = f"the server says {details.get('codeName', 'error')} ({code})"
    if code in _IMPOSSIBLE:
        return ValidationError(f"{doing}: no document can become so; {reason}")
    return kind(f"{doing}: {reason}")


def _is_transient(error: PyMongoError) -> bool:
    return error.has_error_label("TransientTransactionError")
