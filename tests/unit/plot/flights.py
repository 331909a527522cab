"""A simulated flight with all of its tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from satlog_native import flight
from satlog_native.layouts import Layout
from satlog_native.plot import Report, WorkRecord, report
from satlog_native.report import DamageReport


@dataclass(frozen=True)
class Flown:
    """A simulated flight, analysed."""

    track: pl.DataFrame
    passes: pl.DataFrame
    summary: pl.DataFrame
    coverage: flight.Coverage
    facts: dict[str, Any]
    boundary: Any
    damage: DamageReport
    layout: Layout
    settings: flight.FlightSettings

    @property
    def row(self) -> dict[str, Any]:
        return dict(self.summary.row(0, named=True))

    def with_track(
        self,
        track: pl.DataFrame,
        *,
        settings: flight.FlightSettings | None = None,
        facts: dict[str, Any] | None = None,
        boundary: Any = None,
    ) -> Flown:
        """Analysed anew, from another track; without a field unless one is given."""
        settings = settings or self.settings
        facts = self.facts if facts is None else facts
        passes = flight.passes(track, settings)
        coverage = flight.coverage(track, settings, boundary)
        return replace(
            self,
            track=track,
            passes=passes,
            summary=flight.summary(track, passes, coverage, facts, settings),
            coverage=coverage,
            boundary=boundary,
            settings=settings,
            facts=facts,
        )

    def report(self, record: WorkRecord | None = None, **more: Any) -> Report:
        options = {
            "damage": self.damage,
            "layout": self.layout,
            "boundary": self.boundary,
            "settings": self.settings,
            **more,
        }
        tables = (self.track, self.passes, self.summary, self.coverage)
        return report(*tables, record=record or WorkRecord(), **options)

    def silent(self) -> Flown:
        """The same flight without any spray, and without weather."""
        weather = ("wind_speed", "wind_direction", "air_temperature", "relative_humidity")
        return self.with_track(
            self.track.with_columns(
                pl.lit(value=False).alias("spray_on"),
                pl.lit(value=False).alias("sprayed"),
                *(pl.lit(None, pl.Float64).alias(name) for name in weather),
            )
        )
