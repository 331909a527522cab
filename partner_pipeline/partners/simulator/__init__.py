"""SatLoc Cloud, simulated over real HTTP: for tests, the demo, and trying things out."""

from __future__ import annotations

from partner_pipeline.partners.simulator.faults import Fault, Faults
from partner_pipeline.partners.simulator.server import (
    ENDPOINTS,
    Received,
    SatlocSimulator,
    serve,
)
from partner_pipeline.partners.simulator.world import (
    SimulatedAccount,
    SimulatedAircraft,
    SimulatedLog,
    SimulatedUpload,
    SimulatorConfig,
    World,
)

__all__ = [
    "ENDPOINTS",
    "Fault",
    "Faults",
    "Received",
    "SatlocSimulator",
    "SimulatedAccount",
    "SimulatedAircraft",
    "SimulatedLog",
    "SimulatedUpload",
    "SimulatorConfig",
    "World",
    "serve",
]
