"""What is stored comes back as it was; what can't be kept exactly is refused."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partner_pipeline.errors import DuplicateKey, ValidationError
from partner_pipeline.store.base import Document, Store

EXACT: dict[str, Any] = {
    "none": None,
    "true": True,
    "false": False,
    "one": 1,
    "one as float": 1.0,
    "smallest integer": -(2**63),
    "largest integer": 2**63 - 1,
    "beyond the exact floats": 2**53 + 1,
    "minus zero": -0.0,
    "smallest float": 5e-324,
    "largest float": 1.7976931348623157e308,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "empty text": "",
    "text": 'a "field" — Ünïcode ✈ 😀 \u2028 \\u0000',
    "text with NUL": "a\x00b\x01c\x02\x00\x01\x01",
    "texts like markers": ["\x01", "\x01-", "-1e999", '"\x01"', '"\\u0001"', math.inf, -math.inf],
    "text like JSON": '{"$date":"2024-05-01T00:00:00.000Z"}',
    "text like a number": "17",
    "bytes": b"\x00\xff raw",
    "empty bytes": b"",
    "datetime": datetime(2024, 5, 1, 12, 30, 15, 123000, tzinfo=UTC),
    "before 1970": datetime(1899, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    "first datetime": datetime(1, 1, 1, tzinfo=UTC),
    "last datetime": datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    "empty list": [],
    "list": [1, "a", None, [True, {"x": [b"y"]}], math.inf],
    "empty dict": {},
    "dict": {"a b": {"ä": None}, "0": 1, "\x01": "\x01", "\x01-": math.inf},
}


@pytest.mark.parametrize("value", EXACT.values(), ids=EXACT.keys())
def test_a_value_comes_back_as_it_was(store: Store, value: Any) -> None:
    document = {"_id": "x", "top": value, "deep": {"list": [value]}}
    store.insert("things", document)
    found = store.get("things", "x")
    assert found == document
    assert repr(found["top"]) == repr(value)  # 1 is no 1.0 and no True, 0.0 no -0.0
    assert type(found["top"]) is type(value)


def test_nan_comes_back(store: Store) -> None:
    store.insert("things", {"_id": "x", "list": [math.nan, 1.5]})
    found = store.get("things", "x")
    assert found is not None
    assert math.isnan(found["list"][0])
    assert found["list"][1] == 1.5


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).map(
        lambda d: d.replace(tzinfo=UTC, microsecond=d.microsecond // 1000 * 1000)
    )
)
names = st.text(min_size=1, max_size=5).filter(
    lambda name: name[0] != "$" and not set(name) & {".", "\0"}
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.dictionaries(names.filter(lambda name: name != "_id"), values, max_size=4))
def test_any_document_comes_back_as_it_was(store: Store, content: Document) -> None:
    store.delete("things", {})
    store.insert_many("things", [{"_id": "x", **content}])
    assert store.find("things") == [{"_id": "x", **content}]


def test_datetimes_come_back_in_utc_cut_to_milliseconds(store: Store) -> None:
    east = timezone(timedelta(hours=5, minutes=45))
    given_time = datetime(2024, 5, 1, 12, 0, 0, 999999, tzinfo=east)
    early = datetime(1950, 1, 1, 0, 0, 0, 1999, tzinfo=UTC)
    store.insert("things", {"_id": "x", "at": given_time, "early": early})
    found = store.get("things", "x")
    assert found is not None
    assert found["at"].utcoffset() == timedelta(0)
    assert found["at"].isoformat() == "2024-05-01T06:15:00.999000+00:00"
    assert found["early"].isoformat() == "1950-01-01T00:00:00.001000+00:00"


def test_enumerations_are_stored_as_their_values(store: Store) -> None:
    class Status(StrEnum):
        NEW = "new"

    class Level(IntEnum):
        HIGH = 3

    store.insert("things", {"_id": "x", "status": Status.NEW, "level": Level.HIGH, "pair": (1, 2)})
    found = store.get("things", "x")
    assert found == {"_id": "x", "status": "new", "level": 3, "pair": [1, 2]}
    assert type(found["status"]) is str
    assert store.count("things", {"status": Status.NEW, "level": Level.HIGH}) == 1


def test_the_callers_document_stays_as_it_is(store: Store) -> None:
    document = {"_id": "x", "list": [1]}
    store.insert("things", document)
    document["list"].append(2)  # type: ignore[attr-defined]
    assert store.get("things", "x") == {"_id": "x", "list": [1]}
    assert document == {"_id": "x", "list": [1, 2]}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


REFUSED: dict[str, Any] = {
    "integer over 64 bits": {"a": 2**63},
    "integer under 64 bits": {"a": -(2**63) - 1},
    "datetime without time zone": {"a": datetime(2024, 5, 1)},
    "half a surrogate pair": {"a": "\ud800"},
    "half a surrogate pair in a name": {"\ud800": 1},
    "dot in a name": {"a.b": 1},
    "dollar before a name": {"deep": [{"$set": 1}]},
    "NUL in a name": {"a\0": 1},
    "empty name": {"": 1},
    "name that is no text": {1: 1},
    "set": {"a": {1, 2}},
    "object": {"a": object()},
    "complex": {"a": 1j},
    "too deep": {"a": nested(100)},
    "too large": {"a": "x" * (17 << 20)},
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_kept_exactly_is_refused(store: Store, content: Any) -> None:
    with pytest.raises(ValidationError, match=r"storing .* in things: "):
        store.insert("things", {"_id": "x", **content})
    with pytest.raises(ValidationError, match="things"):
        store.insert_many("things", [{"_id": "y"}, {"_id": "x", **content}])
    store.insert("things", {"_id": "z"})
    with pytest.raises(ValidationError, match="things"):
        store.update_one("things", {"_id": "z"}, {"$set": {"inside": content}})
    assert store.find("things") == [{"_id": "z"}]


@pytest.mark.parametrize("document", [{}, {"_id": None}, {"_id": 5}, {"_id": ""}, {"_id": b"x"}, 5])
def test_a_document_without_text_as_id_is_refused(store: Store, document: Any) -> None:
    with pytest.raises(ValidationError, match="_id"):
        store.insert("things", document)
    assert store.count("things") == 0


@pytest.mark.parametrize("name", ["", "system.users", "a b", 'a"b', "9a", "$cmd", "a" * 65])
def test_a_collection_has_a_plain_name(store: Store, name: str) -> None:
    with pytest.raises(ValidationError, match="no name of a collection"):
        store.insert(name, {"_id": "x"})
    with pytest.raises(ValidationError, match="no name of a collection"):
        store.find(name)


def test_deep_documents_are_kept(store: Store) -> None:
    document = {"_id": "x", "a": nested(99)}
    store.insert("things", document)
    assert store.get("things", "x") == document


def test_the_same_id_twice_is_refused_and_all_of_the_batch_with_it(store: Store) -> None:
    store.insert("things", {"_id": "b", "n": 1})
    with pytest.raises(DuplicateKey) as caught:
        store.insert("things", {"_id": "b", "n": 2})
    assert caught.value.collection == "things"
    with pytest.raises(DuplicateKey):
        store.insert_many("things", [{"_id": "a"}, {"_id": "b"}, {"_id": "c"}])
    assert store.find("things") == [{"_id": "b", "n": 1}]


def test_no_documents_are_no_trouble(store: Store) -> None:
    store.insert_many("things", [])
    assert store.find("things") == []
    assert store.get("things", "x") is None
    assert store.count("things") == 0
    assert store.delete("things", {}) == 0
    assert store.update_one("things", {"_id": "x"}, {"$set": {"a": 1}}) is None
    assert store.update_many("things", {}, {"$set": {"a": 1}}) == 0


def test_identities_may_be_any_text(store: Store) -> None:
    identities = ["17", "a.b", "$x", "ü", "a\x00b", "a\x00", "a", " ", "x" * 300]
    store.insert_many("things", [{"_id": one} for one in identities])
    for one in identities:
        assert store.get("things", one) == {"_id": one}
    found = store.find("things", sort=[("_id", 1)])
    assert [document["_id"] for document in found] == sorted(identities)
