"""A map of a flight as one HTML file that works offline: inline SVG, and a script to pan and zoom.

The file refers to nothing outside itself, and its content security policy forbids it to; that
policy also lets no script and no style run but the two that are written here.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

import numpy as np
import polars as pl

from satlog_native.export.rates import RATE_CLASSES, UNKNOWN
from satlog_native.flight import Coverage, FlightSettings, convert_units
from satlog_native.jobs.geometry import shapely_module
from satlog_native.plot.caption import caption
from satlog_native.plot.page import render
from satlog_native.plot.scene import Array, Bounds, Scene, Strip, scene
from satlog_native.plot.text import clock, first_row, number, place, quantity, zone_name, zone_of
from satlog_native.plot.tints import TINTS

#: Part of the view that stays free about what is shown.
_PADDING: Final = 0.06

#: Pixels: width of a strip whose swath width is unknown, and from a pass's start to its number.
_UNKNOWN_WIDTH: Final = 4.0
_NUMBER_AT: Final = 9.0


def map_html(
    track: pl.DataFrame,
    passes: pl.DataFrame,
    summary: pl.DataFrame,
    coverage: Coverage | None = None,
    *,
    boundary: Any = None,
    settings: FlightSettings | None = None,
    title: str | None = None,
    zone: str = "UTC",
) -> str:
    """Map of a flight to pan and zoom, as a page that needs no network.

    Parameters
    ----------
    track, passes, summary : polars.DataFrame
        As the functions of :mod:`satlog_native.flight` of those names give them.
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

    Raises
    ------
    AnalysisError
        If tables are not as expected, or the flight does not fit a map.
    SatlogError
        If jinja2, shapely or pyproj is not installed.
    """
    settings = settings or FlightSettings()
    words = caption(summary, settings, title=title, zone=zone)
    shown = scene(track, coverage, boundary, settings)
    dry = first_row(summary)["material"] == "dry"
    infos = _infos(passes, settings, zone, dry=dry)
    view = _view(shown.bounds or (-50.0, -50.0, 50.0, 50.0))
    # What a pixel is worth before the script knows the window.
    pixel = max(view[2:]) / 800.0
    return render(
        "map.html",
        words=words,
        shown=shown,
        view=" ".join(_metres(value) for value in view),
        pixel=f"{pixel:.4f}",
        passes=_passes(shown, infos, pixel),
        unsprayed=" ".join(_line(points) for points in shown.unsprayed),
        areas=[
            (name, tint, _rings(geometry))
            for name, tint in TINTS.items()
            if (geometry := getattr(shown, name)) is not None
        ],
        legend=_legend(shown),
        centre=place(shown.latitude, shown.longitude),
        units=settings.units,
    )


def _view(bounds: Bounds) -> Bounds:
    """Left, top, width and height with some room about them; y runs down."""
    west, south, east, north = bounds
    room = _PADDING * max(east - west, north - south)
    return west - room, -north - room, east - west + 2 * room, north - south + 2 * room


def _passes(
    shown: Scene, infos: dict[int, str], pixel: float
) -> list[tuple[dict[str, Any], list[dict[str, str]]]]:
    """Each pass: its number, place and text; and its strips' path, width and colour."""
    passes = []
    for key, group in groupby(shown.strips, key=lambda strip: strip.number):
        strips = list(group)
        x, y = strips[0].before(_NUMBER_AT * pixel)
        info = {"number": key, "text": infos.get(key, ""), "x": _metres(x), "y": _metres(-y)}
        passes.append((info, [_strip(strip, _UNKNOWN_WIDTH * pixel) for strip in strips]))
    return passes


def _strip(strip: Strip, unknown_width: float) -> dict[str, str]:
    return {
        "path": _line(strip.points),
        "width": _metres(strip.width or unknown_width),
        "colour": f"#{RATE_CLASSES[strip.rate_class].colour}",
    }


def _infos(
    passes: pl.DataFrame, settings: FlightSettings, zone: str, *, dry: bool
) -> dict[int, str]:
    """What is told of each pass, by its number."""
    where, units = zone_of(zone), settings.units
    infos = {}
    for row in convert_units(passes, units, dry=dry).iter_rows(named=True):
        start = row["start_time"]
        error = number(row["rate_error"], 1)
        parts = [
            f"Pass {row['pass']}",
            f"{clock(start, where)} {zone_name(start, where)}",
            quantity("length", row["length"], units),
            quantity("mean_ground_speed", row["mean_ground_speed"], units),
            "rate " + quantity("applied_rate", row["applied_rate"], units, dry=dry),
            *([f"{error} % off target"] if error else []),
            "wind " + quantity("mean_wind_speed", row["mean_wind_speed"], units),
        ]
        infos[int(row["pass"])] = " · ".join(parts)
    return infos


def _legend(shown: Scene) -> list[tuple[str, str, str]]:
    """Name, colour and share of each class of rate, the highest first."""
    told = [
        (each.text, f"#{each.colour}", f"{number(share)} %" if shown.strips else "")
        for index, (each, share) in enumerate(zip(RATE_CLASSES, shown.shares, strict=True))
        if index != UNKNOWN or share
    ]
    return told[::-1]


def _metres(value: float) -> str:
    return f"{float(value):.1f}"


def _line(points: Array) -> str:
    """SVG path of a line; y runs down."""
    flipped = np.round(points * (1.0, -1.0), 1) + 0.0
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in flipped.tolist())


def _rings(geometry: Any) -> str:
    """SVG path of a polygon with holes, or of several."""
    shapely = shapely_module()
    rings = (
        ring
        for polygon in shapely.get_parts(geometry)
        if polygon.geom_type == "Polygon"
        for ring in (polygon.exterior, *polygon.interiors)
    )
    return "".join(_line(shapely.get_coordinates(ring)[:-1]) + "Z" for ring in rings)
