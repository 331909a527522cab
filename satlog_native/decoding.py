"""Rows of the index to Arrow record batches and numpy records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property, lru_cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from satlog_native import plan as plans
from satlog_native._core.arrow import export_array
from satlog_native._core.columns import Columns, TablePlan
from satlog_native._core.enums import Dictionary
from satlog_native._core.gather import gather_fixed, gather_variable
from satlog_native._core.rows import Rows
from satlog_native.errors import TableError
from satlog_native.index import STRETCH, Needs, Reading, run
from satlog_native.layouts.columns import INDEX_COLUMNS, Column
from satlog_native.layouts.model import Kind, Layout

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows of a thread's smallest share.
LEAST_ROWS: Final = 1 << 14
#: Bytes of frames that the text of one batch may come from: each byte can become three of UTF-8,
#: and a column's 32-bit offsets reach to 2 GiB.
MOST_TEXT: Final = 1 << 29
_OPEN_TYPES: Final = ("string", "binary")


@dataclass(frozen=True)
class _Carrier:
    """Hands capsules to whoever asks, as the Arrow PyCapsule interface wants it."""

    schema: object
    array: object

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        return self.schema, self.array


@dataclass(frozen=True)
class Problems:
    """What gathering found in the values."""

    impossible_times: int
    undecodable_text: int


class TableForm:
    """The columns of a table and the plan that makes them: the same for every log of a layout.

    Parameters
    ----------
    columns : sequence of Column
    plan : TablePlan
        Of these columns.
    """

    def __init__(self, columns: Sequence[Column], plan: TablePlan) -> None:
        self.columns = columns
        self.plan = plan
        self.open = any(c.listed or c.type in _OPEN_TYPES for c in columns)
        self.fixed = not all(c.listed or c.type in _OPEN_TYPES for c in columns)
        self.needs = Needs(sizes=self.open, variants=plan.variant_count > 1)
        self.enums = [place for place, column in enumerate(columns) if column.type == "enum"]

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the table."""
        return plans.schema_of(self.columns)

    @cached_property
    def core_schema(self) -> pa.Schema:
        """The same as the core gives it: of an enum, the indices only."""
        import pyarrow as pa

        schema = self.schema
        for place in self.enums:
            schema = schema.set(place, schema.field(place).with_type(pa.int32()))
        return schema


class Decoder:
    """Decodes rows of one kind of one log into batches.

    Parameters
    ----------
    form : TableForm
    """

    def __init__(self, form: TableForm) -> None:
        self.form = form
        self.needs = form.needs
        # One dictionary for all batches: each continues that of the batch before.
        self.dictionaries = {
            place: Dictionary(dict(column.field.enum), _signed(column))
            for place in form.enums
            for column in [form.columns[place]]
        }

    def gather(self, reading: Reading, rows: Rows) -> Columns:
        """The columns of these rows, enums still as numbers."""
        columns = Columns(self.form.plan, rows)
        share = max(LEAST_ROWS, -(-len(rows) // reading.threads))
        if self.form.fixed:
            # Bitmaps are written a word at a time.
            starts = rows.cuts(-(-share // 512) * 512, STRETCH, 64)
            run(
                [
                    partial(_fixed, reading, rows, columns, *part)
                    for part in pairwise([*starts, len(rows)])
                ],
                reading.threads,
            )
        if self.form.open:
            for start, stop in pairwise([*rows.cuts(share, STRETCH, 1), len(rows)]):
                gather_variable(reading.source, rows, columns, start, stop)
                reading.release()
        return columns

    def problems(self, columns: Columns) -> Problems:
        """Impossible times and undecodable text of gathered columns."""
        times = texts = 0
        for place, column in enumerate(self.form.columns):
            if column.type == "timestamp":
                times += columns.problems(place)
            elif column.type == "string":
                texts += columns.problems(place)
        return Problems(times, texts)

    def batches(self, reading: Reading, rows: Rows) -> Iterator[pa.RecordBatch]:
        """One batch of these rows, or several where text would not fit one; uses the rows up."""
        if not self.form.open or len(rows) < 2 or rows.bytes_in_frames() <= MOST_TEXT:
            yield self.batch(reading, rows)
            return
        half = len(rows) // 2
        for part in (rows.slice(0, half), rows.slice(half, len(rows))):
            yield from self.batches(reading, part)

    def batch(self, reading: Reading, rows: Rows) -> pa.RecordBatch:
        """One batch of these rows; uses them up (their ordinals and offsets become columns)."""
        import pyarrow as pa

        from satlog_native.arrays import text_array

        columns = self.gather(reading, rows)
        columns.adopt(rows)
        for place, dictionary in self.dictionaries.items():
            dictionary.encode(columns, place)
        schema = self.form.core_schema.__arrow_c_schema__()
        batch = pa.record_batch(_Carrier(schema, export_array(columns)))
        if not self.dictionaries:
            return batch
        arrays = batch.columns
        for place, dictionary in self.dictionaries.items():
            names = text_array(dictionary.names)
            arrays[place] = pa.DictionaryArray.from_arrays(arrays[place], names)
        return pa.RecordBatch.from_arrays(arrays, schema=self.form.schema)


def _fixed(reading: Reading, rows: Rows, columns: Columns, start: int, stop: int) -> None:
    gather_fixed(reading.source, rows, columns, start, stop)
    reading.release()


def _signed(column: Column) -> bool:
    wire = column.field.wire
    return wire is not None and wire.kind == "signed"


def chosen(columns: Sequence[Column], names: Sequence[str] | None, table: str) -> list[Column]:
    """The columns of these names, in their order; all where None.

    Raises
    ------
    TableError
        For a name that the table does not have.
    """
    if names is None:
        return list(columns)
    by_name = {column.name: column for column in columns}
    for name in names:
        if name not in by_name:
            raise TableError(f"table {table} has no column {name}; it has {', '.join(by_name)}")
    return [by_name[name] for name in dict.fromkeys(names)]


def unknown_kind(layout: Layout, kind: object) -> str:
    """The sentence about a kind that a layout does not have."""
    near = get_close_matches(str(kind), list(layout.by_name), 1)
    hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(layout.by_name)}"
    return f"layout {layout.name} has no record {kind!r}{hint}"


def table_decoder(
    layout: Layout, kind: Kind | None, name: str, names: Sequence[str] | None
) -> Decoder:
    """The decoder of a kind's table, or of an unknown type's (None)."""
    number = None if kind is None else kind.type
    return Decoder(_table_form(layout, number, name, None if names is None else tuple(names)))


# A log of a layout is seldom the last one: plan and schema are made once for all.
@lru_cache(maxsize=512)
def _table_form(
    layout: Layout, number: int | None, name: str, names: tuple[str, ...] | None
) -> TableForm:
    kind = None if number is None else layout.by_type[number]
    columns = chosen(plans.table_columns(layout, kind), names, name)
    if kind is None:
        return TableForm(columns, plans.payload_plan(layout, columns))
    return TableForm(columns, plans.plan_of(layout, kind, columns))


@cache
def _raw_form() -> TableForm:
    columns = [*INDEX_COLUMNS, Column("data", "binary", False, "", "the whole frame", False)]
    return TableForm(columns, plans.frame_plan(columns))


def raw_decoder() -> Decoder:
    """The decoder of whole frames."""
    return Decoder(_raw_form())


def problem_decoders(layout: Layout) -> dict[int, Decoder]:
    """By type number, the decoders of the columns that can have problems: times and text."""
    return {number: Decoder(form) for number, form in _problem_forms(layout).items()}


@lru_cache(maxsize=64)
def _problem_forms(layout: Layout) -> dict[int, TableForm]:
    forms = {}
    for kind in layout.kinds:
        columns = [
            column
            for column in plans.table_columns(layout, kind)
            if column.type in ("timestamp", "string")
        ]
        if columns:
            forms[kind.type] = TableForm(columns, plans.plan_of(layout, kind, columns))
    return forms


def forget_plans() -> None:
    """Let go of what is kept of layouts for the next log; it is made again when it is needed."""
    for kept in (_table_form, _problem_forms, _raw_form, plans.framing_of):
        kept.cache_clear()
