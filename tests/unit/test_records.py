"""``Log.records``: wire values as they lie in the file, in the layout's own dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle.encode import Record, encode
from oracle.plain import FRAMING, plain_layout
from satlog_native import Log, open_log
from satlog_native.errors import TableError
from satlog_native.layouts import loads
from strategies import to_toml

FIELDS: list[dict[str, Any]] = [
    {"name": "number", "at": 0, "type": "i16", "scale": 0.1, "byte_order": "big"},
    {"name": "wide", "at": 2, "type": "u24"},
    {"name": "word", "at": 5, "type": "text", "size": 4, "encoding": "latin-1"},
    {"name": "unicode", "at": 9, "type": "text", "size": 4, "encoding": "utf-16-le"},
    {"name": "list", "at": 13, "type": "f32", "count": 2},
    {"name": "key", "at": 21, "type": "bytes", "size": 3},
    {"name": "time", "at": 24, "type": "timestamp", "codec": "msdos"},
    {"name": "flags", "at": 28, "type": "u8", "bits": {"one": 0}},
]
LONG = plain_layout(*FIELDS, size=30)
SHORT_FIELDS = FIELDS[:2]


def opened(layout: dict[str, Any], *records: Record) -> Log:
    return open_log(encode(layout, records)[0], layout=loads(to_toml(layout)))


def test_the_layout_s_own_dtype() -> None:
    values = {"number": -300, "wide": 0x010203, "word": b"ab", "list": [1.5, -2.0], "key": b"k"}
    with opened(LONG, Record("thing", 30, values), Record("thing", 30)) as log:
        records = log.records("thing")
    assert records.dtype.itemsize == 30
    assert records.dtype.names == tuple(field["name"] for field in FIELDS)
    first = records[0]
    assert first["number"] == -300
    assert records.dtype["number"] == np.dtype(">i2")
    assert first["wide"].tobytes() == b"\x03\x02\x01"
    assert first["word"] == b"ab"
    assert first["list"].tolist() == [1.5, -2.0]
    assert first["key"].tobytes() == b"k\0\0"
    assert first["time"].tobytes() == bytes(4)
    assert records["flags"].tolist() == [0, 0]


def two_sizes() -> dict[str, Any]:
    layout = plain_layout(*FIELDS, size=30)
    shorter = {"type": 1, "name": "thing", "size": 6, "field": SHORT_FIELDS}
    return {**layout, "record": [*layout["record"], shorter]}


def test_what_a_shorter_record_lacks_is_zero() -> None:
    layout = two_sizes()
    records = [
        Record("thing", 30, {"number": 1, "flags": 7}),
        Record("thing", 6, {"number": 2, "wide": 9}),
        Record("thing", 30, {"number": 3}, extra=b"more"),
    ]
    with opened(layout, *records) as log:
        found = log.records("thing")
        assert found["number"].tolist() == [1, 2, 3]
        assert found["flags"].tolist() == [7, 0, 0]
        assert found[1].tobytes() == b"\0\x02\x09\0\0" + bytes(25)
        assert log.records("thing", size=6)["number"].tolist() == [2]
        # The third is longer than its variant, so none of exactly its size.
        assert log.records("thing", size=30)["number"].tolist() == [1]


def test_short_records_have_no_row() -> None:
    records = [Record("thing", 30, cut=25), Record("thing", 30, {"number": 5})]
    with opened(LONG, *records) as log:
        assert log.records("thing")["number"].tolist() == [5]


def test_a_size_that_the_kind_does_not_have() -> None:
    with (
        opened(two_sizes(), Record("thing", 6)) as log,
        pytest.raises(TableError, match="records of thing have no size 7; there are 6, 30"),
    ):
        log.records("thing", size=7)


def test_variants_without_one_dtype() -> None:
    layout = plain_layout(*FIELDS, size=30)
    moved = [{**FIELDS[0], "at": 2}]
    other = {"type": 1, "name": "thing", "size": 6, "field": moved}
    layout = {**layout, "record": [*layout["record"], other]}
    with opened(layout, Record("thing", 6, {"number": 4})) as log:
        with pytest.raises(TableError, match="ask for one by its size"):
            log.records("thing")
        assert log.records("thing", size=6)["number"].tolist() == [4]


def test_an_unknown_type() -> None:
    with (
        opened(LONG, Record(9, payload=b"x")) as log,
        pytest.raises(TableError, match=r"type 9 is not in layout plain: use raw\(9\)"),
    ):
        log.records("9")


def test_a_kind_that_the_log_does_not_hold() -> None:
    with opened(LONG, Record(9, payload=b"x")) as log:
        assert log.records("thing").shape == (0,)


def test_open_ended_fields_are_left_out() -> None:
    layout = plain_layout(
        {"name": "number", "type": "u16"},
        {"name": "rest", "at": 2, "type": "bytes", "size": "rest"},
        size=None,
        framing=FRAMING,
    )
    records = [Record("thing", None, {"number": n, "rest": b"x" * n}) for n in range(3)]
    with opened(layout, *records) as log:
        found = log.records("thing")
    assert found.dtype.names == ("number",)
    assert found["number"].tolist() == [0, 1, 2]


def test_a_record_without_fields() -> None:
    layout = plain_layout(size=None)
    with opened(layout, Record("thing", None, payload=b"abc")) as log:
        assert len(log.records("thing")) == 1


def test_the_array_is_one_s_own() -> None:
    content = bytearray(encode(LONG, [Record("thing", 30, {"number": 5})])[0])
    with open_log(content, layout=loads(to_toml(LONG))) as log:
        records = log.records("thing")
        content[:] = bytes(len(content))
    assert records["number"].tolist() == [5]
    records["number"] = 6
