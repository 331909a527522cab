"""The embedded queues against a model of them: whatever happens in whatever order."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from partner_pipeline.broker import message as names
from partner_pipeline.broker import topology
from partner_pipeline.broker.embedded.file import QueueFile
from partner_pipeline.broker.embedded.queues import Claimed, Queues
from partner_pipeline.errors import BrokerError
from pipeline.broker.tools import Clock, message, number

MAIN, DEAD, ARCHIVE = "a", topology.dead_queue("a"), topology.archive_queue("a")
QUEUES = st.sampled_from([MAIN, DEAD, ARCHIVE])
OWNERS = st.sampled_from(["one", "two"])
DELAYS = st.lists(st.sampled_from([0, 3, 15]), min_size=1, max_size=4)
OLD = st.sampled_from([None, 5])
LIMIT = 2
LEASE = 10
START = datetime(2026, 1, 1, tzinfo=UTC)
RETENTION = 60


@dataclass
class Modelled:
    """What a message should be; times in seconds."""

    number: int
    queue: str
    ready_at: int
    enqueued_at: int
    order: int
    deliveries: int = 0
    owner: str | None = None
    worn_out: bool = False


class QueuesMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.file = QueueFile(Path(self.folder.name) / "queues.db")
        self.queues = Queues(
            self.file, delivery_limit=LIMIT, retention=timedelta(seconds=RETENTION)
        )
        self.queues.declare(MAIN)
        self.clock = Clock(START)
        self.now = 0
        self.messages: dict[int, Modelled] = {}
        self.hands: list[tuple[Claimed, str]] = []
        self.next_number = 0

    def teardown(self) -> None:
        self.file.close()
        self.folder.cleanup()

    @initialize(delays=DELAYS)
    def start(self, delays: list[int]) -> None:
        self.publish(MAIN, delays)

    @rule(queue=st.sampled_from([MAIN, MAIN, DEAD]), delays=DELAYS)
    def publish(self, queue: str, delays: list[int]) -> None:
        for delay in delays:
            n = self.next_number
            self.next_number += 1
            self.queues.put(queue, message(n), self.clock(), delay)
            self.messages[n] = Modelled(n, queue, self.now + delay, self.now, n)

    @rule(seconds=st.sampled_from([1, 4, 11, 11, 70]))
    def time_passes(self, seconds: int) -> None:
        self.clock.pass_by(seconds)
        self.now += seconds

    @rule(data=st.data(), owner=OWNERS, old=OLD)
    def claim(self, data: st.DataObject, owner: str, old: int | None) -> None:
        queue = data.draw(self.queues_in_use())
        border = None if old is None else self.clock() - timedelta(seconds=old)
        lease = timedelta(seconds=LEASE)
        claimed = self.queues.claim(queue, owner, self.clock(), lease, border)
        expected = next(
            (
                one
                for one in self.ready(queue)
                if (old is None or one.enqueued_at < self.now - old)
                and (queue != MAIN or one.deliveries < LIMIT)
            ),
            None,
        )
        if expected is None:
            assert claimed is None
            return
        assert claimed is not None
        expected.owner, expected.ready_at = owner, self.now + LEASE
        expected.deliveries += 1
        assert number(claimed) == expected.number
        assert claimed.deliveries == expected.deliveries
        self.hands.append((claimed, queue))

    @rule(owner=OWNERS)
    def renew(self, owner: str) -> None:
        self.queues.renew(owner, self.clock() + timedelta(seconds=LEASE))
        for one in self.held(owner):
            one.ready_at = self.now + LEASE

    @rule(owner=OWNERS)
    def hand_back(self, owner: str) -> None:
        self.queues.hand_back(owner, self.clock())
        for one in self.held(owner):
            one.owner, one.ready_at = None, one.enqueued_at
        self.sweep()

    @precondition(lambda self: self.hands)
    @rule(data=st.data(), how=st.sampled_from(["remove", "requeue", "retry", "bury"]))
    def settle(self, data: st.DataObject, how: str) -> None:
        claimed, queue = data.draw(st.sampled_from(self.hands))
        one = self.messages.get(number(claimed))
        mine = (
            one is not None and one.owner == claimed.owner and one.deliveries == claimed.deliveries
        )
        act = self.settlement(how, claimed, queue)
        if one is None or not mine:
            assert fails(act)
            return
        act()
        self.hands.remove((claimed, queue))
        if how == "remove":
            del self.messages[one.number]
            return
        one.owner = None
        if how == "requeue":
            one.ready_at = one.enqueued_at
            self.sweep()
            return
        one.queue = queue if how == "retry" else DEAD
        one.enqueued_at, one.deliveries = self.now, 0
        one.ready_at = self.now + (5 if how == "retry" else 0)

    def settlement(self, how: str, claimed: Claimed, queue: str) -> Callable[[], None]:
        now = self.clock()
        return {
            "remove": lambda: self.queues.remove(claimed),
            "requeue": lambda: self.queues.requeue(claimed, now),
            "retry": lambda: self.queues.move(claimed, queue, claimed.message, now, 5),
            "bury": lambda: self.queues.move(claimed, DEAD, claimed.message, now),
        }[how]

    @rule(queue=QUEUES)
    def purge(self, queue: str) -> None:
        free = [
            one.number
            for one in self.messages.values()
            if one.queue == queue and (one.owner is None or one.ready_at <= self.now)
        ]
        assert self.queues.purge(queue, self.clock()) == len(free)
        for n in free:
            del self.messages[n]

    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        queue = data.draw(self.queues_in_use())
        peeked = self.queues.peek(queue, self.clock(), 0, 1000)
        self.sweep()
        ready = self.ready(queue)
        assert [number(one) for one in peeked] == [one.number for one in ready]
        assert [one.enqueued_at for one in peeked] == [
            self.moment(one.enqueued_at) for one in ready
        ]
        assert [one.message.headers.get(names.ERROR_CATEGORY) for one in peeked] == [
            "infrastructure" if one.worn_out else None for one in ready
        ]

    @rule(data=st.data())
    def count(self, data: st.DataObject) -> None:
        queue = data.draw(self.queues_in_use())
        stats = self.queues.stats(queue, self.clock())
        self.sweep()
        ready = self.ready(queue)
        delayed = [
            one
            for one in self.messages.values()
            if one.queue == queue and one.owner is None and one.ready_at > self.now
        ]
        assert (stats.messages, stats.delayed) == (len(ready), len(delayed))
        oldest = min((one.enqueued_at for one in ready), default=None)
        assert stats.oldest == (None if oldest is None else self.moment(oldest))

    def queues_in_use(self) -> st.SearchStrategy[str]:
        return st.sampled_from(sorted({one.queue for one in self.messages.values()}) or [MAIN])

    def moment(self, seconds: int) -> datetime:
        return START + timedelta(seconds=seconds)

    def ready(self, queue: str) -> list[Modelled]:
        ready = [
            one for one in self.messages.values() if one.queue == queue and one.ready_at <= self.now
        ]
        return sorted(ready, key=lambda one: (one.ready_at, one.order))

    def held(self, owner: str) -> list[Modelled]:
        return [one for one in self.messages.values() if one.owner == owner]

    def sweep(self) -> None:
        for one in self.messages.values():
            if one.queue == MAIN and one.ready_at <= self.now and one.deliveries >= LIMIT:
                self.move(one, DEAD)
                one.worn_out = True
            if one.queue == DEAD and one.ready_at <= self.now - RETENTION:
                self.move(one, ARCHIVE)

    def move(self, one: Modelled, queue: str) -> None:
        one.queue, one.owner, one.deliveries = queue, None, 0
        one.ready_at = one.enqueued_at = self.now


def fails(act: Callable[[], None]) -> bool:
    try:
        act()
    except BrokerError:
        return True
    return False


TestQueues = QueuesMachine.TestCase
TestQueues.settings = settings(stateful_step_count=60)
