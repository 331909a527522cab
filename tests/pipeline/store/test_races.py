"""Threads and processes at once: each document claimed once, no change lost."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import pytest

from partner_pipeline.errors import DuplicateKey
from partner_pipeline.store.base import Index, Store
from pipeline.store.children import claim_all, claim_from, open_and_index
from pipeline.store.tools import Place

T = TypeVar("T")
THREADS = 8
PROCESSES = 4
JOBS = 60


def fill(store: Store) -> None:
    store.ensure_indexes([Index("jobs", (("status", 1),))])
    store.insert_many(
        "jobs", [{"_id": f"{n:03}", "status": "pending", "times": 0} for n in range(JOBS)]
    )


def check_claims(store: Store, claimed: list[list[str]]) -> None:
    assert sorted(job for jobs in claimed for job in jobs) == [f"{n:03}" for n in range(JOBS)]
    assert store.count("jobs", {"status": "taken", "times": 1}) == JOBS


def in_processes(task: Callable[[Place, str], T], place: Place) -> list[T]:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=spawn) as processes:
        return list(processes.map(task, [place] * PROCESSES, map(str, range(PROCESSES))))


def in_threads(*tasks: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(len(tasks)) as threads:
        return [task.result() for task in [threads.submit(task) for task in tasks]]


def test_threads_claim_each_job_once(store: Store) -> None:
    fill(store)
    with ThreadPoolExecutor(THREADS) as threads:
        claimed = list(threads.map(partial(claim_all, store), map(str, range(THREADS))))
    check_claims(store, claimed)


def test_processes_claim_each_job_once(store: Store, place: Place) -> None:
    fill(store)
    claimed = in_processes(claim_from, place)
    check_claims(store, claimed)


def test_processes_make_the_same_store_at_once(place: Place) -> None:
    made = in_processes(open_and_index, place)
    assert sorted(made) == ["0", "1", "2", "3"]
    store = place.open()
    assert store.count("things") == PROCESSES
    with pytest.raises(DuplicateKey):
        store.insert("things", {"_id": "x", "a": "0"})
    store.close()


def test_no_increase_is_lost(store: Store) -> None:
    store.insert("things", {"_id": "x", "n": 0})

    def increase() -> None:
        for _ in range(10):
            store.update_one("things", {"_id": "x"}, {"$inc": {"n": 1}})

    in_threads(*[increase] * THREADS)
    assert store.get("things", "x") == {"_id": "x", "n": 10 * THREADS}


def test_upserts_of_one_key_make_one_document(store: Store) -> None:
    store.ensure_indexes([Index("things", (("key", 1),), unique=True)])

    def upsert(worker: int, key: int) -> None:
        update = {"$setOnInsert": {"_id": f"{worker}-{key}"}, "$inc": {"n": 1}}
        assert store.upsert("things", {"key": key}, update)["key"] == key

    for key in range(8):
        in_threads(*[partial(upsert, worker, key) for worker in range(THREADS)])
    found = store.find("things", sort=[("key", 1)])
    assert [(one["key"], one["n"]) for one in found] == [(key, THREADS) for key in range(8)]


def test_of_inserts_of_one_key_one_succeeds(store: Store) -> None:
    store.ensure_indexes([Index("things", (("key", 1),), unique=True)])

    def insert(worker: int) -> bool:
        try:
            store.insert("things", {"_id": str(worker), "key": 1})
        except DuplicateKey:
            return False
        return True

    done = in_threads(*[partial(insert, worker) for worker in range(THREADS)])
    assert sorted(map(bool, done)) == [False] * (THREADS - 1) + [True]
    assert store.count("things") == 1


def test_transactions_that_read_and_write_the_same_document(store: Store) -> None:
    """What each read is what it wrote on: no increase of another is overwritten."""
    assert store.transactional
    store.insert("things", {"_id": "x", "n": 0})

    def work(inside: Store) -> None:
        found = inside.get("things", "x")
        assert found is not None
        inside.update_one("things", {"_id": "x"}, {"$set": {"n": found["n"] + 1}})

    def several() -> None:
        for _ in range(4):
            store.transact(work)

    in_threads(*[several] * 4)
    assert store.get("things", "x") == {"_id": "x", "n": 16}
