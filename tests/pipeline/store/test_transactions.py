"""All of a transaction or nothing, whatever happens in it, and whoever is killed in it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from contextlib import suppress

import pytest

from partner_pipeline.errors import DuplicateKey, StoreError, ValidationError
from partner_pipeline.store.base import Store
from pipeline.store.children import insert_for_ever, write_all, write_and_wait
from pipeline.store.tools import Place, end_session


def contents(store: Store) -> list[object]:
    return [store.find(name, sort=[("_id", 1)]) for name in ("things", "others")]


@pytest.fixture
def before(store: Store) -> list[object]:
    store.insert_many("things", [{"_id": "old", "n": 1}, {"_id": "old1"}, {"_id": "old2"}])
    return contents(store)


AFTER = [
    [
        {"_id": "new", "n": 1},
        {"_id": "new1"},
        {"_id": "new2"},
        {"_id": "old", "n": 2, "m": 1},
        {"_id": "old1", "m": 1},
    ],
    [{"_id": "up", "n": 1}],
]


def test_a_transaction_shows_its_writes_inside_at_once_and_outside_at_its_end(
    store: Store, before: list[object]
) -> None:
    with store.transaction() as inside:
        write_all(inside)
        assert contents(inside) == AFTER
        assert inside.count("things") == 5
        assert inside.get("things", "new1") == {"_id": "new1"}
        assert contents(store) == before
    assert contents(store) == AFTER


def write_and_fail(store: Store) -> None:
    with store.transaction() as inside:
        write_all(inside)
        raise ZeroDivisionError


def test_an_exception_undoes_everything(store: Store, before: list[object]) -> None:
    with pytest.raises(ZeroDivisionError):
        write_and_fail(store)
    assert contents(store) == before
    with store.transaction() as inside:
        write_all(inside)
    assert contents(store) == AFTER


def insert_again(store: Store) -> None:
    with pytest.raises(DuplicateKey):
        store.insert("things", {"_id": "new"})


def change_in_vain(store: Store) -> None:
    with pytest.raises(ValidationError):
        store.update_one("things", {"_id": "old"}, {"$set": {"n.a": 1}})


def carry_on_after(trouble: Callable[[Store], None], store: Store) -> None:
    with store.transaction() as inside:
        write_all(inside)
        trouble(inside)
        with pytest.raises(StoreError, match="given up"):
            inside.find("things")


@pytest.mark.parametrize("trouble", [insert_again, change_in_vain])
def test_an_error_ends_a_transaction_even_if_it_is_caught(
    store: Store, before: list[object], trouble: Callable[[Store], None]
) -> None:
    with pytest.raises(StoreError, match="using a transaction"):
        carry_on_after(trouble, store)
    assert contents(store) == before


def test_a_transaction_inside_a_transaction_is_the_same(store: Store, before: list[object]) -> None:
    with store.transaction() as outer:
        with outer.transaction() as inner:
            write_all(inner)
        assert outer.transact(lambda again: again.count("things")) == 5
        assert contents(store) == before
    assert contents(store) == AFTER


def test_a_transaction_that_has_ended_is_of_no_use(store: Store) -> None:
    with store.transaction() as inside:
        inside.insert("things", {"_id": "x"})
    with pytest.raises(StoreError, match="has ended"):
        inside.insert("things", {"_id": "y"})
    with pytest.raises(StoreError, match="has ended"):
        inside.find("things")
    assert store.count("things") == 1


def test_transact_gives_back_what_the_work_gives(store: Store, before: list[object]) -> None:
    assert store.transact(lambda inside: inside.count("things")) == 3
    with pytest.raises(ZeroDivisionError):
        store.transact(write_and_fail)
    assert contents(store) == before


def test_a_table_in_a_transaction(store: Store) -> None:
    import polars as pl

    table = pl.DataFrame({"_id": [f"{n}" for n in range(2500)], "n": range(2500)})

    def insert_and_fail(inside: Store) -> None:
        assert inside.insert_table("things", table) == 2500
        assert inside.count("things") == 2500
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.transact(insert_and_fail)
    assert store.count("things") == 0
    with store.transaction() as inside:
        inside.insert_table("things", table)
    assert store.count("things") == 2500


@pytest.mark.parametrize("committed", [False, True])
def test_a_process_killed_in_a_transaction_leaves_all_or_nothing(
    store: Store, place: Place, before: list[object], committed: bool
) -> None:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    child = spawn.Process(
        target=write_and_wait, args=(place, theirs), kwargs={"committed": committed}
    )
    child.start()
    theirs.close()
    session = ours.recv()
    child.kill()
    child.join()
    end_session(place, session)
    assert contents(store) == (AFTER if committed else before)
    again = place.open()
    again.update_many("others", {}, {"$set": {"n": 5}})  # nobody holds a lock
    assert contents(again) == contents(store)
    again.close()


def test_what_was_reported_stored_is_there_after_a_kill(store: Store, place: Place) -> None:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    child = spawn.Process(target=insert_for_ever, args=(place, theirs))
    child.start()
    theirs.close()
    reported, session = ours.recv()
    while reported < 30:
        reported, session = ours.recv()
    child.kill()
    child.join()
    end_session(place, session)
    with suppress(EOFError):
        while True:
            reported, _ = ours.recv()
    things = {document["_id"][1:] for document in store.find("things")}
    others = {document["_id"][1:] for document in store.find("others")}
    assert things == others
    assert {str(n) for n in range(reported + 1)} <= things
