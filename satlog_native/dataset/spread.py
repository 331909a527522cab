"""Spreading the work: over processes of this machine, or over a Dask cluster."""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import sys
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from threading import Thread
from typing import Any, Final

from satlog_native.dataset.manifest import Entry
from satlog_native.dataset.work import Recipe, Task, do, one_thread
from satlog_native.errors import SatlogError

#: Tasks a worker that are handed out ahead: enough that none waits, and few to forget on Ctrl-C.
_AHEAD: Final = 4
#: Logs of one Dask task, which costs the scheduler some 1.5 ms, at most.
_GROUP: Final = 500
#: Groups a thread of the cluster, at least, so that all end at about the same time.
_GROUPS: Final = 8

#: Entries as they come; closed, it lets go of who does the work.
Entries = Generator[Entry, None, None]

_recipe: Recipe


def over_processes(tasks: Sequence[Task], recipe: Recipe, workers: int) -> Entries:
    """Do all tasks in so many processes; entries come as they are done.

    Raises
    ------
    SatlogError
        If files cannot be written, or a process dies.
    """
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(packed(recipe),)
    )
    waiting: set[Future[Entry]] = set()
    try:
        for task in tasks:
            with _interrupts_held():
                waiting.add(pool.submit(_do, task))
            if len(waiting) >= _AHEAD * workers:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        for future in as_completed(waiting):
            yield future.result()
    except BrokenProcessPool as error:
        raise SatlogError(
            "a process that reads logs was killed, for want of memory perhaps; run this again "
            "with fewer workers: what is done is kept"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C waiting; processes started meanwhile never see it.

    It is for the process that hands out the work, which lets the others end. They cannot refuse it
    by themselves early enough: it may come while they still import.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def packed(recipe: Recipe) -> bytes:
    """A recipe for another process, which must not unpack it, and so import polars, too early."""
    return pickle.dumps(recipe)


def _begin(recipe: bytes) -> None:
    """What a new process does first."""
    global _recipe  # noqa: PLW0603 - the process's own, set once
    one_thread()
    _recipe = pickle.loads(recipe)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _do(task: Task) -> Entry:
    return do(task, _recipe)


def over_dask(tasks: Sequence[Task], recipe: Recipe, address: str) -> Entries:
    """Do all tasks on the Dask cluster of a scheduler; its workers see the same files.

    Raises
    ------
    SatlogError
        If Dask is not installed, the cluster cannot be reached or has no workers, files cannot be
        written, or a worker dies again and again.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise SatlogError("a Dask cluster needs Dask: pip install 'satlog[dask]'") from error
    try:
        client = distributed.Client(address, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SatlogError(f"reaching the Dask scheduler {address}: {error}") from error
    try:
        with client:
            threads = sum(client.nthreads().values())
            if not threads:
                raise SatlogError(f"the Dask cluster {address} has no workers; start some")
            size = max(1, min(_GROUP, len(tasks) // (_GROUPS * threads)))
            groups = [tasks[start : start + size] for start in range(0, len(tasks), size)]
            futures = client.map(do_group, groups, recipe=packed(recipe), pure=False)
            done = distributed.as_completed(futures, with_results=True, loop=client.loop)
            for _, entries in done:
                yield from entries
    except (OSError, ImportError, distributed.KilledWorker) as error:
        raise SatlogError(f"the Dask cluster {address}: {error}; what is done is kept") from error


def do_group(tasks: Sequence[Task], recipe: bytes) -> list[Entry]:
    """Do some tasks, one after another."""
    if "polars" not in sys.modules:
        one_thread()
    unpacked = pickle.loads(recipe)
    return [do(task, unpacked) for task in tasks]
