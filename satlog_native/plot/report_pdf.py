"""A report as a PDF: A4, numbered pages, tables that run on with their heads repeated."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from satlog_native.plot.extras import plot_extra
from satlog_native.plot.pdf_style import Style, page_canvas, use_fonts
from satlog_native.plot.picture import drawable, picture
from satlog_native.plot.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from satlog_native.plot.report import Report

_MILLIMETRE: Final = 72.0 / 25.4
_MARGIN: Final = 15.0 * _MILLIMETRE
_WIDTH: Final = 180.0 * _MILLIMETRE
_FOOT: Final = 6.0 * _MILLIMETRE
_GAP: Final = 9.0 * _MILLIMETRE


def report_pdf(report: Report) -> bytes:
    """The PDF of a report. Of scripts that its font (DejaVu Sans) lacks, it shows ``□``.

    Raises
    ------
    SatlogError
        If matplotlib or reportlab is not installed.
    """
    with plot_extra("writing a PDF"):
        from reportlab.lib.pagesizes import A4
        from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

        use_fonts()
    data = BytesIO()
    document = BaseDocTemplate(
        data,
        pagesize=A4,
        title=f"{report.title} · {report.subtitle}",
        author="",
        creator=report.footer,
        producer="satlog",
        lang=report.language,
        invariant=1,  # no clock, no random identifier
    )
    height = A4[1] - 2 * _MARGIN - _FOOT
    frame = Frame(_MARGIN, _MARGIN + _FOOT, _WIDTH, height, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[frame]))
    canvas = page_canvas(drawable(report.footer), _MARGIN)
    document.build(_story(report, Style()), canvasmaker=canvas)
    return data.getvalue()


def _story(report: Report, style: Style) -> list[Any]:
    from reportlab.platypus import CondPageBreak, KeepTogether, PageBreak, Spacer

    def group(heading: str, *content: Any) -> Any:
        return KeepTogether([style.heading(heading), *content])

    story = [
        *style.title(report.title, report.subtitle, _WIDTH),
        _key_figures(report, style),
        Spacer(0, 5),
        *(_statement(each, style) for each in report.statements),
        Spacer(0, 4),
        _facts(report, style),
        *_table(report.products, style, (3, 2, 3, 2)),
    ]
    if report.remarks:
        story.append(group("Remarks", *(style.text(line) for line in report.remarks)))
    story += [group("Map", _image(report.map))]
    story += [group("The flight over time", _image(report.timeline))]
    story += [PageBreak() if len(report.passes.rows) > 4 else CondPageBreak(200)]
    story += [KeepTogether(_table(report.weather, style, (1, 1, 1, 1, 1)))]
    story += _table(report.passes, style, (7, 7, 10, *[9] * 11), small=True)
    story += [KeepTogether([_signature(style), style.note(report.method)])]
    return story


def _key_figures(report: Report, style: Style) -> Any:
    from reportlab.platypus import Table as Grid
    from reportlab.platypus import TableStyle

    cells = [
        [style.note(label), style.figure(value), style.note(remark)]
        for label, value, remark in report.key_figures
    ]
    look = [
        ("BACKGROUND", (0, 0), (-1, -1), style.tint),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("INNERGRID", (0, 0), (-1, -1), 4, style.paper),
        *_padding(7, 5),
    ]
    return Grid([cells], colWidths=[_WIDTH / len(cells)] * len(cells), style=TableStyle(look))


def _statement(statement: Any, style: Style) -> Any:
    from reportlab.platypus import Table as Grid
    from reportlab.platypus import TableStyle

    colours = style.tones[statement.tone]
    look = [
        ("BACKGROUND", (0, 0), (-1, -1), colours[0]),
        ("LINEBEFORE", (0, 0), (0, -1), 3, colours[1]),
        *_padding(8, 4),
    ]
    cell = style.text(statement.text, lead=f"{statement.heading}.")
    return Grid([[cell]], colWidths=[_WIDTH], style=TableStyle(look), spaceAfter=4)


def _facts(report: Report, style: Style) -> Any:
    """The groups of facts, two beside each other."""
    from reportlab.platypus import Table as Grid
    from reportlab.platypus import TableStyle

    column = (_WIDTH - _GAP) / 2.0
    groups = [[style.heading(g.heading), _pairs(g.rows, column, style)] for g in report.facts]
    if len(groups) % 2:
        groups.append([])
    rows = [[left, "", right] for left, right in zip(groups[::2], groups[1::2], strict=True)]
    look = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        *_padding(0, 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
    ]
    return Grid(rows, colWidths=[column, _GAP, column], style=TableStyle(look))


def _pairs(rows: tuple[tuple[str, str], ...], width: float, style: Style) -> Any:
    from reportlab.platypus import Table as Grid
    from reportlab.platypus import TableStyle

    cells = [[style.quiet(label), style.right(value)] for label, value in rows]
    look = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, style.rule),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        *_padding(0, 1.2),
    ]
    return Grid(cells, colWidths=[width * 0.42, width * 0.58], style=TableStyle(look))


def _table(
    table: Table, style: Style, shares: tuple[int, ...], *, small: bool = False
) -> list[Any]:
    """A heading and a table over the page's width; it runs on over pages, its head repeated."""
    from reportlab.platypus import LongTable, TableStyle

    if not table.rows:
        return [style.heading(table.heading), style.text(table.empty)]
    head = [
        style.head(title, unit, right=number >= table.numeric)
        for number, (title, unit) in enumerate(table.columns)
    ]
    # Numbers need no paragraph: a plain string is laid out many times faster.
    body: list[list[Any]] = [
        [
            drawable(cell) if number >= table.numeric else style.text(cell)
            for number, cell in enumerate(row)
        ]
        for row in table.rows
    ]
    size = (6.6, 7.9) if small else style.size
    look: list[Any] = [
        ("FONT", (0, 1), (-1, -1), style.regular, *size),
        ("ALIGN", (table.numeric, 0), (-1, -1), "RIGHT"),
        ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.9, style.ink),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, style.rule),
        ("TEXTCOLOR", (0, 0), (-1, -1), style.ink),
        *_padding(2, 1.8),
    ]
    if table.total is not None:
        body.append(list(table.total))
        look += [
            ("LINEABOVE", (0, -1), (-1, -1), 0.9, style.ink),
            ("FONT", (0, -1), (-1, -1), style.bold, *size),
        ]
    widths = [_WIDTH * share / sum(shares) for share in shares]
    return [
        style.heading(table.heading),
        LongTable([head, *body], colWidths=widths, repeatRows=1, style=TableStyle(look)),
    ]


def _image(figure: Figure) -> Any:
    from reportlab.platypus import Image

    width, height = figure.get_size_inches().tolist()
    data = BytesIO(picture(figure, "png", dpi=220))
    return Image(data, width=_WIDTH, height=_WIDTH * height / width)


def _signature(style: Style) -> Any:
    from reportlab.platypus import Table as Grid
    from reportlab.platypus import TableStyle

    words = [style.note(word) for word in ("Applicator", "Date", "Signature")]
    gap = 8.0 * _MILLIMETRE
    room = _WIDTH - 2 * gap
    widths = [room * 0.4, gap, room * 0.2, gap, room * 0.4]
    look: list[Any] = [
        ("TOPPADDING", (0, 0), (-1, 0), 48),
        *(("LINEABOVE", (column, 1), (column, 1), 0.6, style.ink) for column in (0, 2, 4)),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ]
    row = [words[0], "", words[1], "", words[2]]
    return Grid([[""] * 5, row], colWidths=widths, style=TableStyle(look), spaceAfter=10)


def _padding(side: float, above: float) -> list[Any]:
    return [
        *((f"{which}PADDING", (0, 0), (-1, -1), side) for which in ("LEFT", "RIGHT")),
        *((f"{which}PADDING", (0, 0), (-1, -1), above) for which in ("TOP", "BOTTOM")),
    ]
