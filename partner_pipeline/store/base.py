"""The document store as the rest of the pipeline sees it: a dozen verbs, whatever is below.

What every implementation means by them is settled here and in :mod:`.filters`, and is held to by
one contract suite (``tests/pipeline/store``).

Documents
    A dict with a ``_id`` of type str. Values are None, bool, int (64 bits), float (also NaN and
    the infinities), str, bytes, aware datetime, list and dict, nested at most 100 deep and at
    most 16 MB together; they come back as they went in. Datetimes come back in UTC, cut to
    milliseconds. Keys are not empty, hold no ``.`` and no NUL, and do not start with ``$``.
Filters
    ``{"status": "pending", "dlOp.type": 2}``: every condition holds. A condition is a value or a
    dict of ``$eq $ne $lt $lte $gt $gte $in $exists``. ``{"$or": [f, g]}`` beside or instead of
    them. A missing field equals None. Values of different types are never equal, and never less
    or greater: ``1 == 1.0``, but ``1 != True`` and ``1 != "1"``.
    Paths lead through dicts; a filter on a field that holds a list is not part of the contract
    (``$exists`` is).
Updates
    ``{"$set": {...}, "$unset": [...], "$inc": {...}, "$setOnInsert": {...}}`` on paths, no path
    twice and none inside another.
Sorting
    None and missing first, then the values of one type in their order (str by code point).
    Which of several types comes first, and the order of equals, is not part of the contract.

Anything else raises :class:`~partner_pipeline.errors.ValidationError` before it reaches a server;
trouble with the server or file raises :class:`~partner_pipeline.errors.StoreError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    import polars as pl

Document: TypeAlias = dict[str, Any]
Filter: TypeAlias = Mapping[str, Any]
Update: TypeAlias = Mapping[str, Any]
Direction: TypeAlias = Literal[1, -1]
Keys: TypeAlias = Sequence[tuple[str, Direction]]
T = TypeVar("T")


@dataclass(frozen=True)
class Index:
    """An index that :meth:`Store.ensure_indexes` is to make.

    Attributes
    ----------
    collection : str
    keys : tuple of (path, 1 or -1)
    unique : bool
        No two documents may have the same values; missing counts as None.
    where : Filter, optional
        Only documents that match are in the index (and only among them is it unique): equality
        with a value other than None, ``$lt $lte $gt $gte`` and ``{"$exists": True}``. For "where
        it is set" of a text that may also be None, write ``{"path": {"$gt": ""}}``.
    """

    collection: str
    keys: tuple[tuple[str, Direction], ...]
    unique: bool = False
    where: Filter | None = None

    @property
    def name(self) -> str:
        """Name within its collection: keys and kind, such as ``fileId_1_frame_1_unique``."""
        keys = "_".join(f"{path}_{direction}" for path, direction in self.keys)
        return keys + "_unique" * self.unique + "_partial" * (self.where is not None)


class Store(Protocol):
    """Documents in named collections. Thread-safe, except for a store of a transaction.

    Attributes
    ----------
    name : str
        Which implementation it is: ``sqlite`` or ``mongodb``.
    transactional : bool
        Whether a transaction is one; else its writes are single, and callers idempotent.
    """

    @property
    def name(self) -> str:
        """Which implementation it is."""
        ...

    @property
    def transactional(self) -> bool:
        """Whether a transaction is one."""
        ...

    def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        """Make the indexes that are not there yet.

        Raises
        ------
        DuplicateKey
            If a unique index is asked for where documents break it already.
        StoreError
            If an index of that name and another definition is there.
        """
        ...

    def insert(self, collection: str, document: Document) -> None:
        """Store a new document.

        Raises
        ------
        DuplicateKey
            If its ``_id`` or the keys of a unique index are there already.
        """
        ...

    def insert_many(self, collection: str, documents: Sequence[Document]) -> None:
        """Store new documents: all of them, or (``DuplicateKey``) none where transactional."""
        ...

    def insert_table(self, collection: str, rows: pl.DataFrame) -> int:
        """Store one new document a row, fast.

        After an error, some of them may be there where the store is a server: give documents that
        belong together a field in common, delete by it, and store them again.

        Parameters
        ----------
        collection : str
        rows : polars.DataFrame
            Columns are the fields, ``_id`` (text) among them; of type boolean, integer, float,
            text, binary or datetime (time zone UTC; cut to milliseconds). A null is stored as
            None.

        Returns
        -------
        int
            How many documents were stored.

        Raises
        ------
        DuplicateKey
            As :meth:`insert_many`.
        """
        ...

    def get(self, collection: str, id: str) -> Document | None:
        """The document with this ``_id``."""
        ...

    def find(
        self,
        collection: str,
        filter: Filter | None = None,
        *,
        sort: Keys = (),
        limit: int | None = None,
        fields: Sequence[str] | None = None,
    ) -> list[Document]:
        """Documents that match.

        Parameters
        ----------
        collection : str
        filter : Filter, optional
            Without: every document.
        sort : sequence of (path, 1 or -1)
        limit : int, optional
            At most so many (1 or more).
        fields : sequence of str, optional
            Only these paths, and ``_id``.
        """
        ...

    def update_one(self, collection: str, filter: Filter, update: Update) -> Document | None:
        """Change one document that matches, atomically; it as it is now, or None: none matched.

        Of two that race for one document, the second sees what the first wrote.
        """
        ...

    def update_many(self, collection: str, filter: Filter, update: Update) -> int:
        """Change every document that matches, each atomically; how many matched."""
        ...

    def upsert(self, collection: str, filter: Filter, update: Update) -> Document:
        """Change the document with these keys, or store it: the document as it is now.

        Parameters
        ----------
        collection : str
        filter : Filter
            Equality only, on ``_id`` or the keys of a unique index. Its fields become fields of a
            new document.
        update : Update
            ``$setOnInsert`` gives the ``_id`` of a new document unless the filter does.
        """
        ...

    def count(self, collection: str, filter: Filter | None = None) -> int:
        """How many documents match."""
        ...

    def delete(self, collection: str, filter: Filter) -> int:
        """Delete every document that matches; how many there were. ``{}`` matches all."""
        ...

    def transaction(self) -> AbstractContextManager[Store]:
        """One transaction: the store to use inside the block, by this thread only.

        Leaving the block stores everything durably; an exception undoes everything. After any
        error of the store inside, caught or not, the transaction is lost: nothing more can be done
        in it. Where the store is not transactional, it yields itself. Inside a transaction, yields
        that one.
        """
        ...

    def transact(self, work: Callable[[Store], T]) -> T:
        """``work`` in a transaction, again from its beginning where others got in its way.

        ``work`` may be called several times, so it does nothing but use the store that it is
        given.
        """
        ...

    def ping(self) -> None:
        """Nothing, if the store answers; else ``StoreError``."""
        ...

    def close(self) -> None:
        """Let go of connections and files. The store can't be used afterwards."""
        ...
