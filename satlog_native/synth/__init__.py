"""Synthetic flights: a simulator, an encoder for any layout, and damage; the truth beside it all.

:func:`fly` flies a :class:`FlightPlan` and gives the log's bytes with the truth about them;
:func:`damage` breaks a log and tells how; :func:`bulk` and :func:`write_bulk` make large logs.
:func:`encode` writes any :class:`Records` in any layout, and :func:`readback` tells what a decoder
reads from them.
"""

from __future__ import annotations

from satlog_native.synth.bulk import bulk, write_bulk
from satlog_native.synth.damage import Injury, damage, surviving_frames
from satlog_native.synth.encode import encode, readback
from satlog_native.synth.plan import FlightPlan, demo_plan, one_boundary, rectangle
from satlog_native.synth.records import Records
from satlog_native.synth.simulate import Flight, Pass, Truth, fly

__all__ = [
    "Flight",
    "FlightPlan",
    "Injury",
    "Pass",
    "Records",
    "Truth",
    "bulk",
    "damage",
    "demo_plan",
    "encode",
    "fly",
    "one_boundary",
    "readback",
    "rectangle",
    "surviving_frames",
    "write_bulk",
]
