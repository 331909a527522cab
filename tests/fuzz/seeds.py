"""Logs to start from: every record of every layout, whole and damaged, made anew for each run."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from oracle.encode import Record, encode
from satlog_native import layouts
from satlog_native.layouts.model import Layout

_TESTS = Path(__file__).parent.parent
_SHIPPED = Path(layouts.__file__).parent


@cache
def layout_files() -> tuple[Path, ...]:
    """The layouts that are fuzzed; a log's first byte chooses one."""
    return (_SHIPPED / "satloc_air.toml", *sorted((_TESTS / "layouts").glob("*.toml")))


@cache
def fuzzed_layouts() -> tuple[Layout, ...]:
    """The same, loaded."""
    return tuple(layouts.load(path) for path in layout_files())


def chosen(data: bytes) -> tuple[Layout, bytes]:
    """The layout that an input's first byte stands for, and its log."""
    known = fuzzed_layouts()
    return known[data[0] % len(known)] if data else known[0], data[1:]


def logs() -> Iterator[tuple[str, bytes]]:
    """(name, input) of every layout: one record of each kind, then the same with damage."""
    for number, path in enumerate(layout_files()):
        table = tomllib.loads(path.read_text("utf-8"))
        for name, log in _logs(table):
            yield f"{path.stem}-{name}", bytes([number]) + log


def _logs(table: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    records = [record for each in table["record"] for record in _records(each)]
    if "length" in table["framing"]:
        most = 255 if table["framing"]["type"]["type"] == "u8" else 65535
        known = {each["type"] for each in table["record"]}
        unknown = next(n for n in range(most, 0, -1) if n not in known)
        records += [Record(unknown, payload=b"unknown"), *records[:2]]
    log, frames = encode(table, records)
    yield "whole", log
    yield "cut", log[:-1]
    for place in (len(frames) // 3, 2 * len(frames) // 3):
        at = frames[place].offset + frames[place].size - 1
        yield f"flipped-{place}", log[:at] + bytes([log[at] ^ 0x10]) + log[at + 1 :]
        yield f"noise-{place}", log[:at] + log[40:60] + log[at:]


def _records(each: dict[str, Any]) -> Iterator[Record]:
    name, size = each["name"], each.get("size")
    for number in range(3):
        length = size if size is not None else 16 * number
        yield Record(name, size, payload=bytes((7 * number * i) % 256 for i in range(length)))


def layout_texts() -> Iterator[tuple[str, bytes]]:
    """(name, input) for the target that reads layouts."""
    for path in layout_files():
        yield path.stem, path.read_bytes()
