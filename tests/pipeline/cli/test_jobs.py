"""Jobs, by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from partner_pipeline.partners.simulator import Fault
from pipeline.cli.tools import CUSTOMER, Installed, fits, write_job

GEOJSON = {
    "type": "Polygon",
    "coordinates": [[[-90.9, 35.2], [-90.896, 35.2], [-90.896, 35.206], [-90.9, 35.2]]],
}


def test_add_list_and_show(installed: Installed) -> None:
    Path("west.geojson").write_text(json.dumps(GEOJSON))
    job = installed.add_job("4711", "--rate", 28, "--swath-width", 20, "--from", "2025-07-01")
    words = ("--customer", CUSTOMER, "--number", "4712", "--name", "West \x1b[31m")
    installed.command("jobs", "add", "west.geojson", *words)
    shown = installed.command("jobs", "list").stdout
    assert fits(shown)
    assert [line.split()[1] for line in shown.splitlines()[1:]] == ["4712", "4711"]
    assert "\x1b" not in shown
    one = installed.command("jobs", "show", job[:8])
    assert one.stdout.splitlines()[0].split() == ["id", job]
    # 0.0015 degrees by 0.004 at this latitude.
    assert ["area", "6.06", "ha"] in [line.split() for line in one.stdout.splitlines()]
    assert "2025-07-01 00:00:00" in one.stdout
    assert "assigned to nobody" in one.stderr
    assert installed.json("jobs", "show", "4711")["swathWidth"] == 20


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["missing.job", "--customer", CUSTOMER], "No such file"),
        (["a.job", "--customer", "Nobody"], "looking for customer 'Nobody'"),
        (["a.job", "--customer", CUSTOMER], "has one of this number"),
    ],
)
def test_not_added(words: list[str], why: str, installed: Installed) -> None:
    installed.add_job("4711")
    write_job(Path("a.job"), "4711")
    done = installed.command("jobs", "add", *words, status=2)
    assert done.stdout == ""
    assert why in done.stderr


def test_assign_uploads_at_once(installed: Installed) -> None:
    job = installed.add_job()
    shown = installed.command("jobs", "assign", "4711", "N101SL", "N102SL")
    assert fits(shown.stdout)
    uploads = installed.simulator.world.uploads
    assert [upload.job_id for upload in uploads] == ["70001", "70002"]
    assert all(upload.job_id in shown.stdout for upload in uploads)
    assert [a["extJobId"] for a in installed.json("jobs", "show", job)["assignments"]] == [
        *("70001", "70002")
    ]
    # Asked for twice, it is one assignment and one upload.
    again = installed.json("jobs", "assign", "4711", "N101SL")
    assert again["assigned"][0]["extJobId"] == "70001"
    assert len(installed.simulator.world.uploads) == 2
    undone = installed.command("jobs", "assign", "4711", "--undo", "N102SL")
    assert "taken back from N102SL" in undone.stderr
    assert len(installed.json("jobs", "show", job)["assignments"]) == 1


def test_partner_that_does_not_answer(installed: Installed) -> None:
    installed.add_job()
    installed.simulator.stop()
    done = installed.command("jobs", "assign", "4711", "N101SL")
    assert "queued" in done.stdout
    assert "SATLOC does not answer" in " ".join(done.stdout.split())
    (queue,) = installed.json("dlq", "stats")
    assert queue["waiting"]["delayed"] == 1


def test_who_cannot_have_it(installed: Installed) -> None:
    installed.add_job()
    done = installed.command("jobs", "assign", "4711", CUSTOMER, "N101SL", status=1)
    assert "failed" in done.stdout
    assert "uploaded" in done.stdout
    unknown = installed.command("jobs", "assign", "4711", "nobody", status=2)
    assert "looking for user 'nobody'" in unknown.stderr
    assert "at least one USER" in installed.command("jobs", "assign", "4711", status=2).stderr


@pytest.mark.parametrize(
    ("decision", "arrived"), [("--uploaded-as=70001", True), ("--not-there", False)]
)
def test_resolve_an_uncertain_upload(decision: str, arrived: bool, installed: Installed) -> None:
    """The answer to the upload is lost: nobody knows, and somebody looks."""
    installed.add_job()
    world, faults = installed.simulator.world, installed.simulator.faults
    faults.script("UploadJobData", Fault("reset_after" if arrived else "reset"))
    lost = installed.json("jobs", "assign", "4711", "N101SL", status=1)["assigned"][0]
    assert "uncertain" in lost["error"]
    assert len(world.uploads) == int(arrived)
    again = installed.command("jobs", "resolve", lost["assignId"][:10], "--again", status=2)
    assert "its state does not allow it" in again.stderr
    installed.command("jobs", "resolve", lost["assignId"][:10], decision)
    installed.command("sync", "--once")
    (found,) = installed.json("jobs", "show", "4711")["assignments"]
    assert found["extJobId"] == "70001"
    assert len(world.uploads) == 1


def test_upload_again(installed: Installed) -> None:
    installed.add_job()
    done = installed.json("jobs", "assign", "4711", "N101SL")["assigned"][0]
    installed.command("jobs", "resolve", done["assignId"], "--again")
    installed.command("sync", "--once")
    (found,) = installed.json("jobs", "show", "4711")["assignments"]
    assert found["extJobId"] == "70002"


def test_resolve_what(installed: Installed) -> None:
    done = installed.command("jobs", "resolve", "abcd", "--again", "--not-there", status=2)
    assert "expected one of --uploaded-as, --not-there and --again" in done.stderr
