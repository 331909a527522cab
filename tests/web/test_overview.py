"""The overview, and the frame around every page."""

from __future__ import annotations

from playwright.sync_api import expect

from web.tools import Visitor, assert_accessible


def test_figures_are_those_of_the_pipeline(visitor: Visitor) -> None:
    page = visitor.open()
    figures = page.locator(".figures")
    expect(figures.get_by_role("link", name="Logs today")).to_contain_text("9")
    expect(figures.get_by_role("link", name="Dead letters")).to_contain_text("3")
    assert_accessible(page)
