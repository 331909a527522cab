"""Nothing the core allocates is left behind, whoever drops it and whatever goes wrong before."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from fuzz import seeds
from oracle.encode import Record, encode
from oracle.plain import plain_layout
from satlog_native import Log, decoding, layouts, open_log
from satlog_native._core.arrow import export_array
from satlog_native._core.memory import live_blocks
from satlog_native.errors import DamageError, NotALog, TableError
from strategies import to_toml


def blocks_of_logs() -> int:
    """Blocks in use, without those of plans: they belong to layouts, and wait for the next log."""
    decoding.forget_plans()
    gc.collect()
    return live_blocks()


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    before = blocks_of_logs()
    yield
    assert blocks_of_logs() == before


LAYOUT: dict[str, Any] = plain_layout(
    {"name": "number", "type": "u32", "null": 3},
    {"name": "word", "at": 4, "type": "text", "size": 4, "encoding": "latin-1"},
    {"name": "list", "at": 8, "type": "u8", "count": 4, "null": 0},
    {"name": "state", "at": 12, "type": "u8", "enum": {"1": "on"}},
)
PLAIN = layouts.loads(to_toml(LAYOUT))
THINGS = [Record("thing", 16, {"number": n, "word": b"ab\xe9", "state": n}) for n in range(200)]
CONTENT = encode(LAYOUT, THINGS)[0]


def opened(content: bytes = CONTENT, **options: Any) -> Log:
    return open_log(content, layout=PLAIN, **options)


def columns_of(log: Log) -> Any:
    """Gathered columns, as a table is made of them."""
    decoder = decoding.table_decoder(PLAIN, PLAIN.by_name["thing"], "thing", None)
    rows = log._index.rows({1: decoder.needs})[1]
    return decoder.gather(log._reading, rows)


def test_every_way_to_read_gives_all_memory_back() -> None:
    for _, data in seeds.logs():
        layout, content = seeds.chosen(data)
        with open_log(content, layout=layout) as log:
            for kind in log.kinds:
                log[kind]
                log.raw(kind)
                list(log.iter_batches(2, kind))
            assert log.report.frames


def test_a_table_outlives_its_log() -> None:
    log = opened()
    before_table = live_blocks()
    table = log["thing"]
    log.close()
    del log
    gc.collect()
    table.validate(full=True)
    assert table["word"].to_pylist() == ["abé"] * 200
    assert live_blocks() < before_table + 40
    del table


def test_a_log_that_is_dropped_goes_at_once() -> None:
    """No collection of garbage is needed: a loop over files keeps none open."""
    opened()["thing"]
    gc.collect()
    gc.disable()
    try:
        before = live_blocks()
        opened()["thing"]
        assert live_blocks() == before
    finally:
        gc.enable()


def test_a_slice_keeps_only_its_own_column_alive() -> None:
    with opened() as log:
        words = log["thing"]["word"].slice(10, 2)
    gc.collect()
    assert words.to_pylist() == ["abé", "abé"]


def test_half_used_batches_give_their_memory_back() -> None:
    log = opened()
    batches = log.iter_batches(3, "thing")
    assert next(batches).num_rows == 3
    del batches
    log.close()


def test_columns_that_nobody_exports() -> None:
    assert columns_of(opened()) is not None


def test_a_capsule_that_nobody_imports() -> None:
    capsule = export_array(columns_of(opened()))
    assert "arrow_array" in repr(capsule)


def test_columns_are_exported_once() -> None:
    columns = columns_of(opened())
    first = export_array(columns)
    with pytest.raises(ValueError, match="exported already"):
        export_array(columns)
    del first


def test_columns_with_a_schema_that_does_not_fit_them() -> None:
    """pyarrow refuses after it has taken the array over, and must still release it."""
    carrier = decoding._Carrier(
        pa.schema([("only", pa.int8())]).__arrow_c_schema__(), export_array(columns_of(opened()))
    )
    with pytest.raises(pa.ArrowInvalid):
        pa.record_batch(carrier)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n", b"A" * 5000, bytes(5000), CONTENT[:3]])
def test_what_is_no_log(content: bytes) -> None:
    with pytest.raises(NotALog):
        opened(content)


def test_errors_half_way() -> None:
    with pytest.raises(DamageError):
        opened(CONTENT[:-1], errors="raise")
    with opened() as log:
        with pytest.raises(TableError):
            log["nothing"]
        with pytest.raises(TableError):
            log.table("thing", ["number", "nothing"])
    with pytest.raises(ValueError, match="the log is closed"):
        log["thing"]


def test_released_by_another_thread() -> None:
    with opened() as log:
        tables = [log["thing"], log.raw("thing")]
    thread = threading.Thread(target=tables.clear)
    thread.start()
    thread.join()
    assert tables == []


def test_polars_takes_a_table_over_and_outlives_it() -> None:
    with opened() as log:
        table = log["thing"]
    frame = pl.DataFrame(table)
    rows = table.drop_columns("state").to_pylist()
    del table
    gc.collect()
    assert frame.drop("state").rows(named=True) == rows
    assert frame["state"].cast(pl.String).to_list()[:3] == ["0", "on", "2"]


def test_polars_reads_a_table_s_stream_without_pyarrow_in_between() -> None:
    with opened() as log:
        column = log["thing"].column("number")
    assert pl.Series(column).null_count() == 1


def test_a_table_of_no_rows() -> None:
    with opened() as log:
        empty = log[77]
        assert log.table("thing", []).num_columns == 0
    assert empty.num_rows == 0
    empty.validate(full=True)
