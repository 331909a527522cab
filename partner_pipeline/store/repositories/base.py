"""What every repository does: read documents of one collection, and change them conditionally.

A value that came from outside is compared by ``$eq``, so that it can never act as an operator. A
``status`` is written in one place, :meth:`Repository._move`, and only as :mod:`..model.states`
allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from partner_pipeline.errors import NotFoundError, ValidationError
from partner_pipeline.model.clock import Now
from partner_pipeline.model.document import Document, plain
from partner_pipeline.model.states import Machine, S
from partner_pipeline.store.base import Filter, Keys, Store
from partner_pipeline.store.filters import MOST_CHOICES
from partner_pipeline.store.repositories.paging import Order, Place, within

D = TypeVar("D", bound=Document)

_STATUS: Final = "status"
_LAST: Final = "\U0010ffff"


def equal(**values: object) -> dict[str, Any]:
    """A filter: each field has this value, whatever the value looks like."""
    return {name: {"$eq": plain(value)} for name, value in values.items()}


class Repository(Generic[D]):
    """Documents of one collection.

    Parameters
    ----------
    store : Store
        Or the store of a transaction.
    now : callable
        Gives the time that changes are dated with.
    collection : str
    read : callable
        Makes a document of what is stored.
    """

    def __init__(
        self, store: Store, now: Now, collection: str, read: Callable[[dict[str, Any]], D]
    ) -> None:
        self._store = store
        self._now = now
        self._read = read
        self.collection = collection

    def get(self, id: str) -> D | None:
        """The document with this id."""
        found = self._store.get(self.collection, id)
        return None if found is None else self._read(found)

    def require(self, id: str) -> D:
        """The document with this id.

        Raises
        ------
        NotFoundError
            There is none.
        """
        found = self.get(id)
        if found is None:
            raise NotFoundError(f"looking for {id!r} in {self.collection}: there is none")
        return found

    def beginning(self, start: str, *, limit: int = 2) -> list[D]:
        """Documents whose ids begin so: people do not type whole ids."""
        return self._find({"_id": {"$gte": start, "$lt": start + _LAST}}, limit=limit)

    def insert(self, document: D) -> D:
        """Store a new document.

        Raises
        ------
        DuplicateKey
            Its id or unique keys are there already.
        """
        self._store.insert(self.collection, document.to_document())
        return document

    def among(self, ids: Sequence[str], *, fields: Sequence[str] | None = None) -> dict[str, D]:
        """Documents by their ids, those that are there; only these fields, or all."""
        return {document.id: document for document in self._find_in("_id", ids, fields=fields)}

    def count(self) -> int:
        """How many documents there are."""
        return self._store.count(self.collection)

    def tally(
        self, wanted: Mapping[str, object], *, path: str, since: datetime | None = None
    ) -> int:
        """How many documents have these values, and at this path a time not before `since`."""
        return self._store.count(self.collection, {**_given(wanted), **within(path, since, None)})

    def page(
        self,
        wanted: Mapping[str, object],
        order: Order,
        *,
        after: Place | None = None,
        limit: int,
        since: datetime | None = None,
        until: datetime | None = None,
        without: Mapping[str, object] = {},
        fields: Sequence[str] | None = None,
    ) -> list[D]:
        """One page of a list.

        Parameters
        ----------
        wanted : mapping of str to value
            What fields must be equal to; those that are None are left out.
        order : Order
        after : Place, optional
            Where the page before ended.
        limit : int
        since, until : datetime, optional
            Of the order's field.
        without : mapping of str to value
            What fields must not be equal to.
        fields : sequence of str, optional
            Only these are read; the others have their defaults.
        """
        where = {**_given(wanted), **within(order.path, since, until)}
        where |= {name: {"$ne": plain(value)} for name, value in without.items()}
        where |= {} if after is None else order.beyond(after)
        return self._find(where, sort=order.keys, limit=limit, fields=fields)

    def _find(
        self,
        where: Filter | None = None,
        *,
        sort: Keys = (),
        limit: int | None = None,
        fields: Sequence[str] | None = None,
    ) -> list[D]:
        found = self._store.find(self.collection, where, sort=sort, limit=limit, fields=fields)
        return [self._read(document) for document in found]

    def _find_in(
        self,
        path: str,
        values: Sequence[str],
        *,
        sort: Keys = (),
        fields: Sequence[str] | None = None,
    ) -> list[D]:
        """Documents that have one of these values; sorted among those found together."""
        parts = (values[at : at + MOST_CHOICES] for at in range(0, len(values), MOST_CHOICES))
        return [
            found
            for part in parts
            for found in self._find({path: {"$in": part}}, sort=sort, fields=fields)
        ]

    def _find_one(self, where: Filter, *, sort: Keys = ()) -> D | None:
        return next(iter(self._find(where, sort=sort, limit=1)), None)

    def _put(self, document: D) -> D:
        """Store a document in the place of the one with its id, or as a new one."""
        stored = document.to_document()
        fields = {info.alias or name for name, info in type(document).model_fields.items()}
        update = {
            "$set": {name: value for name, value in stored.items() if name != "_id"},
            "$unset": sorted(fields - stored.keys()),
        }
        return self._read(self._store.upsert(self.collection, {"_id": document.id}, update))

    def _insert_once(self, document: D) -> D:
        """Store a document unless one with its id is there; whichever is there now."""
        stored = document.to_document()
        update = {"$setOnInsert": {name: stored[name] for name in stored if name != "_id"}}
        return self._read(self._store.upsert(self.collection, {"_id": document.id}, update))

    def _update(
        self, where: Filter, changes: Mapping[str, object], increments: Mapping[str, int] = {}
    ) -> D | None:
        """Change one document that matches; None: none did. A change to None takes away."""
        if _STATUS in changes:
            raise ValidationError(f"changing {self.collection}: a status is only moved")
        return self._write(where, changes, increments)

    def _move(
        self,
        machine: Machine[S],
        key: str | Filter,
        after: S,
        *,
        before: Sequence[S] = (),
        where: Filter | None = None,
        changes: Mapping[str, object] = {},
        increments: Mapping[str, int] = {},
    ) -> D | None:
        """Move a document to another state, if it is in one of those that it may come from.

        Parameters
        ----------
        key : str or Filter
            The document's id, or what else only it has.
        before : sequence of states, optional
            Only from these; without: from all that the machine's table allows.
        where : Filter, optional
            What else must hold.

        Returns
        -------
        document or None
            None: it is elsewhere by now, somebody else was first.
        """
        for state in before:
            machine.check(state, after)
        sources = plain(list(before or machine.sources(after)))
        told = {"_id": key} if isinstance(key, str) else key
        expected = {**(where or {}), **told, _STATUS: {"$in": sources}}
        return self._write(expected, {**changes, _STATUS: after}, increments)

    def _write(
        self, where: Filter, changes: Mapping[str, object], increments: Mapping[str, int]
    ) -> D | None:
        update: dict[str, Any] = {
            "$set": {name: plain(value) for name, value in changes.items() if value is not None},
            "$unset": [name for name, value in changes.items() if value is None],
            "$inc": dict(increments),
        }
        update = {operator: content for operator, content in update.items() if content}
        found = self._store.update_one(self.collection, where, update)
        return None if found is None else self._read(found)


def _given(wanted: Mapping[str, object]) -> dict[str, Any]:
    return equal(**{name: value for name, value in wanted.items() if value is not None})
