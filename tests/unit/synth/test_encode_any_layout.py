"""Any layout, any records: the independent decoder reads what the encoder was given."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import decode as oracle
from oracle import encode as oracle_encode
from oracle.times import Either
from satlog_native.errors import EncodeError
from satlog_native.layouts import Layout, Variant, load, loads
from satlog_native.synth import FlightPlan, Records, encode, fly, readback
from strategies.layouts import layouts
from strategies.records import records
from strategies.toml import to_toml

LAYOUTS = Path(__file__).parents[2] / "layouts"


@given(st.data())
def test_any_layout(data: st.DataObject) -> None:
    spec = data.draw(layouts())
    drawn = [r for r in data.draw(records(spec)) if not (r.cut or r.extra)]
    check(spec, loads(to_toml(spec)), drawn)


@pytest.mark.parametrize("path", sorted(LAYOUTS.glob("*.toml")), ids=lambda path: path.stem)
@settings(max_examples=20)
@given(st.data())
def test_invented_layouts(path: Path, data: st.DataObject) -> None:
    spec = tomllib.loads(path.read_text("utf-8"))
    drawn = [r for r in data.draw(records(spec)) if not (r.cut or r.extra)]
    check(spec, load(path), drawn)


def test_a_flight_in_every_kind(satloc_air: Layout) -> None:
    spec = tomllib.loads(Path(satloc_air.source).read_text("utf-8"))
    flight = fly(FlightPlan(all_kinds=True, positions="mixed", rate_hz=5), seed=3)
    decoded = oracle.decode(spec, flight.data)
    assert decoded.report.frames == flight.truth.frames
    assert not decoded.report.lost
    assert decoded.report.impossible_times == 0
    assert decoded.report.undecodable_text == 0
    assert set(decoded.rows) == set(satloc_air.by_name) == set(flight.truth.tables)
    for kind, table in flight.truth.tables.items():
        columns = {name: column.tolist() for name, column in table.items()}
        assert all(len(column) == len(decoded.rows[str(kind)]) for column in columns.values())
        for index, row in enumerate(decoded.rows[str(kind)]):
            for name, expected in row.items():
                assert same(columns[name][index], expected), (kind, name, index)


def check(spec: Mapping[str, Any], layout: Layout, drawn: list[Any]) -> None:
    """Read drawn records, write what was read with the package, and read that again.

    What the drawn wire values cannot be told apart from afterwards (text that is no text,
    impossible times) is refused by the encoder, and left out here.
    """
    if not drawn:
        return
    log, _ = oracle_encode.encode(spec, drawn)
    items, rows = [], []
    for frame, row in read(spec, log):
        item = as_records(layout, frame, row)
        try:
            encode(layout, [item])
        except EncodeError:
            continue
        items.append(item)
        rows.append((item.kind, row))
    if not items:
        return
    again = read(spec, encode(layout, items))
    tables = readback(layout, items)
    assert len(again) == len(items)
    for ordinal, ((kind, given_row), (frame, read_row)) in enumerate(zip(rows, again, strict=True)):
        told = tables[kind]
        index = told["frame"].tolist().index(ordinal)
        assert told["offset"].tolist()[index] == frame.offset
        for name, value in read_row.items():
            assert same(told[name].tolist()[index] if name in told else None, value), name
            assert same(given_row[name], value), name


def read(spec: Mapping[str, Any], log: bytes) -> list[tuple[Any, dict[str, Any]]]:
    """Frames and rows of known kinds, in file order, by the independent decoder."""
    try:
        decoded = oracle.decode(spec, log)
    except oracle.NotALog:
        return []
    found = []
    for rows in decoded.rows.values():
        for row in rows:
            frame = decoded.frames[row["frame"]]
            columns = {n: v for n, v in row.items() if n not in ("frame", "offset")}
            found.append((frame, columns))
    return sorted(found, key=lambda pair: int(pair[0].offset))


def as_records(layout: Layout, frame: Any, row: dict[str, Any]) -> Records:
    """The one record of a decoded row."""
    kind = layout.by_type[frame.type]
    if kind.opaque:
        return Records(kind.name, {"payload": [frame.payload]})
    sizes: dict[int | None, Variant] = {variant.size: variant for variant in kind.variants}
    variant = sizes.get(len(frame.payload)) or sizes[None]
    names = [n for f in variant.fields for n in ([bit.name for bit in f.bits] or [f.name])]
    values = {name: [as_value(row[name])] for name in names}
    return Records(kind.name, values, frames=[frame.offset], size=variant.size)


def as_value(value: Any) -> Any:
    return value.earliest if isinstance(value, Either) else value


def same(ours: Any, theirs: Any) -> bool:
    """Equal; floats but for the last digits, times to the two microseconds of a rounding."""
    ours, theirs = as_value(ours), as_value(theirs)
    if isinstance(ours, datetime) and isinstance(theirs, datetime):
        difference = ours.replace(tzinfo=UTC) - theirs.replace(tzinfo=UTC)
        return abs(difference) <= timedelta(microseconds=2)
    if isinstance(ours, float) and isinstance(theirs, float):
        both_nan = math.isnan(ours) and math.isnan(theirs)
        return both_nan or math.isclose(ours, theirs, rel_tol=1e-9)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return type(ours) is type(theirs) and bool(ours == theirs)
