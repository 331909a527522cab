"""What a foreign encoder writes by any layout, satlog reads, to the last bit."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import satlog_native
from oracle import rows as oracle_rows
from oracle.agree import assert_agrees, same
from oracle.decode import Decoded, NotALog, decode
from oracle.encode import Record, encode
from satlog_native import Log, open_log
from satlog_native.layouts import loads
from strategies import Drawn, logs

SATLOC_AIR = Path(satlog_native.__file__).parent / "layouts" / "satloc_air.toml"


def opened(drawn: Drawn, **options: Any) -> Log:
    return open_log(drawn.log, layout=loads(drawn.toml), **options)


def holds_frames(drawn: Drawn) -> bool:
    """Whether the oracle finds any frame."""
    try:
        decode(drawn.layout, drawn.log)
    except NotALog:
        return False
    return True


def assert_same_rows(table: pa.Table, other: pa.Table) -> None:
    """Equal schemas and values, NaN being itself."""
    assert table.schema == other.schema
    for column, values in other.to_pydict().items():
        assert same(values, table[column].to_pylist())


@given(logs(harmed=False))
def test_any_record_of_any_layout_decodes_exactly(drawn: Drawn) -> None:
    log = opened(drawn)
    assert_agrees(log, drawn.layout, decode(drawn.layout, drawn.log))
    assert log.report.lost == ()


@given(logs(harmed=True).filter(holds_frames), st.integers(1, 12))
def test_batches_of_any_size_add_up_to_the_table(drawn: Drawn, rows: int) -> None:
    log = opened(drawn)
    for name in log.kinds:
        whole = log[name]
        batches = list(log.iter_batches(rows, name))
        assert [batch.num_rows for batch in batches[:-1]] == [rows] * len(batches[:-1])
        assert_same_rows(pa.Table.from_batches(batches, whole.schema), whole)


@pytest.mark.usefixtures("small_steps")
@given(logs(harmed=False), st.data())
def test_stream_gives_every_kind_in_one_walk(drawn: Drawn, data: st.DataObject) -> None:
    log = opened(drawn)
    kinds = data.draw(st.lists(st.sampled_from(list(log.kinds)), min_size=1, unique=True))
    places: list[int] = []
    streamed = list(log.stream(kinds, rows=3, progress=places.append))
    for kind in kinds:
        batches = [batch for name, batch in streamed if name == kind]
        assert_same_rows(pa.Table.from_batches(batches, log[kind].schema), log[kind])
    assert places == sorted(places)
    assert places[-1] == len(drawn.log)


@given(logs(harmed=False), st.data())
def test_chosen_columns_are_those_of_the_whole_table(drawn: Drawn, data: st.DataObject) -> None:
    log = opened(drawn)
    name = data.draw(st.sampled_from(list(log.kinds)))
    whole = log[name]
    columns = data.draw(st.lists(st.sampled_from(whole.column_names), min_size=1, unique=True))
    assert_same_rows(log.table(name, columns=columns), whole.select(columns))
    batches = list(log.iter_batches(5, name, columns))
    schema = whole.select(columns).schema
    assert_same_rows(pa.Table.from_batches(batches, schema), whole.select(columns))


@given(logs(harmed=False))
def test_records_are_the_wire_values(drawn: Drawn) -> None:
    log = opened(drawn)
    decoded = decode(drawn.layout, drawn.log)
    for variant in drawn.layout["record"]:
        if "size" not in variant or variant["name"] not in log.kinds:
            continue
        payloads = payloads_of(decoded, variant)
        records = log.records(variant["name"], size=variant["size"])
        assert len(records) == len(payloads)
        assert records.tobytes() == b"".join(payloads)
        for field in variant.get("field", ()):
            if "count" in field or field["type"] in ("text", "bytes", "timestamp", "u24", "i24"):
                continue
            order = field.get("byte_order", drawn.layout["layout"].get("byte_order", "little"))
            wires = [oracle_rows.number(p[field["at"] :], field["type"], order) for p in payloads]
            assert same(wires, records[field["name"]].tolist())


def test_records_are_what_numpy_reads_by_hand() -> None:
    layout = tomllib.loads(SATLOC_AIR.read_text("utf-8"))
    rows = [
        {"flow_rate": 1.5 * n, "volume": n / 3, "valve_position": n, "status": n % 8}
        for n in range(200)
    ]
    log, _ = encode(layout, [Record("flow_monitor", 18, row) for row in rows])
    floats = ["flow_rate", "target_flow_rate", "volume", "pressure"]
    dtype = np.dtype([*((name, "<f4") for name in floats), ("valve", "u1"), ("status", "u1")])
    by_hand = np.frombuffer(log, np.dtype([("head", "V3"), ("payload", dtype), ("check", "u1")]))
    records = open_log(log).records("flow_monitor")
    for name, hand in zip((*floats, "valve_position", "status"), dtype.names or (), strict=True):
        assert np.array_equal(records[name], by_hand["payload"][hand])


def test_records_of_all_sizes_have_the_longest_dtype() -> None:
    layout = tomllib.loads(SATLOC_AIR.read_text("utf-8"))
    short = Record("position", 39, {"latitude": 44.0})
    long = Record("position", 74, {"latitude": 45.0, "heading": 90.0})
    log = open_log(encode(layout, [short, long])[0])
    records = log.records("position")
    assert records.dtype.itemsize == 74
    assert records["latitude"].tolist() == [44.0, 45.0]
    assert records["heading"].tolist() == [0.0, 90.0]
    assert log.records("position", size=39)["latitude"].tolist() == [44.0]


def payloads_of(decoded: Decoded, variant: dict[str, Any]) -> list[bytes]:
    """Payloads of exactly a variant's size, but of records too short for a row."""
    return [
        frame.payload
        for frame in decoded.frames
        if frame.type == variant["type"]
        and len(frame.payload) == variant["size"]
        and frame not in decoded.short
    ]
