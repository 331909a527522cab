"""The map of fields, tracks and what was sprayed."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, expect

from web.tools import Visitor

MAPS: dict[str, tuple[list[dict[str, Any] | None], int, str]] = {
    "nothing": ([], 0, "nothing to draw"),
    "no geometry": ([None, {"type": "Polygon", "coordinates": None}], 0, "nothing to draw"),
    "one point": ([{"type": "Point", "coordinates": [9, 48]}], 1, "Flown"),
    "none on earth": (
        [{"type": "LineString", "coordinates": [[9, 48], [9.001, 48], ["x", 1], [500, 3]]}],
        1,
        "2 positions that are no place on earth are left out",
    ),
    "far away": (
        [{"type": "LineString", "coordinates": [[9, 48], [9.001, 48], [9.002, 48], [0, 0]]}],
        1,
        "1 position more than 100 km away is left out",
    ),
    "antimeridian": (
        [{"type": "LineString", "coordinates": [[179.999, 0], [-179.999, 0]]}],
        1,
        "Flown",
    ),
}


def test_map_draws_whatever_it_gets(visitor: Visitor) -> None:
    page = visitor.open("/logs")
    for geometries, drawn, told in MAPS.values():
        page.evaluate(
            """async (geometries) => {
                await import("/static/js/map.js");
                const map = document.createElement("field-map");
                map.content = {label: "Map", features: geometries.map((geometry) => ({geometry}))};
                document.getElementById("main").replaceChildren(map);
            }""",
            geometries,
        )
        shown = page.locator("field-map")
        expect(shown).to_contain_text(told)
        expect(shown.locator(".map-frame path.track")).to_have_count(drawn)
        assert not re.search("NaN|Infinity|undefined", shown.inner_html())
    # 222 m over the antimeridian, not the way around the earth.
    expect(shown.get_by_role("img")).to_have_accessible_name(re.compile("^the track of 0.2 km"))


def test_map_is_zoomed_by_buttons_and_wheel(visitor: Visitor) -> None:
    logs = visitor.world.pipeline.logs().values()
    cut = next(log for log in logs if log.log_file_name == "cut.log")
    page = visitor.open(f"/logs/{cut.id}")
    frame, scale = page.locator(".map-frame"), page.locator(".map-frame .scale")
    expect(scale).to_have_text(re.compile(r"\d+ m"))
    whole = metres(scale)
    page.get_by_role("button", name="Zoom in").click(click_count=3)
    expect(scale).not_to_have_text(f"{whole} m")
    assert metres(scale) < whole
    page.get_by_role("button", name="Fit").click()
    expect(scale).to_have_text(f"{whole} m")

    # Without focus, the wheel scrolls the page.
    page.get_by_role("heading", level=1).focus()
    frame.hover()
    page.mouse.wheel(0, 200)
    page.wait_for_function("scrollY > 0")
    expect(scale).to_have_text(f"{whole} m")
    frame.focus()
    frame.hover()
    page.mouse.wheel(0, -900)
    expect(scale).not_to_have_text(f"{whole} m")


def metres(scale: Locator) -> int:
    return int((scale.text_content() or "").strip().removesuffix(" m"))
