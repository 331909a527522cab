"""When a worker should stop."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from partner_pipeline.workers.limit import DeadLetterLimit
from pipeline.repositories.tools import at_once


def _ends(limit: DeadLetterLimit, ends: str) -> list[bool]:
    """Whether each task was one too many; ``x`` is a dead letter."""
    return [limit.exceeded(dead=end == "x") is not None for end in ends]


def test_so_many_in_a_row_are_too_many() -> None:
    limit = DeadLetterLimit(100, 1.0, 3)
    assert _ends(limit, "xx.xx.xxx.x") == [False] * 8 + [True, False, False]


def test_a_larger_share_is_too_much_once_there_are_enough() -> None:
    ends = _ends(DeadLetterLimit(4, 0.5, 100), "xx.x.xx")
    assert ends == [False, False, False, True, False, False, True]
    assert not any(_ends(DeadLetterLimit(4, 0.5, 100), "x.x.x.x.x.x."))


def test_a_good_task_is_never_one_too_many() -> None:
    limit = DeadLetterLimit(2, 0.1, 100)
    assert _ends(limit, "xx.") == [False, True, False]


@given(
    ends=st.text(alphabet="x.", max_size=60),
    window=st.integers(1, 20),
    share=st.floats(0.01, 1.0),
    row=st.integers(1, 20),
)
def test_it_is_what_the_settings_say(ends: str, window: int, share: float, row: int) -> None:
    for number, told in enumerate(_ends(DeadLetterLimit(window, share, row), ends), 1):
        so_far, last = ends[:number], ends[max(0, number - window) : number]
        in_a_row = len(so_far) - len(so_far.rstrip("x"))
        of_share = number >= window and last.count("x") > share * window and last.endswith("x")
        assert told == (in_a_row >= row or of_share)


def test_it_says_why() -> None:
    limit = DeadLetterLimit(4, 0.5, 3)
    limit.exceeded(dead=True)
    limit.exceeded(dead=True)
    assert limit.exceeded(dead=True) == "3 tasks in a row became dead letters"
    assert DeadLetterLimit(1, 0.5, 2).exceeded(dead=True) == (
        "1 of the last 1 tasks became dead letters"
    )


def test_threads_count_together() -> None:
    limit = DeadLetterLimit(1000, 1.0, 50)

    def work(_: int) -> int:
        return sum(limit.exceeded(dead=True) is not None for _ in range(20))

    assert Counter(at_once(5, work)).total() == 5
    assert limit.exceeded(dead=True) == "101 tasks in a row became dead letters"
