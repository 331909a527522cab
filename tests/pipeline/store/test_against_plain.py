"""Any sequence of operations leaves what a plain-Python store is left with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from partner_pipeline.errors import DuplicateKey, StoreError
from partner_pipeline.store.base import Document, Index, Store
from pipeline.store.tools import OPERATORS, Place, PlainStore, is_genuine

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
UNIQUE = (
    Index("things", (("k", 1),), unique=True, where={"k": {"$gt": ""}}),
    Index("things", (("p", 1), ("in.q", 1)), unique=True, where={"p": {"$exists": True}}),
)
OTHER = (Index("things", (("a", 1), ("in.a", -1))), Index("things", (("n", 1),)))
PATHS = ("a", "b", "in.a", "in.b")

identities = st.sampled_from([f"i{n}" for n in range(6)])
ordered = st.sampled_from([0, 1, 1.0, -2.5, 2**53, "", "1", "a", "b", NOON, NOON + timedelta(1)])
plain = ordered | st.sampled_from([None, True, False, b"1"])
contents = st.fixed_dictionaries(
    {},
    optional={
        "a": plain,
        "b": plain,
        "n": st.integers(-5, 5),
        "k": st.sampled_from([None, 1, "x", "y"]),
        "p": st.sampled_from([None, 1, True, "x"]),
        "in": st.fixed_dictionaries({}, optional={"a": plain, "b": plain, "q": plain}),
    },
)
documents = st.builds(lambda id, content: {"_id": id, **content}, identities, contents)
conditions = (
    plain
    | st.builds(lambda o, v: {o: v}, st.sampled_from(OPERATORS), ordered)
    | st.builds(lambda o, v: {o: v}, st.sampled_from(["$eq", "$ne"]), plain)
    | st.builds(lambda low, high: {"$gte": low, "$lt": high}, ordered, ordered)
    | st.builds(lambda v: {"$in": v}, st.lists(plain, max_size=3))
    | st.builds(lambda v: {"$exists": v}, st.booleans())
)
simple = st.dictionaries(st.sampled_from([*PATHS, "_id", "n", "z.z"]), conditions, max_size=2)
filters = simple | st.builds(
    lambda base, either: {**base, "$or": either}, simple, st.lists(simple, min_size=1, max_size=3)
)


@st.composite
def updates(draw: st.DrawFn, *, keys: bool) -> dict[str, Any]:
    """An update that every document can take; of keys only where these may change."""
    values: dict[str, st.SearchStrategy[Any]] = {**dict.fromkeys(PATHS, plain), "m.n": plain}
    if keys:
        values |= {"k": st.sampled_from([None, "x", "y"]), "p": st.sampled_from([1, "x"])}
    paths: list[str] = draw(st.lists(st.sampled_from([*values]), max_size=3, unique=True))
    cut = draw(st.integers(0, 1))
    update: dict[str, Any] = {
        "$set": {path: draw(values[path]) for path in paths[cut:]},
        "$unset": paths[:cut],
        "$inc": {"n": draw(st.integers(1, 3))},
    }
    return {operator: value for operator, value in update.items() if value}


class Operations(RuleBasedStateMachine):
    place: ClassVar[Place]
    store: ClassVar[Store]
    keys_change: ClassVar[bool]

    @initialize()
    def empty(self) -> None:
        self.store.delete("things", {})
        self.plain = PlainStore(UNIQUE)

    def both(self, mine: Callable[[], object], theirs: Callable[[], object]) -> None:
        """The same comes out of both, or both refuse it for its key."""
        outcomes = []
        for act in (mine, theirs):
            try:
                outcomes.append(act())
            except DuplicateKey:
                outcomes.append(DuplicateKey)
        assert exact(outcomes[0]) == exact(outcomes[1])

    @rule(document=documents)
    def insert(self, document: Document) -> None:
        self.both(
            lambda: self.store.insert("things", document), lambda: self.plain.insert(document)
        )

    @rule(several=st.lists(documents, max_size=4))
    def insert_many(self, several: list[Document]) -> None:
        self.both(
            lambda: self.store.insert_many("things", several), lambda: self.plain.insert(*several)
        )

    @rule(filter=filters)
    def find(self, filter: dict[str, Any]) -> None:
        found = sorted(self.store.find("things", filter), key=lambda one: one["_id"])
        expected = sorted(self.plain.find(filter), key=lambda one: one["_id"])
        assert exact(found) == exact(expected)
        assert self.store.count("things", filter) == len(expected)

    @rule(filter=filters, identity=identities, data=st.data())
    def update_one(self, filter: dict[str, Any], identity: str, data: st.DataObject) -> None:
        update = data.draw(updates(keys=self.keys_change))
        one = {**filter, "_id": identity}

        def expected() -> Document | None:
            found = self.plain.find(one)
            self.plain.update(found, update)
            return self.plain.documents[identity] if found else None

        self.both(lambda: self.store.update_one("things", one, update), expected)

    @rule(filter=filters, update=updates(keys=False))
    def update_many(self, filter: dict[str, Any], update: dict[str, Any]) -> None:
        found = self.plain.find(filter)
        self.plain.update(found, update)
        assert self.store.update_many("things", filter, update) == len(found)

    @rule(identity=identities, update=updates(keys=False), content=contents)
    def upsert(self, identity: str, update: dict[str, Any], content: Document) -> None:
        fresh = {name: value for name, value in content.items() if name in {"k", "p"}}

        def expected() -> Document:
            if identity not in self.plain.documents:
                new = PlainStore()
                new.insert({"_id": identity, **fresh})
                new.update(new.find({}), {**update, "$unset": []})
                self.plain.insert(new.documents[identity])
            else:
                self.plain.update([self.plain.documents[identity]], update)
            return self.plain.documents[identity]

        whole = {**update, "$setOnInsert": fresh}
        self.both(lambda: self.store.upsert("things", {"_id": identity}, whole), expected)

    @rule(filter=filters)
    def delete(self, filter: dict[str, Any]) -> None:
        assert self.store.delete("things", filter) == self.plain.delete(filter)

    @rule(several=st.lists(documents, min_size=1, max_size=3), filter=simple, commit=st.booleans())
    def transaction(self, several: list[Document], filter: dict[str, Any], commit: bool) -> None:
        before = dict(self.plain.documents)

        def work(store: Store) -> None:
            store.delete("things", filter)
            for document in several:
                store.insert("things", document)
            if not commit:
                raise ZeroDivisionError

        try:
            self.plain.delete(filter)
            for document in several:
                self.plain.insert(document)
        except DuplicateKey:
            outcome: type[Exception] | None = DuplicateKey
        else:
            outcome = None if commit else ZeroDivisionError
        if outcome is not None:
            self.plain.documents = before
        found = None
        try:
            self.store.transact(work)
        except (ZeroDivisionError, StoreError) as error:
            found = type(error)
        assert found is outcome

    @rule()
    def reopen(self) -> None:
        type(self).store.close()
        type(self).store = self.place.open()

    @invariant()
    def the_same(self) -> None:
        if hasattr(self, "plain"):
            found = self.store.find("things", sort=[("_id", 1)])
            expected = [self.plain.documents[id] for id in sorted(self.plain.documents)]
            assert exact(found) == exact(expected)


def exact(value: Any) -> Any:
    """Equal only if types are equal too; the order of fields does not matter."""
    if isinstance(value, dict):
        return {name: exact(item) for name, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return (type(value), value)


def test_any_operations(place: Place) -> None:
    opened = place.open()
    opened.ensure_indexes([*UNIQUE, *OTHER])

    class Here(Operations):
        keys_change = place.kind == "sqlite" or is_genuine(place.address)

    Here.place, Here.store = place, opened
    try:
        run_state_machine_as_test(
            Here, settings=settings(max_examples=30, stateful_step_count=25, deadline=None)
        )
    finally:
        Here.store.close()
