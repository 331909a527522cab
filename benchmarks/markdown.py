"""Tables and figures of the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from benchmarks.pairs import Race


class Target(NamedTuple):
    """What is to be reached, and what was."""

    what: str
    wanted: str
    measured: str
    reached: bool


def at_least(what: str, least: float, one: Race) -> Target:
    """A target of a race."""
    return Target(what, f"at least {least:g} × as fast", times(one), one.ratio >= least)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> Iterator[str]:
    """A table; its last so many columns are aligned to the right."""
    yield f"| {' | '.join(head)} |"
    yield "|---" * (len(head) - numbers) + "|--:" * numbers + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def figure(number: float) -> str:
    """Three digits, or more where a whole number has them."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def milliseconds(seconds: float) -> str:
    return figure(seconds * 1e3)


def times(one: Race) -> str:
    low, high = one.quartiles
    return f"{figure(one.ratio)} ({figure(low)}–{figure(high)}) ×"
