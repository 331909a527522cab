"""Title and subtitle of a picture that stands by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from satlog_native.plot.caption import Caption
from satlog_native.plot.picture import QUIET, drawable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Inches from the left edge, and from the top to the two lines.
_LEFT: Final = 0.15
_TITLE: Final = 0.27
_SUBTITLE: Final = 0.48


def draw_title(figure: Figure, words: Caption) -> None:
    """Write a caption's title and subtitle at the top left of a figure."""
    width, height = figure.get_size_inches().tolist()
    left, title, subtitle = _LEFT / width, 1 - _TITLE / height, 1 - _SUBTITLE / height
    figure.text(left, title, drawable(words.title), fontsize=12.5, weight="bold", gid="title")
    figure.text(left, subtitle, drawable(words.subtitle), fontsize=8, color=QUIET, gid="subtitle")
