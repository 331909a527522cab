"""Dead letters: seen as they are, and what is done with them is done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from api.world import World, open_world
from partner_pipeline.broker import message as headers
from partner_pipeline.broker.embedded import EmbeddedBroker
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import archive_queue, dead_queue
from partner_pipeline.errors import BrokerError
from partner_pipeline.model.ids import new_execution_id
from partner_pipeline.model.states import TaskStatus
from partner_pipeline.model.tasks import (
    OWN_FILES,
    ProcessFileTask,
    TaskMessage,
    UploadJobTask,
    file_task_id,
)
from partner_pipeline.work.dead_letters import replay_letters
from partner_pipeline.work.handling import handle
from partner_pipeline.work.poll import poll
from partner_pipeline.work.publishing import enqueue, publish
from web.stage import this_moment
from web.tools import PHONE, Visitor, assert_accessible, settled

HTML = "<img src=x onerror='window.taken=1'><script>window.taken=1</script>"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """With a second queue, that of another partner."""
    folder = tmp_path_factory.mktemp("letters")
    with open_world(folder, this_moment(), partner_own_queues=["AGIDRONEX"]) as found:
        yield found


@pytest.fixture
def letters(world: World) -> list[str]:
    """Three logs whose files are gone were given up, and nothing else; their ids."""
    context, account = world.context, world.accounts[0]
    for queue in context.settings.task_queues:
        context.broker.purge(dead_queue(queue))
        context.broker.purge(queue)
    for _ in range(3):  # not by World.work, which waits a second for more
        digest = uuid4().hex * 2
        task = ProcessFileTask(
            task_id=file_task_id(world.pipeline.queue, account.id, digest),
            execution_id=new_execution_id(),
            partner_code=OWN_FILES,
            customer_id=account.id,
            saved_local_file="gone.log",
            log_file_name="gone.log",
            sha256=digest,
            user_id=account.id,
        )
        assert worked_on(world, task) is TaskStatus.DEAD
    return message_ids(world)


def worked_on(world: World, task: TaskMessage) -> TaskStatus | None:
    """Have a task worked on; what became of it."""
    context, queue = world.context, world.pipeline.queue
    decided = context.repositories.transact(lambda inside: enqueue(inside, task, queue))
    assert publish(context, decided) == 1
    with context.broker.consume([queue], prefetch=1) as consumer:
        delivery = consumer.get(10)
        assert delivery is not None
        return handle(context, delivery)


def message_ids(world: World) -> list[str]:
    return [each.message.message_id for each in world.pipeline.dead_letters()]


def add_foreign(world: World, body: bytes, message_id: str, **told: str | int) -> None:
    """A dead letter that no task of ours is in."""
    found = {name.replace("_", "-"): value for name, value in told.items()}
    letter = Message(body, found, message_id)
    world.context.broker.publish(dead_queue(world.pipeline.queue), letter)


def task_ids(world: World) -> list[str]:
    """Of the tasks that wait to be worked on."""
    return [TaskMessage.parse(each.message.body).task_id for each in world.pipeline.messages()]


def rows(page: Page) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader"))


def look(page: Page, position: int) -> Locator:
    """Open a letter."""
    rows(page).nth(position).get_by_role("button").click()
    dialog = page.get_by_role("dialog", name=f"Dead letter {position}")
    expect(dialog.locator("pre, .soft").first).to_be_visible()
    return dialog


def pick(page: Page, *positions: int) -> None:
    for position in positions:
        rows(page).nth(position).get_by_role("checkbox").check()


def archived_files(world: World) -> dict[str, Path]:
    """By the id of their message."""
    folder = world.context.settings.dlq_archive_path
    found = [path for path in folder.rglob("*.json") if path.is_file()]
    return {json.loads(path.read_text())["messageId"]: path for path in found}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_is_what_the_queue_holds(
    visitor: Visitor, world: World, letters: list[str], scheme: str
) -> None:
    add_foreign(world, b"no task", "foreign", x_error_category="transient", x_retry_count=7)
    world.context.broker.publish(archive_queue(world.pipeline.queue), Message(b"1"))
    page = visitor.open("/letters", color_scheme=scheme)
    expect(rows(page)).to_have_count(4)
    for position, peeked in enumerate(world.pipeline.dead_letters()[:3]):
        row, told = rows(page).nth(position), peeked.message.headers
        expect(row).to_contain_text("process partner data file")
        expect(row).to_contain_text("Customer 0")
        expect(row).to_contain_text("USER")
        expect(row.locator(".badge")).to_have_text(str(told[headers.ERROR_CATEGORY]))
        expect(row).to_contain_text(str(told[headers.ERROR_MESSAGE])[1:])
    expect(rows(page).nth(3)).to_contain_text("no task")
    expect(rows(page).nth(3).get_by_role("cell", name="7", exact=True)).to_be_visible()
    figures = page.locator(".figure")
    expect(figures.filter(has_text="given up")).to_contain_text("4")
    expect(figures.filter(has_text="To be archived")).to_contain_text("1")
    assert_accessible(page)
    page.get_by_label("Failure").select_option("transient")
    expect(rows(page)).to_have_count(1)
    page.get_by_label("Failure").select_option("")
    page.get_by_label("Search").fill(str(letters[1]))
    expect(rows(page)).to_have_count(1)
    assert page.url.endswith(f"q={letters[1]}"), "a link tells what is searched"
    world.context.broker.purge(archive_queue(world.pipeline.queue))


def test_selected_letters_are_replayed(visitor: Visitor, world: World, letters: list[str]) -> None:
    tasks = [each.message.headers[headers.TASK_ID] for each in world.pipeline.dead_letters()]
    page = visitor.open("/letters")
    expect(page.get_by_role("button", name="Replay selected letters")).to_be_disabled()
    pick(page, 0, 2)
    page.get_by_role("button", name="Replay 2 selected letters").click()
    expect(page.get_by_text("2 dead letters replayed.")).to_be_visible()
    expect(rows(page)).to_have_count(1)
    assert message_ids(world) == [letters[1]]
    assert task_ids(world) == [tasks[0], tasks[2]]
    assert world.work() == {"dlq": 2}, "they are worked on, and fail again"
    page.get_by_role("button", name="Refresh").click()
    expect(rows(page)).to_have_count(3)


def test_what_is_not_seen_is_not_selected(
    visitor: Visitor, world: World, letters: list[str]
) -> None:
    add_foreign(world, b"{}", "foreign", x_error_category="transient")
    page = visitor.open("/letters")
    page.get_by_label("Select all shown").check()
    page.get_by_label("Failure").select_option("transient")
    page.get_by_role("button", name="Archive 1 selected letter").click()
    page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    expect(page.get_by_text("1 dead letter archived.")).to_be_visible()
    assert message_ids(world) == letters


def test_by_header(visitor: Visitor, world: World, letters: list[str]) -> None:
    add_foreign(world, b"{}", "foreign", x_error_category="transient", x_farm="north")
    page = visitor.open("/letters")
    page.get_by_role("button", name="Replay by header").click()
    dialog = page.get_by_role("dialog", name="Replay by header")
    expect(dialog.get_by_label("Header").locator("option", has_text="x-farm")).to_have_count(1)
    dialog.get_by_label("Header").select_option("x-error-category")
    dialog.get_by_label("Value").fill("validatio")
    expect(dialog.get_by_role("status")).to_have_text("0 of 4 letters shown have it.")
    dialog.get_by_label("Value").fill("validation")
    expect(dialog.get_by_role("status")).to_have_text("3 of 4 letters shown have it.")
    assert_accessible(page)
    dialog.get_by_label("At most").fill("2")
    dialog.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("2 dead letters replayed.")).to_be_visible()
    assert message_ids(world) == [letters[2], "foreign"]


def test_all_and_what_cannot_be_replayed(
    visitor: Visitor, world: World, letters: list[str]
) -> None:
    add_foreign(world, b"{}", HTML)
    page = visitor.open("/letters")
    page.get_by_role("button", name="Replay all").click()
    dialog = page.get_by_role("dialog", name="Replay 4 dead letters?")
    dialog.get_by_role("button", name="Cancel").click()
    assert len(message_ids(world)) == 4
    page.get_by_role("button", name="Replay all").click()
    dialog.get_by_role("button", name="Replay 4").click()
    told = page.get_by_role("alert").filter(has_text="3 dead letters replayed.")
    expect(told).to_contain_text("1 dead letter failed, and stayed:")
    expect(told.get_by_role("listitem")).to_contain_text(f"message {HTML}: reading a task message")
    assert message_ids(world) == [HTML]
    assert len(task_ids(world)) == 3
    assert_accessible(page)
    told.get_by_role("button", name="Close").click()
    expect(told).to_have_count(0)
    # Its task is at work: another letter of it has to wait.
    add_foreign(world, world.pipeline.messages()[0].message.body, "a copy")
    page.get_by_role("button", name="Refresh").click()
    pick(page, 1)
    page.get_by_role("button", name="Replay 1 selected letter").click()
    expect(page.get_by_text("skipped: its task is at work already.")).to_be_visible()


def test_archived_letters_are_files(visitor: Visitor, world: World, letters: list[str]) -> None:
    page = visitor.open("/letters")
    pick(page, 1)
    page.get_by_role("button", name="Archive 1 selected letter").click()
    confirm = page.get_by_role("dialog", name="Archive 1 dead letter?")
    assert_accessible(page)
    confirm.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("1 dead letter archived.")).to_be_visible()
    letter = look(page, 1)
    letter.get_by_role("button", name="Archive").click()
    confirm.get_by_role("button", name="Cancel").click()
    letter.get_by_role("button", name="Archive").click()
    confirm.get_by_role("button", name="Archive").click()
    expect(letter).to_have_count(0)
    expect(rows(page)).to_have_count(1)
    assert message_ids(world) == letters[:1]
    files = archived_files(world)
    assert set(letters[1:]) <= set(files)
    page.get_by_role("link", name="Archive").click()
    expect(page.get_by_role("heading", name="Archive of dev_partner_tasks")).to_be_visible()
    folder = world.context.settings.dlq_archive_path
    for message_id in letters[1:]:
        task = world.context.repositories.tasks.execution(message_id)
        assert task is not None
        assert task.status is TaskStatus.ARCHIVED
        row = rows(page).filter(has_text=message_id)
        expect(row).to_contain_text(files[message_id].relative_to(folder).as_posix())
    assert str(folder) not in page.content(), "where it is on the server is not told"
    assert_accessible(page)


def test_purge_wants_the_queues_name(visitor: Visitor, world: World, letters: list[str]) -> None:
    page = visitor.open("/letters")
    page.get_by_role("button", name="Purge").click()
    dialog = page.get_by_role("dialog", name="Purge 3 dead letters?")
    purge = dialog.get_by_role("button", name="Purge")
    for typed in ("", "partner_tasks", f"{world.pipeline.queue} "):
        dialog.get_by_role("textbox").fill(typed)
        expect(purge).to_be_disabled()
    dialog.get_by_role("textbox").press("Enter")
    assert message_ids(world) == letters
    dialog.get_by_role("textbox").fill(world.pipeline.queue)
    purge.click()
    expect(page.get_by_text("3 dead letters purged.")).to_be_visible()
    expect(page.get_by_text("No dead letters.")).to_be_visible()
    assert message_ids(world) == []
    expect(page.get_by_role("button", name="Replay all")).to_have_count(0)
    assert_accessible(page)


@pytest.mark.parametrize(
    ("action", "path"), [("Replay", "retryByPosition"), ("Archive", "archive")]
)
def test_letters_that_moved_meanwhile(
    visitor: Visitor, world: World, letters: list[str], action: str, path: str
) -> None:
    """Another operator is faster, after the click and before it is heard."""
    page = visitor.open("/letters")
    pick(page, 1)

    def faster(route: Route) -> None:
        replay_letters(world.context, world.pipeline.queue, "another", positions=[0])
        route.continue_()

    page.route(f"**/{path}", faster, times=1)
    page.get_by_role("button", name=f"{action} 1 selected letter").click()
    if action == "Archive":
        page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    told = page.get_by_role("alert").filter(has_text="1 dead letter skipped")
    expect(told).to_contain_text("no longer where it was")
    expect(rows(page)).to_have_count(2)
    assert message_ids(world) == letters[1:]
    assert not set(letters[1:]) & set(archived_files(world))


def test_a_letter_that_is_gone_when_it_is_looked_at(
    visitor: Visitor, world: World, letters: list[str]
) -> None:
    page = visitor.open("/letters")
    expect(rows(page)).to_have_count(3)
    visitor.expected.append("404")

    def faster(route: Route) -> None:
        replay_letters(world.context, world.pipeline.queue, "another", positions=[2])
        route.continue_()

    page.route("**/messages/2", faster, times=1)
    rows(page).nth(2).get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("This letter is no longer here.")
    dialog.get_by_role("button", name="Back to the list").click()
    expect(rows(page)).to_have_count(2)


def test_what_it_is_about(visitor: Visitor, world: World, letters: list[str]) -> None:
    del letters
    world.context.broker.purge(dead_queue(world.pipeline.queue))
    assign = world.pipeline.uploaded()
    at_partner = world.accounts[0].at_partner()
    world.simulator.world.add_log(at_partner, "broken.log", data=b"no log")
    poll(world.context)
    assert world.work() == {"dlq": 1}
    upload = UploadJobTask(
        task_id="t",
        execution_id="e",
        partner_code="SATLOC",
        customer_id=assign.customer_id,
        assign_id=assign.id,
    )
    add_foreign(world, Message.of(upload.to_document()).body, "upload")
    body = json.loads(world.pipeline.dead_letters()[0].message.body)
    page = visitor.open("/letters")
    letter = look(page, 0)
    assert json.loads(letter.locator("pre").inner_text()) == body
    assert letter.locator("pre").inner_text().startswith('{\n  "taskType": ')
    for name, value in world.pipeline.dead_letters()[0].message.headers.items():
        expect(letter.locator(".headers > div").filter(has_text=name)).to_contain_text(str(value))
    expect(letter.get_by_role("list")).to_contain_text("dead letter")
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(look(page, 1).get_by_role("link")).to_have_attribute("href", f"/jobs/{assign.job}")
    page.keyboard.press("Escape")
    look(page, 0).get_by_role("link", name="See the log").click()
    expect(page).to_have_url(f"{world.url}/logs/{body['trackerId']}")
    expect(page.get_by_role("dialog")).to_have_count(0)


BODIES: dict[str, tuple[bytes, str]] = {
    "html": (HTML.encode(), HTML),
    "html in JSON": (json.dumps({"a": HTML}).encode(), f'{{\n  "a": "{HTML}"\n}}'),
    "numbers": (b'{"a":12345678901234567890,"a":1.0}', '"a": 12345678901234567890,\n  "a": 1.0'),
    "surrogate": (b'["\\ud800","\\u0000"]', '[\n  "\\ud800",\n  "\\u0000"\n]'),
    "bytes": (b"\x00\xff\x1b[31m", "␀�␛[31m"),
    "turned round": ("a\u202etxt".encode(), "a\\u202etxt"),
    "deep": (b"[" * 20_000 + b"]" * 20_000, "[\n  [\n    ["),
    "huge": (b"x" * 3_000_000, "x" * 50_000),
    "empty": (b"", ""),
}


def test_hostile_letters_are_text(visitor: Visitor, world: World, letters: list[str]) -> None:
    del letters
    world.context.broker.purge(dead_queue(world.pipeline.queue))
    names = (headers.TASK_TYPE, headers.ERROR_CATEGORY, headers.ERROR_MESSAGE)
    told = dict.fromkeys((*names, headers.FIRST_FAILED_AT), HTML)
    more = {HTML: "w" * 4000, "nul": "\x00"}
    for body, _ in BODIES.values():
        letter = Message(body, {**told, **more}, HTML)
        world.context.broker.publish(dead_queue(world.pipeline.queue), letter)
    page = visitor.open("/letters", viewport=PHONE)
    expect(rows(page)).to_have_count(len(BODIES))
    expect(rows(page).first).to_contain_text(HTML)
    assert_fits(page)
    for position, (_, seen) in enumerate(BODIES.values()):
        dialog = look(page, position)
        if seen:
            assert seen in dialog.locator("pre").inner_text()
        expect(dialog.locator(".headers")).to_contain_text("nul␀")
        assert_fits(page)
        page.keyboard.press("Escape")
    assert page.evaluate("window.taken") is None


def assert_fits(page: Page) -> None:
    for element in ("document.documentElement", "document.querySelector('dialog')"):
        width = page.evaluate(f"{element} ? {element}.scrollWidth - {element}.clientWidth : 0")
        assert width <= 0, f"{element} has to be moved sideways"


def test_others_have_no_such_page(visitor: Visitor) -> None:
    for who in ("customer", "pilot"):
        page = visitor.open("/letters", who=who)
        expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
        expect(page.get_by_role("link", name="Dead letters")).to_have_count(0)


def test_another_queue(visitor: Visitor, world: World, letters: list[str]) -> None:
    other = world.context.settings.task_queues[1]
    world.context.broker.publish(dead_queue(other), Message(b"1", {}, "of another"))
    page = visitor.open("/letters")
    pick(page, 0)
    page.get_by_label("Queue").select_option(other)
    expect(page.get_by_role("heading", name=f"Letters of {other}")).to_be_visible()
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_text("None selected")).to_be_visible()
    pick(page, 0)
    page.get_by_role("button", name="Archive 1 selected letter").click()
    page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    expect(page.get_by_text("1 dead letter archived.")).to_be_visible()
    assert message_ids(world) == letters
    assert "of another" in archived_files(world)
    page.goto("/letters?queue=nobody")
    expect(page.get_by_text("There is no such queue.")).to_be_visible()


def test_queues_that_do_not_answer(
    visitor: Visitor, letters: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del letters
    visitor.expected.append("503")

    def away(*_: object, **__: object) -> None:
        raise BrokerError("the queues in /srv/secret do not answer")

    with monkeypatch.context() as patched:
        patched.setattr(EmbeddedBroker, "stats", away)
        page = visitor.open("/letters")
        told = page.get_by_role("alert").filter(has_text="This could not be loaded.")
        expect(told).to_contain_text("what is in them stays there")
        assert "/srv" not in page.content()
        assert_accessible(page)
    page.get_by_role("button", name="Try again").click()
    expect(rows(page)).to_have_count(3)
    pick(page, 0)
    with monkeypatch.context() as patched:
        patched.setattr(EmbeddedBroker, "stats", away)
        page.get_by_role("button", name="Refresh").click()
        expect(page.get_by_text("Not up to date.")).to_be_visible()
        expect(rows(page)).to_have_count(3)
        patched.setattr(EmbeddedBroker, "replay", away)
        page.get_by_role("button", name="Replay 1 selected letter").click()
        expect(page.get_by_role("alert").filter(has_text="does not work")).to_be_visible()
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_text("Not up to date.")).to_have_count(0)


def test_on_a_phone(visitor: Visitor, letters: list[str]) -> None:
    del letters
    page = visitor.open("/letters", viewport=PHONE, has_touch=True)
    expect(rows(page)).to_have_count(3)
    assert_fits(page)
    assert_accessible(page)
    look(page, 1)
    assert_fits(page)
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Archive").click()
    settled(page)
    assert_fits(page)


def test_by_keyboard_only(visitor: Visitor, world: World, letters: list[str]) -> None:
    page = visitor.open("/letters")
    expect(rows(page)).to_have_count(3)
    tab_to(page, lambda here: "process partner data file at 1" in here)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Dead letter 1")
    expect(dialog.locator("pre")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(rows(page).nth(1).get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.locator("pre")).to_be_visible()
    tab_to(page, lambda here: here == "Replay")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 dead letter replayed.")).to_be_visible()
    assert message_ids(world) == [letters[0], letters[2]]
    expect(page.get_by_role("heading", name="Letters of").locator("span")).to_be_focused()
    tab_to(page, lambda here: here.startswith("Select process partner data file"))
    page.keyboard.press("Space")
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()


def tab_to(page: Page, is_there: Callable[[str], bool]) -> None:
    """Press Tab until the focus is there."""
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "(document.activeElement.ariaLabel || document.activeElement.textContent)"
            ".replace(/\\s+/g, ' ').trim()"
        )
        if is_there(here):
            return
    pytest.fail("it cannot be reached by Tab")
