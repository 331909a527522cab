"""What a Log says of itself and how it is asked."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.encode import Record, encode
from oracle.plain import plain_layout
from satlog_native import Log, open_log
from satlog_native.errors import TableError
from satlog_native.layouts import loads
from satlog_native.synth import FlightPlan, fly
from strategies import to_toml

HOSTILE = "<script>alert('&')</script>"
LAYOUT = plain_layout(
    {"name": "number", "type": "u16", "unit": "m", "doc": "A number."},
    {"name": "label", "at": 2, "type": "text", "size": "rest", "encoding": "utf-8"},
    size=None,
)
RECORDS = [
    Record("thing", None, {"number": 1, "label": "a"}),
    Record(77, payload=b"unknown"),
    Record("thing", None, {"number": 2, "label": "b"}),
    Record("thing", None, payload=b"x"),
]
CONTENT = encode(LAYOUT, RECORDS)[0]


@pytest.fixture
def log() -> Any:
    with open_log(CONTENT, layout=loads(to_toml(LAYOUT))) as opened:
        yield opened


def satloc(*records: Record) -> Log:
    import tomllib
    from pathlib import Path

    from satlog_native import layouts

    path = Path(layouts.__file__).with_name("satloc_air.toml")
    return open_log(encode(tomllib.loads(path.read_text("utf-8")), records)[0])


def test_kinds_most_first(log: Log) -> None:
    assert list(log.kinds.items()) == [("thing", 3), (77, 1)]


@pytest.mark.parametrize(
    ("kind", "there"),
    [("thing", True), (1, True), ("1", True), (77, True), ("77", True), (78, False),
     ("other", False), (None, False), (3.5, False), (-1, False), (1 << 40, False)],
)  # fmt: skip
def test_in(log: Log, kind: object, there: bool) -> None:
    assert (kind in log) is there


def test_a_kind_by_name_or_number(log: Log) -> None:
    assert log["thing"].equals(log[1])
    assert log["77"].equals(log[77])
    known = log.kind_of(1)
    assert known is not None
    assert known.name == "thing"
    assert log.kind_of(77) is None


@pytest.mark.parametrize(
    ("kind", "words"),
    [("thin", "did you mean thing"), ("zzz", "it has thing"), (256, "no record 256"), (-1, "-1")],
)
def test_a_kind_that_cannot_be(log: Log, kind: str | int, words: str) -> None:
    with pytest.raises(TableError, match=words):
        log[kind]


def test_a_column_that_is_not_there(log: Log) -> None:
    with pytest.raises(TableError, match="has no column nmber; it has frame, offset, number"):
        log.table("thing", ["nmber"])


def test_columns_in_the_order_asked_for_each_once(log: Log) -> None:
    table = log.table("thing", ["label", "frame", "label"])
    assert table.to_pydict() == {"label": ["a", "b"], "frame": [0, 2]}


def test_tables(log: Log) -> None:
    tables = log.tables()
    assert list(tables) == ["thing", 77]
    assert tables["thing"].equals(log["thing"])
    assert tables[77].equals(log[77])


def test_tables_of_one_kind_asked_for_twice(log: Log) -> None:
    tables = log.tables(["thing", 1, "1"])
    assert all(table.equals(log["thing"]) for table in tables.values())
    assert len(tables) == 3


def test_unit_and_documentation(log: Log) -> None:
    assert log["thing"].schema.field("number").metadata == {b"unit": b"m", b"doc": b"A number."}


def test_raw_frames_also_of_short_records(log: Log) -> None:
    raw = log.raw("thing")
    assert raw["frame"].to_pylist() == [0, 2, 3]
    assert log["thing"].num_rows == 2
    assert log.report.short == {"thing": 1}


def test_repr(log: Log) -> None:
    assert repr(log) == f"<Log <{len(CONTENT)} bytes>: {len(CONTENT)} bytes, layout plain>"


@pytest.mark.parametrize("options", [{"errors": "ignore"}, {"threads": 0}, {"threads": -1}])
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        open_log(CONTENT, layout=loads(to_toml(LAYOUT)), **options)


def test_no_rows_to_a_batch(log: Log) -> None:
    with pytest.raises(ValueError, match="1 row or more, not 0"):
        next(log.iter_batches(0, "thing"))


def test_info_of_a_flight() -> None:
    setup = {"aircraft_id": "N123", "pilot_name": "Ada"}
    with satloc(Record("system_setup", _size("system_setup"), setup)) as log:
        info = log.info()
    assert (info["aircraft"], info["pilot"]) == ("N123", "Ada")
    assert info["layout_status"] == "assumed"
    assert info["kinds"] == {"system_setup": 1}
    assert (info["start_time"], info["duration_s"], info["damaged"]) == (None, None, False)


def test_info_of_a_layout_that_knows_no_flight(log: Log) -> None:
    info = log.info()
    assert info["aircraft"] is None
    assert info["damaged"] is True


def test_html_escapes_what_the_log_says() -> None:
    setup = {"aircraft_id": "N1", "pilot_name": HOSTILE}
    with satloc(Record("system_setup", _size("system_setup"), setup)) as log:
        shown = log._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_html_escapes_the_file_s_name(tmp_path: Any) -> None:
    path = tmp_path / "<b>&.LOG"
    path.write_bytes(CONTENT)
    with open_log(path, layout=loads(to_toml(LAYOUT))) as log:
        assert "&lt;b&gt;&amp;.LOG" in log._repr_html_()


def test_html_says_when_the_flight_was() -> None:
    with open_log(fly(FlightPlan(start_time="2025-07-14T13:05:00"), seed=1).data) as log:
        assert "<td style='text-align:left'>2025-07-14 13:05:00 – 2025-07-14 " in log._repr_html_()


def test_html_of_a_log_without_times_says_nothing_of_them() -> None:
    with open_log(CONTENT, layout=loads(to_toml(LAYOUT))) as log:
        assert "time" not in log._repr_html_()


def _size(name: str) -> int | None:
    from satlog_native import layouts

    return layouts.load("satloc_air").by_name[name].variants[0].size
