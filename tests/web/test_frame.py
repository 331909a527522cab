"""What is around every page: logging in and out, the menu, and a server that does not answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from api.world import PASSWORD, USERNAMES, World, open_world
from web.stage import this_moment
from web.tools import PHONE, Visitor, assert_accessible, settled

OFFLINE = "ERR_INTERNET_DISCONNECTED"
MENU = ("Overview", "Logs", "Jobs", "Dead letters", "Partners")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """With nothing in it: every page is seen empty."""
    with open_world(tmp_path_factory.mktemp("frame"), this_moment()) as found:
        yield found


def log_in(page: Page, who: str = "admin", password: str = PASSWORD) -> None:
    page.get_by_label("User name").fill(USERNAMES[who])
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_logging_in_leads_to_where_one_was_going(visitor: Visitor) -> None:
    visitor.expected.append("401")
    page = visitor.open("/logs?status=failed", who=None)
    expect(page).to_have_title("Log in · satlog")
    assert_accessible(page)
    log_in(page, password="not this one")
    expect(page.get_by_role("alert").first).to_have_text("User name or password is wrong.")
    expect(page.get_by_label("Password")).to_be_focused()
    log_in(page)
    expect(page.get_by_role("heading", name="Logs", exact=True)).to_be_focused()
    expect(page).to_have_url(re.compile(r"/logs\?status=failed$"))
    expect(page).to_have_title("Logs · satlog")


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example/", "https://evil.example/", "/\\evil.com", "/\t/evil.example", "//["],
)
def test_logging_in_leads_to_no_other_site(visitor: Visitor, elsewhere: str) -> None:
    page = visitor.open(f"/login?next={quote(elsewhere)}", who=None)
    log_in(page)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert page.url == f"{visitor.world.url}/"


def test_a_path_that_looks_like_another_site_is_none(visitor: Visitor) -> None:
    visitor.expected.append("404")
    page = visitor.open(f"{visitor.world.url}//evil.example/x", who=None)
    log_in(page)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.goto(f"{visitor.world.url}//evil.example/x")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_too_many_attempts_are_told(visitor: Visitor) -> None:
    visitor.expected += ["401", "429"]
    page = visitor.open("/login", who=None)
    for _ in range(6):
        with page.expect_response("**/session"):
            log_in(page, "pilot", password="not this one")
    expect(page.get_by_role("alert").first).to_contain_text("Tried too often")


def test_logging_out_is_seen_in_every_window(visitor: Visitor) -> None:
    visitor.expected.append("401")
    page = visitor.open("/", who="customer")
    other = page.context.new_page()
    other.clock.install()
    other.goto("/jobs")
    expect(other.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    settled(other)
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_title("Log in · satlog")
    other.clock.fast_forward(11_000)
    expect(other.get_by_role("heading", name="Log in")).to_be_visible()
    assert other.url.endswith("/login?next=%2Fjobs")


def test_a_window_becomes_another_users_as_a_whole(visitor: Visitor) -> None:
    visitor.expected.append("401")
    page = visitor.open("/logs", who="customer")
    another = {"username": USERNAMES["admin"], "password": PASSWORD}
    assert page.request.post("/session", data=another).ok
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator("nav a")).to_have_text(MENU)
    expect(page.locator(".who")).to_contain_text("Administrator")
    expect(page.get_by_label("Customer")).to_be_visible()


def test_what_is_seen_stays_while_a_token_is_replaced(visitor: Visitor) -> None:
    visitor.expected.append("401")
    page = visitor.open("/logs")
    settled(page)
    held = hold_next_token(page)
    page.get_by_label("Search").fill("anything")
    expect(page.get_by_label("Customer")).to_be_visible()
    held[0].continue_()
    expect(page.get_by_role("button", name="Refresh")).not_to_have_attribute("aria-busy", "true")


def test_a_token_that_comes_too_late_is_nobodys(visitor: Visitor) -> None:
    visitor.expected.append("401")
    page = visitor.open("/logs")
    settled(page)
    late = hold_next_token(page)[0]
    answer = late.fetch()
    page.get_by_role("button", name="Log out").click()
    log_in(page, "customer")
    expect(page.locator(".who")).to_contain_text("Customer")
    with page.expect_event("requestfinished", lambda request: request == late.request):
        late.fulfill(response=answer)
    page.evaluate("fetch('/static/icon.svg').then((found) => found.text())")  # read by then
    page.get_by_role("link", name="Jobs", exact=True).click()
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    expect(page.locator(".who")).to_contain_text("Customer")


def hold_next_token(page: Page) -> list[Route]:
    """Have the page ask for a token, since the one it has is refused; the request is held."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/session/token", hold)
    page.route("**/api/logs?*", lambda route: route.fulfill(status=401), times=1)
    with page.expect_request("**/session/token"):
        page.get_by_role("button", name="Refresh").click()
    while not held:  # we hear of it a moment after the request
        page.evaluate("0")
    return held


@pytest.mark.parametrize("leave", ["back", "end of session"])
def test_a_dialog_does_not_outlive_its_page(visitor: Visitor, leave: str) -> None:
    visitor.expected.append("401")
    page = visitor.open("/")
    page.clock.install()
    page.get_by_role("link", name="Logs", exact=True).click()
    page.get_by_role("button", name="Add log").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    if leave == "back":
        page.go_back()
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    else:
        assert page.request.delete("/session").ok
        page.clock.fast_forward(11_000)
        expect(page).to_have_title("Log in · satlog")
    expect(dialog).to_have_count(0)


def test_what_a_role_may_not_see_is_not_there(visitor: Visitor) -> None:
    page = visitor.open("/", who="customer")
    expect(page.locator("nav a")).to_have_text([name for name in MENU if name != "Dead letters"])
    page.goto("/letters")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("path", ["/logs/%E0%A4%A", "/logs/..%2F..%2Fapi%2Foverview", "/jobs/x"])
def test_what_does_not_exist(visitor: Visitor, path: str) -> None:
    visitor.expected.append("404")
    page = visitor.open(path)
    expect(page.locator("main")).to_contain_text("There is no")
    assert_accessible(page)


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/logs", "/jobs", "/letters", "/partners"])
def test_every_page_while_there_is_nothing(visitor: Visitor, path: str, colours: str) -> None:
    page = visitor.open(path, color_scheme=colours, viewport=PHONE)
    assert_accessible(page)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), "too wide"


def test_a_server_that_does_not_answer_and_comes_back(visitor: Visitor) -> None:
    visitor.expected.append(OFFLINE)
    page = visitor.open("/")
    page.get_by_role("heading", name="Partners").wait_for()
    page.context.set_offline(True)
    page.get_by_role("button", name="Refresh").click()
    stale = page.get_by_text("Not up to date.")
    expect(stale).to_be_visible()
    expect(page.locator(".banner")).to_contain_text("The server does not answer.")
    expect(page.get_by_role("heading", name="Partners")).to_be_visible()
    assert_accessible(page)
    page.context.set_offline(False)
    expect(stale).to_be_hidden()


def test_a_page_that_cannot_be_loaded_can_be_tried_again(visitor: Visitor) -> None:
    visitor.expected += [OFFLINE, "Failed to fetch"]
    page = visitor.open("/")
    page.context.set_offline(True)
    page.get_by_role("link", name="Logs", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="could not be loaded")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Logs", exact=True)).to_be_visible()


def test_pages_refresh_themselves_while_they_are_seen(visitor: Visitor) -> None:
    page = visitor.open("/login", who=None)
    page.clock.install()
    log_in(page)
    logs_today = page.locator(".figures").get_by_role("link", name="Logs today").locator(".value")
    expect(logs_today).to_have_text("0")
    visitor.world.fly()
    page.clock.fast_forward(11_000)
    expect(logs_today).to_have_text("1")


def test_a_clock_that_is_set_back_while_nobody_looks_stops_nothing(visitor: Visitor) -> None:
    page = visitor.open("/login", who=None)
    page.clock.install()
    log_in(page)
    logs_today = page.locator(".figures").get_by_role("link", name="Logs today").locator(".value")
    expect(logs_today).to_have_text(re.compile(r"\d"))
    before = int(logs_today.inner_text())
    settled(page)
    look = """(state) => {
        Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(look, "hidden")
    page.clock.fast_forward(11_000)
    page.clock.set_system_time(visitor.world.context.now() - timedelta(hours=1))
    visitor.world.fly()
    page.evaluate(look, "visible")
    expect(logs_today).to_have_text(str(before + 1))


def test_every_page_is_reached_by_the_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.open("/", who=None)
    page.get_by_label("User name").focus()
    page.keyboard.type(USERNAMES["admin"])
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_focused()
    for name in MENU[1:]:
        tab_to(page, name)
        page.keyboard.press("Enter")
        expect(page.locator("nav [aria-current=page]")).to_have_text(name)
        expect(page.locator("h1").filter(has_text=name)).to_be_focused()
    tab_to(page, "Skip to content")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, "Log out")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Log in · satlog")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus has this name, which has to be seen to have it."""
    for _ in range(100):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and focused.inner_text().strip() == name:
            assert focused.evaluate("it => getComputedStyle(it).outlineStyle") != "none"
            return
    pytest.fail(f"{name} is not reached by Tab")


def test_back_and_forward(visitor: Visitor) -> None:
    page = visitor.open("/")
    page.get_by_role("link", name="Jobs", exact=True).click()
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()


def test_nothing_comes_from_elsewhere(browser: Browser, visitor: Visitor) -> None:
    page = visitor.open("/login", who=None)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    log_in(page)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    settled(page)
    assert asked
    assert [url for url in asked if not url.startswith(visitor.world.url)] == []
