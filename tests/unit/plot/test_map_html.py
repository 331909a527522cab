from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import polars as pl
import pytest

from satlog_native import flight
from satlog_native.plot import map_html
from unit.plot.flights import Flown


class Page(HTMLParser):
    """Elements of a page, and the text inside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.code: dict[str, list[str]] = {"script": [], "style": []}
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in self.code:
            self.code[self._inside].append(data)

    def having(self, tag: str, class_: str) -> list[dict[str, str | None]]:
        return [a for name, a in self.elements if name == tag and a.get("class") == class_]


def page_of(flown: Flown, **options: str) -> str:
    return map_html(
        flown.track,
        flown.passes,
        flown.summary,
        flown.coverage,
        boundary=flown.boundary,
        settings=flown.settings,
        **options,
    )


def test_every_pass_has_its_strips_and_its_words(flown: Flown) -> None:
    page = Page(page_of(flown))
    passes = page.having("g", "pass")
    assert [int(each["data-pass"] or 0) for each in passes] == flown.passes["pass"].to_list()
    assert len(page.having("path", "strip")) >= len(passes)
    for told, row in zip(passes, flown.passes.iter_rows(named=True), strict=True):
        assert f"rate {row['applied_rate']:.1f} L/ha" in (told["data-info"] or "")
    ids = {attributes.get("id") for _, attributes in page.elements}
    assert {"field", "skip", "overlap", "off_target", "unsprayed"} <= ids


def test_strips_are_drawn_at_their_true_width(flown: Flown) -> None:
    strips = Page(page_of(flown)).having("path", "strip")
    assert {strip["stroke-width"] for strip in strips} == {"20.0"}


def test_refers_to_nothing_outside_itself(flown: Flown) -> None:
    page = page_of(flown)
    assert "://" not in page
    for tag, attributes in Page(page).elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        assert not {"src", "action", "srcset"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")


def test_policy_lets_only_its_own_code_run(flown: Flown) -> None:
    page = Page(page_of(flown))
    policy = next(a["content"] for _, a in page.elements if "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for kind in ("script", "style"):
        (code,) = page.code[kind]
        assert f"sha256-{b64encode(sha256(code.encode()).digest()).decode()}" in policy
    # The policy would refuse these.
    assert not any("style" in a or any(n.startswith("on") for n in a) for _, a in page.elements)


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</title></style><svg onload=alert(1)>",
        "'; alert(1); //{{ 7 * 7 }}",
    ],
)
def test_hostile_text_is_text(flown: Flown, hostile: str) -> None:
    facts = {**flown.facts, "pilot": hostile, "aircraft": hostile, "job_label": hostile}
    harmed = flown.with_track(flown.track, facts=facts, boundary=flown.boundary)
    before, after = Page(page_of(flown)), Page(page_of(harmed))
    assert [tag for tag, _ in after.elements] == [tag for tag, _ in before.elements]
    assert after.code == before.code
    assert not any(n.startswith("on") for _, a in after.elements for n in a)


def test_control_signs_and_line_breaks_are_left_out(flown: Flown) -> None:
    page = page_of(flown, title="a\u202eb\x00c\nd")
    assert "<h1>a b c d</h1>" in page


def test_figures_are_those_of_the_summary(flown: Flown) -> None:
    page = page_of(flown)
    assert f'<td class="value">{flown.row["coverage"]:.1f} %</td>' in page
    assert f'<td class="value">{flown.row["overlap_area"]:.2f} ha</td>' in page


def test_us_units(flown: Flown) -> None:
    us = flown.with_track(flown.track, settings=flight.FlightSettings(units="us"))
    page = page_of(us)
    assert 'data-units="us"' in page
    assert f"{flown.passes['length'][0] / 0.3048:,.0f} ft" in page


def test_same_tables_same_page(flown: Flown) -> None:
    assert page_of(flown) == page_of(flown)


def test_without_spray_and_without_positions(flown: Flown) -> None:
    silent = flown.silent()
    page = page_of(silent)
    assert not Page(page).having("g", "pass")
    assert "Wind not recorded" in page
    assert "Nothing was sprayed" in page
    assert "Nothing was sprayed" not in page_of(flown)
    assert "No usable position" in page_of(silent.with_track(silent.track.clear()))


def test_numbers_stay_within_what_is_drawn(flown: Flown) -> None:
    page = page_of(flown)
    found = re.search(r'viewBox="([^"]+)" data-pixel', page)
    assert found is not None
    left, top, width, height = map(float, found[1].split())
    for x, y in re.findall(r'<text class="number" x="([^"]+)" y="([^"]+)"', page):
        assert left <= float(x) <= left + width
        assert top <= float(y) <= top + height


def test_unknown_rate_has_its_own_class(flown: Flown) -> None:
    track = flown.track.with_columns(
        target_rate=pl.lit(None, pl.Float64), applied_rate=pl.lit(None, pl.Float64)
    )
    assert "rate or target not recorded" in page_of(flown.with_track(track))
    assert "rate or target not recorded" not in page_of(flown)
