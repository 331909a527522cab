"""Starting workers and ending them in order."""

from __future__ import annotations

import threading

import pytest

from partner_pipeline.errors import BrokerError
from partner_pipeline.workers.running import run


class Recorded:
    """A worker that only writes down what it is told."""

    def __init__(self, name: str, told: list[str], *, ends: bool = True) -> None:
        self.name = name
        self.grace: float | None = None
        self._told = told
        self._ends = ends

    def start(self) -> None:
        self._told.append(f"start {self.name}")

    def stop(self) -> None:
        self._told.append(f"stop {self.name}")

    def join(self, seconds: float) -> bool:
        self.grace = seconds
        self._told.append(f"join {self.name}")
        return self._ends


class Broken(Recorded):
    def start(self) -> None:
        raise BrokerError("nobody answers")


@pytest.fixture
def stopped() -> threading.Event:
    stop = threading.Event()
    stop.set()
    return stop


def _in_a_thread(work: threading.Thread) -> None:
    work.start()
    work.join(30)
    assert not work.is_alive()


def test_all_are_stopped_before_any_is_waited_for(stopped: threading.Event) -> None:
    told: list[str] = []
    ended: list[bool] = []
    workers = [Recorded("a", told), Recorded("b", told)]
    _in_a_thread(threading.Thread(target=lambda: ended.append(run(workers, 5.0, stopped))))
    assert told == ["start a", "start b", "stop a", "stop b", "join a", "join b"]
    assert ended == [True]
    assert all(worker.grace is not None and 0 < worker.grace <= 5.0 for worker in workers)


def test_it_tells_whether_one_did_not_end(stopped: threading.Event) -> None:
    told: list[str] = []
    ended: list[bool] = []
    workers = [Recorded("a", told, ends=False), Recorded("b", told)]
    _in_a_thread(threading.Thread(target=lambda: ended.append(run(workers, 0.0, stopped))))
    assert ended == [False]
    assert told[-1] == "join b"


def test_those_that_began_are_ended_where_another_cannot_begin() -> None:
    told: list[str] = []
    caught: list[BrokerError] = []

    def work() -> None:
        with pytest.raises(BrokerError) as raised:
            run([Recorded("a", told), Broken("b", told), Recorded("c", told)], 1.0)
        caught.append(raised.value)

    _in_a_thread(threading.Thread(target=work))
    assert caught
    assert told == ["start a", "stop a", "join a"]
