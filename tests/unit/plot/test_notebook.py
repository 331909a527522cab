"""Pictures in a notebook, by IPython's own formatters."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import matplotlib.image
import numpy as np
from IPython.core.formatters import DisplayFormatter

from satlog_native.plot import picture, timeline
from unit.plot.flights import Flown


def test_a_notebook_shows_a_figure_as_it_is_saved(flown: Flown) -> None:
    figure = timeline(flown.track, ["speed"], size=(6.0, 2.0))
    formatter: Any = DisplayFormatter()
    shown, metadata = formatter.format(figure)
    image = matplotlib.image.imread(BytesIO(shown["image/png"]))
    assert metadata["image/png"] == {"width": 600, "height": 200}
    assert image.shape[:2] == (400, 1200)
    saved = matplotlib.image.imread(BytesIO(picture(figure, "png", dpi=200.0)))
    np.testing.assert_array_equal(image, saved)
