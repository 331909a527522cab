"""The verbs of a store, over one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from partner_pipeline.errors import DuplicateKey, PipelineError, StoreError
from partner_pipeline.store.base import Document, Filter, Index, Keys, Store, Update
from partner_pipeline.store.filters import (
    Where,
    checked_fields,
    checked_filter,
    checked_index,
    checked_keys,
    checked_limit,
)
from partner_pipeline.store.sqlite.codec import decode, encode, encode_table, escape
from partner_pipeline.store.sqlite.connections import Connections
from partner_pipeline.store.sqlite.sql import (
    create_table,
    index_sql,
    order_sql,
    table,
    where_sql,
)
from partner_pipeline.store.updates import checked_update, checked_upsert
from partner_pipeline.store.values import checked_collection, checked_document, pruned

if TYPE_CHECKING:
    import polars as pl

T = TypeVar("T")
_Row = tuple[str, str]


class SqliteStore:
    """Documents in one SQLite file; see :class:`~partner_pipeline.store.base.Store`.

    Any number of threads and processes may use one file at once; writers take turns.

    Parameters
    ----------
    path : Path
        The file; made if it is not there.

    Raises
    ------
    StoreError
        If the file can't be opened.
    """

    name = "sqlite"
    transactional = True

    def __init__(self, path: Path) -> None:
        self._connections = Connections(path)
        self._tables: set[str] = set()

    def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        """Make the indexes that are not there yet."""
        checked = [(index, checked_index(index)) for index in indexes]
        for index, where in checked:
            doing = f"making index {index.name} of {index.collection}"
            with self._writing(index.collection, doing) as connection:
                for name, statement in index_sql(index, where).items():
                    _make_index(connection, name, statement, doing)

    def insert(self, collection: str, document: Document) -> None:
        """Store a new document."""
        self.insert_many(collection, [document])

    def insert_many(self, collection: str, documents: Sequence[Document]) -> None:
        """Store new documents, all or none."""
        doing = f"storing documents in {collection}"
        checked = [checked_document(document, doing) for document in documents]
        self._insert(collection, [_row(document, doing) for document in checked], doing)

    def insert_table(self, collection: str, rows: pl.DataFrame) -> int:
        """Store one new document a row, all or none.

        The JSON of all rows is written by polars at once, some ten times as fast as by Python row
        by row; ``json_each`` over one large text takes half as long again to store. A typed side
        table for positions would be hardly faster, and a second way to store, to filter and to
        change a document. Figures are in ``benchmarks/RESULTS.md``.
        """
        from partner_pipeline.store.tables import checked_table

        doing = f"storing a table in {collection}"
        checked = checked_table(rows, doing)
        self._insert(collection, encode_table(checked, doing), doing)
        return len(checked)

    def get(self, collection: str, id: str) -> Document | None:
        """The document with this ``_id``."""
        return next(iter(self.find(collection, {"_id": id})), None)

    def find(
        self,
        collection: str,
        filter: Filter | None = None,
        *,
        sort: Keys = (),
        limit: int | None = None,
        fields: Sequence[str] | None = None,
    ) -> list[Document]:
        """Documents that match."""
        doing = f"finding documents in {collection}"
        where = checked_filter(filter, doing)
        paths = None if fields is None else checked_fields(fields, doing)
        rest = order_sql(checked_keys(sort, doing))
        if checked_limit(limit, doing) is not None:
            rest += f" LIMIT {limit:d}"
        with self._reading(collection, doing) as connection:
            rows = _select(connection, collection, where, rest)
        found = (decode(text) for _, text in rows)
        return list(found) if paths is None else [pruned(one, paths) for one in found]

    def update_one(self, collection: str, filter: Filter, update: Update) -> Document | None:
        """Change one document that matches, atomically."""
        doing = f"changing a document in {collection}"
        where, changes = checked_filter(filter, doing), checked_update(update, doing)
        with self._writing(collection, doing) as connection:
            for _, text in _select(connection, collection, where, " LIMIT 1"):
                document = changes.apply(decode(text), doing)
                _replace(connection, collection, [_row(document, doing)])
                return document
        return None

    def update_many(self, collection: str, filter: Filter, update: Update) -> int:
        """Change every document that matches, all or none."""
        doing = f"changing documents in {collection}"
        where, changes = checked_filter(filter, doing), checked_update(update, doing)
        with self._writing(collection, doing) as connection:
            rows = _select(connection, collection, where, "")
            changed = (_row(changes.apply(decode(text), doing), doing) for _, text in rows)
            _replace(connection, collection, changed)
        return len(rows)

    def upsert(self, collection: str, filter: Filter, update: Update) -> Document:
        """Change the document with these keys, or store it."""
        doing = f"changing or storing a document in {collection}"
        keys, changes = checked_upsert(filter, update, doing)
        where = checked_filter(keys, doing)
        with self._writing(collection, doing) as connection:
            for _, text in _select(connection, collection, where, " LIMIT 1"):
                document = changes.apply(decode(text), doing)
                _replace(connection, collection, [_row(document, doing)])
                return document
            document = changes.new(keys, doing)
            _insert_rows(connection, collection, [_row(document, doing)])
            return document

    def count(self, collection: str, filter: Filter | None = None) -> int:
        """How many documents match."""
        doing = f"counting documents in {collection}"
        condition, values = where_sql(checked_filter(filter, doing))
        with self._reading(collection, doing) as connection:
            statement = f"SELECT count(*) FROM {table(collection)} WHERE {condition}"
            return int(connection.execute(statement, values).fetchone()[0])

    def delete(self, collection: str, filter: Filter) -> int:
        """Delete every document that matches."""
        doing = f"deleting documents in {collection}"
        condition, values = where_sql(checked_filter(filter, doing))
        with self._writing(collection, doing) as connection:
            statement = f"DELETE FROM {table(collection)} WHERE {condition}"
            return connection.execute(statement, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[Store]:
        """One transaction: the store to use inside the block."""
        with _translated("a transaction"), self._connections.writing() as connection:
            inside = _InTransaction(self._connections, connection)
            try:
                yield inside
                inside.check()
            finally:
                inside.lost = "has ended"

    def transact(self, work: Callable[[Store], T]) -> T:
        """``work`` in a transaction; nothing gets in its way, so it is called once."""
        with self.transaction() as store:
            return work(store)

    def ping(self) -> None:
        """Nothing, if the file can be read."""
        with _translated("reading the store"), self._connections.reading() as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def close(self) -> None:
        """Close the file."""
        self._connections.close()

    def _insert(self, collection: str, rows: Sequence[_Row], doing: str) -> None:
        with self._writing(collection, doing) as connection:
            _insert_rows(connection, collection, rows)

    @contextmanager
    def _reading(self, collection: str, doing: str) -> Iterator[sqlite3.Connection]:
        with _translated(doing, collection), self._connections.reading() as connection:
            self._make_table(connection, collection)
            yield connection

    @contextmanager
    def _writing(self, collection: str, doing: str) -> Iterator[sqlite3.Connection]:
        with _translated(doing, collection):
            with self._connections.reading() as connection:
                self._make_table(connection, collection)
            with self._connections.writing() as connection:
                yield connection

    def _make_table(self, connection: sqlite3.Connection, collection: str) -> None:
        if collection not in self._tables:
            connection.execute(create_table(checked_collection(collection)))
            self._tables.add(collection)


class _InTransaction(SqliteStore):
    """The store inside a transaction: all on its one connection.

    Attributes
    ----------
    lost : str
        Why nothing more can be done in it; empty as long as it can.
    """

    def __init__(self, connections: Connections, connection: sqlite3.Connection) -> None:
        self._connections = connections
        self._connection = connection
        self.lost = ""

    @contextmanager
    def transaction(self) -> Iterator[Store]:
        """The same one."""
        self.check()
        yield self

    def check(self) -> None:
        """Nothing, as long as the transaction lives."""
        if self.lost:
            raise StoreError(f"using a transaction of the store: it {self.lost}")

    @contextmanager
    def _reading(self, collection: str, doing: str) -> Iterator[sqlite3.Connection]:
        self.check()
        try:
            with _translated(doing, collection):
                self._connection.execute(create_table(checked_collection(collection)))
                yield self._connection
        except PipelineError as error:
            self.lost = f"was given up after an error ({error})"
            raise

    @contextmanager
    def _writing(self, collection: str, doing: str) -> Iterator[sqlite3.Connection]:
        with self._reading(collection, doing) as connection:
            yield connection


def _row(document: Document, doing: str) -> _Row:
    return escape(document["_id"]), encode(document, doing)


def _select(connection: sqlite3.Connection, collection: str, where: Where, rest: str) -> list[_Row]:
    condition, values = where_sql(where)
    statement = f"SELECT id, doc FROM {table(collection)} WHERE {condition}{rest}"
    return connection.execute(statement, values).fetchall()


def _insert_rows(connection: sqlite3.Connection, collection: str, rows: Sequence[_Row]) -> None:
    connection.executemany(f"INSERT INTO {table(collection)} (id, doc) VALUES (?, ?)", rows)


def _replace(connection: sqlite3.Connection, collection: str, rows: Iterable[_Row]) -> None:
    connection.executemany(f"UPDATE {table(collection)} SET doc = ?2 WHERE id = ?1", rows)


def _make_index(connection: sqlite3.Connection, name: str, statement: str, doing: str) -> None:
    found = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    if found is None:
        connection.execute(statement)
    elif found[0] != statement:
        raise StoreError(
            f"{doing}: one of that name and another definition is there; remove it first"
        )


@contextmanager
def _translated(doing: str, collection: str = "") -> Iterator[None]:
    """SQLite's errors as the pipeline's."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise DuplicateKey(collection, str(error)) from error
    except sqlite3.Error as error:
        raise StoreError(f"{doing}: {error}") from error
