"""What the exports are tried with; see ``samples``."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest

import satlog_native
from satlog_native import flight, synth
from satlog_native.export.features import Features
from unit.export.samples import ACROSS, Flown, odd_points, settings, track_of


@pytest.fixture(scope="session")
def flown() -> Flown:
    """A simulated flight, up to its turn after the sixth pass."""
    data = synth.fly(synth.demo_plan(seed=5)).data
    with satlog_native.open_log(data) as log:
        track = flight.track(log.tables())
    begin, end = (flight.passes(track)["start_time"][number] for number in (0, 6))
    five = dt.timedelta(seconds=5)
    return Flown(track.filter(pl.col("time").is_between(begin - five, end - five)))


@pytest.fixture(scope="session")
def across() -> Flown:
    """A pass across the antimeridian; its third position has no place, its last no altitude."""
    return Flown(track_of([*ACROSS[:3], math.nan, *ACROSS[3:]]), settings())


@pytest.fixture(scope="session")
def nothing() -> Flown:
    """A log without one position."""
    return Flown(track_of([]), settings())


@pytest.fixture
def odd() -> Features:
    """Points with extremes, with ordinary values, and with none at all."""
    return odd_points()
