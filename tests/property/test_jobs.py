"""Properties of job files, job identity and matching that hold for any input."""

from __future__ import annotations

import random
import tempfile
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from satlog_native.errors import JobFileError
from satlog_native.jobs import (
    JobFile,
    JobPolygon,
    MatchSettings,
    job_identity,
    match_logs,
    read_job,
    with_job_identity,
    write_job,
)
from satlog_native.jobs.model import ring

TEXT = st.text(max_size=30)


def degrees(limit: int) -> st.SearchStrategy[float]:
    """What a job file can hold exactly: whole millionths."""
    return st.integers(-limit * 10**6, limit * 10**6).map(lambda value: value / 10**6)


POINTS = st.lists(st.tuples(degrees(90), degrees(180)), min_size=3, max_size=12, unique=True)
RINGS = POINTS.map(ring)
POLYGONS = st.builds(
    JobPolygon,
    exterior=RINGS,
    holes=st.lists(RINGS, max_size=3).map(tuple),
    number=st.integers(0, 999_999_999),
    label=TEXT,
)
JOBS = st.builds(
    JobFile,
    number=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}[A-Za-z0-9_]", fullmatch=True),
    name=TEXT,
    polygons=st.lists(POLYGONS, max_size=6).map(tuple),
    other_directives=st.lists(
        st.from_regex(
            r"\.X[A-Z]{1,8}( [!-~]{1,9}){0,3}(\n[!-\-/-~][ -~]{0,9}[!-~])?", fullmatch=True
        ),
        max_size=3,
    ).map(tuple),
)


def written_and_read(job: JobFile) -> JobFile:
    with tempfile.TemporaryDirectory() as folder:
        return read_job(write_job(job, folder))


@given(JOBS)
def test_what_is_written_reads_back_the_same(job: JobFile) -> None:
    again = written_and_read(job)
    assert [(p.number, p.exterior, p.holes) for p in again.polygons] == [
        (p.number, p.exterior, p.holes) for p in job.polygons
    ]
    assert again.number == job.number
    assert again.other_directives == job.other_directives
    # Names may lose control characters and double blanks, once.
    assert written_and_read(again) == again


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [".JOB 1 A", ".VERSION 2", ".POL 1 P", ".POL", "\tINC", "EXC", ".LIN 1", "", "INC x",
             "\t33.0 -98.0", "33.1\t-98.0", "33.1 -97.9", "33.0 -97.9", "91 0", "33.1", "nan 1"]
        ),
        st.text(max_size=12),
    ),
    max_size=30,
)  # fmt: skip


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_text_is_read_or_refused_with_a_line(lines: list[str], end: str) -> None:
    text = end.join([".JOB 1 A", *lines])
    job = read_or_refused(text.encode())
    if job is None:
        return
    again = written_and_read(job)
    assert [(p.exterior, p.holes) for p in again.polygons] == [
        (p.exterior, p.holes) for p in job.polygons
    ]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for prefix in (b"", b".JOB 1\n.POL 1\nINC\n"):
        read_or_refused(prefix + data)


def read_or_refused(data: bytes) -> JobFile | None:
    try:
        return read_job(data)
    except JobFileError as error:
        line = error.line
    assert line is not None
    return None


@given(st.text(min_size=1))
def test_no_number_escapes_its_folder(number: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = write_job(JobFile(number), folder)
        except JobFileError:
            return
        assert str(path.resolve().parent) == str(path.parent.resolve())
        assert read_job(path).number == number


NAMES = st.one_of(
    TEXT,
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["", "/x/", "a\\", " "]),
        st.sampled_from(["20250915_", "2507140724", "2507140724Sat", "25071407", ""]),
        st.sampled_from(["JOB", "job", "_", " ", ""]),
        TEXT,
        st.sampled_from([".log", ".LOG", "", ".log ", ".7"]),
    ),
)


@given(st.lists(st.tuples(st.none() | NAMES, st.none() | TEXT), min_size=1, max_size=20))
def test_one_log_and_a_frame_of_logs_have_the_same_identity(
    logs: list[tuple[str | None, str | None]],
) -> None:
    frame = with_job_identity(
        pl.DataFrame(logs, schema={"file_name": pl.String, "job_label": pl.String}, orient="row")
    )
    for (file_name, label), row in zip(logs, frame.iter_rows(named=True), strict=True):
        one = job_identity(file_name, label)
        assert (one.id, one.source, one.filename_job_id, one.job_label) == (
            row["job_id"],
            row["job_id_source"],
            row["filename_job_id"],
            row["job_label"],
        )


TIME = pl.Datetime("us", "UTC")
NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)
LOG_SCHEMA: dict[str, Any] = {
    "log_id": pl.Int64, "filename_job_id": pl.String, "job_label": pl.String,
    "aircraft": pl.String, "start_time": TIME, "end_time": TIME, "sprayed": pl.Binary,
}  # fmt: skip
ASSIGNMENT_SCHEMA: dict[str, Any] = {
    "assignment_id": pl.Int64, "job_id": pl.String, "partner_job_id": pl.String,
    "aircraft": pl.String, "date": TIME, "window_start": TIME, "window_end": TIME,
    "open": pl.Boolean, "field": pl.Binary,
}  # fmt: skip

IDS = st.none() | st.sampled_from("pqr")
AIRCRAFT = st.none() | st.sampled_from(["N1", "N2"])
MOMENTS = st.none() | st.integers(0, 4).map(lambda days: NOON + timedelta(days=days))
AREAS = st.none() | st.builds(
    lambda x, y, w, h: shapely.to_wkb(shapely.box(x, y, x + w, y + h)),
    *[st.integers(0, 4)] * 2,
    *[st.integers(1, 4)] * 2,
)


def tables(
    kinds: dict[str, st.SearchStrategy[Any]], schema: dict[str, Any], most: int
) -> st.SearchStrategy[pl.DataFrame]:
    def numbered(rows: list[dict[str, Any]]) -> pl.DataFrame:
        columns = {name: [row[name] for row in rows] for name in kinds}
        return pl.DataFrame({next(iter(schema)): range(len(rows))} | columns, schema=schema)

    return st.lists(st.fixed_dictionaries(kinds), max_size=most).map(numbered)


LOGS = tables(
    {
        "filename_job_id": IDS, "job_label": IDS, "aircraft": AIRCRAFT, "start_time": MOMENTS,
        "end_time": MOMENTS, "sprayed": AREAS,
    },
    LOG_SCHEMA, 4,
)  # fmt: skip
ASSIGNMENTS = tables(
    {
        "job_id": IDS, "partner_job_id": IDS, "aircraft": AIRCRAFT, "date": MOMENTS,
        "window_start": MOMENTS, "window_end": MOMENTS, "open": st.none() | st.booleans(),
        "field": AREAS,
    },
    ASSIGNMENT_SCHEMA, 8,
)  # fmt: skip
SETTINGS = st.builds(
    MatchSettings,
    ambiguity=st.floats(0, 0.14),
    min_overlap=st.floats(0, 1),
    first_assignment_always_match=st.booleans(),
)


@given(LOGS, ASSIGNMENTS, SETTINGS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    logs: pl.DataFrame, assignments: pl.DataFrame, settings: MatchSettings, shuffle: random.Random
) -> None:
    def shuffled(table: pl.DataFrame) -> pl.DataFrame:
        return table[shuffle.sample(range(len(table)), len(table))]

    one = match_logs(logs, assignments, settings)
    other = match_logs(shuffled(logs), shuffled(assignments), settings)
    assert other.decisions.sort("log_id").equals(one.decisions)
    assert other.candidates.sort("log_id", maintain_order=True).equals(one.candidates)


@given(LOGS, ASSIGNMENTS, SETTINGS)
def test_what_the_contract_promises(
    logs: pl.DataFrame, assignments: pl.DataFrame, settings: MatchSettings
) -> None:
    match = match_logs(logs, assignments, settings)
    assert len(match.candidates) == len(logs) * len(assignments)
    assert len(match.decisions) == len(logs)
    assert match.candidates["score"].is_between(0, 1).all()
    for decision in match.decisions.iter_rows(named=True):
        rows = match.candidates.filter(pl.col("log_id") == decision["log_id"]).to_dicts()
        check_one_log(rows, decision, settings)


def check_one_log(
    rows: list[dict[str, Any]], decision: dict[str, Any], settings: MatchSettings
) -> None:
    candidates = [row for row in rows if not row["excluded"]]
    for row in rows:
        assert row["excluded"] == (row["aircraft"] is False or row["time"] is False)
        assert row["score"] == 0 or not row["excluded"]
    named = [row for row in candidates if row["file_name"] or row["job_label"]]
    others = [row for row in candidates if row not in named]
    for row in named:
        assert all(row["score"] > 0.1 + other["score"] for other in others)
    by_overlap = sorted(others, key=lambda row: row["overlap"] or 0)
    assert [row["score"] for row in by_overlap] == sorted(row["score"] for row in others)
    assert (decision["assignment_id"] is None) == (decision["decision"] != "matched")
    if decision["decision"] == "matched":
        check_choice(candidates, named, decision, settings)


def check_choice(
    candidates: list[dict[str, Any]],
    named: list[dict[str, Any]],
    decision: dict[str, Any],
    settings: MatchSettings,
) -> None:
    (chosen,) = [c for c in candidates if c["assignment_id"] == decision["assignment_id"]]
    rivals = [c for c in candidates if c is not chosen]
    if named:
        assert chosen in named
    if decision["by"] == "first_assignment":
        assert settings.first_assignment_always_match
        assert chosen["aircraft"] is True
        assert not named
    else:
        assert all(chosen["score"] - c["score"] > settings.ambiguity for c in rivals)
    if not named and chosen["overlap"] is not None:
        assert chosen["overlap"] >= settings.min_overlap


@given(LOGS, ASSIGNMENTS)
def test_assignments_that_are_excluded_change_only_towards_doubt(
    logs: pl.DataFrame, assignments: pl.DataFrame
) -> None:
    """Taking excluded assignments away never turns one match into another."""
    whole = match_logs(logs, assignments)
    for log_id in logs["log_id"]:
        kept = whole.candidates.filter((pl.col("log_id") == log_id) & ~pl.col("excluded"))
        rest = match_logs(
            logs.filter(pl.col("log_id") == log_id),
            assignments.filter(pl.col("assignment_id").is_in(kept["assignment_id"].implode())),
        ).decisions.row(0, named=True)
        one = whole.decisions.filter(pl.col("log_id") == log_id).row(0, named=True)
        if one["decision"] == "matched":
            assert rest == one


@pytest.mark.parametrize("seed", range(3))
def test_a_simulated_season_has_no_wrong_match(seed: int) -> None:
    """500 flights of 200 jobs on touching fields, some sprayed again by another job."""
    draw = random.Random(seed)
    print(f"seed {seed}")
    jobs, flights = season(draw)
    logs = with_job_identity(
        pl.DataFrame({key: [one[key] for one in flights] for key in FLIGHT}, schema=FLIGHT)
    )
    decisions = match_logs(logs, pl.DataFrame(jobs, schema=ASSIGNMENT_SCHEMA)).decisions
    truth = {one["log_id"]: one["truth"] for one in flights}
    matched = decisions.filter(pl.col("decision") == "matched")
    assert all(row["assignment_id"] == truth[row["log_id"]] for row in matched.to_dicts())
    assert len(matched) >= 0.99 * len(flights)


FLIGHT: dict[str, Any] = {
    "log_id": pl.Int64, "file_name": pl.String, "job_label": pl.String, "aircraft": pl.String,
    "start_time": TIME, "end_time": TIME, "sprayed": pl.Binary,
}  # fmt: skip


def season(draw: random.Random) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Jobs on a grid of touching fields, some fields sprayed again weeks later; flights of them."""
    jobs = []
    for number in range(200):
        west, south = -98 + 0.01 * draw.randrange(20), 33 + 0.01 * draw.randrange(20)
        start = NOON + timedelta(days=draw.randrange(150))
        jobs.append(
            {
                "assignment_id": number, "job_id": str(1000 + number),
                "partner_job_id": f"{number:x}f", "aircraft": f"N{draw.randrange(6)}",
                "date": start, "window_start": start, "window_end": start + timedelta(days=5),
                "open": True,
                "field": shapely.to_wkb(shapely.box(west, south, west + 0.01, south + 0.01)),
            }
        )  # fmt: skip
    return jobs, [flight(draw, log_id, draw.choice(jobs)) for log_id in range(500)]


def flight(draw: random.Random, log_id: int, job: dict[str, Any]) -> dict[str, Any]:
    """A log told by its file's name, by its label, or by nothing but the ground and aircraft."""
    start = job["window_start"] + timedelta(hours=draw.randrange(100))
    stamp, partner = start.strftime("%y%m%d%H%M"), job["partner_job_id"]
    names = [f"{start:%Y%m%d}_JOB{partner}.log", f"{stamp}SatlocG4_{partner}.log",
             f"JOB{job['job_id']} HK4704.log"]  # fmt: skip
    told = draw.choice(["name", "name", "label", "ground"])
    # Drift takes spray over the edge of the field, and some flights treat only a part of it.
    area = shapely.to_wkb(shapely.buffer(shapely.from_wkb(job["field"]), draw.uniform(-3, 1) / 1e3))
    return {
        "log_id": log_id,
        "file_name": draw.choice(names) if told == "name" else f"{stamp}.log",
        "job_label": partner if told == "label" else draw.choice([None, "SPRAY"]),
        "aircraft": draw.choice([job["aircraft"], None if told != "ground" else job["aircraft"]]),
        "start_time": start,
        "end_time": start + timedelta(hours=2),
        "sprayed": area if told == "ground" else draw.choice([None, area]),
        "truth": job["assignment_id"],
    }
