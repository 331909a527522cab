from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from satlog_native import flight
from satlog_native.errors import AnalysisError
from satlog_native.plot import PANELS, caption, picture, timeline
from satlog_native.plot.ticks import clock_ticks
from unit.plot.flights import Flown


def test_a_panel_for_each_quantity_on_one_axis(flown: Flown) -> None:
    figure = timeline(flown.track)
    assert len(figure.axes) == len(PANELS)
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    assert [axes.get_ylabel() for axes in figure.axes] == ["m/s", "L/min", "L/ha", "m/s", "m"]


def test_panels_are_those_asked_for(flown: Flown) -> None:
    figure = timeline(flown.track, ["wind", "speed"])
    assert [axes.get_title("left") for axes in figure.axes] == ["Wind speed", "Ground speed"]


def test_title_and_size(flown: Flown) -> None:
    words = caption(flown.summary)
    titled, plain = timeline(flown.track, words=words), timeline(flown.track)
    assert [text.get_text() for text in titled.texts] == [words.title, words.subtitle]
    assert titled.get_figheight() > plain.get_figheight()
    lines = [text.get_window_extent() for text in titled.texts]
    panels = titled.axes[0].get_tightbbox()
    assert panels is not None
    assert min(box.y0 for box in lines) > panels.y1
    small = timeline(flown.track, size=(7.0, 4.5))
    assert small.get_size_inches().tolist() == [7.0, 4.5]
    for above, below in pairwise(small.axes):
        boxes = above.get_tightbbox(), below.get_tightbbox()
        assert boxes[0].y0 > boxes[1].y1  # type: ignore[union-attr]


def test_values_are_the_track_s(flown: Flown) -> None:
    axes = timeline(flown.track, ["flow"], size=(20.0, None)).axes[0]
    line = next(line for line in axes.lines if line.get_gid() == "flow_rate")
    shown = np.asarray(line.get_ydata(), dtype=float)
    assert np.nanmax(shown) == pytest.approx(flown.track["flow_rate"].max())


def test_sprayed_time_is_shaded(flown: Flown) -> None:
    axes = timeline(flown.track, ["speed"]).axes[0]
    (shade,) = (each for each in axes.collections if each.get_gid() == "sprayed")
    widths = [path.get_extents().width for path in shade.get_paths()]
    assert len(widths) == flown.passes.height
    assert widths == pytest.approx((flown.passes["duration"] / 60.0).to_list(), abs=1e-6)


def test_us_units_convert_values(flown: Flown) -> None:
    axes = timeline(flown.track, ["speed"], flight.FlightSettings(units="us")).axes[0]
    assert axes.get_ylabel() == "mph"
    line = next(line for line in axes.lines if line.get_gid() == "ground_speed")
    fastest = float(np.nanmax(np.asarray(line.get_ydata(), dtype=float)))
    top = flown.track.filter(pl.col("dt").is_not_null())["ground_speed"].max()
    assert isinstance(top, float)
    assert fastest == pytest.approx(top / 0.44704)


def test_what_is_missing_is_said(flown: Flown) -> None:
    silent = flown.silent()
    figure = timeline(silent.track, ["wind", "cross_track"])
    said = [axes.texts[0].get_text() for axes in figure.axes]
    assert said == ["not recorded", "nothing sprayed"]


def test_empty_track_is_drawn(flown: Flown) -> None:
    assert picture(timeline(flown.track.clear()), "png").startswith(b"\x89PNG")


def test_long_flights_are_thinned_but_keep_their_extremes(flown: Flown) -> None:
    track = pl.concat([flown.track] * 10).with_columns(
        time=pl.lit(datetime(2025, 1, 1, tzinfo=UTC)).dt.cast_time_unit("us")
        + pl.duration(milliseconds=200 * pl.int_range(pl.len())),
        ground_speed=pl.when(pl.int_range(pl.len()) == 12_345)
        .then(99.0)
        .otherwise(pl.col("ground_speed")),
    )
    line = timeline(track, ["speed"]).axes[0].lines[0]
    assert len(line.get_xydata()) < 10_000 < track.height  # type: ignore[arg-type]
    assert np.nanmax(np.asarray(line.get_ydata(), dtype=float)) == 99.0


def test_same_track_same_bytes(flown: Flown) -> None:
    assert picture(timeline(flown.track), "svg") == picture(timeline(flown.track), "svg")


def test_unknown_quantity_is_refused(flown: Flown) -> None:
    with pytest.raises(AnalysisError, match="nothing called 'height'; choose from speed"):
        timeline(flown.track, ["height"])
    with pytest.raises(AnalysisError, match="nothing to draw"):
        timeline(flown.track, [])


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (40.0, ["08:03:10", "08:03:15", "08:03:20"]),
        (2400.0, ["08:05", "08:10", "08:15"]),
        (20_000.0, ["09:00", "10:00", "11:00"]),
        (3.0e6, ["2025-07-18", "2025-07-22", "2025-07-26"]),
    ],
)
def test_ticks_stand_at_round_local_times(seconds: float, labels: list[str]) -> None:
    start = datetime(2025, 7, 14, 13, 3, 7, tzinfo=UTC)
    ticks = clock_ticks(start, seconds, ZoneInfo("America/Chicago"))
    assert [label for _, label in ticks][:3] == labels
    assert len(ticks) <= 10
    assert all(0.0 <= at <= seconds for at, _ in ticks)
