from __future__ import annotations

from collections.abc import Callable

import pytest

from satlog_native.layouts import Layout, load, loads
from satlog_native.synth import Flight, FlightPlan, fly

HEAD = """
[layout]
name = "tiny"
version = "1"
status = "assumed"
byte_order = "little"
"""

PLAIN_FRAMING = """
[framing]
length = { at = 0, type = "u8", counts = "payload" }
type = { at = 1, type = "u8" }
payload_at = 2
"""

MakeLayout = Callable[..., Layout]


@pytest.fixture(scope="session")
def satloc_air() -> Layout:
    return load("satloc_air")


@pytest.fixture(scope="session")
def tiny() -> MakeLayout:
    """A layout with one record, ``thing`` of type 7, with the fields given as TOML lines."""

    def make(*fields: str, size: int | None = None, framing: str = PLAIN_FRAMING) -> Layout:
        record = '[[record]]\ntype = 7\nname = "thing"\n'
        if size is not None:
            record += f"size = {size}\n"
        tables = "".join(f"[[record.field]]\n{field}\n" for field in fields)
        return loads(HEAD + framing + record + tables)

    return make


@pytest.fixture(scope="session")
def flight() -> Flight:
    """The default flight, but with every kind of the layout."""
    return fly(FlightPlan(all_kinds=True), seed=1)


@pytest.fixture(scope="session")
def quiet_flight() -> Flight:
    """No noise, no wind: everything is as planned."""
    return fly(FlightPlan(noise=0.0, wind_speed=0.0, wind_gust=0.0), seed=2)
