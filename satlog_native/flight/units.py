"""Units of every column of this package's tables, and their US customary counterparts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl
import pyarrow as pa

from satlog_native.flight.settings import Units

#: Unit of each column, in track, steps, passes and summary alike. Of dry material (see
#: :func:`unit_of`), kg stands for L.
UNITS: Final[dict[str, str]] = {
    # track: the position's own columns
    **dict.fromkeys(("latitude", "longitude", "track", "roll", "pitch", "heading"), "deg"),
    **dict.fromkeys(("altitude", "cross_track", "geoid_separation"), "m"),
    **dict.fromkeys(("ground_speed", "vertical_speed"), "m/s"),
    "offset": "byte",
    "differential_age": "s",
    # track: as of the position, and of the step to the next
    **dict.fromkeys(("flow_rate", "target_flow_rate"), "L/min"),
    **dict.fromkeys(("cumulative_volume", "volume_step", "volume"), "L"),
    **dict.fromkeys(("pressure", "boom_pressure"), "kPa"),
    **dict.fromkeys(("target_rate", "applied_rate"), "L/ha"),
    **dict.fromkeys(("swath_width", "laser_height", "distance"), "m"),
    **dict.fromkeys(("air_temperature", "min_air_temperature", "max_air_temperature"), "°C"),
    **dict.fromkeys(("relative_humidity", "min_relative_humidity", "max_relative_humidity"), "%"),
    **dict.fromkeys(("wind_direction", "mean_wind_direction"), "deg"),
    "wind_speed": "m/s",
    "valve_position": "%",
    "dt": "s",
    **dict.fromkeys(("next_latitude", "next_longitude"), "deg"),
    # passes
    **dict.fromkeys(("duration", "spray_off_time"), "s"),
    **dict.fromkeys(("mean_ground_speed", "min_ground_speed", "max_ground_speed"), "m/s"),
    **dict.fromkeys(("mean_wind_speed", "headwind", "crosswind"), "m/s"),
    **dict.fromkeys(("length", "mean_altitude", "cross_track_rms", "mean_height"), "m"),
    **dict.fromkeys(("first_latitude", "first_longitude"), "deg"),
    **dict.fromkeys(("last_latitude", "last_longitude"), "deg"),
    "area": "ha",
    "rate_error": "%",
    # summary
    **dict.fromkeys(("flight_time", "spray_time", "turn_time", "ferry_time"), "s"),
    **dict.fromkeys(("gross_area", "net_area", "overlap_area", "skip_area"), "ha"),
    **dict.fromkeys(("rate_cv", "coverage"), "%"),
    **dict.fromkeys(("mean_speed", "max_wind_speed"), "m/s"),
    "sprayed_distance": "m",
    "off_target_area": "ha",
    "productivity": "ha/h",
    "wind_above_limit": "min",
    **dict.fromkeys(("bytes_lost", "cut_tail"), "byte"),
}


@dataclass(frozen=True)
class _Counterpart:
    """A US customary unit: how many of it make one SI unit, and where its zero lies."""

    unit: str
    factor: float
    bias: float = 0.0


_FOOT: Final = 0.3048  # m; the definitions are those of NIST SP 811
_MILE: Final = 1609.344  # m
_ACRE: Final = 0.40468564224  # ha, of 43,560 square feet
_GALLON: Final = 3.785411784  # L, the US liquid gallon
_POUND: Final = 0.45359237  # kg
_PSI: Final = 6.894757293168  # kPa

_US: Final = {
    "m": _Counterpart("ft", 1.0 / _FOOT),
    "m/s": _Counterpart("mph", 3600.0 / _MILE),
    "ha": _Counterpart("ac", 1.0 / _ACRE),
    "ha/h": _Counterpart("ac/h", 1.0 / _ACRE),
    "L": _Counterpart("gal", 1.0 / _GALLON),
    "L/min": _Counterpart("gal/min", 1.0 / _GALLON),
    "L/ha": _Counterpart("gal/ac", _ACRE / _GALLON),
    "kg": _Counterpart("lb", 1.0 / _POUND),
    "kg/min": _Counterpart("lb/min", 1.0 / _POUND),
    "kg/ha": _Counterpart("lb/ac", _ACRE / _POUND),
    "kPa": _Counterpart("psi", 1.0 / _PSI),
    "°C": _Counterpart("°F", 1.8, 32.0),
}


def unit_of(column: str, units: Units = "si", *, dry: bool = False) -> str | None:
    """Unit of a column, or None if it has none.

    Parameters
    ----------
    column : str
    units : {"si", "us"}
    dry : bool
        Whether the material is dry: then kg stands for L (and lb for gal).
    """
    unit = UNITS.get(column)
    if unit is not None and dry and unit.split("/")[0] == "L":
        unit = unit.replace("L", "kg", 1)
    if unit in _US and units == "us":
        return _US[unit].unit
    return unit


def convert_units(frame: pl.DataFrame, units: Units, *, dry: bool = False) -> pl.DataFrame:
    """A table of this package in other units; column names stay as they are.

    Parameters
    ----------
    frame : polars.DataFrame
        In SI-derived units, as every function here but ``summary`` gives it.
    units : {"si", "us"}
    dry : bool
        As for :func:`unit_of`.
    """
    if units == "si":
        return frame
    return frame.with_columns(
        pl.col(name) * _US[unit].factor + _US[unit].bias
        for name in frame.columns
        if (unit := unit_of(name, dry=dry)) in _US
    )


def to_arrow(frame: pl.DataFrame, units: Units = "si", *, dry: bool = False) -> pa.Table:
    """A table as Arrow, the unit of each column in its field's metadata (``b"unit"``).

    Parameters
    ----------
    frame : polars.DataFrame
    units : {"si", "us"}
        That it is in; nothing is converted.
    dry : bool
        As for :func:`unit_of`.
    """
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    fields = [
        field.with_metadata({b"unit": unit.encode()})
        if (unit := unit_of(field.name, units, dry=dry))
        else field
        for field in table.schema
    ]
    return pa.Table.from_arrays(table.columns, schema=pa.schema(fields))
