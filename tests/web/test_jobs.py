"""Jobs and their assignments: what is shown is so, and what is done is done."""

from __future__ import annotations

import itertools
import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from api.world import World
from partner_pipeline.model.ids import assignment_id, new_id
from partner_pipeline.model.jobs import Job, JobAssign
from partner_pipeline.model.states import AssignStatus
from partner_pipeline.partners.simulator import Fault
from pipeline.work.tools import FIELD, NO_ANSWER
from satlog_native.jobs import read_job
from web.tools import PHONE, Visitor, assert_accessible, settled

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
DOWN = Fault("status", status=503)


@pytest.fixture
def job(world: World) -> Job:
    """A job of customer 0 that nobody has."""
    number = new_id()[:8]
    made = Job(
        id=new_id(),
        name=f"Field {number}",
        number=number,
        customer=world.accounts[0].id,
        polygons=[FIELD],
        rate=28.5,
        swath_width=20.0,
    )
    return world.context.repositories.jobs.insert(made)


@pytest.fixture
def uncertain(world: World, job: Job) -> JobAssign:
    """Of which nobody knows whether the partner has it."""
    world.simulator.faults.script("UploadJobData", NO_ANSWER)
    world.pipeline.assign(job, world.accounts[0].aircraft[0].id)
    found = stored(world, job)
    assert found.sync.uncertain_since is not None
    return found


def stored(world: World, job: Job, user_id: str | None = None) -> JobAssign:
    user_id = world.accounts[0].aircraft[0].id if user_id is None else user_id
    return world.context.repositories.assigns.require(assignment_id(job.id, user_id))


def row(page: Page, text: str) -> Locator:
    return page.locator("tbody tr").filter(has_text=text)


def assign(page: Page, *names: str, notes: str = "") -> None:
    page.get_by_role("button", name="Assign", exact=True).click()
    dialog = page.get_by_role("dialog", name=re.compile("^Assign"))
    for name in names:
        dialog.get_by_role("checkbox", name=re.compile(f"^{name}")).check()
    dialog.locator("[name=notes]").fill(notes)
    dialog.get_by_role("button", name="Assign").click()


def test_jobs_are_those_of_the_pipeline(visitor: Visitor, world: World, job: Job) -> None:
    page = visitor.open("/jobs")
    jobs = world.context.repositories.jobs.recent(None, limit=100)
    expect(page.locator("tbody tr")).to_have_count(len(jobs))
    expect(row(page, "1003")).to_contain_text("1 uncertain")
    expect(row(page, job.name)).to_contain_text("to nobody")
    for colours in ("dark", "light"):
        page.emulate_media(color_scheme=colours)
        assert_accessible(page)
    page.get_by_label("Search jobs").fill("1003 cust")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_label("Search jobs").fill("")
    page.locator("select[name=customer]").select_option(label="Customer 1")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert f"customer={world.accounts[1].id}" in page.url
    page.locator("select[name=customer]").select_option(label="All")
    page.get_by_role("link", name=job.name).click()
    expect(page.get_by_role("heading", name=job.name)).to_be_visible()
    expect(page.get_by_text("Field, 24.25 ha")).to_be_visible()
    expect(page.get_by_text("Nobody flies this job yet.")).to_be_visible()
    assert_accessible(page)


def test_a_job_is_added_from_a_file(visitor: Visitor, world: World, tmp_path: Path) -> None:
    visitor.expected.append("422")
    wrong, right = tmp_path / "notes.geojson", tmp_path / "4711.geojson"
    wrong.write_text("no geojson")
    right.write_text(json.dumps(FIELD))
    page = visitor.open("/jobs", timezone_id="America/Chicago")
    page.get_by_role("button", name="Add job").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=customerId]").select_option(label="Customer 0")
    dialog.locator("[name=file]").set_input_files(wrong)
    dialog.get_by_role("button", name="Add job").click()
    expect(dialog.get_by_role("alert")).to_contain_text("notes.geojson")
    expect(dialog.get_by_role("alert")).to_be_in_viewport(ratio=1)
    assert_accessible(page)
    dialog.locator("[name=file]").set_input_files(right)
    dialog.locator("[name=name]").fill(HOSTILE)
    told = {"rate": "31.5", "swathWidth": "18", "startDate": "2027-04-02", "endDate": "2027-04-03"}
    for name, value in told.items():
        dialog.locator(f"[name={name}]").fill(value)
    dialog.get_by_role("button", name="Add job").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0

    (made,) = world.context.repositories.jobs.with_number("4711", world.accounts[0].id)
    assert page.url.endswith(f"/jobs/{made.id}")
    assert (made.name, made.rate, made.swath_width) == (HOSTILE, 31.5, 18.0)
    assert made.polygons == [FIELD]
    assert made.start_date == datetime(2027, 4, 2, 5, tzinfo=UTC)
    assert made.end_date == datetime(2027, 4, 4, 4, 59, 59, tzinfo=UTC)
    for day in ("Apr 2, 2027", "Apr 3, 2027"):
        expect(page.get_by_text(day)).to_be_visible()


def test_a_job_is_assigned_and_uploaded(visitor: Visitor, world: World, job: Job) -> None:
    page = visitor.open(f"/jobs/{job.id}")
    page.get_by_role("button", name="Assign", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Assign").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Choose at least one")
    assert_accessible(page)
    page.keyboard.press("Escape")
    assign(page, "N101SL", "Pat", notes="mind the wires")
    expect(page.get_by_text("Assigned to N101SL, Pat.")).to_be_visible()
    aircraft = stored(world, job)
    assert (aircraft.status, aircraft.notes) == (AssignStatus.UPLOADED, "mind the wires")
    expect(row(page, "N101SL")).to_contain_text("uploaded")
    expect(row(page, "N101SL")).to_contain_text(f"{aircraft.ext_job_id}")
    uploads = {each.job_id: each for each in world.simulator.world.uploads}
    assert f'"{job.number}"' in uploads[str(aircraft.ext_job_id)].metadata
    expect(row(page, "Pat")).to_contain_text("new")
    pilot = stored(world, job, world.users["pilot"].id)
    assert pilot.status is AssignStatus.NEW
    assert_accessible(page)

    assign(page, "N102SL")
    expect(page.get_by_text("Assigned to N102SL.")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("Everybody has this job already.")


def test_while_the_partner_is_down_a_job_waits(visitor: Visitor, world: World, job: Job) -> None:
    page = visitor.open(f"/jobs/{job.id}")
    world.simulator.faults.rate("IsAlive", 1.0, DOWN)
    assign(page, "N101SL")
    told = page.get_by_role("dialog", name="Assigned, and not there yet")
    expect(told).to_contain_text("N101SL")
    expect(told).to_contain_text("SATLOC does not answer")
    assert_accessible(page)
    told.get_by_role("button", name="Close").last.click()
    expect(row(page, "N101SL")).to_contain_text("queued")
    page.get_by_role("button", name="Upload now N101SL").click()
    expect(page.get_by_text("it is uploaded as soon as SATLOC answers")).to_be_visible()
    world.simulator.faults.clear()
    world.clock.advance(minutes=5)
    while world.work():
        pass
    assert stored(world, job).status is AssignStatus.UPLOADED
    # It refreshes itself.
    expect(row(page, "N101SL")).to_contain_text("uploaded", timeout=10_000)


def test_an_upload_that_fails_is_told_and_tried_again(
    visitor: Visitor, world: World, job: Job
) -> None:
    page = visitor.open(f"/jobs/{job.id}")
    world.simulator.faults.script("UploadJobData", Fault("refused", message=f"No. {HOSTILE}"))
    assign(page, "N101SL")
    told = page.get_by_role("dialog", name="Not everybody can have it")
    expect(told).to_contain_text(HOSTILE)
    page.keyboard.press("Escape")
    expect(row(page, "N101SL")).to_contain_text("failed")
    expect(page.locator(".banner.bad")).to_contain_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0
    assert_accessible(page)
    page.get_by_role("button", name="Upload now N101SL").click()
    expect(row(page, "N101SL")).to_contain_text("uploaded")
    expect(
        page.get_by_text(f"SATLOC has the job as {stored(world, job).ext_job_id}.")
    ).to_be_visible()


def test_an_uncertain_upload_that_is_there(
    visitor: Visitor, world: World, job: Job, uncertain: JobAssign
) -> None:
    visitor.expected.append("409")
    taken = next(iter(world.context.repositories.assigns.at_partner("SATLOC")))
    page = visitor.open(f"/jobs/{job.id}")
    expect(row(page, "N101SL")).to_contain_text("uncertain")
    page.get_by_role("button", name="Resolve N101SL").click()
    dialog = page.get_by_role("dialog", name="Does SATLOC have the job?")
    assert_accessible(page)
    dialog.locator("[name=found]").select_option(label="The job is there")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_contain_text("The partner's own id of the job.")
    dialog.locator("[name=extJobId]").fill(str(taken.ext_job_id))
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("another assignment has the partner's id")
    there = world.simulator.world.uploads[-1].job_id
    dialog.locator("[name=extJobId]").fill(there)
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, "N101SL")).to_contain_text("uploaded")
    decided = stored(world, job)
    assert (decided.status, decided.ext_job_id) == (AssignStatus.UPLOADED, there)
    expect(page.locator(".banner")).to_have_count(0)
    assert uncertain.id == decided.id


@pytest.mark.usefixtures("uncertain")
def test_an_uncertain_upload_that_is_not_there(visitor: Visitor, world: World, job: Job) -> None:
    page = visitor.open(f"/jobs/{job.id}")
    sent = len(world.simulator.world.uploads)
    page.get_by_role("button", name="Resolve N101SL").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=found]").select_option(label="It is not there: upload it")
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, "N101SL")).to_contain_text("queued")
    assert len(world.simulator.world.uploads) == sent
    while world.work():
        pass
    assert len(world.simulator.world.uploads) == sent + 1
    page.get_by_role("button", name="Refresh").click()
    expect(row(page, "N101SL")).to_contain_text(f"{stored(world, job).ext_job_id}")


def test_a_job_is_uploaded_again_and_taken_back(visitor: Visitor, world: World, job: Job) -> None:
    world.pipeline.assign(job, world.accounts[0].aircraft[0].id)
    first = stored(world, job).ext_job_id
    page = visitor.open(f"/jobs/{job.id}")
    page.get_by_role("button", name="Upload again N101SL").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"SATLOC has this job as {first}")
    dialog.get_by_role("button", name="Upload again").click()
    expect(row(page, "N101SL")).to_contain_text("queued")
    while world.work():
        pass
    again = stored(world, job).ext_job_id
    assert again not in {None, first}
    page.get_by_role("button", name="Refresh").click()
    page.get_by_role("button", name="Take back N101SL").click()
    expect(dialog).to_contain_text(f"keeps the job as {again}")
    dialog.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Nobody flies this job yet.")).to_be_visible()
    assert world.context.repositories.assigns.of_job(job.id) == []


def test_files_of_a_job(visitor: Visitor, job: Job, tmp_path: Path) -> None:
    page = visitor.open(f"/jobs/{job.id}")
    kept = {}
    for button in (".JOB file", "GeoJSON"):
        with page.expect_download() as download:
            page.get_by_role("button", name=button).click()
        name = download.value.suggested_filename
        download.value.save_as(tmp_path / name)
        kept[name] = tmp_path / name
    assert set(kept) == {f"{job.number}.job", f"{job.number}.geojson"}
    assert read_job(kept[f"{job.number}.job"]).number == job.number
    (feature,) = json.loads(kept[f"{job.number}.geojson"].read_text())["features"]
    assert feature["geometry"] == FIELD


def _hectares(text: str | None, before: str) -> float:
    found = re.search(rf"{before}([\d.,]+) ha", text or "")
    assert found is not None, text
    return float(found[1].replace(",", ""))


def test_logs_of_a_job(visitor: Visitor, world: World) -> None:
    """Those of the job and no others; what they sprayed together beside the job's own area."""
    repositories = world.context.repositories
    files = [
        repositories.application_files.require(log.application_file_id)
        for log in world.pipeline.logs(0, 0).values()
        if log.application_file_id is not None
    ]
    job_id = next(file.job_match.job_id for file in files if file.job_match.decision == "matched")
    of_job = [file for file in files if file.job_match.job_id == job_id]
    other = next(file for file in files if file not in of_job)
    body = {"assignmentId": of_job[0].job_match.assign_id}
    answer = world.as_("admin").post(f"/api/logs/{other.id}/match", json=body)
    assert answer.status_code == 200, answer.text
    shown = [*((file, "matched") for file in of_job), (other, "manual")]
    page = visitor.open(f"/jobs/{job_id}")
    section = page.locator("section", has=page.get_by_role("heading", name="Logs of this job"))
    expect(section.locator("tbody tr")).to_have_count(len(shown))
    for file, decision in shown:
        line = section.locator("tbody tr").filter(has_text=file.log_file_name)
        expect(line).to_contain_text(decision)
        expect(line).to_contain_text("processed")
        expect(line).to_contain_text(f"{file.statistics['netArea']:,.2f} ha")
        expect(line).to_contain_text(f"{file.statistics['volume']:,.1f} L")
    said = section.get_by_text(f"sprayed in {len(shown)} logs").text_content()
    flown = sum(file.statistics["netArea"] for file, _ in shown)
    assert _hectares(said, "") == pytest.approx(flown, abs=0.01)
    ring = FIELD["coordinates"][0]
    metres = [(111_195 * x * math.cos(math.radians(ring[0][1])), 111_195 * y) for x, y in ring]
    around = sum(a * d - b * c for (a, b), (c, d) in itertools.pairwise(metres))
    assert _hectares(said, "The job has ") == pytest.approx(abs(around) / 20_000, rel=0.01)
    assert_accessible(page)
    section.get_by_role("link", name="See them in Logs").click()
    expect(page.get_by_role("heading", name="Logs", exact=True)).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(len(shown))
    expect(page.get_by_text("Of job")).to_contain_text(
        f"Of job {repositories.jobs.require(job_id or '').name} only."
    )
    assert_accessible(page)
    page.get_by_role("button", name="Logs of every job").click()
    expect(page.locator("tbody tr").filter(has_text="broken-1.log")).to_have_count(1)
    assert "jobId" not in page.url


def test_a_job_without_logs_says_so(visitor: Visitor, job: Job) -> None:
    page = visitor.open(f"/jobs/{job.id}")
    expect(page.get_by_text("No log belongs to this job yet.")).to_be_visible()


def test_pilots_read_and_fetch_their_jobs(visitor: Visitor, world: World, job: Job) -> None:
    pilot = world.users["pilot"].id
    world.pipeline.assign(job, pilot)
    page = visitor.open("/jobs", who="pilot")
    expect(page.get_by_role("button", name="Add job")).to_have_count(0)
    page.get_by_role("link", name=job.name).click()
    expect(row(page, "Pat")).to_contain_text("new")
    for action in ("Assign", "Take back Pat", "Upload now Pat"):
        expect(page.get_by_role("button", name=action, exact=True)).to_have_count(0)
    assert_accessible(page)
    with page.expect_download():
        page.get_by_role("button", name=".JOB file").click()
    assert stored(world, job, pilot).status is AssignStatus.DOWNLOADED
    page.get_by_role("button", name="Refresh").click()
    expect(row(page, "Pat")).to_contain_text("downloaded")


def test_customers_have_their_own_jobs_only(visitor: Visitor, world: World, job: Job) -> None:
    visitor.expected.append("404")
    page = visitor.open("/jobs", who="stranger")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("select")).to_have_count(0)
    page.goto(f"/jobs/{job.id}")
    expect(page.locator("main")).to_contain_text("there is none")
    page.goto("/jobs")
    page.get_by_role("link", name="North & South").click()
    page.get_by_role("button", name="Assign", exact=True).click()
    choices = page.get_by_role("dialog").get_by_role("checkbox")
    aircraft = world.accounts[1].aircraft[1]
    expect(choices).to_have_count(1)
    expect(page.get_by_role("dialog")).to_contain_text(aircraft.name)


def test_on_a_phone_nothing_is_too_wide(visitor: Visitor, world: World, job: Job) -> None:
    long = job.model_copy(update={"name": "w" * 190, "number": "7" * 60})
    world.context.repositories.jobs.change(long)
    world.simulator.faults.script("UploadJobData", Fault("refused", message="x" * 300))
    world.pipeline.assign(long, world.accounts[0].aircraft[0].id, world.users["pilot"].id)
    page = visitor.open("/jobs", viewport=PHONE, has_touch=True)
    expect(row(page, "w" * 190)).to_be_visible()
    assert_accessible(page)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.get_by_role("link", name="w" * 190).click()
    expect(row(page, "N101SL")).to_contain_text("failed")
    assert_accessible(page)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
