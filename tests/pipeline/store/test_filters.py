"""Which documents a filter matches, in which order they come, and what no filter may say."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from partner_pipeline.errors import ValidationError
from partner_pipeline.store.base import Index, Keys, Store
from pipeline.store.tools import OPERATORS, in_order, matches

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
VALUES: list[Any] = [
    None,
    False,
    True,
    0,
    1,
    1.0,
    -0.0,
    -1,
    0.1,
    2**53,
    2**53 + 1,
    float(2**53),
    -(2**63),
    2**63 - 1,
    1e-100,
    math.inf,
    -math.inf,
    math.nan,
    "",
    "1",
    "true",
    "null",
    "a",
    "ab",
    "b",
    "B",
    "ä",
    "😀",
    "\uffff",
    "a\x00",
    "a\x01",
    '{"b":1}',
    '{"$date":"2024-05-01T12:00:00.000Z"}',
    "2024-05-01T12:00:00.000Z",
    "[1]",
    "x'; DROP TABLE things; --",
    NOON,
    NOON + timedelta(milliseconds=1),
    NOON - timedelta(days=365 * 200),
    b"",
    b"a",
    {"b": 1},
    {"b": None},
    {"b": {"c": "x"}},
    {},
]
SCALARS = [value for value in VALUES if not isinstance(value, dict)]
ORDERED = [
    value
    for value in SCALARS
    if isinstance(value, (int, float, str, datetime))
    and not isinstance(value, bool)
    and not (isinstance(value, float) and math.isnan(value))
]


@pytest.fixture(params=["without index", "with index"])
def filled(store: Store, request: pytest.FixtureRequest) -> Store:
    if request.param == "with index":
        store.ensure_indexes([Index("things", (("a", 1),)), Index("things", (("a.b", -1),))])
    documents = [{"_id": f"{n:02}", "a": value} for n, value in enumerate(VALUES)]
    store.insert_many("things", [*documents, {"_id": "missing"}])
    return store


def check(store: Store, filter: dict[str, Any]) -> None:
    everything = store.find("things")
    assert len(everything) == len(VALUES) + 1
    wanted = {document["_id"] for document in everything if matches(document, filter)}
    assert {document["_id"] for document in store.find("things", filter)} == wanted, filter
    assert store.count("things", filter) == len(wanted), filter


@pytest.mark.parametrize("operator", OPERATORS)
def test_comparisons_are_within_one_type(filled: Store, operator: str) -> None:
    for value in SCALARS if operator in {"$eq", "$ne"} else ORDERED:
        check(filled, {"a": {operator: value}})


@pytest.mark.parametrize("value", [None, 1, "x"])
@pytest.mark.parametrize("path", ["a.b", "a.b.c", "a.c", "z.z.z"])
def test_paths_lead_into_dicts(filled: Store, path: str, value: Any) -> None:
    check(filled, {path: value})
    check(filled, {path: {"$ne": value}})
    check(filled, {path: {"$exists": True}})
    check(filled, {path: {"$exists": False}})


@pytest.mark.parametrize(
    "filter",
    [
        {},
        {"a": {"$exists": True}},
        {"a": {"$exists": False}},
        {"a": {"$in": []}},
        {"a": {"$in": [None]}},
        {"a": {"$in": [None, 1, "a", NOON, True, math.nan, b"a"]}},
        {"a": {"$in": [*SCALARS]}},
        {"a": {"$gt": 0, "$lte": 1}},
        {"a": {"$gte": "a", "$lt": "b"}},
        {"a": {"$gte": NOON, "$ne": NOON}},
        {"a": {"$exists": True, "$eq": None}},
        {"$or": [{"a": 1}, {"a": None}]},
        {"$or": [{"a": {"$gt": 5}}, {"a.b": 1, "_id": {"$ne": "x"}}]},
        {"$or": [{}]},
        {"$or": [{"$or": [{"a": 1}, {"a": "a"}]}, {"_id": "missing"}]},
        {"a": {"$ne": None}, "$or": [{"a": {"$lt": "b"}}, {"a": {"$lt": NOON}}]},
        {"_id": "03"},
        {"_id": {"$in": ["03", "missing", "none", 5, None]}},
        {"_id": {"$gt": "03", "$lte": "05"}},
        {"_id": {"$ne": "03"}},
        {"_id": 3},
        {"_id": {"$ne": 3}},
        {"_id": {"$gt": 3}},
        {"_id": None},
        {"_id": {"$ne": None}},
        {"_id": {"$exists": True}},
        {"_id": {"$exists": False}},
    ],
    ids=str,
)
def test_filters(filled: Store, filter: dict[str, Any]) -> None:
    check(filled, filter)


HOSTILE: dict[str, Any] = {
    "unknown operator": {"a": {"$regex": "^a"}},
    "unknown at the top": {"$where": "1"},
    "and": {"$and": [{"a": 1}]},
    "dict as value": {"a": {"$eq": {"$ne": None}}},
    "plain dict": {"a": {"b": 1}},
    "empty dict": {"a": {}},
    "operator beside a name": {"a": {"$gt": 1, "b": 2}},
    "operator in a list": {"a": {"$in": [{"$ne": 1}]}},
    "list": {"a": [1]},
    "in without list": {"a": {"$in": "abc"}},
    "too many choices": {"a": {"$in": list(range(10_001))}},
    "exists without bool": {"a": {"$exists": 1}},
    "less than None": {"a": {"$lt": None}},
    "less than bool": {"a": {"$gte": False}},
    "less than bytes": {"a": {"$gt": b"a"}},
    "less than NaN": {"a": {"$gt": math.nan}},
    "too large": {"a": 2**63},
    "surrogate": {"a": "\ud800"},
    "without time zone": {"a": datetime(2024, 5, 1)},
    "or without list": {"$or": {"a": 1}},
    "or of nothing": {"$or": []},
    "or of values": {"$or": [1]},
    "path of digits": {"a.0": 1},
    "path with quotes": {"a\"') OR 1=1 --": 1},
    "empty path": {"": 1},
    "path with empty name": {"a..b": 1},
    "path that is no text": {1: 1},
    "no dict": [1],
}


@pytest.mark.parametrize("filter", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_filter_is_refused(store: Store, filter: Any) -> None:
    store.insert("things", {"_id": "x", "a": 1})
    with pytest.raises(ValidationError, match="finding documents in things: "):
        store.find("things", filter)
    with pytest.raises(ValidationError):
        store.count("things", filter)
    with pytest.raises(ValidationError):
        store.delete("things", filter)
    with pytest.raises(ValidationError):
        store.update_many("things", filter, {"$set": {"b": 1}})
    assert store.find("things") == [{"_id": "x", "a": 1}]


SORTED: dict[str, list[Any]] = {
    "numbers": [3, 1, 2.5, -math.inf, None, 2**53 + 1, float(2**53), -7],
    "texts": ["b", "a", None, "B", "", "é", "😀", "\uffff", "a\x00", "a\x01", "a\x02", "{", "~"],
    "datetimes": [NOON, None, NOON - timedelta(days=40_000), NOON + timedelta(milliseconds=1)],
}


@pytest.mark.parametrize("indexed", [False, True], ids=["without index", "with index"])
@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("values", SORTED.values(), ids=SORTED.keys())
def test_sorting(store: Store, values: list[Any], direction: Any, indexed: bool) -> None:
    if indexed:
        store.ensure_indexes([Index("things", (("in.a", 1),))])
    documents = [{"_id": str(n), "in": {"a": value}} for n, value in enumerate(values)]
    store.insert_many("things", [*documents, {"_id": "missing"}])
    found = store.find("things", sort=[("in.a", direction)])
    assert len(found) == len(values) + 1
    assert in_order(found, [("in.a", direction)])


def test_sorting_by_several_paths_with_a_limit(store: Store) -> None:
    store.insert_many("things", [{"_id": f"{n}", "a": n % 3, "b": n % 5} for n in range(30)])
    sort: Keys = (("a", -1), ("b", 1), ("_id", 1))
    everything = store.find("things", sort=sort)
    assert in_order(everything, sort)
    assert everything[0] == {"_id": "20", "a": 2, "b": 0}
    assert store.find("things", sort=sort, limit=7) == everything[:7]
    assert store.find("things", {"a": 1}, sort=sort, limit=7) == everything[10:17]


def test_only_some_fields(store: Store) -> None:
    document = {
        "_id": "x",
        "a": {"b": {"c": 1, "d": 2}, "e": 3},
        "list": [{"b": 1, "c": 2}, 5, {"c": 3}, [{"b": 4}, 6]],
        "n": None,
        "s": "t",
    }
    store.insert("things", document)

    def fields(*paths: str) -> dict[str, Any]:
        (found,) = store.find("things", fields=paths)
        return found

    assert fields() == {"_id": "x"}
    assert fields("_id") == {"_id": "x"}
    assert fields("n", "zzz") == {"_id": "x", "n": None}
    assert fields("a.b.c", "s") == {"_id": "x", "a": {"b": {"c": 1}}, "s": "t"}
    assert fields("a.b.zzz") == {"_id": "x", "a": {"b": {}}}
    assert fields("s.b") == {"_id": "x"}
    assert fields("n.b") == {"_id": "x"}
    assert fields("list.b") == {"_id": "x", "list": [{"b": 1}, {}, [{"b": 4}]]}


@pytest.mark.parametrize(
    "arguments",
    [
        {"limit": 0},
        {"limit": -1},
        {"sort": [("a", 0)]},
        {"sort": [("a", 1), ("a", -1)]},
        {"sort": [("$a", 1)]},
        {"fields": ["a", "a.b"]},
        {"fields": ["$a"]},
        {"fields": ["a.0"]},
    ],
    ids=str,
)
def test_what_find_cannot_do_is_refused(store: Store, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="finding documents in things: "):
        store.find("things", **arguments)


def test_deleting(store: Store) -> None:
    store.insert_many("things", [{"_id": str(n), "n": n} for n in range(10)])
    assert store.delete("things", {"n": {"$lt": 4}}) == 4
    assert store.delete("things", {"n": {"$lt": 4}}) == 0
    assert store.count("things") == 6
    assert store.delete("things", {}) == 6
    assert store.count("things") == 0
