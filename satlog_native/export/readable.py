"""Attributes as people read them: names with units, and no more digits than mean something."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

#: Decimals of a coordinate: 1e-8° is 1 mm.
_COORDINATE_DECIMALS: Final = 8
#: Of all else: 0.1 mm, 1 m² of a hectare, 0.1 ms.
_DECIMALS: Final = 4


def label(field: pa.Field) -> str:
    """A column's name with its unit: ``ground_speed (m/s)``, ``time (UTC)``."""
    if pa.types.is_timestamp(field.type):
        return f"{field.name} (UTC)"
    unit = unit_of(field)
    return f"{field.name} ({unit})" if unit else field.name


def unit_of(field: pa.Field) -> str:
    """A column's unit; empty if it has none."""
    unit: bytes = (field.metadata or {}).get(b"unit", b"")
    return unit.decode()


def rounded(column: pa.Array, field: pa.Field) -> pa.Array:
    """A column with its numbers rounded; NaN and infinities, which tell nothing, are null."""
    if not pa.types.is_floating(column.type):
        return column
    place = field.name.endswith(("latitude", "longitude"))
    # Not pyarrow's rounding, which makes 13.799999999999999 of 13.8.
    exact = column.fill_null(np.nan).to_numpy()
    with np.errstate(over="ignore"):
        values = np.round(exact, _COORDINATE_DECIMALS if place else _DECIMALS)
    # What is too large to have decimals is round already.
    values = np.where(np.isfinite(values), values, exact)
    return pc.if_else(pc.is_finite(column), pa.array(values), pa.scalar(None, column.type))
