"""The bytes of a log: held while they are read, let go of when the log is closed."""

from __future__ import annotations

import mmap
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuzz import seeds
from satlog_native import Log, open_log
from satlog_native._core.source import Source
from satlog_native.layouts.model import Layout


@pytest.fixture(scope="module")
def flight() -> tuple[Layout, bytes]:
    data = next(data for name, data in seeds.logs() if name == "satloc_air-whole")
    layout, content = seeds.chosen(data)
    return layout, content * 40


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, np.frombuffer])
def test_any_bytes(kind: Callable[..., Any], flight: tuple[Layout, bytes]) -> None:
    layout, content = flight
    data: Any = kind(content, dtype=np.uint8) if kind is np.frombuffer else kind(content)
    with open_log(content, layout=layout) as plain, open_log(data, layout=layout) as log:
        assert log["position"].equals(plain["position"])


def test_a_closed_log_lets_go_of_its_bytes(flight: tuple[Layout, bytes]) -> None:
    data = bytearray(flight[1])
    log = open_log(data, layout=flight[0])
    with pytest.raises(BufferError):
        data.append(0)
    log.close()
    data.append(0)


def test_a_closed_log_lets_go_of_its_file(tmp_path: Path, flight: tuple[Layout, bytes]) -> None:
    path = tmp_path / "flight.LOG"
    path.write_bytes(flight[1])
    log = open_log(path, layout=flight[0])
    mapped = log._bytes
    assert isinstance(mapped, mmap.mmap)
    log.close()
    assert mapped.closed


def test_closing_twice_is_nothing(flight: tuple[Layout, bytes]) -> None:
    log = open_log(flight[1], layout=flight[0])
    log.close()
    log.close()


@pytest.mark.parametrize(
    "use",
    [
        lambda log: log["position"],
        lambda log: log.raw("position"),
        lambda log: log.records("position"),
        lambda log: log.kinds,
        lambda log: log.report,
        lambda log: list(log.iter_batches(5)),
    ],
)
def test_a_closed_log_says_so(use: Callable[[Log], Any], flight: tuple[Layout, bytes]) -> None:
    log = open_log(flight[1], layout=flight[0])
    log.close()
    with pytest.raises(ValueError, match="the log is closed: open it again"):
        use(log)


def test_closed_between_two_batches(flight: tuple[Layout, bytes]) -> None:
    log = open_log(flight[1], layout=flight[0])
    batches = log.iter_batches(5)
    first = next(batches)
    log.close()
    with pytest.raises(ValueError, match="the log is closed"):
        for _ in batches:
            pass
    first.validate(full=True)


def test_one_log_in_several_threads(flight: tuple[Layout, bytes]) -> None:
    layout, content = flight
    with open_log(content, layout=layout) as alone:
        expected = {kind: alone[kind] for kind in ("position", "gps", "flow_monitor")}
        report = alone.report
    kinds = list(expected) * 8
    with open_log(content, layout=layout, threads=2) as log, ThreadPoolExecutor(4) as pool:
        start = threading.Barrier(4)
        # The first four meet an index that is not made yet.
        pool.map(lambda _: start.wait(), range(4))
        for kind, table in zip(kinds, pool.map(log.table, kinds), strict=True):
            assert table.equals(expected[kind])
        reports = [pool.submit(lambda: log.report) for _ in range(4)]
        assert all(future.result() == report for future in reports)


@pytest.mark.parametrize("_again", range(10))
def test_closed_while_others_read(flight: tuple[Layout, bytes], _again: int) -> None:
    """Whoever reads gets all or the plain word; whoever closes succeeds or is told to wait."""
    layout, content = flight
    log = open_log(content, layout=layout)
    expected = len(log["position"])
    sizes, refusals, waits = set(), [], set()
    start = threading.Barrier(4)

    def read() -> None:
        start.wait()
        try:
            while True:
                sizes.add(len(log["position"]))
        except ValueError as error:
            refusals.append(str(error))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    start.wait()
    closed = False
    while not closed:
        try:
            log.close()
            closed = True
        except BufferError as error:
            waits.add(str(error))
    for thread in threads:
        thread.join()
    assert sizes <= {expected}
    assert waits <= {"the log is being read by another thread: close it afterwards"}
    assert ["the log is closed" in words for words in refusals] == [True] * 3


def test_a_source_needs_contiguous_bytes() -> None:
    with pytest.raises(BufferError):
        Source(memoryview(b"abcdef")[::2])
    source = Source(b"abc")
    assert (source.size, source.closed) == (3, False)
    source.close()
    assert source.closed
