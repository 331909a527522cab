"""Work that comes round by the clock."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import pytest

from partner_pipeline.errors import StoreError
from partner_pipeline.workers.periodic import Periodic
from partner_pipeline.workers.rounds import Rounds
from pipeline.broker.tools import PATIENCE

SOON = timedelta(milliseconds=1)
NEVER = timedelta(days=1)


class Work:
    """Fails in its first rounds as it is told to; ``enough`` after the fourth."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.rounds = 0
        self.enough = threading.Event()

    def __call__(self) -> None:
        self.rounds += 1
        if self.rounds == 4:
            self.enough.set()
        if self._errors:
            raise self._errors.pop(0)


def test_rounds_go_on_whatever_fails(caplog: pytest.LogCaptureFixture) -> None:
    work = Work(StoreError("the store is away"), ZeroDivisionError("a mistake"))
    periodic = Periodic("poll", SOON, work)
    with caplog.at_level(logging.ERROR):
        periodic.start()
        assert work.enough.wait(PATIENCE)
        periodic.stop()
        assert periodic.join(PATIENCE)
    text = caplog.text
    assert "the store is away" in text
    assert "ZeroDivisionError" in text


def test_the_first_round_comes_at_once_and_the_next_at_its_time() -> None:
    began = threading.Event()
    rounds: list[int] = []

    def work() -> None:
        rounds.append(1)
        began.set()

    periodic = Periodic("poll", NEVER, work)
    periodic.start()
    assert began.wait(PATIENCE)
    assert not periodic.join(0.05)
    periodic.stop()
    assert periodic.join(PATIENCE)
    assert rounds == [1]


def test_a_round_in_hand_is_ended() -> None:
    began, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        go_on.wait(PATIENCE)
        ended.set()

    rounds = Rounds("poll", [Periodic("poll", SOON, work), Periodic("other", SOON, lambda: None)])
    rounds.start()
    assert began.wait(PATIENCE)
    rounds.stop()
    assert not rounds.join(0.05)
    assert not ended.is_set()
    go_on.set()
    assert rounds.join(PATIENCE)
    assert ended.is_set()
