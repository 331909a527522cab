"""Pictures look as they did when a person last looked at them.

To renew, and then to look at what has changed::

    RENEW_GOLDEN=1 .venv/bin/python -m pytest tests/unit/plot/test_golden.py
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from satlog_native.plot import caption, map_figure, picture, timeline
from unit.plot.flights import Flown

GOLDEN = Path(__file__).with_name("golden")

#: Pixels of a block, and by how much (of 255) the pictures' mean and any block's may differ:
#: edges that another version draws half a pixel further are within, a word that is gone is not.
BLOCK = 10
MEAN, WORST = 1.0, 25.0

Pixels = NDArray[np.float64]


def drawn(name: str, flown: Flown) -> bytes:
    if name == "timeline":
        figure = timeline(flown.track, words=caption(flown.summary))
    else:
        told = flown if name == "map_field" else flown.with_track(flown.track)
        figure = map_figure(told.track, told.summary, told.coverage, boundary=told.boundary)
    return picture(figure, "png", dpi=60)


def pixels(data: bytes) -> Pixels:
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"), dtype=float)


def differences(one: Pixels, other: Pixels) -> tuple[float, float]:
    """Mean difference of all pixels, and of those of the block that differs most."""
    apart = np.abs(one - other).mean(axis=2)
    height, width = (size // BLOCK * BLOCK for size in apart.shape)
    blocks = apart[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return float(apart.mean()), float(blocks.mean(axis=(1, 3)).max())


@pytest.mark.parametrize("name", ["map", "map_field", "timeline"])
def test_picture_is_the_golden_one(name: str, flown: Flown) -> None:
    data, golden = drawn(name, flown), GOLDEN / f"{name}.png"
    if os.environ.get("RENEW_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        Image.open(BytesIO(data)).convert("RGB").quantize(256).save(golden, optimize=True)
    now, then = pixels(data), pixels(golden.read_bytes())
    assert now.shape == then.shape
    mean, worst = differences(now, then)
    assert mean < MEAN
    assert worst < WORST


def test_a_missing_field_would_be_seen(flown: Flown) -> None:
    _, worst = differences(pixels(drawn("map", flown)), pixels(drawn("map_field", flown)))
    assert worst > WORST


def test_a_missing_title_would_be_seen(flown: Flown) -> None:
    now = pixels(drawn("timeline", flown))
    untitled = now.copy()
    untitled[:30] = 255.0
    assert differences(now, untitled)[1] > WORST
