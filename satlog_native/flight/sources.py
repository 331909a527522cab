"""Which records tell what of a flight, and the join of their latest values to the positions.

Several kinds of record may tell the same thing. :data:`SOURCES` is the one table of who is asked
first: at each position, the first of them that has a value counts. A column that the position
record has itself goes before them all. Kinds and columns that a log lacks are passed over; a column
that nothing tells is null throughout.

A latest record whose value is null (a laser altimeter out of range) does tell: that there is none.
Only another kind of record can then stand in, never an older one of the same kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl
import pyarrow as pa

from satlog_native.errors import AnalysisError

#: Tables as a log gives them, by kind (a name, or the type number of an unknown kind).
Tables = Mapping[Any, pa.Table | pl.DataFrame]


@dataclass(frozen=True)
class Source:
    """A kind of record and the column (or both sides' columns) that tells a value."""

    kind: str
    column: str
    other_side: str | None = None
    sides: Literal["add", "mean"] = "add"

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column, or two."""
        return (self.column,) if self.other_side is None else (self.column, self.other_side)


_FLOW: Final = "flow_monitor"
_DUAL: Final = "dual_flow_monitor"

#: For each column of the track, its type and the records that tell it, best first.
SOURCES: Final[dict[str, tuple[pl.DataType, tuple[Source, ...]]]] = {
    "swath_number": (pl.Int32(), (Source("swath_number", "swath_number"),)),
    "flow_rate": (
        pl.Float64(),
        (
            Source(_FLOW, "flow_rate"),
            Source(_DUAL, "left_flow_rate", "right_flow_rate"),
            Source("meterate", "rate"),  # kg/min, as dry material is measured
        ),
    ),
    "target_flow_rate": (
        pl.Float64(),
        (Source(_FLOW, "target_flow_rate"), Source("meterate", "target")),
    ),
    "cumulative_volume": (
        pl.Float64(),
        (Source(_FLOW, "volume"), Source(_DUAL, "left_volume", "right_volume")),
    ),
    "pressure": (pl.Float64(), (Source(_FLOW, "pressure"),)),
    "target_rate": (
        pl.Float64(),
        (
            Source("target_application_rate", "target_rate"),
            Source("dual_flow_target_rate", "left_target_rate", "right_target_rate", "mean"),
            Source("tleg_dry_gate", "target_rate"),
            Source("flow_setup", "nominal_rate"),
        ),
    ),
    "applied_rate": (
        pl.Float64(),
        (
            Source("applied_rate", "applied_rate"),
            Source("tleg_dry_gate", "applied_rate"),
            Source("if2_dry_gate", "rate"),
        ),
    ),
    # Not the boom width of flow_setup: a boom is narrower than the swath that it sprays.
    "swath_width": (
        pl.Float64(),
        (Source("swathing_setup", "swath_width"), Source("applied_rate", "swath_width")),
    ),
    "wind_speed": (pl.Float64(), (Source("wind", "wind_speed"),)),
    "wind_direction": (pl.Float64(), (Source("wind", "wind_direction"),)),
    "air_temperature": (
        pl.Float64(),
        (Source("wind", "air_temperature"), Source("environmental", "air_temperature")),
    ),
    "relative_humidity": (
        pl.Float64(),
        (Source("wind", "relative_humidity"), Source("environmental", "relative_humidity")),
    ),
    "laser_height": (pl.Float64(), (Source("laser_altimeter", "height"),)),
    "boom_pressure": (pl.Float64(), (Source("if2_boom_pressure", "boom_pressure"),)),
    "valve_position": (pl.Float64(), (Source(_FLOW, "valve_position"),)),
    "marker": (
        pl.String(),
        (Source("marker", "marker_type"), Source("marker_unicode", "marker_type")),
    ),
    "spray_on": (pl.Boolean(), (Source(_FLOW, "boom_open"),)),
}

#: Every kind that the track is made of.
TRACK_KINDS: Final = (
    "position",
    *dict.fromkeys(source.kind for _, sources in SOURCES.values() for source in sources),
)


def as_frame(table: pa.Table | pl.DataFrame, kind: str) -> pl.DataFrame:
    """A table as polars has it, in file order.

    Raises
    ------
    AnalysisError
        If it has no column ``frame`` that grows from row to row.
    """
    frame = table if isinstance(table, pl.DataFrame) else pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame) or "frame" not in frame.columns:
        raise AnalysisError(
            f"analysing a flight: table {kind!r} has no column 'frame', by which records are "
            "joined; give tables as a log gives them"
        )
    number = frame["frame"].cast(pl.UInt32)
    if number.null_count() or not number.is_sorted():
        raise AnalysisError(
            f"analysing a flight: column 'frame' of table {kind!r} does not grow from row to row; "
            "give the rows in file order"
        )
    return frame.with_columns(number)


def join_latest(positions: pl.LazyFrame, tables: Tables) -> pl.LazyFrame:
    """Add to each position the values of :data:`SOURCES` as of its frame.

    Parameters
    ----------
    positions : polars.LazyFrame
        With ``frame``.
    tables : mapping of str to table

    Returns
    -------
    polars.LazyFrame
        The positions' columns, and after them those of :data:`SOURCES` that they lack.

    Raises
    ------
    AnalysisError
        If a table's rows are not in file order.
    """
    joined = positions
    told: set[tuple[str, str]] = set()
    for kind in TRACK_KINDS[1:]:
        told_here, records = _told(tables, kind)
        if told_here:
            joined = joined.join_asof(records, on="frame", check_sortedness=False)
            told.update((name, kind) for name in told_here)
    schema = positions.collect_schema()
    values = {}
    for name, (dtype, sources) in SOURCES.items():
        known = [pl.col(_label(name, one.kind)) for one in sources if (name, one.kind) in told]
        if name in schema:
            known.insert(0, _value(name, Source("position", name), schema))
        values[name] = (pl.coalesce(known) if known else pl.lit(None, dtype)).alias(name)
    names = dict.fromkeys((*schema.names(), *SOURCES))
    return joined.select(values.get(name, pl.col(name)) for name in names)


def _label(name: str, kind: str) -> str:
    """What a value is called until it is known whose counts."""
    return f"{name} of {kind}"


def _told(tables: Tables, kind: str) -> tuple[list[str], pl.LazyFrame]:
    """What the records of one kind tell, and a table of it: ``frame``, and a column for each."""
    table: pa.Table | pl.DataFrame | None = tables.get(kind)
    if table is None or not len(table):
        return [], pl.LazyFrame()
    names = table.columns if isinstance(table, pl.DataFrame) else table.column_names
    wanted = {
        name: source
        for name, (_, sources) in SOURCES.items()
        for source in sources
        if source.kind == kind and set(source.columns) <= set(names)
    }
    if not wanted:
        return [], pl.LazyFrame()
    used = dict.fromkeys(column for source in wanted.values() for column in source.columns)
    frame = as_frame(table.select([name for name in ("frame", *used) if name in names]), kind)
    values = (
        _value(name, source, frame.schema).alias(_label(name, kind))
        for name, source in wanted.items()
    )
    return list(wanted), frame.lazy().select("frame", *values)


def _value(name: str, source: Source, schema: pl.Schema) -> pl.Expr:
    """What a record tells; null where it is no finite number, or no width.

    A layout may give a column of that name any type: one that holds no numbers tells nothing.
    """
    wanted = SOURCES[name][0]
    types = [schema[column] for column in source.columns]
    if wanted == pl.String and not types[0].is_nested():
        return pl.col(source.column).cast(pl.String, strict=False)
    if wanted == pl.String or not all(one.is_numeric() or one == pl.Boolean for one in types):
        return pl.lit(None, wanted)
    value = pl.sum_horizontal(
        (finite(pl.col(column).cast(pl.Float64)) for column in source.columns), ignore_nulls=False
    )
    if source.sides == "mean":
        value = value / len(source.columns)
    if name == "swath_width":
        value = pl.when(value > 0.0).then(value)
    return value.cast(wanted, strict=False)


def finite(value: pl.Expr) -> pl.Expr:
    """A floating-point expression with null in place of NaN and infinities."""
    return pl.when(value.is_finite()).then(value)
