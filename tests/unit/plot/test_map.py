from __future__ import annotations

import re
from io import BytesIO
from xml.etree import ElementTree

import matplotlib
import numpy as np
import polars as pl
import pytest
from PIL import Image

from satlog_native import flight
from satlog_native.errors import AnalysisError
from satlog_native.export.rates import RATE_CLASSES
from satlog_native.plot import map_figure, picture
from satlog_native.plot.rates import rate_class
from satlog_native.plot.scale import scale_bar
from satlog_native.plot.scene import scene
from unit.plot.flights import Flown


def drawn(flown: Flown, **options: object) -> str:
    figure = map_figure(
        flown.track,
        flown.summary,
        flown.coverage,
        boundary=flown.boundary,
        settings=flown.settings,
        **options,  # type: ignore[arg-type]
    )
    return picture(figure, "svg").decode()


def texts(svg: str) -> str:
    """Matplotlib draws text as outlines, and leaves it beside them as comments."""
    return "\n".join(text.strip() for text in re.findall(r"<!--(.*?)-->", svg, re.DOTALL))


def test_every_pass_is_drawn(flown: Flown) -> None:
    svg = drawn(flown)
    ids = {int(number) for number in re.findall(r'id="pass-(\d+)"', svg)}
    assert ids == set(flown.passes["pass"])
    for area in ("field", "skip", "overlap", "off_target", "unsprayed"):
        assert f'id="{area}"' in svg


def test_says_job_aircraft_pilot_date_and_figures(flown: Flown) -> None:
    told = texts(drawn(flown))
    for text in ("4711_demo_field", "N4711S", "A. Demo", "2025-07-14", "UTC"):
        assert text in told
    assert f"{flown.row['net_area']:.2f} ha" in told
    assert f"{flown.row['volume']:,.1f} L" in told
    assert f"{flown.row['wind_speed']:.1f} m/s from" in told


def test_us_units_and_local_time(flown: Flown) -> None:
    us = flown.with_track(
        flown.track,
        settings=flight.FlightSettings(units="us"),
        boundary=flown.boundary,
    )
    told = texts(drawn(us, zone="America/Chicago"))
    assert f"{flown.row['net_area'] / 0.40468564224:.2f} ac" in told
    assert "CDT" in told
    assert " ft" in told
    assert "08:05:00" in told


def test_same_tables_same_bytes_whatever_the_user_has_set(flown: Flown) -> None:
    first = drawn(flown)
    with matplotlib.rc_context({"font.size": 30.0, "svg.hashsalt": "other", "text.color": "red"}):
        assert drawn(flown) == first
    assert "dc:date" not in first


def test_settings_of_the_user_stay_as_they_were(flown: Flown) -> None:
    with matplotlib.rc_context({"font.size": 30.0}):
        drawn(flown)
        assert matplotlib.rcParams["font.size"] == 30.0


def test_png_shows_mostly_the_colour_of_the_target(flown: Flown) -> None:
    figure = map_figure(
        flown.track, flown.summary, flown.coverage, boundary=flown.boundary, size=(8, 6)
    )
    image = Image.open(BytesIO(picture(figure, "png", dpi=50)))
    assert image.size == (400, 300)
    pixels = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(int)

    def count(colour: str) -> int:
        wanted = [int(colour[i : i + 2], 16) for i in (0, 2, 4)]
        return int((np.abs(pixels - wanted).max(axis=1) < 12).sum())

    on_target, far_over = RATE_CLASSES[2].colour, RATE_CLASSES[4].colour
    assert count(on_target) > 3000
    assert count(far_over) < 200  # the legend's box, nothing on the map


def test_hostile_text_is_text(flown: Flown) -> None:
    hostile = r"$\frac{ --> <script>alert(1)</script> 中文"
    svg = drawn(flown, title=hostile)
    tags = {element.tag for element in ElementTree.fromstring(svg).iter()}
    assert not any("script" in str(tag) for tag in tags)
    assert r"$\frac{" in texts(svg)


def test_flight_without_spray_shows_its_way(flown: Flown) -> None:
    svg = drawn(flown.silent())
    assert 'id="pass-' not in svg
    assert 'id="unsprayed"' in svg
    assert "Wind not recorded" in texts(svg)
    assert "Nothing was sprayed" in texts(svg)
    assert "Nothing was sprayed" not in texts(drawn(flown))


def test_track_without_a_position(flown: Flown) -> None:
    assert "No usable position" in texts(drawn(flown.with_track(flown.track.clear())))


def test_unknown_zone_is_refused(flown: Flown) -> None:
    with pytest.raises(AnalysisError, match="no time zone 'Mars/Base'"):
        drawn(flown, zone="Mars/Base")


def test_summary_of_two_flights_is_refused(flown: Flown) -> None:
    with pytest.raises(AnalysisError, match="2 rows"):
        map_figure(flown.track, pl.concat([flown.summary, flown.summary]))


def test_strips_are_as_long_and_wide_as_the_passes(flown: Flown) -> None:
    shown = scene(flown.track, flown.coverage, flown.boundary)
    length = sum(float(np.hypot(*np.diff(strip.points, axis=0).T).sum()) for strip in shown.strips)
    assert length == pytest.approx(flown.row["sprayed_distance"], rel=1e-3)
    assert [strip.width for strip in shown.strips] == pytest.approx([20.0] * len(shown.strips))
    assert sum(shown.shares) == pytest.approx(100.0)


def test_areas_are_those_of_the_coverage(flown: Flown) -> None:
    shown = scene(flown.track, flown.coverage, flown.boundary)
    assert shown.skip.area / 1e4 == pytest.approx(flown.row["skip_area"], rel=1e-3)
    assert shown.off_target.area / 1e4 == pytest.approx(flown.row["off_target_area"], rel=1e-3)
    assert shown.field.area / 1e4 == pytest.approx(4.8, rel=1e-3)


def test_antimeridian_makes_no_difference(flown: Flown) -> None:
    def moved(name: str) -> pl.Expr:
        # The middle of the field comes to lie on ±180°.
        return ((pl.col(name) + 90.9 + 360.0) % 360.0 - 180.0).alias(name)

    there = flown.with_track(flown.track.with_columns(moved("longitude")))
    here = scene(flown.track, flown.coverage)
    across = scene(there.track, there.coverage)
    assert (there.track["longitude"] > 0.0).n_unique() == 2
    assert across.bounds == pytest.approx(here.bounds, abs=1.0)
    assert across.overlap.area == pytest.approx(here.overlap.area, rel=1e-2)


def test_without_swath_width_the_track_is_still_drawn(flown: Flown) -> None:
    track = flown.track.with_columns(swath_width=pl.lit(None, pl.Float64))
    shown = scene(track)
    assert {strip.width for strip in shown.strips} == {None}
    figure = map_figure(track, flown.summary)
    assert 'id="pass-1"' in picture(figure, "svg").decode()


@pytest.mark.parametrize(
    ("rate", "target", "name"),
    [
        (30.0, 30.0, "within 5 % of target"),
        (28.6, 30.0, "within 5 % of target"),
        (28.4, 30.0, "5 to 10 % under"),
        (26.9, 30.0, "over 10 % under target"),
        (0.0, 30.0, "over 10 % under target"),
        (31.6, 30.0, "5 to 10 % over"),
        (33.1, 30.0, "over 10 % over target"),
        (30.0, 0.0, "rate or target not recorded"),
        (None, 30.0, "rate or target not recorded"),
        (30.0, None, "rate or target not recorded"),
    ],
)
def test_classes_of_rate(rate: float | None, target: float | None, name: str) -> None:
    found = rate_class(pl.Series([rate], dtype=pl.Float64), pl.Series([target], dtype=pl.Float64))
    assert RATE_CLASSES[found[0]].text == name


@pytest.mark.parametrize(
    ("longest", "units", "metres", "label"),
    [
        (150.0, "si", 100.0, "100 m"),
        (999.0, "si", 500.0, "500 m"),
        (2500.0, "si", 2000.0, "2 km"),
        (0.7, "si", 0.5, "0.5 m"),
        (400.0, "us", 304.8, "1,000 ft"),
        (1700.0, "us", 1609.344, "1 mi"),
    ],
)
def test_scale_bars_are_round(longest: float, units: str, metres: float, label: str) -> None:
    bar = scale_bar(longest, units)  # type: ignore[arg-type]
    assert bar.metres == pytest.approx(metres)
    assert bar.label == label


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) / 255.0 for i in (0, 2, 4)])


@pytest.mark.parametrize("palette", ["colour", "bright"])
def test_rate_colours_differ_to_the_colour_blind(palette: str) -> None:
    # Machado, Oliveira, Fernandes 2009: full protanopia and deuteranopia, on linear RGB.
    blindness = {
        "protanopia": [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        "deuteranopia": [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
    }
    for matrix in blindness.values():
        seen = [np.array(matrix) @ _rgb(getattr(each, palette)) ** 2.2 for each in RATE_CLASSES[:5]]
        labs = [_lab(rgb) for rgb in seen]
        for i, one in enumerate(labs):
            for other in labs[i + 1 :]:
                assert np.linalg.norm(one - other) > 20.0


def _lab(linear: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of linear sRGB."""
    to_xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    x, y, z = np.cbrt(np.array(to_xyz) @ linear.clip(0, 1) / [0.95047, 1.0, 1.08883])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
