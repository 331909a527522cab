"""What is measured: ways to do something with a log, each by a key.

A subject is prepared with a log, bytes or a path, and then called again and again. Every call
starts from the unopened log, and returns what it has made. Modules are imported when a subject is
prepared, so that a process that measures memory holds no other subject's.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from satlog_native.log import Log

Call = Callable[[], object]
Source = Path | bytes


class Subject(NamedTuple):
    """Its name in tables, and what prepares it."""

    name: str
    prepare: Callable[[Source], Call]


def _satlog(work: Callable[[Log], object], threads: int = 1) -> Callable[[Source], Call]:
    def prepare(source: Source) -> Call:
        from satlog_native import open_log

        def call() -> object:
            with open_log(source, threads=threads) as log:
                return work(log)

        return call

    return prepare


def _rival(module: str, function: str) -> Callable[[Source], Call]:
    def prepare(source: Source) -> Call:
        decode: Callable[[bytes], object] = _of_rivals(module, function)
        data = _bytes(source)
        return lambda: decode(data)

    return prepare


def _copy(function: str) -> Callable[[Source], Call]:
    def prepare(source: Source) -> Call:
        copier: Callable[[bytes], Call] = _of_rivals("memcpy", function)
        return copier(_bytes(source))

    return prepare


def _of_rivals(module: str, function: str) -> Any:
    return getattr(import_module(f"benchmarks.rivals.{module}"), function)


def _bytes(source: Source) -> bytes:
    return source.read_bytes() if isinstance(source, Path) else source


def _batches(log: Log) -> int:
    return sum(batch.num_rows for batch in log.iter_batches())


_PLACE: Final = ["time", "latitude", "longitude"]

SUBJECTS: Final = {
    "decode": Subject("satlog, all tables, 1 thread", _satlog(lambda log: log.tables())),
    "decode2": Subject("satlog, all tables, 2 threads", _satlog(lambda log: log.tables(), 2)),
    "index": Subject("satlog, index only, 1 thread", _satlog(lambda log: log.kinds)),
    "table": Subject("satlog, one table (position)", _satlog(lambda log: log["position"])),
    "columns": Subject(
        "satlog, three columns of it", _satlog(lambda log: log.table("position", _PLACE))
    ),
    "batches": Subject("satlog, position in batches, none kept", _satlog(_batches)),
    "warm": Subject("memcpy, warm pages", _copy("warm")),
    "fresh": Subject("memcpy, fresh pages", _copy("fresh")),
    "fresh_huge": Subject("memcpy, fresh huge pages", _copy("fresh_huge")),
    "numpy": Subject("numpy, two passes", _rival("numpy_two_pass", "decode")),
    "struct_read": Subject("`struct` loop, wire values only", _rival("struct_loop", "read")),
    "struct": Subject("`struct` loop, columns", _rival("struct_loop", "decode")),
    "kaitai": Subject("kaitaistruct", _rival("kaitai_rival", "decode")),
    "construct": Subject("construct", _rival("construct_rival", "decode")),
}
