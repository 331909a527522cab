"""Delays before a retry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_pipeline.model.backoff import LONGEST_RETRY_AFTER, RetryPolicy, delay_before_retry
from partner_pipeline.model.categories import POLICIES, ErrorCategory

UPLOAD = RetryPolicy(tries=5, delay=5, factor=2, longest=300, jitter=0.5)
POLL = RetryPolicy(tries=3, delay=10, factor=2, longest=600)


def _delays(policy: RetryPolicy, category: ErrorCategory, chance: float = 0.0) -> list[float]:
    found = []
    for failures in range(1, 100):
        delay = delay_before_retry(policy, POLICIES[category], failures, random=lambda: chance)
        if delay is None:
            break
        found.append(delay)
    return found


def test_exponential_until_the_tries_are_used_up() -> None:
    assert _delays(UPLOAD, ErrorCategory.TRANSIENT) == [5, 10, 20, 40]
    assert _delays(POLL, ErrorCategory.TRANSIENT) == [10, 20]


def test_no_delay_is_longer_than_the_longest() -> None:
    policy = RetryPolicy(tries=20, delay=5, factor=2, longest=300)
    assert _delays(policy, ErrorCategory.TRANSIENT)[5:8] == [160, 300, 300]


def test_jitter_makes_delays_shorter_only() -> None:
    assert _delays(UPLOAD, ErrorCategory.TRANSIENT, chance=0.999999)[0] == pytest.approx(2.5)


@pytest.mark.parametrize("category", [ErrorCategory.VALIDATION, ErrorCategory.PROCESSING])
def test_what_never_works_is_not_tried_again(category: ErrorCategory) -> None:
    assert _delays(UPLOAD, category) == []


def test_wrong_credentials_are_tried_a_few_times_at_a_fixed_delay() -> None:
    assert _delays(UPLOAD, ErrorCategory.AUTHENTICATION) == [60, 60]


def test_own_trouble_does_not_count_against_the_task() -> None:
    delays = _delays(UPLOAD, ErrorCategory.INFRASTRUCTURE)
    assert len(delays) == 99
    assert delays[-1] == 300


def test_a_partner_that_is_down_is_given_time() -> None:
    assert _delays(UPLOAD, ErrorCategory.PARTNER_DOWN) == [300] * 99


@pytest.mark.parametrize(
    ("asked", "waited"), [(1.0, 60.0), (90.0, 90.0), (1e9, LONGEST_RETRY_AFTER), (-5.0, 60.0)]
)
def test_a_partner_is_asked_no_sooner_than_it_wants(asked: float, waited: float) -> None:
    policy = POLICIES[ErrorCategory.RATE_LIMIT]
    assert delay_before_retry(POLL, policy, 1, retry_after=asked, random=lambda: 0.9) == waited


@given(
    policy=st.builds(
        RetryPolicy,
        tries=st.integers(1, 100),
        delay=st.floats(0, 86_400),
        factor=st.floats(1, 10),
        longest=st.floats(0, 86_400),
        jitter=st.floats(0, 1),
    ),
    category=st.sampled_from(list(ErrorCategory)),
    failures=st.integers(1, 10**6),
    retry_after=st.none() | st.floats(0, 1e12),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_delays_are_finite_and_tries_end(
    policy: RetryPolicy,
    category: ErrorCategory,
    failures: int,
    retry_after: float | None,
    chance: float,
) -> None:
    rule = POLICIES[category]
    delay = delay_before_retry(
        policy, rule, failures, retry_after=retry_after, random=lambda: chance
    )
    if delay is None:
        assert rule.retry == "none" or failures >= min(policy.tries, rule.tries or policy.tries)
    else:
        first = policy.delay if rule.delay is None else rule.delay
        assert 0 <= delay <= max(policy.longest, first, LONGEST_RETRY_AFTER)
        assert delay >= min(retry_after or 0, LONGEST_RETRY_AFTER)
