"""A map of a flight as a matplotlib figure, for PNG and SVG."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from satlog_native.export.rates import RATE_CLASSES
from satlog_native.flight import Coverage, FlightSettings
from satlog_native.jobs.geometry import shapely_module
from satlog_native.plot.caption import Caption, caption
from satlog_native.plot.map_side import draw_side
from satlog_native.plot.picture import INK, QUIET, RULE, drawing, new_figure
from satlog_native.plot.scene import Bounds, Scene, Strip, scene
from satlog_native.plot.tints import TINTS
from satlog_native.plot.title import draw_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Inches: the margin about a map, or for its frame alone; the gap before the strip of words beside
#: it, and that strip; the title above it.
_MARGIN: Final = 0.15
_HAIR: Final = 0.02
_GAP: Final = 0.17
_SIDE: Final = 2.05
_TITLE: Final = 0.62

#: Part of the view that stays free about what is shown.
_PADDING: Final = 0.06

#: Most passes that are numbered on the map; more would hide it.
_NUMBERED: Final = 150

#: Points: a strip of unknown width, the aircraft's way, from a pass's start to its number.
_UNKNOWN_WIDTH: Final = 3.0
_THIN: Final = 0.5
_NUMBER_AT: Final = 5.0

_COLOURS: Final = tuple(f"#{each.colour}" for each in RATE_CLASSES)


def map_figure(
    track: pl.DataFrame,
    summary: pl.DataFrame,
    coverage: Coverage | None = None,
    *,
    boundary: Any = None,
    settings: FlightSettings | None = None,
    title: str | None = None,
    zone: str = "UTC",
    size: tuple[float, float] = (10.0, 7.0),
) -> Figure:
    """Map of a flight: what was sprayed at which rate, field, overlap, skips, wind, scale.

    Parameters
    ----------
    track, summary : polars.DataFrame
        As :func:`satlog_native.flight.track` and :func:`satlog_native.flight.summary` give them.
    coverage : Coverage, optional
        Without it, neither overlap nor skips are shown.
    boundary : shapely Polygon or MultiPolygon, or bytes (WKB), optional
        The field, as it was given to :func:`satlog_native.flight.coverage`.
    settings : FlightSettings, optional
        Those that the tables were made with.
    title : str, optional
        By default the job.
    zone : str
        IANA name of the time zone that times are shown in.
    size : (float, float)
        Width and height, inches.

    Returns
    -------
    matplotlib.figure.Figure
        For :func:`satlog_native.plot.picture`.

    Raises
    ------
    AnalysisError
        If tables are not as expected, or the flight does not fit a map.
    SatlogError
        If matplotlib, shapely or pyproj is not installed.
    """
    words = caption(summary, settings, title=title, zone=zone)
    return draw_map(scene(track, coverage, boundary, settings), words, settings, size)


def draw_map(
    shown: Scene,
    words: Caption,
    settings: FlightSettings | None = None,
    size: tuple[float, float] = (10.0, 7.0),
    *,
    bare: bool = False,
) -> Figure:
    """A map of a scene and its caption; see :func:`map_figure`.

    A ``bare`` one goes without title and key figures, which the document around it tells.
    """
    width, height = size
    with drawing("drawing a map"):
        figure = new_figure(width, height)
        if bare:
            words = replace(words, figures=())
        else:
            draw_title(figure, words)
        margin = _HAIR if bare else _MARGIN
        box = (width - 2 * margin - _GAP - _SIDE, height - margin - (margin if bare else _TITLE))
        axes = figure.add_axes(
            (margin / width, margin / height, box[0] / width, box[1] / height), gid="map"
        )
        axes.set(xticks=[], yticks=[], facecolor="#fbfbf9")
        side = figure.add_axes(
            (1 - (_SIDE + margin) / width, margin / height, _SIDE / width, box[1] / height),
            gid="legend",
        )
        metres_per_point = None
        if shown.bounds is None:
            _say(axes, "No usable position", y=0.5)
        else:
            view = _view(shown.bounds, box[0] / box[1])
            axes.set(xlim=(view[0], view[2]), ylim=(view[1], view[3]))
            metres_per_point = (view[2] - view[0]) / (box[0] * 72.0)
            _draw_scene(axes, shown, metres_per_point)
            if not shown.strips:
                _say(axes, "Nothing was sprayed", y=0.972)
        draw_side(side, shown, words, settings or FlightSettings(), metres_per_point)
    return figure


def _say(axes: Axes, text: str, y: float) -> None:
    """A word in the middle of the map, at a share of its height."""
    axes.text(
        0.5,
        y,
        text,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=QUIET,
        fontsize=10,
        zorder=8,
        bbox={"facecolor": axes.get_facecolor(), "edgecolor": "none", "pad": 1.0},
    )


def _view(bounds: Bounds, aspect: float) -> Bounds:
    """The bounds with some room about them, drawn out to width / height = ``aspect``."""
    west, south, east, north = bounds
    room = 1.0 + 2.0 * _PADDING
    width, height = (east - west) * room, (north - south) * room
    width, height = max(width, height * aspect), max(height, width / aspect)
    x, y = (west + east) / 2.0, (south + north) / 2.0
    return x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0


def _draw_scene(axes: Axes, shown: Scene, metres_per_point: float) -> None:
    _draw_strips(axes, shown, metres_per_point)
    for name, tint in TINTS.items():
        geometry = getattr(shown, name)
        if geometry is not None:
            area, line = tint.looks()
            axes.add_patch(_patch(geometry, zorder=tint.order, gid=name, **area))
            axes.add_patch(_patch(geometry, zorder=tint.order, **line))
    from matplotlib.collections import LineCollection

    axes.add_collection(
        LineCollection(
            [*shown.unsprayed], colors="#8b949c", linewidths=_THIN, zorder=5, gid="unsprayed"
        ),
        autolim=False,
    )


def _draw_strips(axes: Axes, shown: Scene, metres_per_point: float) -> None:
    from matplotlib.lines import Line2D

    numbered: set[int] = set()
    numbers = {strip.number for strip in shown.strips}
    for strip in shown.strips:
        width = _UNKNOWN_WIDTH if strip.width is None else strip.width / metres_per_point
        x, y = strip.points.T
        look: dict[str, Any] = {"solid_capstyle": "butt", "solid_joinstyle": "bevel"}
        axes.add_line(
            Line2D(
                *(x, y),
                color=_COLOURS[strip.rate_class],
                linewidth=width,
                zorder=2,
                gid=f"pass-{strip.number}",
                **look,
            )
        )
        axes.add_line(Line2D(x, y, color=INK, linewidth=0.35, alpha=0.55, zorder=6))
        if strip.number not in numbered and len(numbers) <= _NUMBERED:
            numbered.add(strip.number)
            _draw_number(axes, strip, metres_per_point)


def _draw_number(axes: Axes, strip: Strip, metres_per_point: float) -> None:
    """The number of a pass, just before where it starts."""
    x, y = strip.before(_NUMBER_AT * metres_per_point).tolist()
    axes.text(
        x,
        y,
        str(strip.number),
        fontsize=5,
        ha="center",
        va="center",
        color=INK,
        zorder=7,
        clip_on=True,
        bbox={"facecolor": "white", "edgecolor": RULE, "linewidth": 0.3, "pad": 0.6, "alpha": 0.9},
    )


def _patch(geometry: Any, **look: Any) -> Any:
    """A polygon with holes, or several, as one patch."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    shapely = shapely_module()
    rings = [
        shapely.get_coordinates(ring)
        for polygon in shapely.get_parts(geometry)
        if polygon.geom_type == "Polygon"
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    paths = [Path(ring, closed=True) for ring in rings if len(ring) > 2]
    return PathPatch(Path.make_compound_path(*paths), **look)
