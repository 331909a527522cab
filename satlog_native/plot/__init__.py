"""Pictures of a flight, and its work record. Tables in; figures, pages and PDFs out.

>>> from satlog_native import flight, plot
>>> figure = plot.map_figure(track, summary, coverage)                        # doctest: +SKIP
>>> Path("map.png").write_bytes(plot.picture(figure, "png"))                  # doctest: +SKIP
>>> record = plot.work_record_from({"customer": "Rice Farms", "field": "North 40"})
>>> told = plot.report(track, passes, summary, coverage, record=record,       # doctest: +SKIP
...                    damage=log.report, layout=log.layout)
>>> Path("record.pdf").write_bytes(plot.report_pdf(told))                     # doctest: +SKIP

::

    scene, caption ─┬─ map_figure ─ picture (PNG, SVG)
                    ├─ map_html
    timeline ───────┴─ report ─┬─ report_html
                               └─ report_pdf

Needs matplotlib, jinja2 and reportlab (extra ``plot``), each loaded when first used. The same
tables give the same bytes: no file says when it was made, unless that is given.
"""

from __future__ import annotations

from satlog_native.plot.caption import Caption, caption
from satlog_native.plot.map_figure import map_figure
from satlog_native.plot.map_html import map_html
from satlog_native.plot.panels import PANELS
from satlog_native.plot.picture import picture
from satlog_native.plot.record import Product, WorkRecord, work_record_from
from satlog_native.plot.record_file import read_work_record
from satlog_native.plot.report import Report, report
from satlog_native.plot.report_html import report_html
from satlog_native.plot.report_pdf import report_pdf
from satlog_native.plot.timeline import timeline

__all__ = [
    "PANELS",
    "Caption",
    "Product",
    "Report",
    "WorkRecord",
    "caption",
    "map_figure",
    "map_html",
    "picture",
    "read_work_record",
    "report",
    "report_html",
    "report_pdf",
    "timeline",
    "work_record_from",
]
