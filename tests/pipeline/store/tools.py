"""A store that other processes can open too, and a plain-Python store to compare with."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pymongo

from partner_pipeline.errors import DuplicateKey
from partner_pipeline.store.base import Document, Index, Keys, Store
from partner_pipeline.store.mongo import MongoStore
from partner_pipeline.store.sqlite import SqliteStore

OPERATORS = ("$eq", "$ne", "$lt", "$lte", "$gt", "$gte")


@dataclass(frozen=True)
class Place:
    """Where a store is, so that any process can open it."""

    kind: str
    address: str

    def open(self) -> Store:
        if self.kind == "sqlite":
            return SqliteStore(Path(self.address))
        return MongoStore(self.address)


class PlainStore:
    """What the contract says, for one collection, without any index, lock or translation."""

    def __init__(self, unique: Sequence[Index] = ()) -> None:
        self.documents: dict[str, Document] = {}
        self.unique = unique

    def insert(self, *documents: Document) -> None:
        added = {document["_id"]: deepcopy(document) for document in documents}
        if len(added) < len(documents) or added.keys() & self.documents.keys():
            raise DuplicateKey("plain", "_id")
        self._keep({**self.documents, **added})

    def find(self, filter: dict[str, Any]) -> list[Document]:
        return [document for document in self.documents.values() if matches(document, filter)]

    def update(self, found: Iterable[Document], update: dict[str, Any]) -> None:
        changed = {document["_id"]: _updated(document, update) for document in found}
        self._keep({**self.documents, **changed})

    def delete(self, filter: dict[str, Any]) -> int:
        found = self.find(filter)
        for document in found:
            del self.documents[document["_id"]]
        return len(found)

    def _keep(self, documents: dict[str, Document]) -> None:
        for index in self.unique:
            inside = [d for d in documents.values() if matches(d, dict(index.where or {}))]
            keys = [tuple(_key(value_at(d, path)) for path, _ in index.keys) for d in inside]
            if len(set(keys)) < len(keys):
                raise DuplicateKey("plain", index.name)
        self.documents = documents


def matches(document: Document, filter: dict[str, Any]) -> bool:
    for path, wanted in filter.items():
        if path == "$or":
            if not any(matches(document, one) for one in wanted):
                return False
            continue
        conditions = wanted if isinstance(wanted, dict) else {"$eq": wanted}
        if not all(_holds(document, path, *condition) for condition in conditions.items()):
            return False
    return True


def value_at(document: Document, path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def in_order(documents: Sequence[Document], sort: Keys) -> bool:
    """Whether documents whose sorted fields hold one type each, or None, are in order."""
    ordered = list(documents)
    for path, direction in reversed(sort):
        ordered.sort(key=lambda d, path=path: _rank(value_at(d, path)), reverse=direction < 0)  # type: ignore[misc]
    paths = [path for path, _ in sort]
    return [[value_at(d, path) for path in paths] for d in ordered] == [
        [value_at(d, path) for path in paths] for d in documents
    ]


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is not None, 0 if value is None else value)


def _exists(document: Document, path: str) -> bool:
    *names, last = path.split(".")
    value: Any = document
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return isinstance(value, dict) and last in value


def _holds(document: Document, path: str, operator: str, wanted: Any) -> bool:
    value = value_at(document, path)
    if operator == "$exists":
        return _exists(document, path) is wanted
    if operator == "$in":
        return any(_equal(value, one) for one in wanted)
    if operator in {"$eq", "$ne"}:
        return _equal(value, wanted) is (operator == "$eq")
    if _kind(value) != _kind(wanted) or (isinstance(value, float) and math.isnan(value)):
        return False
    less, more = operator.startswith("$lt"), operator.startswith("$gt")
    equal = operator.endswith("e") and value == wanted
    return bool(equal or (less and value < wanted) or (more and value > wanted))


def _equal(one: Any, other: Any) -> bool:
    return bool(_key(one) == _key(other))


def _key(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return ("number", "nan")
    if isinstance(value, (dict, list)):
        return (_kind(value), repr(value))
    return (_kind(value), value)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return "datetime" if isinstance(value, datetime) else type(value).__name__


def _updated(document: Document, update: dict[str, Any]) -> Document:
    changed = deepcopy(document)
    for path, value in update.get("$set", {}).items():
        branch, last = _branch(changed, path)
        branch[last] = deepcopy(value)
    for path, step in update.get("$inc", {}).items():
        branch, last = _branch(changed, path)
        branch[last] = branch.get(last, 0) + step
    for path in update.get("$unset", ()):
        if _exists(changed, path):
            branch, last = _branch(changed, path)
            del branch[last]
    return changed


def _branch(document: Document, path: str) -> tuple[Document, str]:
    *names, last = path.split(".")
    for name in names:
        document = document.setdefault(name, {})
    return document, last


def is_genuine(uri: str) -> bool:
    """Whether a server is MongoDB's own, and not one that speaks its protocol."""
    with pymongo.MongoClient[dict[str, Any]](uri) as client:
        return bool(client.admin.command("buildInfo")["gitVersion"].strip("0"))


def session_of(store: Store) -> Any:
    """The server's name of the session that a transaction runs in, where there is a server."""
    session = getattr(store, "_session", None)
    return None if session is None else session.session_id


def end_session(place: Place, session: Any) -> None:
    """Let go of what a killed process holds.

    MongoDB does so by itself after a minute; the compatible server keeps it for half an hour, and
    cannot drop a database meanwhile.
    """
    if session is not None:
        with pymongo.MongoClient[dict[str, Any]](place.address) as client:
            client.admin.command("killSessions", [session])
