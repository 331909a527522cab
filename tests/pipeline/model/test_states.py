"""The tables of states: what the design draws is possible, and nothing ends in a dead end."""

from __future__ import annotations

from enum import Enum
from itertools import pairwise

import pytest

from partner_pipeline.errors import ValidationError
from partner_pipeline.model.states import (
    ASSIGNMENTS,
    LOGS,
    OUTBOX,
    TASKS,
    AssignStatus,
    LogStatus,
    Machine,
    TaskStatus,
)

MACHINES = pytest.mark.parametrize("machine", [LOGS, TASKS, ASSIGNMENTS, OUTBOX])


@pytest.mark.parametrize(
    ("machine", "path"),
    [
        (LOGS, ["pending", "downloading", "downloaded", "processing", "processed"]),
        (LOGS, ["pending", "downloading", "downloaded", "processing", "failed"]),
        (LOGS, ["pending", "downloading", "downloaded", "processing", "skipped"]),
        (TASKS, ["queued", "processing", "completed"]),
        (TASKS, ["queued", "processing", "failed", "dlq", "archived"]),
        (ASSIGNMENTS, [0, 1, 2]),
        (ASSIGNMENTS, [0, 2]),
    ],
)
def test_the_paths_of_the_design(machine: Machine[Enum], path: list[object]) -> None:
    state = type(machine.initial)
    assert machine.initial.value == path[0]
    for before, after in pairwise(path):
        machine.check(state(before), state(after))


@pytest.mark.parametrize(
    ("machine", "before", "after"),
    [
        (LOGS, LogStatus.PENDING, LogStatus.PROCESSED),
        (LOGS, LogStatus.PENDING, LogStatus.PROCESSING),
        (LOGS, LogStatus.PROCESSED, LogStatus.FAILED),
        (LOGS, LogStatus.PROCESSED, LogStatus.PROCESSING),
        (TASKS, TaskStatus.QUEUED, TaskStatus.COMPLETED),
        (TASKS, TaskStatus.COMPLETED, TaskStatus.PROCESSING),
        (TASKS, TaskStatus.ARCHIVED, TaskStatus.QUEUED),
        (TASKS, TaskStatus.DEAD, TaskStatus.PROCESSING),
        (ASSIGNMENTS, AssignStatus.UPLOADED, AssignStatus.DOWNLOADED),
    ],
)
def test_what_may_not_be(machine: Machine[Enum], before: Enum, after: Enum) -> None:
    assert not machine.allows(before, after)
    with pytest.raises(ValidationError, match="not a transition"):
        machine.check(before, after)


@MACHINES
def test_every_state_has_its_row_and_can_be_reached(machine: Machine[Enum]) -> None:
    assert set(machine.table) == set(type(machine.initial))
    reached, new = {machine.initial}, {machine.initial}
    while new:
        new = {after for before in new for after in machine.table[before]} - reached
        reached |= new
    assert reached == set(machine.table)


@MACHINES
def test_sources_are_the_table_read_backwards(machine: Machine[Enum]) -> None:
    for after in machine.table:
        for before in machine.table:
            assert (before in machine.sources(after)) == machine.allows(before, after)


def test_only_completed_and_archived_tasks_are_at_their_end() -> None:
    assert {s for s in TaskStatus if TASKS.is_final(s)} == {
        TaskStatus.COMPLETED,
        TaskStatus.ARCHIVED,
    }
    assert not any(LOGS.is_final(state) for state in LogStatus)
