"""Lists in pages: what comes after the last document of the page before.

A place in a list is a value and an id, not a number of documents: what is added or taken away
meanwhile neither repeats nor hides another document.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from partner_pipeline.store.base import Direction, Filter, Keys


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: its last document's value of the order's field, and its id."""

    value: datetime | str | None
    id: str


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted: by one field, and documents equal in it by their ids.

    Attributes
    ----------
    path : str
        A field of texts or of times; where it is missing counts as least.
    direction : 1 or -1
    """

    path: str
    direction: Direction

    @property
    def keys(self) -> Keys:
        """As a store sorts."""
        return ((self.path, self.direction), ("_id", 1))

    def beyond(self, place: Place) -> Filter:
        """Documents that come after a place."""
        equals: dict[str, Any] = {self.path: place.value, "_id": {"$gt": place.id}}
        if place.value is None:
            missing_first = self.direction == 1
            return {"$or": [equals, *([{self.path: {"$ne": None}}] if missing_first else [])]}
        equals[self.path] = {"$eq": place.value}
        if self.direction == 1:
            return {"$or": [equals, {self.path: {"$gt": place.value}}]}
        return {"$or": [equals, {self.path: {"$lt": place.value}}, {self.path: None}]}


LATEST_CHANGE_FIRST = Order("updatedAt", -1)


def within(path: str, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """A filter: not before `since`, and before `until`."""
    bounds = {"$gte": since, "$lt": until}
    told = {operator: value for operator, value in bounds.items() if value is not None}
    return {path: told} if told else {}
