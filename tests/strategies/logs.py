"""A layout with a log of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from oracle.encode import encode
from strategies.damage import damaged, damages
from strategies.layouts import layouts
from strategies.records import records
from strategies.toml import to_toml


@dataclass(frozen=True)
class Drawn:
    """A layout as dict and as TOML text, and the bytes of a log."""

    layout: dict[str, Any]
    log: bytes

    @property
    def toml(self) -> str:
        return to_toml(self.layout)

    @property
    def names(self) -> list[str]:
        """All record names, once each."""
        return list(dict.fromkeys(record["name"] for record in self.layout["record"]))


@st.composite
def logs(draw: st.DrawFn, *, harmed: bool) -> Drawn:
    """Any log of any layout, whole or `harmed`."""
    layout = draw(layouts())
    log, _ = encode(layout, draw(records(layout)), draw(st.integers(0, 255)))
    if harmed:
        log = damaged(log, draw(damages(layout, log)))
    return Drawn(layout, log)
