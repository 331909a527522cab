"""Fonts, colours and paragraphs of a PDF, and its pages' feet."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Final

from satlog_native.plot.picture import INK, QUIET, drawable

_REGULAR: Final = "satlog-sans"
_BOLD: Final = "satlog-sans-bold"
_FONT_FILES: Final = {_REGULAR: "DejaVuSans.ttf", _BOLD: "DejaVuSans-Bold.ttf"}
_BLUE: Final = "#0066a8"


def use_fonts() -> None:
    """Make the fonts that come with matplotlib known to reportlab."""
    import matplotlib
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    for name, file in _FONT_FILES.items():
        # A font object gathers the signs it is used for, so each document has its own.
        pdfmetrics.registerFont(TTFont(name, folder / file))


class Style:
    """Colours, and paragraphs of plain text: whatever is given is shown as it is."""

    regular = _REGULAR
    bold = _BOLD
    #: Points of running text: its size, and from line to line.
    size = (8.0, 10.4)

    def __init__(self) -> None:
        from reportlab.lib.colors import HexColor, white
        from reportlab.lib.enums import TA_RIGHT
        from reportlab.lib.styles import ParagraphStyle

        self.ink, self.rule, self.tint = HexColor(INK), HexColor("#dfe3e6"), HexColor("#f1f5f8")
        self.paper, self.blue = white, HexColor(_BLUE)
        self.tones = {
            "good": (HexColor("#f0f8f4"), HexColor("#3f9c78")),
            "note": (HexColor("#fdf7e8"), HexColor("#f2b632")),
        }
        quiet = HexColor(QUIET)

        def style(size: float, font: str = _REGULAR, **more: Any) -> Any:
            look = {"textColor": self.ink, "leading": size * 1.3, "splitLongWords": 1, **more}
            return ParagraphStyle("", fontName=font, fontSize=size, **look)

        self._text, self._right = style(8), style(8, alignment=TA_RIGHT)
        self._quiet, self._note = style(8, textColor=quiet), style(7, textColor=quiet)
        self._figure = style(13, _BOLD)
        self._title, self._subtitle = style(18, _BOLD), style(10.5)
        self._heading = style(9, _BOLD, textColor=self.blue, spaceBefore=8, spaceAfter=3)
        self._head = style(6.8, _BOLD), style(6.8, _BOLD, alignment=TA_RIGHT)

    def title(self, title: str, subtitle: str, width: float) -> list[Any]:
        """The document's head."""
        from reportlab.platypus import HRFlowable

        line = HRFlowable(width, thickness=2, color=self.blue, spaceBefore=5, spaceAfter=8)
        return [_paragraph(title, self._title), _paragraph(subtitle, self._subtitle), line]

    def heading(self, text: str) -> Any:
        """Heading of a group; stays with what follows."""
        paragraph = _paragraph(text, self._heading)
        paragraph.keepWithNext = True
        return paragraph

    def head(self, title: str, unit: str, *, right: bool) -> Any:
        """Head of a column."""
        return _paragraph(title, self._head[right], after=unit)

    def text(self, text: str, lead: str = "") -> Any:
        """Running text, begun with some bold words."""
        return _paragraph(text, self._text, lead=lead)

    def right(self, text: str) -> Any:
        """Text set flush right."""
        return _paragraph(text, self._right)

    def quiet(self, text: str) -> Any:
        """Text in grey."""
        return _paragraph(text, self._quiet)

    def note(self, text: str) -> Any:
        """Small text in grey."""
        return _paragraph(text, self._note)

    def figure(self, text: str) -> Any:
        """A number that matters."""
        return _paragraph(text, self._figure)


def _paragraph(text: str, style: Any, *, lead: str = "", after: str = "") -> Any:
    from reportlab.platypus import Paragraph

    markup = escape(drawable(text), quote=False)
    if lead:
        markup = f'<font name="{_BOLD}">{escape(drawable(lead), quote=False)}</font> {markup}'
    if after:
        markup += f'<br/><font name="{_REGULAR}">{escape(after, quote=False)}</font>'
    return Paragraph(markup, style)


def page_canvas(foot: str, margin: float) -> Any:
    """A class of canvas that ends each page with a line of text and ``page of pages``."""
    from reportlab.lib.colors import HexColor
    from reportlab.pdfgen.canvas import Canvas

    class Pages(Canvas):
        """Keeps the pages until it is known how many there are."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802
            """Keep the page."""
            self._kept.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]

        def save(self) -> None:
            """Write all pages with their feet."""
            for number, state in enumerate(self._kept, 1):
                self.__dict__.update(state)
                self._foot(f"Page {number} of {len(self._kept)}")
                super().showPage()
            super().save()

        def _foot(self, page: str) -> None:
            self.setFont(_REGULAR, 6.5)
            self.setFillColor(HexColor(QUIET))
            self.drawString(margin, margin, foot)
            width: float = self._pagesize[0]  # type: ignore[attr-defined]
            self.drawRightString(width - margin, margin, page)

    return Pages
