"""Flight analysis: what was sprayed, where, and how well. Tables in, tables out.

>>> from satlog_native import flight
>>> track = flight.track(log.tables())                           # doctest: +SKIP
>>> passes = flight.passes(track)                                # doctest: +SKIP
>>> flight.summary(track, passes, flight.coverage(track))        # doctest: +SKIP

::

    tables ─ track ─┬─ passes ─┬─ summary
                    ├──────────┤
                    ├─ coverage┘   (extra geo)
                    └─ segments    (extra geo)

All take the same :class:`FlightSettings`. Tables are polars frames in SI-derived units; ``DOCS``
tells what each column means, ``UNITS`` its unit, and ``to_arrow`` puts the unit into the Arrow
field's metadata.
"""

from __future__ import annotations

from satlog_native.flight.coverage import Coverage, coverage
from satlog_native.flight.docs import DOCS
from satlog_native.flight.facts import FACT_KINDS, flight_facts
from satlog_native.flight.passes import passes
from satlog_native.flight.segments import segments, to_geojson
from satlog_native.flight.settings import FlightSettings
from satlog_native.flight.sources import TRACK_KINDS
from satlog_native.flight.steps import steps
from satlog_native.flight.summary import summary
from satlog_native.flight.track import track
from satlog_native.flight.units import UNITS, convert_units, to_arrow, unit_of

__all__ = [
    "DOCS",
    "FACT_KINDS",
    "TRACK_KINDS",
    "UNITS",
    "Coverage",
    "FlightSettings",
    "convert_units",
    "coverage",
    "flight_facts",
    "passes",
    "segments",
    "steps",
    "summary",
    "to_arrow",
    "to_geojson",
    "track",
    "unit_of",
]
