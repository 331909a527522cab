"""``scan_log``: any query gives what the same query on the whole table gives, and decodes less."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from oracle.encode import Record, encode
from oracle.plain import plain_layout
from satlog_native import open_log, scan_log
from satlog_native.errors import LogError, NotALog, TableError
from satlog_native.layouts import loads
from satlog_native.log import Log
from strategies import to_toml

TABLE: dict[str, Any] = plain_layout(
    {"name": "number", "type": "u16", "null": 13},
    {"name": "word", "at": 2, "type": "text", "size": 3, "encoding": "latin-1"},
    {"name": "list", "at": 5, "type": "u8", "count": 2},
    {"name": "state", "at": 7, "type": "u8", "enum": {"0": "off", "1": "on"}},
    {"name": "value", "at": 8, "type": "f32", "null": "nan"},
    {"name": "bits", "at": 12, "type": "u8", "bits": {"wet": 0, "count": [1, 5]}},
    size=16,
)
LAYOUT = loads(to_toml(TABLE))
ROWS = [
    {"number": n % 29, "word": f"w{n % 5}", "list": [n % 256, 7], "state": n % 4,
     "value": float("nan") if n % 11 == 0 else n / 8, "bits": n % 64}
    for n in range(400)
]  # fmt: skip
CONTENT = encode(TABLE, [Record("thing", 16, row) for row in ROWS])[0]


@pytest.fixture(autouse=True)
def windows_of_a_few(small_steps: None) -> None:
    """Every query meets many batches."""


@pytest.fixture(scope="module")
def whole() -> pl.DataFrame:
    with open_log(CONTENT, layout=LAYOUT) as log:
        frame = pl.from_arrow(log["thing"])
    assert isinstance(frame, pl.DataFrame)
    return frame


def scan() -> pl.LazyFrame:
    return scan_log(CONTENT, "thing", layout=LAYOUT)


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Categories as their strings: their numbers may differ from batch to batch."""
    return frame.with_columns(pl.col(pl.Categorical).cast(pl.String))


PREDICATES = {
    "one column": pl.col("number") > 20,
    "nulls": pl.col("number").is_null(),
    "compared with null": pl.col("number") == pl.lit(None, pl.UInt16),
    "or over columns": (pl.col("number") < 3) | pl.col("wet") | (pl.col("word") == "w4"),
    "is_in": pl.col("number").is_in([1, 5, 28]),
    "not": ~pl.col("wet"),
    "float with nan nulls": pl.col("value").is_not_null() & (pl.col("value") > 20),
    "category": pl.col("state").cast(pl.String) == "on",
    "a number without a name": pl.col("state").cast(pl.String).is_in(["2", "3"]),
    "list": pl.col("list").list.get(0) > 100,
    "struct": pl.struct("number", "count").struct.field("count") == 3,
    "frame": pl.col("frame").is_between(17, 90),
    "text": pl.col("word").str.ends_with("3"),
    "none passes": pl.col("number") > 1000,
    "literal true": pl.lit(True),
    "literal false": pl.lit(False),
    "an aggregate": pl.col("frame") > pl.col("frame").mean(),
    "over groups": pl.col("frame") == pl.col("frame").max().over("word"),
    "shifted": pl.col("number").shift(1) == 5,
    "cumulative": pl.col("wet").cum_sum() > 50,
    "ranked": pl.col("frame").rank() < 10,
}


@pytest.mark.parametrize("name", PREDICATES)
@pytest.mark.parametrize("columns", [None, ["number", "word"], ["list", "state"], ["frame"]])
def test_filters(name: str, columns: list[str] | None, whole: pl.DataFrame) -> None:
    def query(frame: pl.LazyFrame) -> pl.DataFrame:
        frame = frame.filter(PREDICATES[name])
        return plain((frame if columns is None else frame.select(columns)).collect())

    assert_frame_equal(query(scan()), query(whole.lazy()))


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 100, 399, 400, 5000])
def test_head(rows: int, whole: pl.DataFrame) -> None:
    assert_frame_equal(plain(scan().head(rows).collect()), plain(whole.head(rows)))
    wet = whole.filter("wet")
    assert_frame_equal(plain(scan().filter("wet").head(rows).collect()), plain(wet.head(rows)))


def test_other_queries(whole: pl.DataFrame) -> None:
    def queries(frame: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
        yield frame.select(pl.len())
        yield frame.tail(7)
        yield frame.slice(5, 9)
        yield frame.select((pl.col("number") * 2).alias("twice"), "frame")
        yield frame.group_by("word").agg(pl.col("value").mean()).sort("word")
        yield frame.filter(pl.col("number") > 3).filter(pl.col("wet")).select("offset")
        yield frame.with_row_index().filter(pl.col("index") % 7 == 0)
        yield frame.sort("number", nulls_last=True, maintain_order=True).head(3)
        yield frame.join(frame.select("frame", other="number"), on="frame").sort("frame")

    for lazy, eager in zip(queries(scan()), queries(whole.lazy()), strict=True):
        assert_frame_equal(plain(lazy.collect()), plain(eager.collect()))
        assert_frame_equal(plain(lazy.collect(engine="streaming")), plain(eager.collect()))


def test_what_the_plan_says() -> None:
    plan = scan().filter(pl.col("wet")).select("number").explain()
    assert "satlog" in plan.lower()
    assert "PROJECT 2/" in plan or "PROJECT 1/" in plan
    assert plan.count("FILTER") == 0


def test_only_what_a_query_needs_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    rows = 0
    real_batches, real_sift = Log.iter_batches, Log.sift

    def iter_batches(log: Log, size: int, kind: str, columns: list[str] | None) -> Iterator[Any]:
        asked.append(tuple(columns or ()))
        return real_batches(log, size, kind, columns)

    def sift(log: Log, kind: str, tested: list[str], others: list[str], *rest: Any) -> Any:
        nonlocal rows
        asked.append((*sorted(tested), "|", *sorted(others)))
        for front, back in real_sift(log, kind, tested, others, *rest):
            rows += front.num_rows
            yield front, back

    monkeypatch.setattr(Log, "iter_batches", iter_batches)
    monkeypatch.setattr(Log, "sift", sift)
    scan().select("word").collect()
    scan().filter(pl.col("frame") < 4).select("number", "word").collect()
    assert asked == [("word",), ("frame", "|", "number", "word")]
    assert rows == 4


def test_a_kind_that_the_log_does_not_hold() -> None:
    frame = scan_log(CONTENT, 77, layout=LAYOUT).collect()
    assert frame.height == 0
    assert frame.columns == ["frame", "offset", "payload"]
    filtered = scan_log(CONTENT, 77, layout=LAYOUT).filter(pl.col("frame") > 1).collect()
    assert filtered.columns == frame.columns


def test_errors_when_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="there is no such file"):
        scan_log(tmp_path / "gone.LOG")
    with pytest.raises(NotALog):
        scan_log(b"no log", layout=LAYOUT)
    with pytest.raises(TableError, match="no record 'thin'; did you mean thing"):
        scan_log(CONTENT, "thin", layout=LAYOUT)


def test_a_file_that_goes_between_scan_and_query(tmp_path: Path) -> None:
    path = tmp_path / "flight.LOG"
    path.write_bytes(CONTENT)
    query = scan_log(path, "thing", layout=LAYOUT).select("number")
    assert query.collect().height == len(ROWS)
    path.unlink()
    with pytest.raises(Exception, match="there is no such file"):
        query.collect()


def test_damage_that_is_to_be_raised() -> None:
    from satlog_native.errors import DamageError

    with pytest.raises(DamageError):
        scan_log(CONTENT[:-1], "thing", layout=LAYOUT, errors="raise")
