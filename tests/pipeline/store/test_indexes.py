"""Unique means what MongoDB means by it; making indexes again changes nothing."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.errors import DuplicateKey, StoreError, ValidationError
from partner_pipeline.store.base import Index, Store
from pipeline.store.tools import Place, is_genuine

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
PAIR = Index("things", (("a", 1), ("in.b", -1)), unique=True)
SET = Index("things", (("code", 1), ("ext", 1)), unique=True, where={"ext": {"$gt": ""}})


def test_one_document_a_key(store: Store) -> None:
    store.ensure_indexes([PAIR])
    store.insert("things", {"_id": "1", "a": 1, "in": {"b": "x"}})
    store.insert("things", {"_id": "2", "a": 1, "in": {"b": "y"}})
    with pytest.raises(DuplicateKey):
        store.insert("things", {"_id": "3", "a": 1.0, "in": {"b": "x"}})
    with pytest.raises(DuplicateKey):
        store.update_one("things", {"_id": "2"}, {"$set": {"in.b": "x"}})
    with pytest.raises(DuplicateKey):
        store.update_many("things", {"_id": "2"}, {"$set": {"in.b": "x"}})
    with pytest.raises(DuplicateKey):
        store.insert_many("things", [{"_id": "4"}, {"_id": "5", "a": 1, "in": {"b": "x"}}])
    assert store.count("things") == 2
    store.delete("things", {"_id": "1"})
    store.insert("things", {"_id": "3", "a": 1, "in": {"b": "x"}})


def test_none_and_missing_are_one_value(store: Store) -> None:
    store.ensure_indexes([PAIR])
    store.insert("things", {"_id": "1", "a": 1})
    store.insert("things", {"_id": "2", "a": None, "in": {"b": 1}})
    store.insert("things", {"_id": "3"})
    for content in ({"a": 1, "in": {}}, {"a": 1, "in": {"b": None}}, {"in": {"b": 1}}, {"a": None}):
        with pytest.raises(DuplicateKey):
            store.insert("things", {"_id": "x", **content})
    store.delete("things", {"_id": "3"})
    store.insert("things", {"_id": "4"})


def test_a_key_that_an_update_gave_up_may_be_used_again(store: Store, place: Place) -> None:
    if place.kind == "mongodb" and not is_genuine(place.address):
        pytest.xfail("the compatible server keeps such keys; MongoDB and SQLite give them up")
    active = Index("tasks", (("task", 1),), unique=True, where={"active": True})
    store.ensure_indexes([active, Index("things", (("a", 1),), unique=True)])
    store.insert("tasks", {"_id": "1", "task": "t", "active": True})
    store.update_one("tasks", {"_id": "1"}, {"$set": {"active": False}})
    store.insert("tasks", {"_id": "2", "task": "t", "active": True})
    store.insert("things", {"_id": "1", "a": None})
    store.update_one("things", {"_id": "1"}, {"$set": {"a": 1}})
    store.insert("things", {"_id": "2"})


def test_values_of_different_types_are_different_keys(store: Store) -> None:
    store.ensure_indexes([Index("things", (("a", 1),), unique=True)])
    values: list[Any] = [
        None, True, 1, "1", "true", "b1", "f1", NOON, "2024-05-01T12:00:00.000Z",
        '{"$date":"2024-05-01T12:00:00.000Z"}', b"1", {"b": 1}, '{"b":1}', "", "a", "a\x00", "A",
    ]  # fmt: skip
    store.insert_many("things", [{"_id": str(n), "a": value} for n, value in enumerate(values)])
    for value in values:
        with pytest.raises(DuplicateKey):
            store.insert("things", {"_id": "x", "a": value})
    assert store.count("things") == len(values)


def test_unique_among_those_that_match(store: Store) -> None:
    store.ensure_indexes([SET])
    store.insert_many("things", [{"_id": str(n), "code": "A"} for n in range(3)])
    store.insert_many("things", [{"_id": f"n{n}", "code": "A", "ext": None} for n in range(3)])
    store.insert_many("things", [{"_id": f"i{n}", "code": "A", "ext": 5} for n in range(3)])
    store.insert("things", {"_id": "set", "code": "A", "ext": "e"})
    store.insert("things", {"_id": "other", "code": "B", "ext": "e"})
    with pytest.raises(DuplicateKey):
        store.insert("things", {"_id": "x", "code": "A", "ext": "e"})
    with pytest.raises(DuplicateKey):
        store.update_one("things", {"_id": "1"}, {"$set": {"ext": "e"}})
    assert store.find("things", {"code": "A", "ext": "e"}) == [
        {"_id": "set", "code": "A", "ext": "e"}
    ]


@pytest.mark.parametrize(
    ("where", "inside", "outside"),
    [
        ({"kind": "9"}, {"kind": "9"}, {"kind": 9}),
        ({"kind": "it's"}, {"kind": "it's"}, {"kind": "its"}),
        ({"active": True}, {"active": True}, {"active": 1}),
        ({"n": {"$gte": 1.5, "$lt": 3}}, {"n": 2}, {"n": "2"}),
        ({"at": {"$gt": NOON}}, {"at": NOON.replace(year=2025)}, {"at": NOON}),
        ({"a.b": {"$exists": True}}, {"a": {"b": None}}, {"a": {"c": 1}}),
    ],
    ids=str,
)
def test_conditions_of_partial_indexes(
    store: Store, where: dict[str, Any], inside: dict[str, Any], outside: dict[str, Any]
) -> None:
    store.ensure_indexes([Index("things", (("key", 1),), unique=True, where=where)])
    store.insert("things", {"_id": "1", "key": 1, **inside})
    store.insert("things", {"_id": "2", "key": 1, **outside})
    store.insert("things", {"_id": "3", "key": 1, **outside})
    store.insert("things", {"_id": "4", "key": 2, **inside})
    with pytest.raises(DuplicateKey):
        store.insert("things", {"_id": "5", "key": 1, **inside})


def test_making_indexes_again_changes_nothing(place: Place) -> None:
    indexes = [PAIR, SET, Index("things", (("a", 1),)), Index("others", (("a", 1),), unique=True)]
    for _ in range(3):
        store = place.open()
        store.ensure_indexes(indexes)
        store.ensure_indexes(indexes)
        store.close()
    store = place.open()
    store.insert("others", {"_id": "x", "a": 1})
    with pytest.raises(DuplicateKey):
        store.insert("others", {"_id": "y", "a": 1})
    store.close()


def test_documents_that_break_a_new_index(store: Store) -> None:
    store.insert_many("things", [{"_id": "1", "a": 1}, {"_id": "2", "a": 1}])
    index = Index("things", (("a", 1),), unique=True)
    with pytest.raises(DuplicateKey):
        store.ensure_indexes([index])
    store.delete("things", {"_id": "2"})
    store.ensure_indexes([index])
    with pytest.raises(DuplicateKey):
        store.insert("things", {"_id": "2", "a": 1})


def test_another_definition_of_the_same_name_is_refused(store: Store) -> None:
    store.ensure_indexes([Index("things", (("a", 1),), unique=True, where={"b": 1})])
    with pytest.raises(StoreError, match="making index a_1_unique_partial of things"):
        store.ensure_indexes([Index("things", (("a", 1),), unique=True, where={"b": 2})])


@pytest.mark.parametrize(
    "index",
    [
        Index("things", ()),
        Index("things", (("a", 1), ("a", -1))),
        Index("things", (("$a", 1),)),
        Index("things", (("a", 2),)),  # type: ignore[arg-type]
        Index("things", (("a", 1),), where={}),
        Index("things", (("a", 1),), where={"a": None}),
        Index("things", (("a", 1),), where={"a": {"$ne": 1}}),
        Index("things", (("a", 1),), where={"a": {"$exists": False}}),
        Index("things", (("a", 1),), where={"$or": [{"a": 1}]}),
    ],
    ids=str,
)
def test_what_is_no_index_is_refused(store: Store, index: Index) -> None:
    with pytest.raises(ValidationError, match="making index"):
        store.ensure_indexes([index])


def test_sqlite_uses_its_indexes(tmp_path: Path) -> None:
    """Finding positions of a file in their order reads the index, and sorts nothing."""
    from partner_pipeline.store.filters import checked_filter
    from partner_pipeline.store.sqlite.sql import order_sql, table, where_sql

    path = tmp_path / "store.db"
    store = Place("sqlite", str(path)).open()
    index = Index("details", (("fileId", 1), ("frame", 1)), unique=True)
    store.ensure_indexes([index])
    store.close()
    where, values = where_sql(checked_filter({"fileId": "f", "frame": {"$gt": 5}}, "testing"))
    statement = f"SELECT doc FROM {table('details')} WHERE {where}{order_sql([('frame', 1)])}"
    connection = sqlite3.connect(path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    connection.close()
    assert len(plan) == 1
    assert f"USING INDEX details.{index.name} (<expr>=? AND <expr>>? AND <expr><?)" in plan[0]
