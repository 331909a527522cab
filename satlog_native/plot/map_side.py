"""What stands beside a map: legend, key figures, wind, north and scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from satlog_native.export.rates import RATE_CLASSES, UNKNOWN
from satlog_native.flight import FlightSettings
from satlog_native.plot.caption import Caption
from satlog_native.plot.picture import INK, QUIET, RULE, drawable
from satlog_native.plot.scale import scale_bar
from satlog_native.plot.scene import Scene
from satlog_native.plot.text import number, place
from satlog_native.plot.tints import TINTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Inches from line to line, of a legend's box, and of the place for wind, north and scale.
_LINE: Final = 0.185
_BOX: Final = (0.24, 0.115)
_FOOT: Final = 1.5


def draw_side(
    axes: Axes,
    shown: Scene,
    words: Caption,
    settings: FlightSettings,
    metres_per_point: float | None,
) -> None:
    """Fill the strip beside a map; of the key figures, as many as there is room for.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The empty strip.
    shown : Scene
    words : Caption
    settings : FlightSettings
        ``units``, ``max_gap``.
    metres_per_point : float or None
        Scale of the map; None without one.
    """
    width, height = _inches(axes)
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    y = _legend(axes, shown, height - 0.1)
    if words.figures:
        _figures(axes, words, width, y - 0.16)
    _wind(axes, words, width)
    if metres_per_point is not None:
        _scale(axes, settings, metres_per_point)
        middle = place(shown.latitude, shown.longitude)
        axes.text(0, 0.02, middle, fontsize=6, color=QUIET, gid="centre")


def _inches(axes: Axes) -> tuple[float, float]:
    box = axes.get_window_extent()
    return box.width / axes.figure.dpi, box.height / axes.figure.dpi


def _heading(axes: Axes, text: str, y: float) -> float:
    axes.text(0, y, text, fontsize=7, weight="bold", va="center")
    return y - _LINE


def _legend(axes: Axes, shown: Scene, y: float) -> float:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    def box(**look: Any) -> None:
        axes.add_patch(Rectangle((0, y - _BOX[1] / 2), *_BOX, clip_on=False, **look))

    y = _heading(axes, "Applied rate", y)
    for index, each in reversed(list(enumerate(RATE_CLASSES))):
        share = shown.shares[index]
        if index == UNKNOWN and not share:
            continue
        box(facecolor=f"#{each.colour}")
        _entry(axes, each.text, y, f"{number(share)} %" if shown.strips else "")
        y -= _LINE
    y = _heading(axes, "Areas and lines", y - 0.08)
    for name, tint in TINTS.items():
        if getattr(shown, name) is not None:
            for look in tint.looks():
                box(**{**look, "linewidth": 0.8})
            _entry(axes, tint.name, y)
            y -= _LINE
    axes.add_line(Line2D((0, _BOX[0]), (y, y), color="#8b949c", linewidth=0.8))
    _entry(axes, "flown without spray", y)
    return y - _LINE


def _entry(axes: Axes, text: str, y: float, value: str = "") -> None:
    axes.text(_BOX[0] + 0.08, y, text, fontsize=6.5, va="center_baseline")
    axes.text(_inches(axes)[0], y, value, fontsize=6.5, va="center_baseline", ha="right")


def _figures(axes: Axes, words: Caption, width: float, y: float) -> None:
    axes.plot([0, width], [y + 0.1, y + 0.1], color=RULE, linewidth=0.6)
    y -= 0.06
    for label, value in words.figures:
        if y < _FOOT:
            break
        axes.text(0, y, label, fontsize=6.5, va="center_baseline", color=QUIET)
        axes.text(width, y, value, fontsize=6.5, va="center_baseline", ha="right", weight="bold")
        y -= _LINE


def _wind(axes: Axes, words: Caption, width: float) -> None:
    """North and wind, side by side, above the scale."""
    y = 0.98
    _arrow(axes, (0.28, y), 0.0, INK)
    axes.text(0.28, y + 0.34, "N", ha="center", va="center", fontsize=8, weight="bold", gid="north")
    if words.wind_from is not None:
        _arrow(axes, (width * 0.62, y), words.wind_from + 180.0, "#0066a8")
    axes.text(0, y - 0.42, f"Wind {drawable(words.wind)}", fontsize=6.5, gid="wind")


def _arrow(axes: Axes, middle: tuple[float, float], towards: float, colour: str) -> None:
    angle = np.radians(towards)
    half = 0.23 * np.array([np.sin(angle), np.cos(angle)])
    axes.annotate(
        "",
        xy=(middle[0] + half[0], middle[1] + half[1]),
        xytext=(middle[0] - half[0], middle[1] - half[1]),
        arrowprops={
            "arrowstyle": "-|>,head_width=0.28,head_length=0.6",
            "color": colour,
            "linewidth": 1.6,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )


def _scale(axes: Axes, settings: FlightSettings, metres_per_point: float) -> None:
    from matplotlib.patches import Rectangle

    bar = scale_bar(1.5 * 72.0 * metres_per_point, settings.units)
    length, y = bar.metres / metres_per_point / 72.0, 0.27
    for part, colour in ((0.0, INK), (0.5, "white")):
        axes.add_patch(
            Rectangle(
                (part * length, y), length / 2, 0.05, facecolor=colour, edgecolor=INK, linewidth=0.6
            )
        )
    axes.text(0, y + 0.1, "0", fontsize=6.5, ha="left")
    axes.text(length, y + 0.1, bar.label, fontsize=6.5, ha="center", gid="scale")
