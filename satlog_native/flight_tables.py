"""Tables of a flight beside those of records: ``track``, ``passes`` and ``summary``.

What needs polars is imported when such a table is made: to name them, and to decode records, none
is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from satlog_native import plan as plans
from satlog_native.errors import SatlogError, TableError
from satlog_native.layouts.columns import ARROW_NUMBERS, columns_of
from satlog_native.layouts.model import Layout
from satlog_native.log import Log

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from satlog_native.flight import Coverage, FlightSettings
    from satlog_native.flight.settings import Units

FLIGHT_TABLES: Final = ("track", "passes", "summary")

_NUMBERS: Final = frozenset(ARROW_NUMBERS.values())
#: What a track needs of the positions, and the types that will do.
_NEEDED: Final = {"time": {"timestamp"}, "latitude": _NUMBERS, "longitude": _NUMBERS}


def is_flight_table(layout: Layout, name: str) -> bool:
    """Whether a name is that of a flight table; a record of the same name goes before it.

    Raises
    ------
    TableError
        For a flight table that the layout cannot give.
    """
    if name not in FLIGHT_TABLES or name in layout.by_name:
        return False
    if name not in flight_tables_of(layout):
        raise TableError(
            f"layout {layout.name} cannot give table {name}: it has no record position with time, "
            f"latitude and longitude; choose a table of its records: {', '.join(layout.by_name)}"
        )
    return True


def flight_tables_of(layout: Layout) -> list[str]:
    """The flight tables that a layout can give: all that no record is named like, or none."""
    position = layout.by_name.get("position")
    types = {} if position is None else {c.name: c.type for c in columns_of(position)}
    listed = set() if position is None else {c.name for c in columns_of(position) if c.listed}
    if any(types.get(name) not in fit or name in listed for name, fit in _NEEDED.items()):
        return []
    return [name for name in FLIGHT_TABLES if name not in layout.by_name]


class FlightTable(NamedTuple):
    """A flight table of a log.

    Attributes
    ----------
    schema : pyarrow.Schema
        As :func:`flight_schema` gives it.
    note : str or None
        What a person should know of it.
    content : pyarrow.Table
        The same columns in types of polars' own.
    """

    schema: pa.Schema
    note: str | None
    content: pa.Table

    def batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        """The table, at most so many rows at a time."""
        import pyarrow as pa

        for batch in self.content.to_batches(max_chunksize=rows):
            columns = [
                column.cast(field.type)
                for column, field in zip(batch.columns, self.schema, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema)


def flight_table(log: Log, name: str, settings: FlightSettings | None = None) -> FlightTable:
    """Make one of ``FLIGHT_TABLES``; for each, the whole log is read into memory.

    Of the summary, only where the extra ``geo`` is installed are there net and overlap areas.
    """
    from satlog_native.flight import FlightSettings, to_arrow

    settings = settings or FlightSettings()
    missing: str | None = None
    if name == "track":
        frame = log.track(settings)
    elif name == "passes":
        frame = log.passes(settings)
    else:
        frame, _, missing = summarised(log, settings)
    units: Units = settings.units if name == "summary" else "si"
    schema = flight_schema(log.layout, name, units, dry=is_dry(log))
    return FlightTable(schema, missing, to_arrow(frame))


class Summarised(NamedTuple):
    """A flight's summary, the coverage that it is made with, or why there is none."""

    summary: pl.DataFrame
    coverage: Coverage | None
    missing: str | None


def summarised(log: Log, settings: FlightSettings, boundary: Any = None) -> Summarised:
    """The summary with all areas that can be had.

    Parameters
    ----------
    log : Log
    settings : FlightSettings
    boundary : optional
        The field, see :func:`~satlog_native.flight.coverage`.
    """
    covered, missing = None, None
    try:
        covered = log.coverage(settings, boundary)
    except SatlogError as error:
        missing = f"areas that need geometry are left out: {error}"
    return Summarised(log.summary(settings, covered), covered, missing)


def is_dry(log: Log) -> bool:
    """Whether a log says that its material is dry, so that kg stands for L."""
    return bool(log.facts()["material"] == "dry")


@lru_cache(maxsize=64)  # by layout, each of which is equal to itself only
def flight_schema(
    layout: Layout, name: str, units: Units = "si", *, dry: bool = False
) -> pa.Schema:
    """The schema that a flight table has with a layout, whatever the log.

    Parameters
    ----------
    layout : Layout
        That can give it.
    name : str
        One of ``FLIGHT_TABLES``.
    units : {"si", "us"}
        Of the summary.
    dry : bool
        Whether the material is dry.

    Returns
    -------
    pyarrow.Schema
        Units and documentation in the fields' metadata.
    """
    import pyarrow as pa

    from satlog_native import flight

    records = {
        kind: plans.schema_of(plans.table_columns(layout, layout.by_name[kind]))
        for kind in flight.TRACK_KINDS
        if kind in layout.by_name
    }
    frame = flight.track({kind: schema.empty_table() for kind, schema in records.items()})
    if name != "track":
        passes = flight.passes(frame)
        frame = passes if name == "passes" else flight.summary(frame, passes)
    own = records["position"] if name == "track" else pa.schema([])
    return pa.schema(
        [
            pa.field(
                field.name,
                _plain_type(field.type),
                metadata=_metadata(field, flight.DOCS[name], own),
            )
            for field in flight.to_arrow(frame, units, dry=dry).schema
        ]
    )


def _metadata(
    field: pa.Field, docs: Mapping[str, str], own: pa.Schema
) -> dict[bytes, bytes] | None:
    """Unit and documentation of a column; of what a record tells itself, the layout's."""
    told = dict(field.metadata or {})
    if field.name in docs:
        told[b"doc"] = docs[field.name].encode()
    if field.name in own.names:
        told |= own.field(field.name).metadata or {}
    return {key: told[key] for key in (b"unit", b"doc") if key in told} or None


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """A type of polars' own as that which the tables of records have."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return pa.dictionary(pa.int32(), pa.string())
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_large_binary(kind):
        return pa.binary()
    if pa.types.is_large_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    return kind
