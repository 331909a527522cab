"""What analysis loads, and what happens without the extra ``geo``; each in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

FLOWN = """
from datetime import datetime, UTC
import polars as pl
from satlog_native import flight
from satlog_native.errors import SatlogError
table = pl.DataFrame({
    "frame": [0, 1, 2], "time": [datetime(2025, 1, 1, 0, 0, s, tzinfo=UTC) for s in range(3)],
    "latitude": [35.0, 35.0001, 35.0002], "longitude": [-90.0] * 3, "spray_on": [True] * 3})
settings = flight.FlightSettings(swath_width=20.0)
track = flight.track({"position": table}, settings)
passes = flight.passes(track, settings)
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_passes_and_summary_load_no_geometry() -> None:
    code = f"""import sys{FLOWN}
flight.summary(track, passes)
print(sorted({{"shapely", "pyproj", "pandas"}} & set(sys.modules)), passes.height)
"""
    assert run(code) == "[] 1"


def test_coverage_without_its_libraries_names_the_extra() -> None:
    for missing in ("shapely", "pyproj"):
        code = f"""import sys; sys.modules[{missing!r}] = None{FLOWN}
for analysis in (flight.coverage, flight.segments):
    try:
        analysis(track, settings)
    except SatlogError as error:
        print(error)
"""
        told = run(code)
        assert told.count("satlog[geo]") == 2
        assert missing in told
