"""Whatever the layout and the log: a dump shows every byte, and every format takes every table."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from hypothesis import given, settings

from cli.tools import read
from oracle.agree import same
from oracle.decode import NotALog, decode
from satlog_native import Log, open_log
from satlog_native.convert import convert
from satlog_native.dump import dump
from satlog_native.layouts import loads
from strategies import Drawn, logs


def holds_frames(drawn: Drawn) -> bool:
    """Whether the oracle finds any frame."""
    try:
        decode(drawn.layout, drawn.log)
    except NotALog:
        return False
    return True


@given(logs(harmed=True).filter(holds_frames))
def test_dump_shows_every_byte(drawn: Drawn) -> None:
    log = open_log(drawn.log, layout=loads(drawn.toml))
    position = 0
    lost = []
    for stretch in dump(log):
        assert stretch.offset == position
        shown = b"".join(part.data for part in stretch.parts)
        assert drawn.log[position : position + stretch.size].startswith(shown)
        if stretch.lost:
            lost.append((stretch.offset, stretch.size))
        else:
            assert len(shown) == stretch.size
            assert [part.offset for part in stretch.parts] == starts_of(stretch.parts, position)
        position += stretch.size
    assert position == log.size
    assert lost == [(run.offset, run.size) for run in log.report.lost]


def starts_of(parts: Any, position: int) -> list[int]:
    """Where parts start that follow each other without a gap."""
    starts = []
    for part in parts:
        starts.append(position)
        position += len(part.data)
    return starts


@given(logs(harmed=True).filter(holds_frames))
@settings(max_examples=30)
def test_dump_from_any_offset(drawn: Drawn) -> None:
    log = open_log(drawn.log, layout=loads(drawn.toml))
    whole = list(dump(log))
    for at in range(0, log.size, max(1, log.size // 8)):
        first = next(iter(dump(log, at)))
        assert first.offset <= at < first.offset + first.size
        assert first in whole


@given(logs(harmed=False))
@settings(max_examples=30)
def test_every_format_takes_every_table(drawn: Drawn) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.LOG").write_bytes(drawn.log)
        (folder / "own.toml").write_text(drawn.toml, encoding="utf-8")
        log = open_log(drawn.log, layout=loads(drawn.toml))
        for ending in ("parquet", "arrow", "csv", "ndjson"):
            done = convert(
                [folder / "a.LOG"],
                folder / ending,
                layout=folder / "own.toml",
                tables=["all"],
                format=ending,
            )
            assert set(done.files) == {str(kind) for kind in log.kinds}
            for kind, path in done.files.items():
                assert_holds(path, log, kind)


def assert_holds(path: Path, log: Log, kind: str) -> None:
    """Whether a file holds a table."""
    table = log.table(kind)
    rows = table.to_pylist()
    if path.suffix in (".parquet", ".arrow"):
        written = read(path)
        assert written.schema == table.schema
        for column, values in table.to_pydict().items():
            assert same(written[column].to_pylist(), values)
    elif path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            header, *lines = csv.reader(file)
        assert header == table.column_names
        assert len(lines) == len(rows)
    else:
        lines = [json.loads(line) for line in path.read_bytes().splitlines()]
        for name, field in zip(table.column_names, table.schema, strict=True):
            values = [row[name] for row in lines]
            if not pa.types.is_list(field.type) and not pa.types.is_binary(field.type):
                assert [value is None for value in values] == [
                    row[name] is None or row[name] in NOT_JSON or row[name] != row[name]
                    for row in rows
                ]
            if pa.types.is_integer(field.type) or pa.types.is_string(field.type):
                assert values == [row[name] for row in rows]


NOT_JSON = (float("inf"), float("-inf"))
