"""Tables for the bulk path: checked once, the same for every store."""

from __future__ import annotations

import polars as pl

from partner_pipeline.errors import ValidationError
from partner_pipeline.store.values import checked_path

_MOMENT = pl.Datetime("ms", "UTC")


def checked_table(rows: pl.DataFrame, doing: str) -> pl.DataFrame:
    """A table with the few column types that every store keeps exactly.

    Parameters
    ----------
    rows : polars.DataFrame
        See :meth:`.base.Store.insert_table`.
    doing : str
        What was being done, for the message of an error.

    Returns
    -------
    polars.DataFrame
        Columns of type Boolean, Int64, Float64, String, Binary, Null or Datetime (ms, UTC).

    Raises
    ------
    ValidationError
        If ``_id`` is missing, a name is none of a field, or a column is of another type.
    """
    for name in rows.columns:
        if "." in checked_path(name, doing):
            raise ValidationError(f"{doing}: column {name} is no name of a field")
    checked = rows.select(_column(name, kind, doing) for name, kind in rows.schema.items())
    nothing = checked.is_empty()  # then a column made of a list has no type
    if not nothing and (checked.schema.get("_id") != pl.String or checked["_id"].null_count()):
        raise ValidationError(f"{doing}: expected a column _id of text without nulls")
    return checked


def _column(name: str, kind: pl.DataType, doing: str) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        if kind.time_zone is None:
            raise ValidationError(f"{doing}: column {name} has no time zone; give it UTC")
        # Truncated first: a cast alone rounds towards zero, which before 1970 is the future.
        return column.dt.convert_time_zone("UTC").dt.truncate("1ms").cast(_MOMENT)
    if kind == pl.UInt64:
        raise ValidationError(f"{doing}: column {name} is UInt64; expected at most Int64")
    if kind.is_integer():
        return column.cast(pl.Int64)
    if kind.is_float():
        return column.cast(pl.Float64)
    if isinstance(kind, (pl.Categorical, pl.Enum)):
        return column.cast(pl.String)
    if kind in {pl.Boolean, pl.String, pl.Binary, pl.Null}:
        return column
    raise ValidationError(
        f"{doing}: column {name} is of type {kind}; expected boolean, integer, float, text,"
        " binary or datetime"
    )
