"""The figure that pictures are drawn on; importing this needs matplotlib."""

from __future__ import annotations

from matplotlib.figure import Figure

from satlog_native.plot.picture import picture


class Picture(Figure):
    """A figure that a notebook shows as it is saved.

    Matplotlib's own is shown only once pyplot has made a figure.
    """

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        width, height = self.get_size_inches() * self.dpi
        # Two pixels a dot, for sharp screens.
        return picture(self, "png", dpi=2 * self.dpi), {"width": int(width), "height": int(height)}
