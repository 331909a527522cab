"""A person at a browser, who sees what goes wrong in its console."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from api.world import PASSWORD, USERNAMES, World

LAPTOP, PHONE = {"width": 1360, "height": 850}, {"width": 390, "height": 844}


@dataclass
class Visitor:
    """Opens pages, as somebody; `close` fails if the console told of an error.

    Attributes
    ----------
    expected : list of str
        Parts of errors that a test brings about.
    """

    browser: Browser
    world: World
    expected: list[str] = field(default_factory=list)
    _told: list[str] = field(default_factory=list)
    _opened: list[Page] = field(default_factory=list)

    def open(self, path: str = "/", who: str | None = "admin", **options: Any) -> Page:
        """A page in a browser of its own, in which somebody is logged in; None: nobody."""
        options.setdefault("viewport", LAPTOP)
        room = self.browser.new_context(base_url=self.world.url, locale="en-US", **options)
        if who is not None:
            login = {"username": USERNAMES[who], "password": PASSWORD}
            assert room.request.post("/session", data=login).ok
        page = room.new_page()
        page.set_default_timeout(10_000)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._told.append(str(error)))
        self._opened.append(page)
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._told.append(f"{message.text} ({message.location.get('url')})")

    def close(self) -> None:
        """Leave, and tell what went wrong that nobody expected."""
        for page in self._opened:
            page.context.close()
        wrong = [told for told in self._told if not any(part in told for part in self.expected)]
        assert wrong == [], "errors in the console"


def settled(page: Page) -> None:
    """Wait until nothing on a page is being loaded."""
    expect(page.locator(".loading, [aria-busy=true]")).to_have_count(0)


def assert_accessible(page: Page) -> None:
    """As axe checks it: names, roles, contrast, order of headings, landmarks."""
    settled(page)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
