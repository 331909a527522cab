"""Circuits open after failures in a row, rest, and let one call through."""

from __future__ import annotations

import threading

import pytest

from partner_pipeline.errors import PartnerDownError, TransientError, ValidationError
from partner_pipeline.partners.breaker import CircuitBreakers
from pipeline.partners.tools import FakeTime


@pytest.fixture
def circuits(fake_time: FakeTime) -> CircuitBreakers:
    return CircuitBreakers(3, 60.0, clock=fake_time.clock)


def run(circuits: CircuitBreakers, key: str, error: Exception | None = None) -> None:
    refusal = lambda wait: PartnerDownError(f"{wait:.0f} s")  # noqa: E731
    with circuits.guard(key, counts=(TransientError,), refusal=refusal):
        if error is not None:
            raise error


def fail(circuits: CircuitBreakers, key: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(TransientError):
            run(circuits, key, TransientError("no"))


def test_opens_after_failures_in_a_row(circuits: CircuitBreakers, fake_time: FakeTime) -> None:
    fail(circuits, "a", 3)
    fake_time.now += 15.0
    with pytest.raises(PartnerDownError, match="45 s"):
        run(circuits, "a")
    run(circuits, "b")


def test_a_success_between_counts_anew(circuits: CircuitBreakers) -> None:
    fail(circuits, "a", 2)
    run(circuits, "a")
    fail(circuits, "a", 2)
    run(circuits, "a")


def test_other_errors_say_that_it_works(circuits: CircuitBreakers) -> None:
    fail(circuits, "a", 2)
    with pytest.raises(ValidationError):
        run(circuits, "a", ValidationError("wrong request"))
    fail(circuits, "a", 2)
    assert circuits.wait("a") == 0.0


def test_after_the_rest_one_call_decides(circuits: CircuitBreakers, fake_time: FakeTime) -> None:
    fail(circuits, "a", 3)
    fake_time.now += 60.0
    fail(circuits, "a", 1)
    with pytest.raises(PartnerDownError, match="60 s"):
        run(circuits, "a")
    fake_time.now += 60.0
    run(circuits, "a")
    fail(circuits, "a", 2)
    assert circuits.wait("a") == 0.0


def test_only_one_trial_at_a_time(circuits: CircuitBreakers, fake_time: FakeTime) -> None:
    fail(circuits, "a", 3)
    fake_time.now += 60.0
    entered = [circuits.enter("a") for _ in range(5)]
    assert entered == [0.0, 60.0, 60.0, 60.0, 60.0]
    # A trial that never comes back is not waited for without end.
    fake_time.now += 60.0
    assert circuits.enter("a") == 0.0


def test_a_slow_call_holds_up_no_other(circuits: CircuitBreakers) -> None:
    inside, finish = threading.Event(), threading.Event()

    def slow() -> None:
        with circuits.guard("a", counts=(), refusal=lambda wait: PartnerDownError(str(wait))):
            inside.set()
            finish.wait(30.0)

    thread = threading.Thread(target=slow)
    thread.start()
    assert inside.wait(30.0)
    run(circuits, "a")
    finish.set()
    thread.join()


def test_opening_is_told_once(circuits: CircuitBreakers, fake_time: FakeTime) -> None:
    assert [circuits.failed("a") for _ in range(5)] == [False, False, True, False, False]


def test_what_has_not_failed_for_longest_is_forgotten(circuits: CircuitBreakers) -> None:
    fail(circuits, "first", 3)
    for number in range(10_000):
        circuits.failed(str(number))
    assert circuits.wait("first") == 0.0
    assert len(circuits._circuits) == 10_000
