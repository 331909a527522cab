"""The job identity of a log; every expectation worked out by hand from the three rules."""

from __future__ import annotations

import polars as pl
import pytest

from satlog_native.jobs import JobIdentity, job_identity, with_job_identity

CASES = [
    # 1. yyyymmdd_JOB<id>, to the end
    ("20250915_JOB789_field1.log", "789_field1"),
    ("20250915_job789_field1.LOG", "789_field1"),
    ("20250915_JOB789.log", "789"),
    ("20250915_JOB789 HK4704.log", "789 HK4704"),
    ("20250915_JOB789.v2.log", "789.v2"),
    ("20250915_JOB", None),
    ("20250915_JOB .log", None),
    ("2025091_JOB789.log", None),
    ("202509155_JOB789.log", None),
    # 2. ten digits, optional text, "_" or blank, the id to the end
    ("2507140724SatlocG4_b4ef.log", "b4ef"),
    ("2507140724_b4ef.log", "b4ef"),
    ("2507140724 b4ef", "b4ef"),
    ("2507140724SatlocG4 789 north.log", "789 north"),
    ("2507140724SatlocG4_789_field1.log", "789_field1"),
    ("2507140724_JOB146.log", "JOB146"),
    ("2507140724__b4ef.log", "b4ef"),
    ("2507140724SatlocG4.log", None),
    ("2507140724_.log", None),
    ("25071407241_b4ef.log", None),
    ("250714072_b4ef.log", None),
    # 3. JOB<id> at the start, to the first character that is no part of a word
    ("JOB146 HK4704.log", "146"),
    ("job146.log", "146"),
    ("JOB146-2.log", "146"),
    ("JOB789_field1.log", "789_field1"),
    ("JOBcampo_ñandú 2.log", "campo_ñandú"),
    ("JOB界42.log", "界42"),
    ("JOB 146.log", None),
    ("JOB.log", None),
    ("MYJOB146.log", None),
    # folders, endings, blanks, Unicode forms
    ("/data/20250915_JOB1/JOB146.log", "146"),
    ("C:\\logs\\JOB7\\2507140724_b4ef.LOG", "b4ef"),
    ("JOB9/plain.log", None),
    ("  JOB146.log ", "146"),
    ("JOBcafe\u0301.log", "caf\u00e9"),
    ("JOB146\n.log", "146"),
    ("plain.log", None),
    (".log", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("file_name", "expected"), CASES)
def test_the_id_in_a_file_name(file_name: str | None, expected: str | None) -> None:
    identity = job_identity(file_name)
    assert identity.filename_job_id == expected
    assert identity.id == expected
    assert identity.source == ("file_name" if expected else None)


def test_a_frame_of_logs_gives_the_same() -> None:
    frame = pl.DataFrame(
        {"file_name": [name for name, _ in CASES], "job_label": pl.Series([None] * len(CASES))}
    )
    result = with_job_identity(frame)
    assert result["filename_job_id"].to_list() == [expected for _, expected in CASES]
    assert result["job_id"].to_list() == [expected for _, expected in CASES]


@pytest.mark.parametrize(
    ("file_name", "label", "expected"),
    [
        ("JOB146.log", "NORTH 40", ("146", "file_name", "146", "NORTH 40")),
        ("plain.log", " NORTH 40 ", ("NORTH 40", "job_label", None, "NORTH 40")),
        (None, "7", ("7", "job_label", None, "7")),
        ("plain.log", "  ", (None, None, None, None)),
        ("plain.log", None, (None, None, None, None)),
    ],
)
def test_the_label_counts_where_the_file_name_says_nothing(
    file_name: str | None, label: str | None, expected: tuple[str | None, ...]
) -> None:
    identity = job_identity(file_name, label)
    assert (
        identity.id,
        identity.source,
        identity.filename_job_id,
        identity.job_label,
    ) == expected
    frame = pl.DataFrame(
        {"file_name": [file_name], "job_label": [label]},
        schema={"file_name": pl.String, "job_label": pl.String},
    )
    columns = ["job_id", "job_id_source", "filename_job_id", "job_label"]
    assert with_job_identity(frame).select(columns).row(0) == expected


def test_the_numeric_id_is_kept_but_never_identifies() -> None:
    assert job_identity("plain.log", None, 146) == JobIdentity(None, None, None, None, 146)
    assert job_identity("plain.log", None, 0).numeric_job_id is None


def test_no_logs() -> None:
    frame = pl.DataFrame(schema={"file_name": pl.String, "job_label": pl.String})
    assert with_job_identity(frame).shape == (0, 5)
