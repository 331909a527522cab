"""The overview: figures of the pipeline, and where to look."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from partner_pipeline.model.states import LogStatus
from partner_pipeline.partners.simulator import Fault
from web.tools import PHONE, Visitor, assert_accessible


def figure(page: Page, title: str) -> Locator:
    return page.locator(".figure", has=page.get_by_text(title, exact=True)).locator(".value")


def card(page: Page, title: str) -> Locator:
    return page.locator("section", has=page.get_by_role("heading", name=title, exact=True))


def test_figures_are_those_of_the_pipeline(visitor: Visitor) -> None:
    pipeline = visitor.world.pipeline
    logs = pipeline.store.trackers.recent(limit=100)
    failed = [log for log in logs if log.status is LogStatus.FAILED]
    page = visitor.open()
    expect(figure(page, "Logs today")).to_have_text(str(len(logs)))
    expect(figure(page, "Failed today")).to_have_text(str(len(failed)))
    expect(figure(page, "Dead letters")).to_have_text(str(len(pipeline.dead_letters())))
    stats = pipeline.context.broker.stats(pipeline.queue)
    expect(figure(page, "Waiting in queues")).to_have_text(str(stats.messages + stats.delayed))
    expect(card(page, "Queues").get_by_role("row").nth(1)).to_contain_text(pipeline.queue)
    expect(card(page, "Health").get_by_text("healthy")).to_have_count(5)
    expect(card(page, "Partners")).to_contain_text("2 accounts")
    troubles = card(page, "What went wrong lately").get_by_role("listitem")
    expect(troubles.filter(has_text="broken-1.log")).to_have_count(1)
    expect(troubles.filter(has_text="uncertain")).to_have_count(1)
    for colours in ("dark", "light"):
        page.emulate_media(color_scheme=colours)
        assert_accessible(page)


def test_figures_lead_to_what_they_count(visitor: Visitor) -> None:
    page = visitor.open()
    page.get_by_role("link", name="Failed today").click()
    expect(page.get_by_role("heading", name="Logs", exact=True)).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_label("Changed")).to_have_value("today")
    page.go_back()
    page.get_by_role("link", name="Dead letters").last.click()
    expect(page.get_by_role("heading", name="Dead letters", level=1)).to_be_visible()
    page.go_back()
    trouble = card(page, "What went wrong lately").get_by_role("listitem")
    trouble.filter(has_text="broken-1.log").get_by_role("link", name="Log").click()
    expect(page.get_by_role("heading", name="broken-1.log", level=1)).to_be_visible()
    page.go_back()
    uncertain = trouble.filter(has_text="uncertain")
    uncertain.get_by_role("link", name="Job").click()
    expect(page.locator("tbody tr").filter(has_text="uncertain")).to_have_count(1)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_today_is_the_readers_day(visitor: Visitor, zone: str) -> None:
    """The figures are what the lists have that they lead to, own logs too."""
    world = visitor.world
    data = world.simulator.world.add_log(world.accounts[1].at_partner()).data()
    world.as_("customer").post("/api/logs", files={"file": (f"{zone[:3]}.log", data)})
    world.work()
    moment = world.clock.time.astimezone(ZoneInfo(zone))
    page = visitor.open("/partners", timezone_id=zone)
    page.clock.set_fixed_time(moment)
    with page.expect_request("**/api/overview?*") as asked:
        page.goto("/")
    (since,) = parse_qs(urlsplit(asked.value.url).query)["since"]
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    assert datetime.fromisoformat(since) == midnight
    for title in ("Logs today", "Without a job"):
        count = figure(page, title).text_content()
        page.get_by_role("link", name=title).click()
        expect(page.get_by_label("Changed")).to_have_value("today")
        expect(page.locator("tbody tr")).to_have_count(int(count or 0))
        page.go_back()
    listed = world.as_("admin").get("/api/logs", params={"since": since, "limit": 200}).json()
    expect(figure(page, "Logs today")).to_have_text(str(len(listed["items"])))
    assert "own" in {each["source"] for each in listed["items"]}


def test_customers_see_what_is_theirs_and_no_machinery(visitor: Visitor) -> None:
    page = visitor.open(who="stranger")
    expect(figure(page, "Logs today")).to_have_text("1")
    expect(card(page, "What went wrong lately")).to_contain_text("Nothing")
    for title in ("Queues", "Health"):
        expect(card(page, title)).to_have_count(0)
    expect(figure(page, "Dead letters")).to_have_count(0)


def test_a_partner_that_does_not_answer_is_seen(visitor: Visitor) -> None:
    world = visitor.world
    world.simulator.faults.rate("IsAlive", 1.0, Fault("status", status=503))
    world.clock.advance(minutes=10)
    world.app.state.watch.alive("SATLOC", fresh=True)
    page = visitor.open()
    expect(page.locator(".lead")).to_have_text("Works, but somebody should look")
    line = card(page, "Partners").get_by_role("listitem").filter(has_text="SATLOC")
    expect(line).to_contain_text("does not answer")
    world.simulator.faults.clear()
    world.app.state.watch.alive("SATLOC", fresh=True)
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator(".lead")).to_have_text("All systems work")


@pytest.mark.parametrize("who", ["admin", "pilot"])
def test_on_a_phone_nothing_is_too_wide(visitor: Visitor, who: str) -> None:
    page = visitor.open(who=who, viewport=PHONE, has_touch=True)
    assert_accessible(page)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
