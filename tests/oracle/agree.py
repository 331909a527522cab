"""Asserting that a decoded log is, to the last bit, what the oracle says it holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from oracle.decode import Decoded, table_types

#: What the oracle's report and satlog's have in common.
REPORTED = (
    "size",
    "bytes_in_frames",
    "bytes_lost",
    "frames",
    "bad_checksums",
    "unknown_types",
    "short",
    "extended",
    "impossible_times",
    "undecodable_text",
    "cut_tail",
)


def assert_agrees(log: Any, layout: Mapping[str, Any], decoded: Decoded) -> None:
    """Kinds, tables with types, raw frames and report of `log` are those of `decoded`."""
    assert log.kinds == {key: len(frames) for key, frames in decoded.raw.items()}
    for name in {record["name"] for record in layout["record"]}:
        assert_table(log[name], table_types(layout, name), decoded.rows.get(name, []))
    for key, frames in decoded.raw.items():
        raw = [{"frame": n, "offset": at, "data": data} for n, at, data in frames]
        assert log.raw(key).to_pylist() == raw
    for number in decoded.report.unknown_types:
        assert_table(log[number], *unknown_table(decoded, number))
    assert_report(log.report, decoded)


def assert_table(table: pa.Table, types: Mapping[str, str], rows: list[dict[str, Any]]) -> None:
    """`table` has exactly these columns, types and rows; ``frame`` and ``offset`` stand first."""
    assert table.column_names[:2] == ["frame", "offset"]
    assert {field.name: type_word(field.type) for field in table.schema} == types
    table.validate(full=True)
    found = table.to_pylist()
    assert len(found) == len(rows)
    for expected, row in zip(rows, found, strict=True):
        for column, value in expected.items():
            assert same(value, row[column]), f"{column}: {value!r} expected, {row[column]!r} found"


def unknown_table(decoded: Decoded, number: int) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Types and rows of an unknown type's table."""
    rows = [
        {"frame": ordinal, "offset": frame.offset, "payload": frame.payload}
        for ordinal, frame in enumerate(decoded.frames)
        if frame.type == number
    ]
    return {"frame": "uint32", "offset": "uint64", "payload": "binary"}, rows


def assert_report(report: Any, decoded: Decoded) -> None:
    """Every figure of the damage report, and every lost run."""
    assert {name: getattr(report, name) for name in REPORTED} == {
        name: getattr(decoded.report, name) for name in REPORTED
    }
    lost = [{"offset": r.offset, "size": r.size, "reason": r.reason} for r in report.lost]
    assert lost == [asdict(run) for run in decoded.report.lost]
    assert report.damaged == (decoded.first_damage is not None)


def type_word(arrow: pa.DataType) -> str:
    """An Arrow type in the oracle's words."""
    if pa.types.is_dictionary(arrow):
        assert arrow.index_type == pa.int32()
        assert arrow.value_type == pa.string()
        return "enum"
    if pa.types.is_list(arrow):
        return f"list<{type_word(arrow.value_type)}>"
    return str(arrow)


def same(expected: Any, found: Any) -> bool:
    """Equality in which NaN is itself and a zero keeps its sign."""
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(expected) == len(found)
            and all(map(same, expected, found))
        )
    if isinstance(expected, float) and isinstance(found, float):
        if math.isnan(expected):
            return math.isnan(found)
        return expected == found and math.copysign(1, expected) == math.copysign(1, found)
    return bool(expected == found)
