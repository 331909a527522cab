"""Partners, accounts and customers: what is shown is so, and what is done is done."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Response, expect
from pydantic import SecretStr

from api.world import World, second_partner
from partner_pipeline.model.people import (
    Aircraft,
    Customer,
    Partner,
    PartnerInfo,
    PartnerSystemUser,
    UserKind,
)
from partner_pipeline.model.states import AssignStatus
from partner_pipeline.partners.simulator import Fault
from partner_pipeline.work import people
from partner_pipeline.work.overview import troubles
from web.tools import PHONE, Visitor, assert_accessible, settled

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
DOWN = Fault("status", status=503)


@pytest.fixture
def customer(world: World) -> Customer:
    """One who has no account yet."""
    number = len(world.context.repositories.users.of_kind(UserKind.CUSTOMER))
    user = people.add_person(world.context, UserKind.CUSTOMER, f"Oats {number}", by="test")
    assert isinstance(user, Customer)
    return user


@pytest.fixture
def page(visitor: Visitor) -> Page:
    """The page, as an administrator has it."""
    return visitor.open("/partners")


def fill(dialog: Locator, **values: str) -> None:
    for name, value in values.items():
        field = dialog.locator(f"[name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)


def partner_of(page: Page, code: str) -> Locator:
    return page.locator(".partners > li").filter(has_text=code)


def row(page: Page, text: str) -> Locator:
    return page.locator("tbody tr").filter(has_text=text)


def account_of(world: World, customer_id: str) -> PartnerSystemUser:
    accounts = world.context.repositories.users.accounts(active=False)
    (found,) = [each for each in accounts if each.customer_id == customer_id]
    return found


def partner(world: World, code: str) -> Partner:
    found = world.context.repositories.users.partner(code)
    assert found is not None
    return found


def password_of(world: World, account: PartnerSystemUser) -> str:
    keys = world.context.keys
    return keys.decrypt(account.password, document_id=account.id).get_secret_value()


def test_partners_and_accounts_are_those_of_the_pipeline(page: Page, world: World) -> None:
    satloc = partner_of(page, "SATLOC")
    counts = world.pipeline.store.assigns.counts("SATLOC")
    expect(satloc).to_contain_text("answers")
    expect(satloc).to_contain_text(f"Jobs there{counts[AssignStatus.UPLOADED]}")
    expect(satloc).to_contain_text(f"On their way{counts[AssignStatus.NEW]}")
    wrong = troubles(world.context, "SATLOC")
    satloc.get_by_text(f"{len(wrong)} things went wrong").click()
    for each in wrong:
        expect(satloc.get_by_text(each.message, exact=True)).to_be_visible()
    for known in world.accounts:
        expect(row(page, known.username)).to_contain_text("SATLOC")
        expect(row(page, known.username)).to_contain_text("works")
    for colours in ("dark", "light"):
        page.emulate_media(color_scheme=colours)
        assert_accessible(page)


def test_accounts_are_filtered_and_searched(page: Page, world: World) -> None:
    first, second = world.accounts
    page.locator("select[name=customer]").select_option(label="Customer 1")
    expect(row(page, first.username)).to_have_count(0)
    expect(row(page, second.username)).to_have_count(1)
    assert f"customer={second.id}" in page.url
    page.locator("select[name=active]").select_option(label="Not in use")
    expect(page.get_by_text("No account is like this.")).to_be_visible()
    page.locator("select[name=customer]").select_option(label="All")
    page.locator("select[name=active]").select_option(label="All")
    page.get_by_label("Search accounts").fill(first.username.upper())
    expect(row(page, first.username)).to_have_count(1)
    expect(row(page, second.username)).to_have_count(0)
    page.get_by_label("Search accounts").fill("nobody")
    expect(page.get_by_text("No account here has “nobody”.")).to_be_visible()


def test_a_partner_is_added_only_if_it_can_be(visitor: Visitor, world: World) -> None:
    visitor.expected += ["409", "422"]
    world.context.repositories.store.delete("users", {"partnerCode": "AGIDRONEX"})
    page = visitor.open("/partners")
    page.get_by_role("button", name="Add partner").click()
    dialog = page.get_by_role("dialog", name="Add partner")
    fill(dialog, partnerCode="satloc")
    dialog.get_by_role("button", name="Add partner").click()
    expect(dialog.get_by_role("alert")).to_contain_text("is there already")
    fill(dialog, partnerCode="NOBODY")
    dialog.get_by_role("button", name="Add partner").click()
    expect(dialog.get_by_role("alert")).to_contain_text("known are AGIDRONEX, SATLOC")
    fill(dialog, partnerCode="AGIDRONEX", partnerName="Agi", configuration='{"contact": ')
    dialog.get_by_role("button", name="Add partner").click()
    expect(dialog).to_contain_text("This is no JSON")
    expect(dialog.locator("[name=configuration]")).to_have_attribute("aria-invalid", "true")
    fill(dialog, configuration="[1]")
    dialog.get_by_role("button", name="Add partner").click()
    expect(dialog).to_contain_text("Expected names and values in braces")
    assert_accessible(page)
    fill(dialog, configuration='{"contact": "support"}')
    dialog.get_by_role("button", name="Add partner").click()
    expect(dialog).to_have_count(0)
    expect(partner_of(page, "Agi")).to_be_visible()
    made = partner(world, "AGIDRONEX")
    assert (made.partner_name, made.configuration) == ("Agi", {"contact": "support"})


def test_a_partner_is_changed_and_deactivated(visitor: Visitor, world: World) -> None:
    second_partner(world.context)
    page = visitor.open("/partners")
    page.get_by_role("button", name=re.compile("^Edit AGI", re.IGNORECASE)).click()
    dialog = page.get_by_role("dialog")
    fill(dialog, partnerName="Agidronex", configuration='{"region": "EU"}')
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Agidronex is changed.")).to_be_visible()
    changed = partner(world, "AGIDRONEX")
    assert (changed.partner_name, changed.configuration) == ("Agidronex", {"region": "EU"})

    page.get_by_role("button", name="Deactivate Agidronex").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert partner(world, "AGIDRONEX").active
    page.get_by_role("button", name="Deactivate Agidronex").click()
    page.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(partner_of(page, "AGIDRONEX")).to_contain_text("not in use")
    assert not partner(world, "AGIDRONEX").active
    page.get_by_role("button", name="Reactivate Agidronex").click()
    expect(page.get_by_role("button", name="Deactivate Agidronex")).to_be_visible()
    assert partner(world, "AGIDRONEX").active


def test_an_account_is_tested_before_it_is_added(
    world: World, customer: Customer, page: Page
) -> None:
    heard: list[Response] = []

    def hear(answer: Response) -> None:
        heard.append(answer)

    page.on("response", hear)
    known = world.simulator.world.accounts[0]
    page.get_by_role("button", name="Add account").click()
    dialog = page.get_by_role("dialog", name="Add account")
    test = dialog.get_by_role("button", name="Test these credentials")
    test.click()
    expect(dialog).to_contain_text("Give a partner, a user name and a password first.")
    expect(dialog.locator("[name=password]")).to_have_attribute("autocomplete", "new-password")
    fill(dialog, customerId=customer.name, partnerId="SATLOC", username=known.username)
    fill(dialog, password="not this one")
    test.click()
    expect(dialog).to_contain_text("refused")
    fill(dialog, password=known.password)
    expect(dialog.get_by_text("refused")).to_have_count(0)
    test.click()
    expect(dialog).to_contain_text("accepted")
    assert_accessible(page)
    fill(dialog, username="ops@oats.example", password="secret of oats", name="Oats at SatLoc")
    expect(dialog.get_by_text("accepted")).to_have_count(0)
    dialog.get_by_role("button", name="Add account").click()
    expect(row(page, "Oats at SatLoc")).to_contain_text("not used yet")

    made = account_of(world, customer.id)
    assert (made.username, made.name, made.active) == ("ops@oats.example", "Oats at SatLoc", True)
    assert password_of(world, made) == "secret of oats"
    assert "secret of oats" not in made.password
    settled(page)
    answers = [each.text() for each in heard if "/api/" in each.url]
    assert len(answers) > 3
    assert not any("secret" in each or known.password in each for each in answers)


def test_an_account_that_is_there_already(visitor: Visitor, page: Page, world: World) -> None:
    visitor.expected.append("409")
    page.get_by_role("button", name="Add account").click()
    dialog = page.get_by_role("dialog")
    fill(dialog, customerId="Customer 0", partnerId="SATLOC", username="x", password="x")
    dialog.get_by_role("button", name="Add account").click()
    expect(dialog.get_by_role("alert")).to_contain_text("an account of this customer")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Add account")).to_be_focused()


@pytest.fixture
def spare(world: World, customer: Customer) -> PartnerSystemUser:
    """An account that a test may do anything to."""
    return people.add_account(
        world.context,
        "SATLOC",
        customer.id,
        username=f"{customer.id}@oats.example",
        password=SecretStr("old secret"),
        by="test",
    )


def test_an_account_is_changed_and_deactivated(
    visitor: Visitor, world: World, spare: PartnerSystemUser
) -> None:
    page = visitor.open(f"/partners?customer={spare.customer_id}")
    edit = page.get_by_role("button", name=f"Edit {spare.name}")
    edit.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("[name=password]")).to_have_value("")
    fill(dialog, name="Renamed")
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, "Renamed")).to_be_visible()
    changed = account_of(world, spare.customer_id)
    assert (changed.name, changed.username) == ("Renamed", spare.username)
    assert password_of(world, changed) == "old secret"

    page.get_by_role("button", name="Edit Renamed").click()
    fill(dialog, username=f"new-{spare.username}", password="new secret")
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, f"new-{spare.username}")).to_be_visible()
    assert password_of(world, account_of(world, spare.customer_id)) == "new secret"

    page.get_by_role("button", name="Deactivate Renamed").click()
    dialog.get_by_role("button", name="Deactivate").click()
    expect(row(page, "Renamed")).to_contain_text("not in use")
    assert not account_of(world, spare.customer_id).active
    page.get_by_role("button", name="Reactivate Renamed").click()
    expect(row(page, "Renamed")).not_to_contain_text("not in use")
    assert account_of(world, spare.customer_id).active


def test_stored_credentials_are_tested(page: Page, world: World) -> None:
    known = world.simulator.world.accounts[1]
    right, name = known.password, "Customer 1 at SATLOC"
    test = page.get_by_role("button", name=f"Test {name}")
    try:
        test.click()
        expect(row(page, name)).to_contain_text("accepted")
        world.simulator.world.change_password(known.username, "another")
        test.click()
        expect(row(page, name)).to_contain_text("refused")
        expect(page.locator(".banner")).to_contain_text("SatLoc refuses the credentials")
        page.get_by_role("button", name=f"Edit {name}").click()
        dialog = page.get_by_role("dialog")
        fill(dialog, password="another")
        dialog.get_by_role("button", name="Test these credentials").click()
        expect(dialog).to_contain_text("accepted")
        page.keyboard.press("Escape")
    finally:
        world.simulator.world.change_password(known.username, right)
    world.simulator.faults.script("AuthenticateAPIUser", DOWN)
    test.click()
    expect(row(page, name)).to_contain_text("could not ask")
    assert password_of(world, account_of(world, world.accounts[1].id)) == right
    assert_accessible(page)


def test_polling_brings_a_new_log(page: Page, world: World) -> None:
    before = world.pipeline.logs(0, 0).keys()
    added = world.simulator.world.add_log(world.accounts[0].at_partner())
    page.get_by_role("button", name="Poll now").click()
    dialog = page.get_by_role("dialog", name="Poll now")
    fill(dialog, customerId="Customer 0")
    dialog.get_by_role("button", name="Poll now").click()
    report = page.get_by_role("dialog", name="Polled")
    expect(report).to_contain_text("1 new log.")
    expect(report.get_by_role("listitem")).to_have_count(1)
    expect(report).to_contain_text("Customer 0 at SATLOC")
    assert world.pipeline.logs(0, 0).keys() - before == {added.id}
    assert_accessible(page)
    report.get_by_role("button", name="Close").last.click()
    expect(page.get_by_role("button", name="Poll now")).to_be_focused()


def test_a_poll_that_cannot_be_done_says_why(page: Page, world: World) -> None:
    world.simulator.faults.rate("GetAircraftLogs", 1.0, DOWN)
    page.get_by_role("button", name="Poll now").click()
    dialog = page.get_by_role("dialog")
    fill(dialog, customerId="Customer 1")
    dialog.get_by_role("button", name="Poll now").click()
    report = page.get_by_role("dialog", name="Polled")
    expect(report).to_contain_text("No new log.")
    expect(report).to_contain_text("503")
    world.simulator.faults.clear()
    page.keyboard.press("Escape")
    failing = row(page, "Customer 1 at SATLOC")
    expect(failing).to_contain_text("failing")
    failing.get_by_text("1 time in a row").click()
    health = account_of(world, world.accounts[1].id).health
    assert health.error is not None
    expect(failing).to_contain_text(health.error[1:])
    world.context.repositories.users.account_worked(account_of(world, world.accounts[1].id).id)


def test_aircraft_are_set_up(visitor: Visitor, page: Page, world: World) -> None:
    visitor.expected += ["502", "503"]
    missing = world.accounts[1].aircraft[1]
    world.context.repositories.store.delete("users", {"_id": missing.id})
    page.get_by_role("button", name="Aircraft Customer 1 at SATLOC").click()
    dialog = page.get_by_role("dialog", name="Aircraft of Customer 1")
    expect(dialog.get_by_text("set up", exact=True)).to_have_count(1)
    assert_accessible(page)
    dialog.get_by_role("button", name=f"Set up {missing.name}").click()
    expect(dialog.get_by_text("set up", exact=True)).to_have_count(2)
    made = world.context.repositories.users.require_kind(missing.id, Aircraft)
    assert made.customer_id == missing.customer_id
    assert made.partner_info == PartnerInfo(
        partner_code="SATLOC",
        partner_aircraft_id=world.accounts[1].at_partner(1),
        tail_number=missing.name,
    )
    dialog.get_by_role("button", name="Close").last.click()
    world.simulator.faults.rate("GetAircraftList", 1.0, DOWN)
    page.get_by_role("button", name="Aircraft Customer 1 at SATLOC").click()
    expect(dialog.get_by_role("alert")).to_contain_text("could not be loaded")
    world.simulator.faults.clear()
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.get_by_text("set up", exact=True)).to_have_count(2)


def test_a_customer_is_added_who_can_log_in(visitor: Visitor, page: Page, world: World) -> None:
    visitor.expected.append("422")
    page.get_by_role("button", name="Add customer").click()
    dialog = page.get_by_role("dialog")
    fill(dialog, name=HOSTILE, username="barley")
    dialog.get_by_role("button", name="Add customer").click()
    expect(dialog.get_by_role("alert")).to_contain_text("a user name needs a password")
    fill(dialog, password="long enough")
    dialog.get_by_role("button", name="Add customer").click()
    line = page.locator(".customers li").filter(has_text=HOSTILE)
    expect(line).to_contain_text("no account yet")
    assert page.title() == "Partners and accounts · satlog"
    assert page.locator("img[src=x]").count() == 0
    assert world.login("barley", "long enough")["user"]["name"] == HOSTILE


def test_an_account_is_added_by_keyboard_alone(
    world: World, customer: Customer, page: Page
) -> None:
    settled(page)
    add = page.get_by_role("button", name="Add account")
    for _ in range(40):
        page.keyboard.press("Tab")
        if add.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    for field, text in (
        ("customerId", customer.name),
        ("partnerId", "SATLOC"),
        ("username", f"{customer.id}@keys.example"),
        ("password", "by keyboard"),
    ):
        expect(dialog.locator(f"[name={field}]")).to_be_focused()
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("is added.")).to_be_visible()
    expect(add).to_be_focused()
    made = account_of(world, customer.id)
    assert (made.username, password_of(world, made)) == (
        f"{customer.id}@keys.example",
        "by keyboard",
    )


def test_customers_see_and_change_their_own(visitor: Visitor, world: World) -> None:
    page = visitor.open("/partners", who="customer")
    expect(row(page, world.accounts[0].username)).to_have_count(1)
    expect(page.locator("tbody tr")).to_have_count(1)
    for absent in ("Add partner", "Edit SATLOC", "Deactivate SATLOC", "Add customer"):
        expect(page.get_by_role("button", name=absent, exact=True)).to_have_count(0)
    expect(page.get_by_text(world.accounts[1].username)).to_have_count(0)
    page.get_by_role("button", name="Test Customer 0 at SATLOC").click()
    expect(page.get_by_text("accepted")).to_be_visible()
    page.get_by_role("button", name="Poll now").click()
    page.get_by_role("dialog").get_by_role("button", name="Poll now").click()
    expect(page.get_by_role("dialog", name="Polled")).to_contain_text("Customer 0 at SATLOC")
    assert_accessible(page)


def test_pilots_see_partners_only(visitor: Visitor) -> None:
    page = visitor.open("/partners", who="pilot")
    expect(page.get_by_role("heading", level=1)).to_have_text("Partners")
    expect(partner_of(page, "SATLOC")).to_contain_text("answers")
    expect(page.get_by_role("heading", level=2)).to_have_text(["Partners"])
    expect(page.locator("main").get_by_role("button")).to_have_text(["Refresh"])
    assert_accessible(page)


def test_on_a_phone_nothing_is_too_wide(
    visitor: Visitor, world: World, spare: PartnerSystemUser
) -> None:
    world.context.repositories.users.change(spare.model_copy(update={"name": "o" * 190}))
    page = visitor.open("/partners", viewport=PHONE, has_touch=True)
    expect(row(page, "o" * 190)).to_be_visible()
    assert_accessible(page)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.get_by_role("button", name="Add account").click()
    dialog = page.get_by_role("dialog")
    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    assert_accessible(page)


def test_what_cannot_be_loaded_is_said_and_tried_again(visitor: Visitor) -> None:
    visitor.expected.append("ERR_FAILED")
    page = visitor.open("/jobs")
    page.route("**/api/partners/systemUsers*", lambda route: route.abort())
    page.get_by_role("link", name="Partners").click()
    problem = page.locator(".problem")
    expect(problem).to_contain_text("The server does not answer.")
    page.unroute("**/api/partners/systemUsers*")
    problem.get_by_role("button", name="Try again").click()
    expect(row(page, "Customer 0 at SATLOC")).to_be_visible()
