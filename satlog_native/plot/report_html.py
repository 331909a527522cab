"""A report as one HTML page: pictures inside, nothing loaded, ready to print on A4."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

from satlog_native.plot.page import render
from satlog_native.plot.picture import picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from satlog_native.plot.report import Report

#: Bytes of an SVG beyond which a page would be slow to show, and gets a PNG.
_LARGEST_SVG: Final = 3_000_000


def report_html(report: Report) -> str:
    """The page of a report.

    Raises
    ------
    SatlogError
        If matplotlib or jinja2 is not installed.
    """
    return render(
        "report.html",
        report=report,
        map=_data_uri(report.map),
        timeline=_data_uri(report.timeline),
    )


def _data_uri(figure: Figure) -> str:
    kind, data = "svg+xml", picture(figure, "svg")
    if len(data) > _LARGEST_SVG:
        kind, data = "png", picture(figure, "png")
    return f"data:image/{kind};base64,{b64encode(data).decode()}"
