"""Numbers with names: also many without one, in every width, over many batches."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest

from oracle.plain import plain_layout, plain_log
from satlog_native import Log, open_log
from satlog_native.layouts import loads
from strategies import to_toml

WIDE = ("u16", "i16", "u24", "i24", "u32", "i32", "u64", "i64")


def opened(wire_type: str, numbers: list[int], null: int | None = None) -> Log:
    field: dict[str, Any] = {
        "name": "state",
        "type": wire_type,
        "enum": {"0": "none", "7": "seven"},
    }
    if null is not None:
        field["null"] = null
    layout = plain_layout(field)
    content = plain_log(layout, [{"state": number} for number in numbers])
    return open_log(content, layout=loads(to_toml(layout)))


def texts(numbers: list[int], null: int | None = None) -> list[str | None]:
    names = {0: "none", 7: "seven"}
    return [None if n == null else names.get(n, str(n)) for n in numbers]


@pytest.mark.parametrize("wire_type", WIDE)
def test_many_numbers_without_a_name(wire_type: str) -> None:
    bits = int(wire_type[1:])
    low = -(1 << (bits - 1)) if wire_type[0] == "i" else 0
    chance = random.Random(wire_type)
    numbers = [chance.randrange(low, low + (1 << bits)) for _ in range(3000)]
    numbers += [low, low + (1 << bits) - 1, 0, 7, *numbers[:500]]
    with opened(wire_type, numbers, null=numbers[5]) as log:
        column = log["thing"]["state"]
        assert column.to_pylist() == texts(numbers, null=numbers[5])
        names = column.chunk(0).dictionary.to_pylist()
    # The layout's first, each number once, in the order of the file.
    unnamed = [str(n) for n in numbers if n not in (0, 7, numbers[5])]
    assert names == ["none", "seven", *dict.fromkeys(unnamed)]


def test_each_batch_s_names_begin_with_those_of_the_one_before() -> None:
    numbers = [9, 9, 0, 5, 7, 11, 9, 5, 300]
    with opened("u16", numbers) as log:
        batches = list(log.iter_batches(2, "thing", ["state"]))
    names = [batch.column("state").dictionary.to_pylist() for batch in batches]
    for earlier, later in pairwise(names):
        assert later[: len(earlier)] == earlier
    joined = pa.Table.from_batches(batches).column("state")
    assert joined.to_pylist() == texts(numbers)


def test_numbers_made_to_meet_in_a_hash_table() -> None:
    """Equal in all low bits: a hash that keeps to these would look at each for each."""
    numbers = [(n << 44) & 0xFFFFFFFFFFFFFFFF for n in range(20_000)]
    with opened("u64", numbers) as log:
        assert log["thing"]["state"].to_pylist() == texts(numbers)


def test_a_column_that_is_all_null() -> None:
    with opened("i8", [-1] * 70, null=-1) as log:
        column = log["thing"]["state"]
    assert column.null_count == 70
    column.validate(full=True)
