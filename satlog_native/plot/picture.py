"""Figures as files: the same figure gives the same bytes, whatever the user's own settings are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from satlog_native.plot.extras import plot_extra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ImageFormat = Literal["png", "svg"]

INK: Final = "#22282e"
QUIET: Final = "#6b747c"
RULE: Final = "#c9ced3"

_STYLE: Final[dict[str, Any]] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so every machine draws the same
    "font.size": 8.0,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in a pilot's name is a dollar sign
    "axes.edgecolor": RULE,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "hatch.linewidth": 0.5,
    "svg.hashsalt": "satlog",
    "svg.fonttype": "path",
    "path.simplify": False,
    "agg.path.chunksize": 20_000,
}


@contextmanager
def drawing(doing: str) -> Iterator[None]:
    """Matplotlib with this package's style, for the time of a ``with`` block.

    Raises
    ------
    SatlogError
        If matplotlib is not installed.
    """
    with plot_extra(doing):
        from matplotlib import style
    with style.context(["default", _STYLE]):
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size (inches), free of pyplot's global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from satlog_native.plot.figure import Picture

    figure = Picture(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def picture(figure: Figure, form: ImageFormat, *, dpi: float = 200.0) -> bytes:
    """A figure of this package as a file's bytes, without date or name of its maker.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    form : {"png", "svg"}
    dpi : float
        Dots per inch of a PNG.
    """
    with drawing("writing a picture"):
        data = BytesIO()
        metadata = {"Software": None} if form == "png" else {"Date": None, "Creator": None}
        figure.savefig(data, format=form, dpi=dpi, metadata=metadata)
        return data.getvalue()


def drawable(text: str) -> str:
    """Text with ``□`` for what the font has no shape for."""
    known = _shapes()
    return "".join(sign if ord(sign) in known else "□" for sign in text)


@cache
def _shapes() -> frozenset[int]:
    """Code points that the font has a shape for."""
    from matplotlib import get_data_path
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")))
    return frozenset(font.get_charmap())
