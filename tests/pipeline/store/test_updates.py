"""What updates and upserts do, and what none may ask for."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from partner_pipeline.errors import DuplicateKey, ValidationError
from partner_pipeline.store.base import Index, Store

BEFORE: dict[str, Any] = {
    "_id": "x",
    "n": 1,
    "f": 0.5,
    "none": None,
    "in": {"a": 1, "b": {"c": 2}},
    "list": [1],
}
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "set": ({"$set": {"n": "new", "z": [1, {"y": None}]}}, {"n": "new", "z": [1, {"y": None}]}),
    "set inside": ({"$set": {"in.b.c": 3}}, {"in": {"a": 1, "b": {"c": 3}}}),
    "set beside": ({"$set": {"in.b.d.e": 3}}, {"in": {"a": 1, "b": {"c": 2, "d": {"e": 3}}}}),
    "set new path": ({"$set": {"p.q": {}}}, {"p": {"q": {}}}),
    "set to None": ({"$set": {"in": None}}, {"in": None}),
    "set list": ({"$set": {"list": []}}, {"list": []}),
    "set datetime": (
        {"$set": {"at": datetime(2024, 1, 1, 0, 0, 0, 1999, tzinfo=UTC)}},
        {"at": datetime(2024, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)},
    ),
    "increase": ({"$inc": {"n": 4}}, {"n": 5}),
    "decrease": ({"$inc": {"n": -4}}, {"n": -3}),
    "increase by a float": ({"$inc": {"n": 0.5, "f": 1}}, {"n": 1.5, "f": 1.5}),
    "increase what is missing": (
        {"$inc": {"m": 2, "in.m": 1}},
        {"m": 2, "in": {**BEFORE["in"], "m": 1}},
    ),
    "increase far": ({"$inc": {"n": 2**40}}, {"n": 2**40 + 1}),
    "all at once": (
        {"$set": {"a": 1}, "$inc": {"n": 1}, "$unset": ["zzz"]},
        {"a": 1, "n": 2},
    ),
}


@pytest.mark.parametrize(("update", "after"), CHANGES.values(), ids=CHANGES.keys())
def test_changing_one(store: Store, update: dict[str, Any], after: dict[str, Any]) -> None:
    store.insert_many("things", [BEFORE, {"_id": "other"}])
    changed = store.update_one("things", {"_id": "x"}, update)
    assert changed == {**BEFORE, **after}
    assert store.get("things", "x") == changed
    assert store.get("things", "other") == {"_id": "other"}


def test_unsetting(store: Store) -> None:
    store.insert("things", BEFORE)
    update = {"$unset": ["n", "none", "in.b.c", "missing", "f.inside", "gone.inside"]}
    changed = store.update_one("things", {"_id": "x"}, update)
    assert changed == {"_id": "x", "f": 0.5, "in": {"a": 1, "b": {}}, "list": [1]}
    assert store.get("things", "x") == changed


def test_only_what_matches_is_changed(store: Store) -> None:
    store.insert_many("things", [{"_id": str(n), "n": n} for n in range(10)])
    assert store.update_one("things", {"_id": "3", "n": 4}, {"$set": {"n": 0}}) is None
    assert store.update_many("things", {"n": {"$gte": 6}}, {"$inc": {"n": 100}}) == 4
    assert store.update_many("things", {"n": {"$gte": 500}}, {"$inc": {"n": 100}}) == 0
    assert store.count("things", {"n": {"$gt": 100}}) == 4
    changed = store.update_one("things", {"n": {"$lt": 3}}, {"$set": {"n": -1}})
    assert changed is not None
    assert changed["n"] == -1
    assert store.count("things", {"n": -1}) == 1


IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "through a number": {"$set": {"n.a": 1}},
    "through None": {"$set": {"none.a": 1}},
    "through a list": {"$set": {"list.a": 1}},
    "increase None": {"$inc": {"none": 1}},
    "increase a dict": {"$inc": {"in": 1}},
    "increase too far": {"$inc": {"n": 2**63 - 1}},
}


@pytest.mark.parametrize("update", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_what_a_document_cannot_become(store: Store, update: dict[str, Any]) -> None:
    store.insert("things", BEFORE)
    with pytest.raises(ValidationError, match="changing a document in things: "):
        store.update_one("things", {"_id": "x"}, update)
    with pytest.raises(ValidationError):
        store.update_many("things", {}, update)
    with pytest.raises(ValidationError):
        store.upsert("things", {"_id": "x"}, update)
    assert store.get("things", "x") == BEFORE


REFUSED: dict[str, Any] = {
    "nothing": {},
    "nothing to set": {"$set": {}},
    "no operator": {"a": 1},
    "unknown operator": {"$push": {"a": 1}},
    "both kinds": {"$set": {"a": 1}, "b": 1},
    "set without dict": {"$set": [1]},
    "unset without list": {"$unset": "abc"},
    "id": {"$set": {"_id": "y"}},
    "id removed": {"$unset": ["_id"]},
    "same path twice": {"$set": {"a": 1}, "$inc": {"a": 1}},
    "path inside another": {"$set": {"a": {}, "a.b": 1}},
    "path of an operator": {"$set": {"$a": 1}},
    "path of digits": {"$set": {"list.0": 1}},
    "bad value": {"$set": {"a": {1}}},
    "operator as value": {"$set": {"a": {"$inc": 1}}},
    "increase by text": {"$inc": {"a": "1"}},
    "increase by bool": {"$inc": {"a": True}},
    "increase by NaN": {"$inc": {"a": math.nan}},
    "increase by infinity": {"$inc": {"a": math.inf}},
    "increase by too much": {"$inc": {"a": 2**63}},
    "set on insert": {"$setOnInsert": {"a": 1}},
}


@pytest.mark.parametrize("update", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_update_is_refused(store: Store, update: Any) -> None:
    store.insert("things", BEFORE)
    with pytest.raises(ValidationError, match="changing a document in things: "):
        store.update_one("things", {"_id": "x"}, update)
    with pytest.raises(ValidationError, match="changing documents in things: "):
        store.update_many("things", {}, update)
    assert store.find("things") == [BEFORE]


def test_an_upsert_stores_or_changes(store: Store) -> None:
    store.ensure_indexes([Index("things", (("a", 1), ("in.b", 1)), unique=True)])
    keys = {"a": "A", "in.b": 5}
    update = {"$set": {"s": 1}, "$inc": {"n": 2}, "$setOnInsert": {"_id": "x", "in.c": [1]}}
    first = store.upsert("things", keys, update)
    assert first == {"_id": "x", "a": "A", "in": {"b": 5, "c": [1]}, "s": 1, "n": 2}
    assert store.find("things") == [first]
    again = {"$set": {"s": 2}, "$inc": {"n": 2}, "$setOnInsert": {"_id": "y", "in.c": []}}
    second = store.upsert("things", keys, again)
    assert second == {**first, "s": 2, "n": 4}
    assert store.find("things") == [second]
    other = store.upsert("things", {**keys, "a": None}, again)
    assert other == {"_id": "y", "a": None, "in": {"b": 5, "c": []}, "s": 2, "n": 2}


def test_an_upsert_by_id(store: Store) -> None:
    for n in (1, 2, 3):
        assert store.upsert("things", {"_id": "x"}, {"$inc": {"n": 1}}) == {"_id": "x", "n": n}


def test_an_upsert_may_say_again_what_its_keys_are(store: Store) -> None:
    document = {"_id": "x", "code": "A", "n": 1}
    assert store.upsert("things", {"code": "A"}, {"$setOnInsert": document}) == document
    assert store.upsert("things", {"code": "A"}, {"$setOnInsert": document}) == document
    assert store.upsert("things", {"_id": "x"}, {"$set": {"n": 2}}) == {**document, "n": 2}
    assert store.count("things") == 1


def test_an_upsert_that_breaks_another_key(store: Store) -> None:
    store.ensure_indexes([Index("things", (("name", 1),), unique=True)])
    store.insert("things", {"_id": "x", "name": "one"})
    with pytest.raises(DuplicateKey):
        store.upsert("things", {"_id": "y"}, {"$set": {"name": "one"}})
    assert store.find("things") == [{"_id": "x", "name": "one"}]


REFUSED_UPSERTS: dict[str, tuple[Any, Any]] = {
    "no key": ({}, {"$set": {"a": 1}}),
    "range": ({"_id": {"$gt": "a"}}, {"$set": {"a": 1}}),
    "or": ({"_id": "x", "$or": [{"a": 1}]}, {"$set": {"a": 1}}),
    "dict as key": ({"_id": {"a": 1}}, {"$set": {"a": 1}}),
    "no id": ({"a": 1}, {"$set": {"b": 1}}),
    "id that is no text": ({"a": 1}, {"$setOnInsert": {"_id": 1}}),
    "another id": ({"_id": "x"}, {"$setOnInsert": {"_id": "y"}}),
    "another key": ({"_id": "x", "a": 1}, {"$set": {"a": 2}}),
    "key of another type": ({"_id": "x", "a": 1}, {"$set": {"a": True}}),
    "increased key": ({"_id": "x", "a": 1}, {"$inc": {"a": 1}}),
    "removed key": ({"_id": "x", "a": 1}, {"$unset": ["a"]}),
    "inside a key": ({"_id": "x", "a": 1}, {"$set": {"a.b": 2}}),
    "around a key": ({"_id": "x", "a.b": 1}, {"$set": {"a": 2}}),
    "keys inside keys": ({"_id": "x", "a": 1, "a.b": 1}, {"$set": {"c": 2}}),
    "nothing": ({"_id": "x"}, {}),
    "nothing but keys": ({"_id": "x", "a": 1}, {"$set": {"a": 1}}),
}


@pytest.mark.parametrize(("keys", "update"), REFUSED_UPSERTS.values(), ids=REFUSED_UPSERTS.keys())
def test_what_is_no_upsert_is_refused(store: Store, keys: Any, update: Any) -> None:
    with pytest.raises(ValidationError, match="changing or storing a document in things: "):
        store.upsert("things", keys, update)
    assert store.count("things") == 0
