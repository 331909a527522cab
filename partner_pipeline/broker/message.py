"""What travels through the queues: a JSON body, and headers that say whose and what it is."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from partner_pipeline.errors import ValidationError

Headers = dict[str, str | int]

PARTNER_CODE: Final = "x-partner-code"
CUSTOMER_ID: Final = "x-customer-id"
TASK_TYPE: Final = "x-task-type"
TASK_ID: Final = "x-task-id"
EXECUTION_ID: Final = "x-execution-id"
RETRY_COUNT: Final = "x-retry-count"
ERROR_CATEGORY: Final = "x-error-category"
ERROR_MESSAGE: Final = "x-error-message"
FIRST_FAILED_AT: Final = "x-first-failed-at"
TRACEPARENT: Final = "traceparent"

LONGEST_HEADER: Final = 4096
"""Characters that are kept of a text: all headers must fit into one frame of AMQP."""
LONGEST_BODY: Final = 16 << 20
"""Bytes; RabbitMQ 4 refuses more. Logs travel by name, never in a message."""

_LONGEST_HEADERS: Final = 100_000  # bytes, below AMQP's usual frame of 131,072
_INTEGERS: Final = range(-(1 << 63), 1 << 63)


@dataclass(frozen=True, slots=True)
class Message:
    """A body and its headers.

    Attributes
    ----------
    body : bytes
        JSON as it travels; see :meth:`of` and :meth:`content`.
    headers : dict of str to (str or int)
        The names are this module's constants.
    message_id : str
        Stays the same through retries, dead letters and replays.

    Raises
    ------
    ValidationError
        When a header cannot travel: a name or value of another type, an integer beyond 64 bits, or
        more than 100,000 bytes of headers.
    """

    body: bytes
    headers: Headers = field(default_factory=dict)
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        _check_headers(self.headers, self.message_id)

    @classmethod
    def of(
        cls, content: Mapping[str, Any], headers: Mapping[str, str | int] | None = None
    ) -> Message:
        """A new message.

        Parameters
        ----------
        content : mapping
            What JSON can hold.
        headers : mapping, optional
            Texts longer than 4,096 characters are cut.

        Raises
        ------
        ValidationError
            When JSON cannot hold the content, or its JSON is larger than 16 MiB.
        """
        try:
            text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            body = text.encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise ValidationError(
                f"making a message: JSON cannot hold its content: {error}"
            ) from error
        if len(body) > LONGEST_BODY:
            raise ValidationError(
                f"making a message: its body has {len(body):,} bytes; at most {LONGEST_BODY:,} can "
                "be sent. Send a reference to the data instead"
            )
        return cls(body, _cut(headers or {}))

    def with_headers(self, headers: Mapping[str, str | int]) -> Message:
        """The same message with these headers added or replaced; long texts are cut."""
        return replace(self, headers={**self.headers, **_cut(headers)})

    def content(self) -> dict[str, Any]:
        """The body, read.

        Raises
        ------
        ValidationError
            When the body is not one JSON object. Trying again will not help: dead-letter it.
        """
        try:
            content = json.loads(self.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ValidationError(
                f"reading message {self.message_id}: its body of {len(self.body):,} bytes is not "
                f"JSON ({_reason(error)})"
            ) from error
        if not isinstance(content, dict):
            raise ValidationError(
                f"reading message {self.message_id}: its body holds a JSON "
                f"{type(content).__name__}; an object was expected"
            )
        return content


def readable_headers(found: Mapping[Any, Any]) -> Headers:
    """Of headers that anyone may have sent, those that a message can have; texts are cut."""
    headers: Headers = {}
    left = _LONGEST_HEADERS
    for name, value in found.items():
        is_integer = isinstance(value, int) and not isinstance(value, bool)
        cut = _cut({name: int(value) if is_integer else value})  # pika has integers of its own
        try:
            size = _size(name, cut[name], "")
        except ValidationError:
            continue
        if size <= left:
            headers |= cut
            left -= size
    return headers


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _reason(error: Exception) -> str:
    """Why a body is not JSON, without a word of the body: it may hold anything."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    if isinstance(error, UnicodeDecodeError):
        return f"not {error.encoding} at byte {error.start}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _cut(headers: Mapping[str, str | int]) -> Headers:
    return {name: _cut_text(v) if isinstance(v, str) else v for name, v in headers.items()}


def _cut_text(text: str) -> str:
    """A text that AMQP can carry: no lone surrogates (file names have them), not too long."""
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST_HEADER else text[: LONGEST_HEADER - 1] + "…"


def _check_headers(headers: Mapping[Any, Any], message_id: str) -> None:
    size = sum(_size(name, value, message_id) for name, value in headers.items())
    if size > _LONGEST_HEADERS:
        raise ValidationError(
            f"making message {message_id}: its headers take {size:,} bytes; at most "
            f"{_LONGEST_HEADERS:,} can be sent"
        )


def _size(name: Any, value: Any, message_id: str) -> int:
    """Bytes that a header takes, at most; ValidationError when it cannot travel."""
    making = f"making message {message_id}: header {name!a}"
    if not isinstance(name, str) or isinstance(value, bool) or not isinstance(value, str | int):
        raise ValidationError(f"{making} is a {type(value).__name__}; expected text or an integer")
    if isinstance(value, int) and value not in _INTEGERS:
        raise ValidationError(f"{making} exceeds 64 bits")
    try:
        name_size, value_size = len(name.encode()), len(str(value).encode())
    except UnicodeEncodeError as error:
        raise ValidationError(f"{making} holds half a character") from error
    if not 0 < name_size <= 128:
        raise ValidationError(f"{making}: expected a name of 1 to 128 bytes")
    return name_size + value_size + 16
