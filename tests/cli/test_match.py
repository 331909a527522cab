"""``satlog match``: simulated flights, and the jobs that they were flown for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.tools import Satlog
from satlog_native import layouts, synth
from satlog_native.jobs import JobFile, JobPolygon, write_job
from satlog_native.jobs.model import ring
from satlog_native.synth.simulate import flight_records

#: Three fields, kilometres apart.
PLANS = {
    name: synth.FlightPlan(
        field=synth.rectangle(35.2, longitude, 60.0, 250.0),
        airstrip=(longitude - 0.002, 35.196),
        wind_speed=1.0,
        aircraft_id=aircraft,
        job_label=label,
        start_time=f"2025-07-{day}T13:05:00",
    )
    for name, longitude, aircraft, label, day in (
        ("west", -90.96, "N1", "", 14),
        ("middle", -90.93, "N1", "p-middle", 15),
        ("east", -90.90, "N2", "SPRAY", 16),
    )
}


def assignment(name: str, **values: Any) -> dict[str, Any]:
    plan = PLANS[name]
    return {
        "assignmentId": f"a-{name}",
        "jobId": f"j-{name}",
        "extJobId": f"p-{name}",
        "aircraft": plan.aircraft_id,
        "windowStart": plan.start_time[:10],
        "windowEnd": plan.start_time[:10],
        "polygons": {"type": "Polygon", "coordinates": [[*plan.field, plan.field[0]]]},
        **values,
    }


@pytest.fixture(scope="module")
def flights() -> dict[str, bytes]:
    return {name: synth.fly(plan, seed=1).data for name, plan in PLANS.items()}


@pytest.fixture
def logs(flights: dict[str, bytes], tmp_path: Path) -> dict[str, Path]:
    """A log that its file's name tells, one that its label tells, one that only the ground does."""
    names = {
        "west": "20250714_JOBp-west.LOG",
        "middle": "flight.log",
        "east": "JOB77 other.log",
    }
    paths = {name: tmp_path / file for name, file in names.items()}
    for name, path in paths.items():
        path.write_bytes(flights[name])
    return paths


def jobs_file(folder: Path, *assignments: dict[str, Any]) -> Path:
    path = folder / "jobs.json"
    path.write_text(json.dumps(assignments))
    return path


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    return jobs_file(tmp_path, *map(assignment, PLANS))


def results(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_log_goes_to_its_job(logs: dict[str, Path], jobs: Path, satlog: Satlog) -> None:
    result = satlog("match", *logs.values(), "--jobs", jobs)
    assert result.exit_code == 0
    assert result.stderr == ""
    head, *lines = result.stdout.splitlines()
    assert head.split() == ["log", "decision", "job", "assignment", "score", "because"]
    cells = [line.removeprefix(str(log)).split(None, 4) for line, log in zip(
        lines, logs.values(), strict=True)]  # fmt: skip
    assert [(*cell[:3],) for cell in cells] == [
        ("matched", "j-west", "a-west"),
        ("matched", "j-middle", "a-middle"),
        ("matched", "j-east", "a-east"),
    ]
    reasons = [cell[4].rpartition(",") for cell in cells]
    assert [reason[0] for reason in reasons] == [
        "file name, aircraft, time",
        "job label, aircraft, time",
        "aircraft, time",
    ]
    assert all(90 <= int(reason[2].split()[1]) <= 99 for reason in reasons)


def test_json_has_every_candidate(logs: dict[str, Path], jobs: Path, satlog: Satlog) -> None:
    result = satlog("match", *logs.values(), "--jobs", jobs, "--json")
    assert result.exit_code == 0
    west, middle, east = results(result.stdout)
    assert (west["log"], west["decision"], west["assignment_id"], west["by"]) == (
        str(logs["west"]), "matched", "a-west", "file_name",
    )  # fmt: skip
    assert (west["filename_job_id"], west["job_label"], west["aircraft"]) == ("p-west", None, "N1")
    assert (middle["by"], east["by"]) == ("job_label", "overlap")
    assert (east["filename_job_id"], east["job_label"]) == ("77", "SPRAY")
    assert east["start_time"] == "2025-07-16T13:05:00Z"
    assert [one["assignment_id"] for one in east["candidates"]] == ["a-east", "a-middle", "a-west"]
    best, second, _ = east["candidates"]
    assert best["job_id"] == "j-east"
    assert best["partner_job_id"] == "p-east"
    assert best["overlap"] > 0.9
    assert best["score"] == east["score"]
    assert (second["excluded"], second["aircraft"], second["time"]) == (True, False, False)
    assert second["overlap"] is None
    assert "sprayed" not in east


def test_job_files_in_a_folder(logs: dict[str, Path], tmp_path: Path, satlog: Satlog) -> None:
    folder = tmp_path / "jobs"
    folder.mkdir()
    for name, plan in PLANS.items():
        corners = ring([(latitude, longitude) for longitude, latitude in plan.field])
        write_job(JobFile(f"p-{name}", polygons=(JobPolygon(corners),)), folder)
    found = results(satlog("match", *logs.values(), "--jobs", folder, "--json").stdout)
    assert [one["assignment_id"] for one in found] == [f"p-{name}.job" for name in PLANS]
    (one,) = results(
        satlog("match", logs["east"], "--jobs", folder / "p-east.job", "--json").stdout
    )
    assert one["assignment_id"] == "p-east.job"


def test_doubt_is_shown_with_its_candidates(
    logs: dict[str, Path], tmp_path: Path, satlog: Satlog
) -> None:
    both = jobs_file(
        tmp_path, assignment("east"), assignment("east", assignmentId="again", jobId="j-again")
    )
    result = satlog("match", logs["east"], "--jobs", both)
    assert result.exit_code == 0
    _, first, second = result.stdout.splitlines()
    assert "ambiguous" in first
    assert "j-east" in first
    assert "j-again" in second
    assert "overlap" in second
    # The log names a job of another aircraft, on another day.
    named = jobs_file(tmp_path, assignment("middle", jobId="77"))
    _, line = satlog("match", logs["east"], "--jobs", named).stdout.splitlines()
    assert "unmatched" in line
    assert line.endswith("file name, other aircraft, outside its time")
    _, line = satlog("match", logs["east"], "--jobs", jobs_file(tmp_path)).stdout.splitlines()
    assert line.split(None, 2)[2].endswith("no assignment fits")


def test_first_assignment(logs: dict[str, Path], tmp_path: Path, satlog: Satlog) -> None:
    open_ended: dict[str, Any] = {"extJobId": None, "polygons": None, "windowEnd": None}
    jobs = jobs_file(tmp_path, assignment("east", **open_ended))
    result = satlog("match", logs["east"], "--jobs", jobs)
    assert result.stdout.splitlines()[1].endswith("earliest open assignment, aircraft, time")
    result = satlog("match", logs["east"], "--jobs", jobs, "--no-first-assignment")
    assert "unmatched" in result.stdout


def test_bad_logs_stop_nothing(
    logs: dict[str, Path], jobs: Path, tmp_path: Path, satlog: Satlog
) -> None:
    cut = tmp_path / "20250716_JOBp-east.log"
    cut.write_bytes(logs["east"].read_bytes()[:-3])
    junk = tmp_path / "junk.log"
    junk.write_bytes(b"hello")
    result = satlog("match", cut, logs["west"], "--jobs", jobs)
    assert result.exit_code == 1
    assert "lost" in result.stderr
    assert [line.split()[1] for line in result.stdout.splitlines()[1:]] == ["matched"] * 2
    words = [junk, cut, tmp_path / "missing.log", logs["west"], "--jobs", jobs]
    result = satlog("match", *words)
    assert result.exit_code == 2
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert ["junk.log" in errors[0], "missing.log" in errors[1]] == [True, True]
    assert len(result.stdout.splitlines()) == 3
    found = results(satlog("match", *words, "--json").stdout)
    assert ["error" in one for one in found] == [True, False, True, False]
    assert satlog("match", junk, "--jobs", jobs).stdout == ""


def test_unknown_swath_width(jobs: Path, tmp_path: Path, satlog: Satlog) -> None:
    layout = layouts.load("satloc_air")
    plan = replace(PLANS["east"], job_label="")
    _, records = flight_records(plan, 1, layout)
    told = ("swathing_setup", "applied_rate")
    log = tmp_path / "log.log"
    log.write_bytes(synth.encode(layout, [one for one in records if one.kind not in told]))
    result = satlog("match", log, "--jobs", jobs, "--json")
    assert result.exit_code == 0
    assert "overlap is unknown: " in result.stderr
    assert result.stderr.count("--swath-width") == 1
    (one,) = results(result.stdout)
    assert one["candidates"][0]["overlap"] is None
    result = satlog("match", log, "--jobs", jobs, "--json", "--swath-width", "20")
    assert result.stderr == ""
    (one,) = results(result.stdout)
    assert one["candidates"][0]["overlap"] > 0.9


def test_one_log_named_twice_is_told_twice(
    logs: dict[str, Path], jobs: Path, satlog: Satlog
) -> None:
    found = results(satlog("match", logs["west"], logs["west"], "--jobs", jobs, "--json").stdout)
    assert found[0] == found[1]


def test_more_logs_than_are_matched_at_once(
    logs: dict[str, Path], jobs: Path, satlog: Satlog
) -> None:
    many = [logs["west"], logs["east"]] * 51
    found = results(satlog("match", *many, "--jobs", jobs, "--json").stdout)
    assert [one["assignment_id"] for one in found] == ["a-west", "a-east"] * 51


@pytest.mark.parametrize("content", ["{}", "[5]", "no json"])
def test_jobs_that_cannot_be_read(
    content: str, logs: dict[str, Path], tmp_path: Path, satlog: Satlog
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(content)
    for path in (bad, tmp_path / "missing.json"):
        result = satlog("match", logs["west"], "--jobs", path)
        assert result.exit_code == 2
        assert path.name in result.stderr
        assert result.stdout == ""
