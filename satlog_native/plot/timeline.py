"""A flight over time: speed, flow, rate, wind and distance off the line, one above the other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from satlog_native.flight import FlightSettings, convert_units, steps, unit_of
from satlog_native.plot.caption import Caption
from satlog_native.plot.panels import PANELS, Panel, panels_of
from satlog_native.plot.picture import QUIET, RULE, drawing, new_figure
from satlog_native.plot.rates import with_rate
from satlog_native.plot.text import NOT_RECORDED, day, zone_name, zone_of
from satlog_native.plot.ticks import clock_ticks
from satlog_native.plot.title import draw_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: Inches: of a panel with the gap above it, of what is above and below them all, and of a title
#: above that.
_PANEL: Final = 1.15
_HEAD: Final = 0.42
_FOOT: Final = 0.42
_TITLE: Final = 0.42
#: Between two panels, for a title.
_GAP: Final = 0.26

#: Points of a line that can be told apart; of more, the lowest and highest in each place are drawn.
_MOST_POINTS: Final = 4000

_LINE: Final = "#0066a8"
_TARGET: Final = "#cc4f00"
_SPRAYED: Final = "#7fc9a9"


def timeline(
    track: pl.DataFrame,
    what: Iterable[str] = tuple(PANELS),
    settings: FlightSettings | None = None,
    *,
    dry: bool = False,
    zone: str = "UTC",
    size: tuple[float, float | None] = (10.0, None),
    words: Caption | None = None,
) -> Figure:
    """Quantities of a flight over time, sprayed time shaded.

    Parameters
    ----------
    track : polars.DataFrame
        As :func:`satlog_native.flight.track` gives it.
    what : iterable of {"speed", "flow", "rate", "wind", "cross_track"}
        The panels, from the top. Rate and cross-track are drawn only while spray is on.
    settings : FlightSettings, optional
        ``merge_gap``, ``swath_width``, ``units``.
    dry : bool
        Whether the material is dry: then kg stands for L.
    zone : str
        IANA name of the time zone that times are shown in.
    size : (float, float or None)
        Width and height, inches. Without a height it follows from the number of panels.
    words : Caption, optional
        As :func:`satlog_native.plot.caption` gives it; its title goes above the panels.

    Returns
    -------
    matplotlib.figure.Figure
        For :func:`satlog_native.plot.picture`.

    Raises
    ------
    AnalysisError
        If columns of a track are missing, or there is no such panel or time zone.
    SatlogError
        If matplotlib is not installed.
    """
    panels = panels_of(tuple(what))
    where = zone_of(zone)
    settings = settings or FlightSettings()
    flown = with_rate(steps(track, settings)).sort("time")
    flown = convert_units(flown.with_columns(applied_rate="rate"), settings.units, dry=dry)
    flown = flown.with_columns(rate="applied_rate")
    head = _HEAD + (0.0 if words is None else _TITLE)
    width, height = size[0], size[1] or head + len(panels) * _PANEL + _FOOT
    with drawing("drawing a timeline"):
        figure = new_figure(width, height)
        if words is not None:
            draw_title(figure, words)
        rows: Any = figure.subplots(len(panels), 1, sharex=True, squeeze=False)
        left, right = 0.72 / width, 1 - 0.27 / width
        bottom, top = _FOOT / height, 1 - head / height
        # Matplotlib takes the gap as a part of a panel's own height.
        room = (height - head - _FOOT + _GAP) / len(panels)
        figure.subplots_adjust(
            left=left, right=right, bottom=bottom, top=top, hspace=_GAP / (room - _GAP)
        )
        minutes, start = _minutes(flown)
        for axes, panel in zip(rows[:, 0], panels, strict=True):
            unit = unit_of(panel.unit_column, settings.units, dry=dry)
            _draw_panel(axes, panel, flown, minutes, unit)
        _label_time(rows[-1, 0], minutes, start, where)
        _draw_key(rows[0, 0], target=any(panel.target for panel in panels))
    return figure


def _minutes(flown: pl.DataFrame) -> tuple[Array, datetime | None]:
    """Minutes since the first position, and when that was."""
    if not flown.height:
        return np.empty(0), None
    start = flown["time"][0]
    micros = flown["time"].to_physical().to_numpy()
    return (micros - micros[0]) / 60e6, start


def _draw_panel(
    axes: Axes, panel: Panel, flown: pl.DataFrame, minutes: Array, unit: str | None
) -> None:
    axes.set_title(panel.title, fontsize=8, weight="bold", loc="left", pad=3)
    axes.set_ylabel(unit or "", fontsize=7)
    axes.tick_params(labelsize=7, length=2.5, width=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)
    _shade(axes, flown, minutes)
    values = _values(flown, panel.column, sprayed_only=panel.sprayed_only)
    if not np.isfinite(values).any():
        idle = panel.sprayed_only and flown.height and not flown["sprayed"].any()
        axes.set(yticks=[], ylim=(0, 1))
        axes.text(
            *(0.5, 0.5), "nothing sprayed" if idle else NOT_RECORDED, transform=axes.transAxes,
            ha="center", va="center", color=QUIET, fontsize=8,
        )  # fmt: skip
        return
    if panel.target is not None:
        wanted = _values(flown, panel.target)
        axes.plot(
            *_thinned(minutes, wanted), color=_TARGET, linewidth=0.8, dashes=(4, 2), zorder=3,
            gid=panel.target,
        )  # fmt: skip
    axes.plot(*_thinned(minutes, values), color=_LINE, linewidth=0.8, gid=panel.column)
    _scale(axes, panel, values)


def _values(flown: pl.DataFrame, column: str, *, sprayed_only: bool = False) -> Array:
    """A column with NaN where unknown, where nothing is drawn, and across gaps."""
    value = pl.col(column).cast(pl.Float64)
    shown = pl.col("sprayed") if sprayed_only else pl.col("dt").is_not_null()
    return flown.select(pl.when(shown).then(value)).to_series().fill_null(np.nan).to_numpy()


def _shade(axes: Axes, flown: pl.DataFrame, minutes: Array) -> None:
    """The time of each pass."""
    spans = (
        flown.select("pass", at=pl.Series(minutes, dtype=pl.Float64), dt=pl.col("dt") / 60.0)
        .filter(pl.col("pass").is_not_null())
        .group_by("pass", maintain_order=True)
        .agg(start=pl.col("at").min(), end=(pl.col("at") + pl.col("dt")).max())
    )
    bars = [(start, end - start) for _, start, end in spans.iter_rows()]
    axes.broken_barh(
        *(bars, (0, 1)), transform=axes.get_xaxis_transform(), facecolors=_SPRAYED, alpha=0.45,
        linewidth=0, zorder=0, gid="sprayed",
    )  # fmt: skip


def _scale(axes: Axes, panel: Panel, values: Array) -> None:
    """Room for all but the wildest thousandth, so that one wrong value hides nothing."""
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, [0.001, 0.999]).tolist()
    if panel.from_zero:
        low = min(low, 0.0)
    else:
        high = max(abs(low), abs(high))
        low = -high
    if panel.target is not None:
        top = max((np.nanmax(line.get_ydata()) for line in axes.lines if _any(line)), default=high)
        high = max(high, min(float(top), 2.0 * high))
    room = (high - low or 1.0) * 0.12
    axes.set_ylim(low - (0.0 if low == 0.0 else room), high + room)


def _any(line: Any) -> bool:
    return bool(np.isfinite(line.get_ydata()).any())


def _thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """A line with so few points that they can be told apart: lowest and highest of each stretch."""
    size = -(-len(x) // (_MOST_POINTS // 2))
    if size <= 2:
        return x, y
    whole = len(x) // size * size
    parts = y[:whole].reshape(-1, size)
    starts = np.arange(0, whole, size)
    low = np.where(np.isnan(parts), np.inf, parts).argmin(axis=1) + starts
    high = np.where(np.isnan(parts), -np.inf, parts).argmax(axis=1) + starts
    kept = np.unique(np.concatenate([low, high, starts, np.arange(whole, len(x))]))
    return x[kept], y[kept]


def _label_time(axes: Axes, minutes: Array, start: datetime | None, where: tzinfo) -> None:
    axes.tick_params(axis="x", labelsize=7)
    if start is None:
        axes.set(xticks=[])
        axes.set_xlabel(f"time {NOT_RECORDED}", fontsize=7)
        return
    last = max(float(minutes[-1]), 0.1)
    ticks = clock_ticks(start, last * 60.0, where)
    axes.set_xlim(0.0, last)
    axes.set_xticks([at / 60.0 for at, _ in ticks], [text for _, text in ticks])
    axes.set_xlabel(f"{day(start, where)}, {zone_name(start, where)}", fontsize=7)


def _draw_key(axes: Axes, *, target: bool) -> None:
    """What shade and lines mean, above the panels."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    keys: list[Any] = [
        Patch(facecolor=_SPRAYED, alpha=0.45, label="spraying"),
        Line2D([], [], color=_LINE, linewidth=1.0, label="recorded"),
    ]
    if target:
        keys.append(Line2D([], [], color=_TARGET, linewidth=1.0, dashes=(4, 2), label="target"))
    axes.legend(
        handles=keys,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.04),
        borderaxespad=0.0,
        ncols=3,
        frameon=False,
        fontsize=7,
        handlelength=1.8,
    )
