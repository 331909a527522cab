"""So many calls a minute and so many at once, for each account; time is not the machine's."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_pipeline.errors import RateLimitError
from partner_pipeline.partners.limits import RateLimiter
from pipeline.partners.tools import FakeTime


def limiter(time: FakeTime, per_minute: int, burst: int, longest: float = 1e9) -> RateLimiter:
    return RateLimiter(per_minute, burst, longest_wait=longest, clock=time.clock, sleep=time.sleep)


def test_a_burst_and_then_one_after_the_other(fake_time: FakeTime) -> None:
    limits = limiter(fake_time, per_minute=60, burst=10)
    for _ in range(13):
        limits.wait("a")
    assert fake_time.slept == [1.0, 1.0, 1.0]


def test_accounts_do_not_wait_for_each_other(fake_time: FakeTime) -> None:
    limits = limiter(fake_time, per_minute=6, burst=1)
    limits.wait("a")
    limits.wait("b")
    assert fake_time.slept == []
    limits.wait("a")
    assert fake_time.slept == [10.0]


def test_a_pause_fills_the_bucket_again(fake_time: FakeTime) -> None:
    limits = limiter(fake_time, per_minute=60, burst=3)
    for _ in range(3):
        limits.wait("a")
    fake_time.now += 1000.0
    for _ in range(3):
        limits.wait("a")
    assert fake_time.slept == []


def test_who_would_wait_too_long_is_told(fake_time: FakeTime) -> None:
    limits = limiter(fake_time, per_minute=1, burst=1, longest=30.0)
    limits.wait("account 7")
    with pytest.raises(RateLimitError, match="account 7") as caught:
        limits.wait("account 7")
    assert caught.value.retry_after == 60.0
    # What was refused took nothing of the allowance.
    fake_time.now += 60.0
    limits.wait("account 7")
    assert fake_time.slept == []


@given(
    per_minute=st.integers(1, 40),
    burst=st.integers(1, 50),
    gaps=st.lists(st.floats(0.0, 30.0), min_size=1, max_size=120),
)
def test_never_more_than_allowed(per_minute: int, burst: int, gaps: list[float]) -> None:
    time = FakeTime()
    limits = limiter(time, per_minute, burst)
    calls = []
    for gap in gaps:
        time.now += gap
        limits.wait("a")
        calls.append(time.now)
    slack = 1e-6
    for first, after in zip(calls, calls[per_minute:], strict=False):
        assert after - first >= 60.0 - slack
    most = min(burst, per_minute)
    interval = 60.0 / per_minute
    for first, after in zip(calls, calls[most:], strict=False):
        assert after - first >= interval - slack


def test_many_threads_share_one_allowance() -> None:
    time, slept, lock = FakeTime(), [], threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            slept.append(seconds)

    limits = RateLimiter(60, 5, longest_wait=1e9, clock=time.clock, sleep=sleep)
    threads = [threading.Thread(target=limits.wait, args=("a",)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slept) == [float(second) for second in range(1, 16)]


def test_quiet_accounts_are_forgotten(fake_time: FakeTime) -> None:
    limits = limiter(fake_time, per_minute=60, burst=1)
    for number in range(1000):
        limits.wait(str(number))
    fake_time.now += 61.0
    limits.wait("new")
    assert list(limits._buckets) == ["new"]
