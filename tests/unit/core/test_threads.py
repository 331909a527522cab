"""A log cut among threads at any byte gives what one walk gives, bit for bit."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz import properties, seeds
from oracle.encode import Record, encode
from oracle.plain import FRAMING, plain_layout
from satlog_native import index, layouts, open_log
from satlog_native._core.frames import walk
from satlog_native._core.segment import Segment
from satlog_native._core.source import Source
from satlog_native.index import Counts
from satlog_native.layouts.model import Layout
from satlog_native.plan import framing_of
from strategies import to_toml

SEEDS = dict(seeds.logs())


def found(layout: Layout, content: bytes, cuts: list[int]) -> tuple[Any, ...]:
    """Frames, lost runs and counts of a walk cut at these places."""
    framing, source = framing_of(layout), Source(content)
    start = layout.framing.header_size
    if cuts:
        segments = properties.walked_apart(framing, source, start, cuts)
    else:
        segments = [Segment(framing, start)]
        walk(framing, source, segments[0])
    counts = Counts()
    for segment in segments:
        counts.add(segment)
    frames = [segment.frame(framing, i) for segment in segments for i in range(len(segment))]
    return frames, counts


@pytest.mark.parametrize("name", [name for name in SEEDS if "whole" in name or "noise" in name])
def test_one_cut_at_every_byte(name: str) -> None:
    """In heads, in payloads, in noise, on frames' starts and one beside them."""
    layout, content = seeds.chosen(SEEDS[name])
    content = content[:700]
    whole = found(layout, content, [])
    assert whole[0]
    for cut in range(layout.framing.header_size + 1, len(content)):
        assert found(layout, content, [cut]) == whole, cut


@given(name=st.sampled_from(sorted(SEEDS)), data=st.data())
def test_many_cuts(name: str, data: st.DataObject) -> None:
    layout, content = seeds.chosen(SEEDS[name])
    places = st.integers(layout.framing.header_size + 1, len(content) - 1)
    cuts = sorted(data.draw(st.lists(places, min_size=1, max_size=12, unique=True)))
    assert found(layout, content, cuts) == found(layout, content, [])


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_tables_and_report_are_those_of_one_thread(name: str, threads: int) -> None:
    layout, content = seeds.chosen(SEEDS[name])
    with (
        open_log(content, layout=layout, threads=1) as one,
        open_log(content, layout=layout, threads=threads) as many,
    ):
        assert len(many._index.segments) > 1
        assert many.report == one.report
        assert many.kinds == one.kinds
        for kind in one.kinds:
            # By text, in which NaN is itself.
            assert str(many[kind].to_pylist()) == str(one[kind].to_pylist())
            assert many.raw(kind).equals(one.raw(kind))
            assert many[kind].schema.equals(one[kind].schema, check_metadata=True)


def test_a_frame_that_holds_whole_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that start inside one long frame find others in it, which one walk never sees."""
    monkeypatch.setattr(index, "LEAST_PER_THREAD", 100)
    table = plain_layout(size=None, framing=FRAMING)
    inner = encode(table, [Record("thing", None, payload=b"inner")] * 40)[0]
    records = [Record("thing", None, payload=p) for p in (b"before", inner, b"after")]
    content, truth = encode(table, records)
    with open_log(content, layout=layouts.loads(to_toml(table)), threads=6) as log:
        assert log["thing"]["offset"].to_pylist() == [frame.offset for frame in truth]
        assert log.report.lost == ()


def test_random_noise_between_and_in_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "LEAST_PER_THREAD", 64)
    chance = random.Random("noise")
    for name, data in SEEDS.items():
        if not name.endswith("whole"):
            continue
        layout, content = seeds.chosen(data)
        log = bytearray(content)
        for _ in range(30):
            at = chance.randrange(layout.framing.header_size, len(log))
            log[at:at] = chance.randbytes(chance.randrange(30))
        log += content[layout.framing.header_size :]
        with (
            open_log(bytes(log), layout=layout, threads=1) as one,
            open_log(bytes(log), layout=layout, threads=16) as many,
        ):
            assert one.report == many.report
            assert all(one.raw(kind).equals(many.raw(kind)) for kind in one.kinds)


# -- how threads end ------------------------------------------------------------------------------


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """As in a terminal: tests that a shell runs in the background begin with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_leaves_no_thread_reading() -> None:
    """Also where it comes while a thread starts, which is when the first task sends it."""
    main = threading.main_thread().ident
    assert main is not None
    for _ in range(30):
        running, sent = set[int](), threading.Event()

        def task(running: set[int] = running, sent: threading.Event = sent) -> None:
            running.add(threading.get_ident())
            if not sent.is_set():
                sent.set()
                signal.pthread_kill(main, signal.SIGINT)
            sum(range(500_000))
            running.remove(threading.get_ident())

        with pytest.raises(KeyboardInterrupt):
            index.run([task] * 4, 2)
        assert not running


def test_what_a_task_raises_is_raised() -> None:
    def fail() -> None:
        raise MemoryError("no memory to gather columns")

    done: list[int] = []
    with pytest.raises(MemoryError, match="to gather"):
        index.run([fail, fail, partial(done.append, 1)], 2)
    index.run([partial(done.append, number) for number in range(2, 50)], 3)
    assert sorted(set(done) - {1}) == list(range(2, 50))
