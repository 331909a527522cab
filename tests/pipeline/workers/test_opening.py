"""The parts of a process, from its settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from partner_pipeline.errors import BrokerError, InfrastructureError, StoreError
from partner_pipeline.store.repositories import INDEXES
from partner_pipeline.workers.opening import open_context
from pipeline.workers.tools import Room, open_room


def test_indexes_and_queues_are_there(any_room: Room) -> None:
    any_room.store.store.ensure_indexes(INDEXES)  # again: nothing is to be made
    stats = any_room.context.broker.stats(any_room.queue)
    assert (stats.messages, stats.delayed) == (0, 0)


def test_each_process_has_a_name_of_its_own(room: Room) -> None:
    with open_context(room.settings) as other:
        assert other.owner != room.context.owner
        assert other.repositories.users.count() == room.store.users.count()


def test_everything_is_closed_at_the_end(tmp_path: Path) -> None:
    with open_room(tmp_path) as room:
        context = room.context
    with pytest.raises(StoreError):
        context.repositories.store.ping()
    with pytest.raises(BrokerError):
        context.broker.ping()


def test_a_store_that_does_not_answer_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "pipeline.db").write_bytes(b"no database, " * 1000)
    with pytest.raises(InfrastructureError), open_room(tmp_path):
        pass
