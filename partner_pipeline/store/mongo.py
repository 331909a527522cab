"""The verbs of a store, over MongoDB.

Every write is acknowledged by a majority and journalled (``w: majority, j: true``), and sent again
once by the driver when a connection breaks under it. Reads go to the primary. An answer is waited
for at most a minute, a server at most five seconds.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bson.codec_options import CodecOptions, TypeDecoder, TypeRegistry
from bson.int64 import Int64
from pymongo import MongoClient, ReadPreference, ReturnDocument, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri

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
from partner_pipeline.store.mongo_errors import Conflict, translated
from partner_pipeline.store.updates import Changes, checked_update, checked_upsert
from partner_pipeline.store.values import checked_collection, checked_document

if TYPE_CHECKING:
    import polars as pl

T = TypeVar("T")
DATABASE: Final = "satlog"
PATIENCE: Final = 60.0
_DURABLE: Final = WriteConcern("majority", j=True, wtimeout=30_000)
# What a URI says of these is done instead.
_DEFAULTS: Final[dict[str, Any]] = {
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 5_000,
    "socketTimeoutMS": PATIENCE * 1000,
    "retryWrites": True,
}


class _PlainInteger(TypeDecoder):
    """The driver gives an integer of 64 bits as a type of its own; documents hold plain ones."""

    bson_type = Int64

    def transform_bson(self, value: Any) -> int:
        return int(value)


_CODEC: Final[CodecOptions[Document]] = CodecOptions(
    tz_aware=True, tzinfo=UTC, type_registry=TypeRegistry([_PlainInteger()])
)
_TABLE_BATCH: Final = 2000
_TABLE_THREADS: Final = 2
_RACES: Final = 5


class MongoStore:
    """Documents in a MongoDB database; see :class:`~partner_pipeline.store.base.Store`.

    Parameters
    ----------
    uri : str
        ``mongodb://…``; its database is used, or ``satlog``.

    Raises
    ------
    StoreError
        If the URI is none. Whether a server is there shows at the first use.
    """

    name = "mongodb"

    def __init__(self, uri: str) -> None:
        try:
            # Raises for an option that the client itself would warn of and leave out, such as tls.
            given = parse_uri(uri)["options"]
            options = {name: value for name, value in _DEFAULTS.items() if name not in given}
            self._client: MongoClient[Document] = MongoClient(
                uri, connect=False, appname="satlog", **options
            )
        except (PyMongoError, ValueError) as error:
            # The cause is left out: it may quote the URI, and with it the password.
            kind = type(error).__name__
            raise StoreError(f"opening MongoDB: MONGODB_URI is not valid ({kind})") from None
        self._database = self._client.get_default_database(
            DATABASE,
            codec_options=_CODEC,
            read_preference=ReadPreference.PRIMARY,
            write_concern=_DURABLE,
        )
        self._session: ClientSession | None = None
        self._lost = ""

    @cached_property
    def transactional(self) -> bool:
        """Whether the server has transactions: a replica set or a cluster, no single server."""
        with self._doing("asking the server what it can do"):
            hello = self._client.admin.command("hello")
        return "setName" in hello or hello.get("msg") == "isdbgrid"

    def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        """Make the indexes that are not there yet."""
        for index in indexes:
            where = checked_index(index)
            options: dict[str, Any] = {"unique": True} if index.unique else {}
            if where is not None:
                options["partialFilterExpression"] = _query(where)
            doing = f"making index {index.name} of {index.collection}"
            with self._doing(doing, index.collection):
                self._collection(index.collection).create_index(
                    index.keys, name=index.name, **options
                )

    def insert(self, collection: str, document: Document) -> None:
        """Store a new document."""
        doing = f"storing a document in {collection}"
        checked = checked_document(document, doing)
        with self._doing(doing, collection):
            self._collection(collection).insert_one(checked, session=self._session)

    def insert_many(self, collection: str, documents: Sequence[Document]) -> None:
        """Store new documents; all or none where the server has transactions."""
        doing = f"storing documents in {collection}"
        checked = [checked_document(document, doing) for document in documents]
        if self._session is None and self.transactional:
            self.transact(lambda inside: inside.insert_many(collection, checked))
        elif checked:
            self._insert_batch(collection, checked, doing)

    def insert_table(self, collection: str, rows: pl.DataFrame) -> int:
        """Store one new document a row; outside a transaction in several writes.

        Plain dicts through the driver's own encoder, two batches on their way at once. Of 21,601
        positions the server's work (two indexes, a journal) is two to four times the client's, so
        what helps is to encode one batch while the server stores another. Raw BSON spares no work:
        a document is encoded once either way, and then wrapped. pymongoarrow writes by the same
        ``insert_many``, and did not load with the version of pyarrow that is here. Figures are in
        ``benchmarks/RESULTS.md``.
        """
        from partner_pipeline.store.tables import checked_table

        doing = f"storing a table in {collection}"
        checked = checked_table(rows, doing)
        if checked.is_empty():
            return 0

        def insert(batch: pl.DataFrame) -> None:
            self._insert_batch(collection, batch.to_dicts(), doing)

        batches = checked.iter_slices(_TABLE_BATCH)
        if self._session is not None:
            for batch in batches:
                insert(batch)
        else:
            with ThreadPoolExecutor(_TABLE_THREADS) as threads:
                list(threads.map(insert, batches))
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
        query = _query(checked_filter(filter, doing))
        names = None if fields is None else ("_id", *checked_fields(fields, doing))
        order = list(checked_keys(sort, doing)) or None
        most = checked_limit(limit, doing) or 0
        with self._doing(doing, collection):
            found = self._collection(collection).find(
                query, names, sort=order, limit=most, session=self._session
            )
            return list(found)

    def update_one(self, collection: str, filter: Filter, update: Update) -> Document | None:
        """Change one document that matches, atomically."""
        doing = f"changing a document in {collection}"
        query = _query(checked_filter(filter, doing))
        return self._change(collection, query, checked_update(update, doing), doing)

    def update_many(self, collection: str, filter: Filter, update: Update) -> int:
        """Change every document that matches."""
        doing = f"changing documents in {collection}"
        query = _query(checked_filter(filter, doing))
        changes = _operators(checked_update(update, doing))
        with self._doing(doing, collection):
            done = self._collection(collection).update_many(query, changes, session=self._session)
            return done.matched_count

    def upsert(self, collection: str, filter: Filter, update: Update) -> Document:
        """Change the document with these keys, or store it.

        Not the server's own upsert: of two that race for a new document, that one may be given
        nothing though its update was applied, and ``_id`` in ``$setOnInsert`` is taken for a
        change of ``_id`` by some servers.
        """
        doing = f"changing or storing a document in {collection}"
        keys, changes = checked_upsert(filter, update, doing)
        new = changes.new(keys, doing)
        for _ in range(_RACES):
            found = self._change(collection, _query(checked_filter(keys, doing)), changes, doing)
            if found is not None:
                return found
            try:
                self.insert(collection, new)
            except DuplicateKey as error:
                if self._session is not None:
                    raise
                duplicate = error  # stored by somebody else since, or another key is in the way
            else:
                return new
        raise duplicate

    def count(self, collection: str, filter: Filter | None = None) -> int:
        """How many documents match."""
        doing = f"counting documents in {collection}"
        query = _query(checked_filter(filter, doing))
        with self._doing(doing, collection):
            return self._collection(collection).count_documents(query, session=self._session)

    def delete(self, collection: str, filter: Filter) -> int:
        """Delete every document that matches."""
        doing = f"deleting documents in {collection}"
        query = _query(checked_filter(filter, doing))
        with self._doing(doing, collection):
            done = self._collection(collection).delete_many(query, session=self._session)
            return done.deleted_count

    @contextmanager
    def transaction(self) -> Iterator[Store]:
        """One transaction: the store to use inside the block."""
        if self._session is not None or not self.transactional:
            self._check()
            yield self
            return
        doing = "a transaction"
        with self._doing(doing), self._client.start_session() as session:
            # Leaving a session's block aborts a transaction that was not committed.
            session.start_transaction(read_concern=ReadConcern("snapshot"), write_concern=_DURABLE)
            inside = MongoStore.__new__(MongoStore)
            inside.__dict__.update(self.__dict__, _session=session)
            try:
                yield inside
                inside._check()
                _commit(session)
            finally:
                inside._lost = "has ended"

    def transact(self, work: Callable[[Store], T]) -> T:
        """``work`` in a transaction, again from its beginning where others got in its way."""
        if self._session is not None:
            return work(self)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with self.transaction() as store:
                    return work(store)
            except Conflict:
                if time.monotonic() > until:
                    raise
            # Those that got into each other's way come back at different moments.
            time.sleep(random.uniform(0.001, 0.05))

    def ping(self) -> None:
        """Nothing, if the server answers."""
        with self._doing("asking the server whether it is there"):
            self._client.admin.command("ping")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _collection(self, name: str) -> Collection[Document]:
        return self._database[checked_collection(name)]

    def _change(
        self, collection: str, query: dict[str, Any], changes: Changes, doing: str
    ) -> Document | None:
        """Change the first document that matches, where there is anything to change."""
        operators = _operators(changes)
        with self._doing(doing, collection):
            documents = self._collection(collection)
            if not operators:
                return documents.find_one(query, session=self._session)
            return documents.find_one_and_update(
                query, operators, return_document=ReturnDocument.AFTER, session=self._session
            )

    def _insert_batch(self, collection: str, documents: list[Document], doing: str) -> None:
        with self._doing(doing, collection):
            self._collection(collection).insert_many(documents, session=self._session)

    def _check(self) -> None:
        if self._lost:
            raise StoreError(f"using a transaction of the store: it {self._lost}")

    @contextmanager
    def _doing(self, doing: str, collection: str = "") -> Iterator[None]:
        """The driver's errors as the pipeline's; an error ends a transaction."""
        self._check()
        try:
            with translated(doing, collection):
                yield
        except PipelineError as error:
            if self._session is not None:
                self._lost = f"was given up after an error ({error})"
            raise


def _query(where: Where) -> dict[str, Any]:
    query: dict[str, Any] = {}
    for condition in where.conditions:
        value = list(condition.value) if condition.operator == "$in" else condition.value
        query.setdefault(condition.path, {})[condition.operator] = value
    if where.either is not None:
        query["$or"] = [_query(one) for one in where.either]
    return query


def _operators(changes: Changes) -> dict[str, Any]:
    given = {
        "$set": changes.set,
        "$unset": dict.fromkeys(changes.unset, ""),
        "$inc": changes.inc,
    }
    return {operator: values for operator, values in given.items() if values}


def _commit(session: ClientSession) -> None:
    """Commit, and again as long as it is not known whether it was done."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            session.commit_transaction()
        except PyMongoError as error:
            unknown = error.has_error_label("UnknownTransactionCommitResult")
            if not unknown or time.monotonic() > until:
                raise
        else:
            return
