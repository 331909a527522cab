"""What other processes do to a store; each can be found by its name in a new process."""

from __future__ import annotations

from multiprocessing.connection import Connection

from partner_pipeline.store.base import Index, Store
from pipeline.store.tools import Place, session_of


def claim_all(store: Store, worker: str) -> list[str]:
    """What a worker gets that takes what is pending until nothing is."""
    claimed = []
    while pending := store.find("jobs", {"status": "pending"}, sort=[("_id", 1)], limit=5):
        for job in pending:
            taken = store.update_one(
                "jobs",
                {"_id": job["_id"], "status": "pending"},
                {"$set": {"status": "taken", "by": worker}, "$inc": {"times": 1}},
            )
            if taken is not None:
                assert taken["by"] == worker
                claimed.append(taken["_id"])
    return claimed


def claim_from(place: Place, worker: str) -> list[str]:
    store = place.open()
    try:
        return claim_all(store, worker)
    finally:
        store.close()


def open_and_index(place: Place, worker: str) -> str:
    store = place.open()
    store.ensure_indexes([Index("things", (("a", 1),), unique=True), Index("others", (("b", 1),))])
    store.insert("things", {"_id": worker, "a": worker})
    store.close()
    return worker


def write_all(store: Store) -> None:
    """One of each kind of write."""
    store.insert("things", {"_id": "new", "n": 1})
    store.insert_many("things", [{"_id": "new1"}, {"_id": "new2"}])
    store.update_one("things", {"_id": "old"}, {"$inc": {"n": 1}})
    store.update_many("things", {"_id": {"$in": ["old", "old1"]}}, {"$set": {"m": 1}})
    store.upsert("others", {"_id": "up"}, {"$set": {"n": 1}})
    store.delete("things", {"_id": "old2"})


def write_and_wait(place: Place, ready: Connection, *, committed: bool) -> None:
    store = place.open()
    with store.transaction() as inside:
        write_all(inside)
        if not committed:
            ready.send(session_of(inside))
            ready.recv()
    ready.send(None)
    ready.recv()


def insert_for_ever(place: Place, ready: Connection) -> None:
    store = place.open()
    n = 0
    while True:
        with store.transaction() as inside:
            session = session_of(inside)
            inside.insert("things", {"_id": f"a{n}"})
            inside.insert("others", {"_id": f"b{n}", "padding": "x" * 5000})
        ready.send((n, session))
        n += 1
