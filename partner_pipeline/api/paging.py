"""Lists in pages: ``limit``, ``cursor``, and the cursor of what follows."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from partner_pipeline.api.schemas.common import Schema
from partner_pipeline.errors import ValidationError
from partner_pipeline.store.repositories.paging import Place

T = TypeVar("T")
D = TypeVar("D")

_LONGEST: Final = 1000


class Query(BaseModel):
    """Parameters of a query; any other one is refused, as ``status[$ne]=`` would be."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", hide_input_in_errors=True, populate_by_name=True
    )


class PageQuery(Query):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=200, description="At most so many.")] = 50
    cursor: Annotated[
        str | None,
        Field(max_length=_LONGEST, description="The `nextCursor` of the page before."),
    ] = None

    @property
    def place(self) -> Place | None:
        """Where the page before ended."""
        return None if self.cursor is None else read_cursor(self.cursor)


class Page(Schema, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: Annotated[
        str | None, Field(description="Asks for what follows; null: nothing does.")
    ] = None


def paged(
    found: Sequence[D], query: PageQuery, place: Callable[[D], Place], shown: Callable[[D], T]
) -> Page[T]:
    """A page of what was found: one more than `query.limit` tells that more follows."""
    shown_now = found[: query.limit]
    more = len(found) > query.limit
    return Page(
        items=[shown(each) for each in shown_now],
        next_cursor=cursor(place(shown_now[-1])) if more else None,
    )


def cursor(place: Place) -> str:
    """A place as it goes out."""
    value = place.value
    told: list[Any] = [value.isoformat(), 1] if isinstance(value, datetime) else [value, 0]
    return _encoded([*told, place.id])


def read_cursor(text: str) -> Place:
    """A place as it comes back; raises ValidationError for what is none."""
    match _decoded(text):
        case [str(value), 1, str(id_)]:
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                raise _no_cursor() from None
            if moment.tzinfo is None:
                raise _no_cursor()
            return Place(moment, id_)
        case [str() | None as value, 0, str(id_)]:
            return Place(value, id_)
    raise _no_cursor()


def offset_cursor(offset: int) -> str:
    """A place in a queue, which has no ids."""
    return _encoded([offset])


def read_offset(text: str | None) -> int:
    """As :func:`read_cursor`."""
    if text is None:
        return 0
    match _decoded(text):
        case [int(offset)] if 0 <= offset < 1 << 31:
            return offset
    raise _no_cursor()


def _encoded(parts: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _decoded(text: str) -> Any:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return json.loads(data)
    except (binascii.Error, ValueError, RecursionError):
        raise _no_cursor() from None


def _no_cursor() -> ValidationError:
    return ValidationError("cursor: this is none; take the nextCursor of the page before")
