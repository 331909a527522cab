"""The bulk path stores the documents that the plain path stores."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from partner_pipeline.errors import DuplicateKey, ValidationError
from partner_pipeline.store.base import Index, Store

UNIQUE = Index("details", (("fileId", 1), ("frame", 1)), unique=True)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def details(rows: int, file: str = "f") -> pl.DataFrame:
    frame = pl.Series("frame", range(rows), dtype=pl.UInt32)
    return pl.DataFrame(
        {
            "_id": [f"{file}:{n}" for n in range(rows)],
            "fileId": [file] * rows,
            "frame": frame,
            "gpsTime": [NOON + n * timedelta(milliseconds=200) for n in range(rows)],
            "lat": [40 + n / 7 for n in range(rows)],
            "sprayStat": pl.Series([n % 2 for n in range(rows)], dtype=pl.Int8),
            "temp": [None if n % 3 == 0 else n / 10 for n in range(rows)],
            "swathingJobId": pl.Series([None] * rows, dtype=pl.String),
            "jobLongLabelName": ["Nord — ✈"] * rows,
        }
    )


def test_positions_of_a_log(store: Store) -> None:
    store.ensure_indexes([UNIQUE])
    store.insert_table("details", details(3500, "other"))
    assert store.insert_table("details", details(3500)) == 3500
    found = store.find("details", {"fileId": "f"}, sort=[("frame", 1)])
    assert found == details(3500).to_dicts()
    assert list(found[0]) == details(1).columns
    page = store.find(
        "details", {"fileId": "f", "frame": {"$gt": 999}}, sort=[("frame", 1)], limit=500
    )
    assert page == found[1000:1500]
    assert store.count("details", {"fileId": "f", "gpsTime": {"$lt": NOON + timedelta(1)}}) == 3500
    assert store.count("details", {"fileId": "f", "temp": None}) == 1167
    assert store.delete("details", {"fileId": "f"}) == 3500
    assert store.count("details") == 3500


COLUMNS: dict[str, tuple[pl.Series, list[Any]]] = {
    "booleans": (pl.Series([True, None, False]), [True, None, False]),
    "small integers": (pl.Series([1, None, -128], dtype=pl.Int8), [1, None, -128]),
    "large integers": (pl.Series([2**63 - 1, None, -(2**63)]), [2**63 - 1, None, -(2**63)]),
    "single floats": (
        pl.Series([0.1, None, math.inf], dtype=pl.Float32),
        [0.10000000149011612, None, math.inf],
    ),
    "floats": (pl.Series([-0.0, 1e300, None]), [-0.0, 1e300, None]),
    "whole floats": (pl.Series([1.0, 1e16, None]), [1.0, 1e16, None]),
    "infinities": (pl.Series([math.inf, -math.inf, 5e-324]), [math.inf, -math.inf, 5e-324]),
    "texts": (
        pl.Series(['"\\/\b\x1f\u2028', None, "😀\uffff"]),
        ['"\\/\b\x1f\u2028', None, "😀\uffff"],
    ),
    "texts with NUL": (pl.Series(["\x00", "a\x01b", "\x01+"]), ["\x00", "a\x01b", "\x01+"]),
    "texts like JSON": (pl.Series(['{"$date":1}', "null", ""]), ['{"$date":1}', "null", ""]),
    "categories": (pl.Series(["a", None, "b"], dtype=pl.Categorical), ["a", None, "b"]),
    "bytes": (pl.Series([b"\x00\xff", None, b""]), [b"\x00\xff", None, b""]),
    "nothing": (pl.Series([None, None, None]), [None, None, None]),
    "datetimes": (
        pl.Series([datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), None, NOON]),
        [datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), None, NOON],
    ),
    "first and last datetimes": (
        pl.Series([datetime(1, 1, 1, tzinfo=UTC), NOON, datetime(9999, 12, 31, tzinfo=UTC)]),
        [datetime(1, 1, 1, tzinfo=UTC), NOON, datetime(9999, 12, 31, tzinfo=UTC)],
    ),
    "datetimes elsewhere": (
        pl.Series([NOON, None, NOON]).dt.convert_time_zone("Asia/Kathmandu"),
        [NOON, None, NOON],
    ),
    "datetimes in nanoseconds": (
        pl.Series([NOON, None, NOON]).dt.cast_time_unit("ns"),
        [NOON, None, NOON],
    ),
}


@pytest.mark.parametrize(("column", "expected"), COLUMNS.values(), ids=COLUMNS.keys())
def test_columns(store: Store, column: pl.Series, expected: list[Any]) -> None:
    table = pl.DataFrame({"_id": ["0", "1", "2"], "value": column, "same": [1, 2, 3]})
    assert store.insert_table("things", table) == 3
    found = [document["value"] for document in store.find("things", sort=[("_id", 1)])]
    assert repr(found) == repr(expected).replace("datetime.timezone.utc", repr(UTC))
    for value in (one for one in expected if one is not None):
        assert store.count("things", {"value": value}) == expected.count(value)


def test_nan_in_a_table(store: Store) -> None:
    table = pl.DataFrame({"_id": ["0", "1"], "value": [math.nan, None], "at": [NOON, None]})
    store.insert_table("things", table)
    found = store.find("things", sort=[("_id", 1)])
    assert math.isnan(found[0]["value"])
    assert found[0]["at"] == NOON
    assert found[1] == {"_id": "1", "value": None, "at": None}


def test_a_position_twice(store: Store) -> None:
    store.ensure_indexes([UNIQUE])
    store.insert_table("details", details(10))
    with pytest.raises(DuplicateKey):
        store.insert_table("details", details(3000))
    with pytest.raises(DuplicateKey):
        store.insert_table("details", details(5).with_columns(_id=pl.lit("new:") + pl.col("_id")))
    # Replacing it all is how one goes on after any failure.
    store.delete("details", {"fileId": "f"})
    store.insert_table("details", details(3000))
    assert store.count("details") == 3000


def test_an_empty_table(store: Store) -> None:
    assert store.insert_table("details", details(0)) == 0
    assert store.count("details") == 0


REFUSED: dict[str, pl.DataFrame] = {
    "no id": pl.DataFrame({"a": [1]}),
    "id of another type": pl.DataFrame({"_id": [1]}),
    "id without value": pl.DataFrame({"_id": ["a", None]}),
    "path as name": pl.DataFrame({"_id": ["a"], "a.b": [1]}),
    "operator as name": pl.DataFrame({"_id": ["a"], "$a": [1]}),
    "list": pl.DataFrame({"_id": ["a"], "a": [[1]]}),
    "struct": pl.DataFrame({"_id": ["a"], "a": [{"$date": "x"}]}),
    "date": pl.DataFrame({"_id": ["a"], "a": [date(2024, 5, 1)]}),
    "no time zone": pl.DataFrame({"_id": ["a"], "a": [datetime(2024, 5, 1)]}),
    "unsigned": pl.DataFrame({"_id": ["a"], "a": pl.Series([2**63], dtype=pl.UInt64)}),
}


@pytest.mark.parametrize("table", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_table_of_documents_is_refused(store: Store, table: pl.DataFrame) -> None:
    with pytest.raises(ValidationError, match="storing a table in things: "):
        store.insert_table("things", table)
    assert store.count("things") == 0
