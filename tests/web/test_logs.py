"""Logs: the list, one log with its map, and what people do with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from api.world import USERNAMES, World, with_login
from partner_pipeline.model.applications import ApplicationFile
from partner_pipeline.model.people import UserKind
from partner_pipeline.model.states import LogStatus
from partner_pipeline.work import people
from web.tools import PHONE, Visitor, assert_accessible, settled


def all_logs(world: World) -> dict[str, Any]:
    """By file name, as the store has them."""
    return {
        tracker.log_file_name: tracker
        for customer, account in enumerate(world.accounts)
        for aircraft in range(len(account.aircraft))
        for tracker in world.pipeline.logs(customer, aircraft).values()
    }


def data_of(world: World, file_name: str) -> ApplicationFile:
    file_id = all_logs(world)[file_name].application_file_id
    return world.context.repositories.application_files.require(file_id)


def bring(world: World, file_name: str, data: bytes | None = None) -> str:
    """A log of the first aircraft, processed; its id."""
    flown = world.simulator.world
    flown.add_log(world.accounts[0].at_partner(), file_name, data=data)
    answer = world.as_("admin").post("/api/partners/syncData", json={})
    assert answer.status_code == 200, answer.text
    while world.work():
        pass
    found: str = all_logs(world)[file_name].id
    return found


def assigned(world: World, name: str) -> tuple[str, str]:
    """A job of that name, given to the first aircraft: ids of assignment and job."""
    job = world.pipeline.job()
    job = world.context.repositories.jobs.change(job.model_copy(update={"name": name}))
    (given,) = world.pipeline.assign(job, world.accounts[0].aircraft[0].id).assigned
    assert given.assign_id is not None
    return given.assign_id, job.id


def fact(place: Page | Locator, name: str) -> Locator:
    return place.locator(f".facts > div:has(dt:text-is('{name}')) dd")


def figure(page: Page, title: str) -> Locator:
    return page.locator(".figure").filter(has_text=title).locator(".value")


def no_overflow(page: Page) -> bool:
    found: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return found


def test_list_shows_filters_sorts_and_searches(visitor: Visitor) -> None:
    world = visitor.world
    logs, page = all_logs(world), visitor.open("/logs")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(len(logs))
    cut = rows.filter(has_text="cut.log")
    damage = data_of(world, "cut.log")
    for told in (
        f"{damage.statistics['netArea']:.2f} ha",
        f"{damage.statistics['volume']:,.1f} L",
        f"{damage.damage['bytesLost']} B",
        *("damaged", "unmatched", "processed", world.accounts[0].aircraft[0].name),
    ):
        expect(cut).to_contain_text(told)
    assert_accessible(page)

    failed = [name for name, each in logs.items() if each.status is LogStatus.FAILED]
    page.get_by_label("Status").select_option("failed")
    expect(rows).to_have_count(len(failed))
    assert page.url.endswith("/logs?status=failed")
    page.get_by_role("button", name="File").click()
    page.get_by_role("button", name="File").click()
    expect(rows.locator("th")).to_have_text(sorted(failed, reverse=True))
    page.get_by_label("Search").fill("broken-2")
    expect(rows.locator("th")).to_have_text(["broken-2.log"])

    page.get_by_label("Status").select_option("skipped")
    expect(page.get_by_text("No log is like this")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Take filters away").click()
    expect(rows).to_have_count(len(logs))
    expect(page.get_by_label("Status")).to_have_value("")
    expect(page.get_by_label("Search")).to_have_value("")


def test_list_is_of_who_asks_and_fits_a_phone(visitor: Visitor) -> None:
    page = visitor.open("/logs", "customer", viewport=PHONE, color_scheme="dark")
    theirs = [*visitor.world.pipeline.logs(0, 0), *visitor.world.pipeline.logs(0, 1)]
    expect(page.locator("tbody tr")).to_have_count(len(theirs))
    assert no_overflow(page)
    expect(page.get_by_label("Status")).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_label("Customer")).to_have_count(0)
    page.get_by_label("Match").select_option("unmatched")
    unmatched = [
        name
        for name, each in all_logs(visitor.world).items()
        if each.application_file_id
        and each.customer_id == visitor.world.accounts[0].id
        and data_of(visitor.world, name).job_match.decision == "unmatched"
    ]
    expect(page.locator("tbody tr")).to_have_count(len(unmatched))
    assert no_overflow(page)
    assert_accessible(page)


@pytest.mark.parametrize("width", [680, 1024])
@pytest.mark.parametrize("path", ["/", "/logs", "/jobs", "/letters", "/partners"])
def test_on_a_small_laptop_and_zoomed_only_tables_scroll(
    visitor: Visitor, path: str, width: int
) -> None:
    page = visitor.open(path, viewport={"width": width, "height": 700})
    settled(page)
    assert no_overflow(page)


def test_a_time_that_is_no_choice_filters_nothing(visitor: Visitor) -> None:
    page = visitor.open("/logs?since=abc")
    expect(page.locator("tbody tr")).to_have_count(len(all_logs(visitor.world)))


def test_a_list_shows_that_another_choice_is_on_its_way(visitor: Visitor) -> None:
    page = visitor.open("/logs")
    settled(page)

    def hold(_: Route) -> None:
        """Until it is no longer routed."""

    page.route("**/api/logs?*", hold)
    status = page.locator("select[name=status]")
    status.select_option("failed")
    expect(status).to_have_attribute("aria-busy", "true")
    page.unroute("**/api/logs?*", hold)
    settled(page)
    expect(page.locator("tbody tr")).to_have_count(3)


def test_who_has_no_log_at_all_is_told_where_they_come_from(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = visitor.world.context
    beginner = people.add_person(context, UserKind.CUSTOMER, "New Farms", by="test")
    with_login(context, beginner, "beginner")
    monkeypatch.setitem(USERNAMES, "beginner", "beginner")
    page = visitor.open("/logs", "beginner")
    expect(page.get_by_text("There is no log yet")).to_be_visible()
    expect(page.get_by_role("button", name="Add log")).to_be_visible()
    assert_accessible(page)


def test_log_tells_what_was_flown(visitor: Visitor) -> None:
    world = visitor.world
    log = world.fly()
    name = next(name for name, each in all_logs(world).items() if each.id == log)
    file = data_of(world, name)
    page = visitor.open(f"/logs/{log}")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page).to_have_title(f"{name} · satlog")
    expect(figure(page, "Sprayed ground")).to_have_text(f"{file.statistics['netArea']:.2f} ha")
    expect(figure(page, "Applied")).to_have_text(f"{file.statistics['volume']:,.1f} L")
    expect(figure(page, "Rate")).to_have_text(f"{file.statistics['appliedRate']:.1f} L/ha")
    expect(figure(page, "Passes")).to_have_text(str(len(file.passes)))
    expect(fact(page, "Sprayed twice")).to_have_text(f"{file.statistics['overlapArea']:.2f} ha")
    expect(fact(page, "SHA-256")).to_have_text(file.sha256 or "no sum")
    expect(fact(page, "Layout")).to_have_text("satloc_air 1")
    expect(page.get_by_text("is assumed")).to_be_visible()
    expect(page.get_by_text("undamaged")).to_be_visible()

    picture = page.get_by_role("img", name=f"{len(file.passes)} sprayed lines")
    expect(picture.locator("path.spray")).to_have_count(len(file.passes))
    expect(picture.locator("path.field")).to_have_count(1)
    expect(page.locator(".map-legend")).to_contain_text("Field, 24.")
    assert_accessible(page)

    rows = page.locator(".passes tbody tr")
    expect(rows).to_have_count(len(file.passes))
    longest = max(file.passes, key=lambda each: float(each["length"]))
    page.get_by_role("button", name="Length (m)").click()
    page.get_by_role("button", name="Length (m)").click()
    expect(rows.first.locator("th")).to_have_text(str(longest["pass"]))
    expect(page.get_by_role("columnheader", name="Headwind")).to_have_count(0)
    page.get_by_role("button", name="All columns").click()
    expect(page.get_by_role("columnheader", name="Headwind")).to_be_visible()

    for button, ending in (("Download Positions", "parquet"), ("Download Map", "geojson")):
        with page.expect_download() as download:
            page.get_by_role("button", name=button).click()
        assert download.value.suggested_filename == f"{name}.{ending}"
        content = Path(download.value.path()).read_bytes()
        assert content[:4] == b"PAR1" if ending == "parquet" else b'"track"' in content


def test_log_fits_a_phone_in_the_dark(visitor: Visitor) -> None:
    cut = all_logs(visitor.world)["cut.log"]
    page = visitor.open(f"/logs/{cut.id}", "pilot", viewport=PHONE, color_scheme="dark")
    expect(page.get_by_role("img")).to_be_visible()
    assert no_overflow(page)
    assert_accessible(page)


def test_keyboard_alone_opens_a_log_zooms_its_map_and_leaves_a_dialog(visitor: Visitor) -> None:
    page = visitor.open("/logs?sort=file&q=cut", "customer")
    link = page.get_by_role("link", name="cut.log")
    press_until_focused(page, link)
    page.keyboard.press("Enter")
    frame = page.get_by_role("group", name="Map of cut.log")
    place = frame.locator("svg > g").first
    expect(place).to_have_attribute("transform", re.compile("scale"))
    before = place.get_attribute("transform")
    assert before is not None
    press_until_focused(page, frame)
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    expect(place).not_to_have_attribute("transform", before)
    page.keyboard.press("0")
    expect(place).to_have_attribute("transform", before)
    opener = page.get_by_role("button", name="Match by hand")
    press_until_focused(page, opener)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Match by hand")
    expect(dialog.get_by_role("radio").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


def press_until_focused(page: Page, wanted: Locator) -> None:
    expect(wanted).to_be_visible()
    settled(page)
    for _ in range(60):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("it is not reached by the keyboard")


def test_match_by_hand_and_undo(visitor: Visitor) -> None:
    world = visitor.world
    assignment, _ = assigned(world, "East <b>of</b> the river")
    log = bring(world, "to-match.log")
    page = visitor.open(f"/logs/{log}", "customer")
    page.get_by_role("button", name="Match by hand").click()
    dialog = page.get_by_role("dialog", name="Match by hand")
    expect(dialog.get_by_role("button", name="Match")).to_be_disabled()
    dialog.get_by_label("Job or aircraft").fill("river")
    expect(dialog.get_by_role("radio")).to_have_count(1)
    assert_accessible(page)
    dialog.get_by_role("radio").check()
    dialog.get_by_role("button", name="Match").click()
    expect(page.get_by_role("status").get_by_text("The log is matched.")).to_be_visible()
    expect(page.get_by_role("link", name="East <b>of</b> the river").first).to_be_visible()
    expect(page.locator(".map-frame path.field")).to_have_count(1)
    match = data_of(world, "to-match.log").job_match
    assert (match.decision, match.assign_id) == ("manual", assignment)
    assert match.by == world.users["customer"].id
    expect(page.get_by_text(f"{world.users['customer'].name} said")).to_be_visible()

    page.get_by_role("button", name="Undo the match").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo the match").click()
    expect(page.get_by_text("belongs to no job")).to_have_count(2)  # the notice, and the page
    match = data_of(world, "to-match.log").job_match
    assert (match.decision, match.assign_id) == ("manual", None)
    expect(page.locator(".map-frame path.field")).to_have_count(0)
    expect(page.locator(".lead")).to_contain_text("manual: no job")


def test_candidates_with_their_reasons_can_be_chosen(visitor: Visitor) -> None:
    world = visitor.world
    log = bring(world, "candidate.log")
    found = data_of(world, "candidate.log").job_match.candidates
    page = visitor.open(f"/logs/{log}")
    rows = page.locator(".considered tbody tr")
    expect(rows).to_have_count(len(found))
    ruled_out = [index for index, each in enumerate(found) if each["excluded"]]
    expect(rows.filter(has_text="ruled out: another aircraft")).to_have_count(len(ruled_out))
    rows.nth(ruled_out[0]).get_by_role("button", name="Choose").click()
    confirm = page.get_by_role("dialog")
    confirm.get_by_role("button", name="Cancel").click()
    assert data_of(world, "candidate.log").job_match.assign_id is None
    rows.nth(ruled_out[0]).get_by_role("button", name="Choose").click()
    confirm.get_by_role("button", name="Match").click()
    expect(rows.nth(ruled_out[0])).to_contain_text("chosen")
    chosen = data_of(world, "candidate.log").job_match.assign_id
    assert chosen == found[ruled_out[0]]["assignId"]


def test_what_cannot_be_matched_is_told_in_the_dialog(visitor: Visitor) -> None:
    visitor.expected.append("404")
    world = visitor.world
    assignment, job = assigned(world, "Gone meanwhile")
    page = visitor.open(f"/logs/{bring(world, 'not-matched.log')}")
    page.get_by_role("button", name="Match by hand").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Job or aircraft").fill("gone meanwhile")
    dialog.get_by_role("radio").check()
    assert world.context.repositories.assigns.unassign(job, world.accounts[0].aircraft[0].id)
    dialog.get_by_role("button", name="Match").click()
    expect(dialog.get_by_role("alert")).to_contain_text(assignment)
    assert data_of(world, "not-matched.log").job_match.decision == "unmatched"


def test_processing_again_is_followed_to_its_end(visitor: Visitor) -> None:
    world = visitor.world
    log = bring(world, "again.log")
    page = visitor.open(f"/logs/{log}")
    history = page.locator("section", has=page.get_by_role("heading", name="What was done"))
    expect(history.get_by_role("listitem")).to_have_count(1)
    process_again(page)
    expect(page.get_by_text("It is downloaded, and waits")).to_be_visible()
    assert_accessible(page)
    assert world.work() == {"completed": 1}
    expect(history.get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_text("It is downloaded, and waits")).to_have_count(0)
    process_again(page, download=True)
    expect(page.get_by_text("at the next look there")).to_be_visible()
    assert all_logs(world)["again.log"].status is LogStatus.PENDING


def process_again(page: Page, *, download: bool = False) -> None:
    page.get_by_role("button", name="Process again").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Download it").set_checked(download)
    dialog.get_by_role("button", name="Process again").click()
    expect(dialog).to_have_count(0)


def test_own_log_is_brought_and_followed(visitor: Visitor) -> None:
    world = visitor.world
    page = visitor.open("/logs", "pilot")
    send_file(page, "own.log", world.simulator.world.add_log(at_partner(world)).data())
    expect(page.get_by_text("It waits to be processed.")).to_be_visible()
    assert_accessible(page)
    while world.work():
        pass
    expect(page.get_by_role("heading", level=1)).to_have_text("own.log")
    log = page.url.rsplit("/", 1)[1]
    file = world.context.repositories.application_files.require(log)
    assert file.customer_id == world.accounts[0].id
    expect(figure(page, "Passes")).to_have_text(str(file.statistics["passes"]))
    expect(fact(page, "Added by")).to_have_text("a user")
    expect(page.get_by_role("button", name="Process again")).to_have_count(0)


def test_own_log_that_is_at_work_already_is_waited_for(visitor: Visitor) -> None:
    visitor.expected.append("404")
    world, page = visitor.world, visitor.open("/logs", "customer")
    data = world.simulator.world.add_log(at_partner(world)).data()
    send_file(page, "twice.log", data)
    expect(page.get_by_text("It waits to be processed.")).to_be_visible()
    page.goto("/logs")
    send_file(page, "twice.log", data)
    expect(page.get_by_role("status").get_by_text("is being processed already")).to_be_visible()
    expect(page.get_by_text("It is being processed.")).to_be_visible()
    while world.work():
        pass
    expect(page.get_by_role("heading", level=1)).to_have_text("twice.log")
    expect(page).to_have_url(re.compile(r"/logs/\w+$"))


def test_own_log_that_is_none_tells_why(visitor: Visitor) -> None:
    world = visitor.world
    page = visitor.open("/logs")
    send_file(page, "<i>none</i>.log", b"not a log", customer=world.accounts[1].id)
    expect(page.get_by_text("It waits to be processed.")).to_be_visible()
    while world.work():
        pass
    problem = page.get_by_label("What went wrong")
    expect(problem).to_contain_text("<i>none</i>.log")
    expect(problem).to_contain_text("add it again")
    expect(problem.get_by_role("link", name="dead letters")).to_be_visible()


def test_empty_file_is_refused_in_the_dialog(visitor: Visitor) -> None:
    visitor.expected.append("422")
    page = visitor.open("/logs", "customer")
    send_file(page, "empty.log", b"")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("empty")


def at_partner(world: World) -> str:
    return world.accounts[0].at_partner()


def send_file(page: Page, name: str, data: bytes, customer: str | None = None) -> None:
    page.get_by_role("button", name="Add log").click()
    dialog = page.get_by_role("dialog")
    file: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    dialog.get_by_label("Log file").set_input_files(file)
    if customer is not None:
        dialog.get_by_label("Customer").select_option(customer)
    dialog.get_by_role("button", name="Add log").click()


def test_damage_is_told_in_words(visitor: Visitor) -> None:
    damage = data_of(visitor.world, "cut.log").damage
    page = visitor.open(f"/logs/{all_logs(visitor.world)['cut.log'].id}")
    told = page.locator("section", has=page.get_by_role("heading", name="Damage"))
    expect(told).to_contain_text(f"{damage['bytesLost']} B of 90.8 kB are lost (0.5 %), in 1 place")
    (run,) = damage["lostRuns"]
    expect(told).to_contain_text(f"{run['size']} bytes at byte {run['offset']:,}: the checksum")
    expect(fact(told, "Records that are whole")).to_have_text(f"{damage['frames']:,}")


def test_failed_log_tells_what_to_do(visitor: Visitor) -> None:
    broken = all_logs(visitor.world)["broken-1.log"]
    queue = visitor.world.context.settings.task_queue
    page = visitor.open(f"/logs/{broken.id}")
    problem = page.get_by_label("What went wrong")
    expect(problem).to_contain_text("it is no log of that layout")
    expect(problem).to_contain_text("process it again with a fresh download")
    link = problem.get_by_role("link", name="dead letters")
    expect(link).to_have_attribute("href", f"/letters?queue={queue}")
    expect(page.locator("field-map")).to_have_count(0)
    assert_accessible(page)
    theirs = visitor.open(f"/logs/{broken.id}", "customer").get_by_label("What went wrong")
    expect(theirs).to_contain_text("it is no log of that layout")
    expect(theirs.get_by_role("link")).to_have_count(0)


def test_hostile_names_are_text(visitor: Visitor) -> None:
    world = visitor.world
    hostile = "<img src=x onerror=alert(1)>.log"
    log = bring(world, hostile)
    page = visitor.open("/logs")
    page.get_by_role("link", name=hostile).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(hostile)
    expect(page.get_by_role("group", name=f"Map of {hostile}")).to_be_visible()
    assert page.url.endswith(log)
    assert page.locator("main img").count() == 0


def test_pilot_only_looks(visitor: Visitor) -> None:
    log = all_logs(visitor.world)["cut.log"].id
    page = visitor.open(f"/logs/{log}", "pilot")
    expect(page.get_by_role("img")).to_be_visible()
    settled(page)
    for action in ("Match by hand", "Belongs to no job", "Choose", "Process again"):
        expect(page.get_by_role("button", name=action)).to_have_count(0)


@pytest.mark.parametrize("which", ["nowhere", "foreign"])
def test_log_that_is_not_there(visitor: Visitor, which: str) -> None:
    visitor.expected.append("404")
    (foreign,) = visitor.world.pipeline.logs(1, 0).values()
    page = visitor.open(f"/logs/{'nowhere' if which == 'nowhere' else foreign.id}", "customer")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such log")
    assert_accessible(page)
    page.get_by_role("link", name="all logs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Logs")
