"""What a timeline can show: quantities of the track, each a panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from satlog_native.errors import AnalysisError


@dataclass(frozen=True)
class Panel:
    """A quantity over time.

    Attributes
    ----------
    title : str
    column : str
        Of the track, or ``rate``.
    unit_column : str
        A column that has its unit.
    target : str or None
        Column of what it should be.
    from_zero : bool
        Whether zero belongs on the axis.
    sprayed_only : bool
        Whether it means nothing while spray is off.
    """

    title: str
    column: str
    unit_column: str
    target: str | None = None
    from_zero: bool = True
    sprayed_only: bool = False


PANELS: Final = {
    "speed": Panel("Ground speed", "ground_speed", "ground_speed"),
    "flow": Panel("Flow rate", "flow_rate", "flow_rate", target="target_flow_rate"),
    "rate": Panel("Applied rate", "rate", "applied_rate", target="target_rate", sprayed_only=True),
    "wind": Panel("Wind speed", "wind_speed", "wind_speed"),
    "cross_track": Panel(
        "Cross-track (off the guidance line)",
        "cross_track",
        "cross_track",
        from_zero=False,
        sprayed_only=True,
    ),
}


def panels_of(what: tuple[str, ...]) -> tuple[Panel, ...]:
    """The panels of those names.

    Raises
    ------
    AnalysisError
        If there is none of a name, or none at all is asked for.
    """
    known = ", ".join(PANELS)
    if not what:
        raise AnalysisError(f"drawing a timeline: nothing to draw; choose from {known}")
    for name in what:
        if name not in PANELS:
            raise AnalysisError(
                f"drawing a timeline: there is nothing called {name!r}; choose from {known}"
            )
    return tuple(PANELS[name] for name in what)
