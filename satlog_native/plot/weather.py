"""The weather of a flight, sampled over the time it sprayed."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

from satlog_native.flight import FlightSettings, convert_units, steps, unit_of
from satlog_native.plot.tables import Table
from satlog_native.plot.text import clock, digits_of, direction, number, zone_of

_SAMPLES: Final = 7
_COLUMNS: Final = ("wind_speed", "wind_direction", "air_temperature", "relative_humidity")
_TITLES: Final = ("Wind", "Wind from", "Temperature", "Humidity")


def weather_table(
    track: pl.DataFrame, passes: pl.DataFrame, settings: FlightSettings, zone: str
) -> Table:
    """Wind, temperature and humidity at evenly spaced times.

    The times run from the start of the first pass to the end of the last; over the whole flight if
    nothing was sprayed. Each sample is the latest that was recorded by then.

    Parameters
    ----------
    track, passes : polars.DataFrame
        As the functions of :mod:`satlog_native.flight` of those names give them.
    settings : FlightSettings
        ``units``.
    zone : str
        IANA name.
    """
    flown = convert_units(steps(track, settings).sort("time"), settings.units)
    units = [unit_of(name, settings.units) or "" for name in _COLUMNS]
    where = zone_of(zone)
    rows = tuple(
        (clock(time, where), *_cells(values, units)) for time, *values in _samples(flown, passes)
    )
    recorded = any(any(cell != "–" for cell in row[1:]) for row in rows)
    shown = tuple("" if unit == "deg" else unit for unit in units)
    return Table(
        heading="Weather over the flight",
        columns=(("Time", ""), *zip(_TITLES, shown, strict=True)),
        rows=rows if recorded else (),
        total=None,
        empty="Wind, temperature and humidity: not recorded.",
        numeric=1,
    )


def _samples(
    flown: pl.DataFrame, passes: pl.DataFrame
) -> list[tuple[datetime, float | None, float | None, float | None, float | None]]:
    if not flown.height:
        return []
    start, end = flown["time"][0], flown["time"][-1]
    if passes.height:
        start, end = passes["start_time"].min(), passes["end_time"].max()
    spacing = (end - start) / (_SAMPLES - 1)
    times = dict.fromkeys(start + i * spacing for i in range(_SAMPLES))
    wanted = pl.DataFrame({"time": list(times)}, schema={"time": flown.schema["time"]})
    return wanted.join_asof(flown.select("time", *_COLUMNS), on="time").rows()


def _cells(values: list[float | None], units: list[str]) -> list[str]:
    return [
        (direction(value) if unit == "deg" else number(value, digits_of(unit))) or "–"
        for value, unit in zip(values, units, strict=True)
    ]
