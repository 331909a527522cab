"""Takes the pictures of the pages that README shows: of the demo, in docs/pages/."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
DEMO = Path(sys.executable).with_name("partner-pipeline")
PORT = 8017
LAPTOP: Final[ViewportSize] = {"width": 1280, "height": 800}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
Colours = Literal["light", "dark"]
#: Name, size, colours, address; of a list, its first entry.
PICTURES: Final[tuple[tuple[str, ViewportSize, Colours, str], ...]] = (
    ("overview", LAPTOP, "light", "/"),
    ("log", LAPTOP, "light", "/logs?decision=matched"),
    ("letters", LAPTOP, "dark", "/letters"),
    ("job", LAPTOP, "light", "/jobs"),
    ("phone", PHONE, "dark", "/logs?decision=matched"),
)


def main() -> None:
    """Fly the demo, and look at it."""
    folder = ROOT / "docs" / "pages"
    folder.mkdir(exist_ok=True)
    with _demo() as (url, username, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        for name, size, colours, path in PICTURES:
            page = _visit(browser, url, size, colours, (username, password))
            page.goto(path)
            page.locator("h1").wait_for()
            if path.startswith(("/logs", "/jobs")):
                page.locator("tbody th a").first.click()
                page.locator("main svg[role=img]").wait_for()
            expect(page.locator(".loading, [aria-busy=true]")).to_have_count(0)
            page.screenshot(path=folder / f"{name}.png")
            print(folder / f"{name}.png", file=sys.stderr)
            page.context.close()
        browser.close()


@contextmanager
def _demo() -> Iterator[tuple[str, str, str]]:
    """Its address and its login."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(DEMO), "demo", "--serve", "--port", str(PORT)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder) as process:
            try:
                assert process.stderr is not None
                told = next(line for line in process.stderr if line.startswith("Open http"))
                found = re.fullmatch(r"Open (\S+) and log in as (\S+), password (\S+);.*\n", told)
                assert found is not None, told
                url, username, password = found.groups()
                yield url, username, password
            finally:
                process.terminate()


def _visit(
    browser: Browser, url: str, size: ViewportSize, colours: Colours, login: tuple[str, str]
) -> Page:
    room = browser.new_context(
        base_url=url,
        viewport=size,
        color_scheme=colours,
        locale="en-US",
        device_scale_factor=1.5,
        is_mobile=size is PHONE,
        has_touch=size is PHONE,
    )
    room.request.post("/session", data={"username": login[0], "password": login[1]})
    return room.new_page()


if __name__ == "__main__":
    main()
